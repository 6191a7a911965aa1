//! Nobody looks into the text of a record but `trace::transcript::words`: what a record says is in its fields.

use super::source::sources;

/// Fields of records that hold text.
const TEXTS: &[&str] = &[
    "text", "reply", "reason", "detail", "result", "next_hop", "by", "flags", "policy", "decision", "rcode", "state",
    "queue_id", "status", "subject",
];

/// What looks into a text.
const LOOKS: &[&str] = &[
    "starts_with(",
    "ends_with(",
    "contains(",
    "split(",
    "splitn(",
    "rsplit(",
    "split_once(",
    "rsplit_once(",
    "strip_prefix(",
    "strip_suffix(",
    "find(",
    "rfind(",
    "matches(",
    "match_indices(",
    "parse(",
    "parse::<",
    "split_whitespace(",
    "as_bytes()[",
];

/// Where a text is looked into on behalf of somebody who has written what to look for, or by the text's own module.
const MAY: &[&str] = &[
    "trace/transcript/words/",
    // Made-up runs for tests.
    "render/synthetic.rs",
    // A page of the book says what its lines begin with.
    "cli/mdbook/",
];

/// Places of a line at which a field of a record is looked into: `reply.visible().contains(`, `text.0.starts_with(`.
fn looks(line: &str) -> Vec<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for text in TEXTS {
        for (at, _) in line.match_indices(text) {
            let before = line[..at].chars().next_back();
            let rest = &line[at + text.len()..];
            if before.is_some_and(|c| is_word(c) || c == '"') || !rest.starts_with('.') {
                continue;
            }
            // Steps that only change how the text is held.
            let mut steps = rest;
            while let Some(step) =
                [".0", ".visible()", ".as_str()", ".as_ref()", ".to_string()", ".trim()", ".to_lowercase()", ".iter()"]
                    .iter()
                    .find_map(|step| steps.strip_prefix(step))
            {
                steps = step;
            }
            if let Some(look) = LOOKS.iter().find(|look| steps.strip_prefix('.').is_some_and(|s| s.starts_with(**look)))
            {
                found.push(format!("{text}..{look}"));
            }
        }
    }
    found
}

#[test]
fn nobody_but_words_looks_into_the_text_of_a_record() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for source in sources().into_iter().filter(|source| !source.is_test()) {
        let (name, code) = (source.path.as_str(), source.code());
        let uses_records = ["trace/transcript", "render/", "scenario/judge", "cli/", "capture/"]
            .iter()
            .any(|room| name.starts_with(room));
        if !uses_records || !code.contains("What") {
            continue;
        }
        seen += 1;
        for (number, line) in code.lines().enumerate() {
            let found = looks(line.trim_start());
            if !found.is_empty()
                && !MAY.iter().any(|room| name.starts_with(room))
                && !line.trim_start().starts_with("//")
            {
                wrong.push(format!("{name}:{}: {found:?}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(seen >= 12, "{seen} files speak of records");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_test_sees_what_it_is_for() {
    assert_eq!(looks("if reply.visible().contains(\"x\") {"), ["reply..contains("]);
    assert_eq!(looks("let (a, b) = next_hop.split_once(\" [\")"), ["next_hop..split_once("]);
    assert_eq!(looks("record.reason.parse::<u8>()"), ["reason..parse::<"]);
    assert!(looks("context.starts_with(\"x\")").is_empty() && looks("text.len()").is_empty());
    assert!(looks("names::answer(name, rtype, rcode, records)").is_empty());
}
