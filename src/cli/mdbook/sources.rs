//! Excerpts of real sources, and reference pages that follow from them.

use std::fmt::Write as _;

use super::compare::differences;
use super::directive::Directive;
use super::press::{Change, Press};
use super::query::RECORD_SOURCE;

/// `scenario`: a scenario file, or one of its parts.
pub(super) fn scenario(text: &str, file: &str, directive: &Directive) -> Result<String, String> {
    directive.only(&["without-comments"], &["part", "change"])?;
    let shown = match directive.get("part") {
        None => text.trim_end().to_owned(),
        Some(part) => {
            let parts: Result<Vec<String>, String> = part.split(',').map(|p| field(text, p)).collect();
            parts?.join("\n")
        }
    };
    let shown = if directive.has("without-comments") { without_comments(&shown) } else { shown };
    Ok(format!("<p class=\"pr-file\">{file}</p>\n\n```rust,ignore\n{shown}\n```\n"))
}

/// The text without what `//` begins: comments of a scenario may give away what a chapter asks.
fn without_comments(text: &str) -> String {
    let mut kept = Vec::new();
    for line in text.lines() {
        let mut quoted = false;
        let mut before = ' ';
        let mut end = line.len();
        for (at, c) in line.char_indices() {
            match c {
                '"' if before != '\\' => quoted = !quoted,
                '/' if !quoted && before == '/' => {
                    end = at - 1;
                    break;
                }
                _ => {}
            }
            before = c;
        }
        let left = line[..end].trim_end();
        // A line that was nothing but a comment goes with it.
        if end == line.len() || !left.is_empty() {
            kept.push(left);
        }
    }
    kept.join("\n")
}

/// A field of the outermost bracket, with what it holds.
fn field(text: &str, name: &str) -> Result<String, String> {
    let begin = format!("    {name}:");
    let lines: Vec<&str> = text.lines().collect();
    let first = lines
        .iter()
        .position(|l| l.starts_with(&begin))
        .ok_or_else(|| format!("the scenario has no field `{name}` any longer"))?;
    let mut depth = 0_i32;
    let mut shown = Vec::new();
    for line in &lines[first..] {
        shown.push(line.strip_prefix("    ").unwrap_or(line));
        let mut quoted = false;
        let mut before = ' ';
        for c in line.chars() {
            match c {
                '"' if before != '\\' => quoted = !quoted,
                '/' if !quoted && before == '/' => break,
                '(' | '[' | '{' if !quoted => depth += 1,
                ')' | ']' | '}' if !quoted => depth -= 1,
                _ => {}
            }
            before = c;
        }
        if depth <= 0 {
            break;
        }
    }
    Ok(shown.join("\n"))
}

/// `change`: the line of the scenario that is put in the place of another.
pub(super) fn change(press: &Press, file: &str, changes: &[Change]) -> Result<String, String> {
    let lines = |text: String| -> Vec<String> { without_comments(&text).lines().map(str::to_owned).collect() };
    let (old, new) = (lines(press.read(file)?), lines(press.changed(file, changes)?));
    if old == new {
        return Err("the change changes nothing".into());
    }
    Ok(differences(&old, &new, 0))
}

/// `source`: an item of the program by its name.
pub(super) fn source(press: &Press, directive: &Directive) -> Result<String, String> {
    let file = directive.words.first().ok_or("say which file")?.clone();
    let item = directive.get("item").ok_or("say item=\"fn name\" or item=\"struct Name\"")?;
    let text = press.read(&file)?;
    let lines: Vec<&str> = text.lines().collect();
    let is_it = |line: &str| {
        let rest = line.trim_start();
        let rest = ["pub(super) ", "pub(crate) ", "pub "].iter().find_map(|p| rest.strip_prefix(p)).unwrap_or(rest);
        rest.strip_prefix(item).is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let at = lines.iter().position(|l| is_it(l)).ok_or_else(|| format!("{file} has no `{item}` any longer"))?;
    let mut first = at;
    while first > 0 && ["///", "#["].iter().any(|p| lines[first - 1].trim_start().starts_with(p)) {
        first -= 1;
    }
    let indent = lines[at].len() - lines[at].trim_start().len();
    let one_line = lines[at].trim_end().ends_with([';', ',']) || lines[at].trim_end().ends_with("}");
    let last = if one_line {
        at
    } else {
        (at + 1..lines.len())
            .find(|i| {
                let line = lines[*i];
                line.len() - line.trim_start().len() == indent && line.trim_start().starts_with(['}', ')'])
            })
            .ok_or_else(|| format!("{file}: the end of `{item}` is not found"))?
    };
    let most = directive.number::<usize>("lines")?.unwrap_or(60);
    let mut shown: Vec<&str> = lines[first..=last].iter().map(|l| l.get(indent..).unwrap_or("")).collect();
    if shown.len() > most {
        shown.truncate(most);
        shown.push("// …");
    }
    Ok(format!("<p class=\"pr-file\">{file}</p>\n\n```rust,ignore\n{}\n```\n", shown.join("\n")))
}

/// The first lines of a module: its own description.
pub(super) fn module(press: &Press, directive: &Directive) -> Result<String, String> {
    let file = directive.words.first().ok_or("say which file")?;
    let text = press.read(file)?;
    let about: Vec<&str> =
        text.lines().map_while(|l| l.strip_prefix("//!")).map(|l| l.strip_prefix(' ').unwrap_or(l)).collect();
    if about.is_empty() {
        return Err(format!("{file} says nothing about itself"));
    }
    // Links of the program's own documentation lead nowhere in the book.
    let mut quote = String::new();
    for line in about {
        let _ = writeln!(quote, "> {}", line.replace("[`", "`").replace("`]", "`"));
    }
    Ok(format!("{quote}>\n> — `{file}`\n"))
}

const ENTITY_SOURCE: &str = include_str!("../../trace/entity.rs");

/// A struct field or an enum variant with its words.
struct Documented {
    indent: usize,
    name: String,
    takes: String,
    about: String,
}

/// Everything that is documented in an item of a source.
fn documented(source: &str, item: &str) -> Vec<Documented> {
    let mut found = Vec::new();
    let mut about = Vec::new();
    let mut inside = false;
    for line in source.lines() {
        if !inside {
            inside = line.trim_end() == format!("pub {item} {{");
            continue;
        }
        if line == "}" {
            break;
        }
        let trimmed = line.trim();
        if let Some(words) = trimmed.strip_prefix("///") {
            about.push(words.trim());
        } else if !trimmed.starts_with("#[") && trimmed.starts_with(|c: char| c.is_alphabetic()) {
            let declared = trimmed.trim_end_matches([',', '{', ' ']);
            let declared = declared.strip_prefix("pub ").unwrap_or(declared);
            let (name, takes) = declared.split_once(": ").unwrap_or((declared, ""));
            let indent = line.len() - line.trim_start().len();
            found.push(Documented { indent, name: name.into(), takes: takes.into(), about: about.join(" ") });
            about.clear();
        }
    }
    found
}

/// A type in words.
fn takes(rust: &str) -> String {
    let optional = rust.strip_prefix("Option<").and_then(|t| t.strip_suffix('>'));
    let plain = optional.unwrap_or(rust);
    let word = match plain {
        "Arc<str>" | "String" => "text",
        "Vec<Arc<str>>" => "list of texts",
        "Octets" => "text, escaped",
        "bool" => "true or false",
        "u16" | "u32" | "u64" | "i64" => "number",
        "Instant" => "time in ns",
        "HostId" => "host",
        "MailId" => "mail",
        "ConnId" => "connection",
        "RecordId" => "record",
        "Vec<HostEntry>" => "list of hosts",
        "Vec<LinkEntry>" => "list of links",
        "Vec<Entity>" => "list of parts",
        other => other,
    };
    if optional.is_some() { format!("{word}, may be missing") } else { word.into() }
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_uppercase() && i > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// The reference of trace records, from the documentation in the source.
fn records() -> String {
    let mut out = String::from("## Every record\n\n| field | takes | meaning |\n| --- | --- | --- |\n");
    for field in documented(RECORD_SOURCE, "struct Record").iter().filter(|f| f.name != "what") {
        let _ = writeln!(out, "| `{}` | {} | {} |", field.name, takes(&field.takes), tidy(&field.about));
    }
    for (title, source, item) in [
        ("## The head of a trace", RECORD_SOURCE, "struct Roster"),
        ("### A host", RECORD_SOURCE, "struct HostEntry"),
        ("### A link", RECORD_SOURCE, "struct LinkEntry"),
        ("## A part of a mail", ENTITY_SOURCE, "struct Entity"),
    ] {
        let _ = write!(out, "\n{title}\n\n| field | takes | meaning |\n| --- | --- | --- |\n");
        for field in documented(source, item) {
            let _ = writeln!(out, "| `{}` | {} | {} |", field.name, takes(&field.takes), tidy(&field.about));
        }
    }
    out.push_str("\n## What was observed\n");
    let mut open = false;
    for field in documented(RECORD_SOURCE, "enum What") {
        if field.indent == 4 {
            let _ = write!(out, "\n### `{}`\n\n{}\n", snake(&field.name), tidy(&field.about));
            open = false;
        } else {
            if !open {
                out.push_str("\n| field | takes | meaning |\n| --- | --- | --- |\n");
                open = true;
            }
            let _ = writeln!(out, "| `{}` | {} | {} |", field.name, takes(&field.takes), tidy(&field.about));
        }
    }
    out.push_str("\n## Words with a fixed choice\n");
    for (name, what) in [
        ("Verdict", "verdict"),
        ("QueueName", "queue"),
        ("ConnectionState", "state of a connection"),
        ("PacketStep", "step of a packet"),
        ("LossReason", "reason of a loss"),
        ("RepeatReason", "why bytes are sent again"),
        ("Side", "side"),
        ("Direction", "direction"),
    ] {
        let _ = write!(out, "\n### {what}\n\n| word | meaning |\n| --- | --- |\n");
        for word in documented(RECORD_SOURCE, &format!("enum {name}")) {
            let _ = writeln!(out, "| `{}` | {} |", snake(&word.name), tidy(&word.about));
        }
    }
    out
}

fn tidy(text: &str) -> String {
    no_html(&text.replace("[`", "`").replace("`]", "`").replace('|', "\\|"))
}

/// Markdown in which an angle bracket outside `code` begins no tag.
fn no_html(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let parts: Vec<String> =
        parts.map(|(i, part)| if i % 2 == 0 { part.replace('<', "&lt;") } else { part.to_owned() }).collect();
    parts.join("`")
}

/// `reference`: a page that the program writes itself.
pub(super) fn reference(directive: &Directive, command: &clap::Command) -> Result<String, String> {
    match directive.words.first().map(String::as_str) {
        Some("scenario") => Ok(chapter(&crate::scenario::reference(), |title| title != "Expectations")),
        Some("expectations") => Ok(chapter(&crate::scenario::reference(), |title| title == "Expectations")),
        Some("records") => Ok(records()),
        Some("cli") => Ok(command_line(command.clone())),
        _ => Err("expected scenario, expectations, records or cli".into()),
    }
}

/// The parts of a Markdown page whose titles are wanted; the page's own title is left out.
fn chapter(page: &str, wanted: impl Fn(&str) -> bool) -> String {
    let mut out = String::new();
    let mut keep = false;
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            keep = wanted(title);
            // A part that stands alone has the page's own title.
            if keep && !wanted("") {
                continue;
            }
        }
        if keep {
            out.push_str(&no_html(line));
            out.push('\n');
        }
    }
    out
}

fn command_line(mut command: clap::Command) -> String {
    command.build();
    let mut out = String::new();
    let overview = command.render_help().to_string();
    let _ = write!(out, "```text\n{}\n```\n", overview.trim_end());
    for sub in command.get_subcommands_mut() {
        if sub.get_name() == "help" || sub.is_hide_set() {
            continue;
        }
        let name = sub.get_name().to_owned();
        let help = sub.render_long_help().to_string();
        let _ = write!(out, "\n## `postroad {name}`\n\n```text\n{}\n```\n", help.trim_end());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_documented() {
        let page = records();
        for part in ["### `composed`", "### `outcome`", "| `queue_id` | text |", "| `timed_out` |", "| `cause` |"] {
            assert!(page.contains(part), "{part}\n{page}");
        }
        assert!(page.contains("| `media_type` | text |") && page.contains("| `parts` | list of parts |"), "{page}");
        // A type that has no words here would be a tag of HTML.
        assert!(!page.contains('<'), "{page}");
    }

    #[test]
    fn comments_of_a_scenario_can_be_left_out() {
        let text = "// all\n(\n    // why\n\n    a: \"http://x\", // what\n)";
        assert_eq!(without_comments(text), "(\n\n    a: \"http://x\",\n)");
    }

    #[test]
    fn parts_of_a_scenario_are_found() {
        let text =
            "(\n    title: \"a (\",\n    hosts: {\n        \"x\": Mta(),\n    },\n    mail: [ (a: \"}\") ],\n)\n";
        assert_eq!(field(text, "hosts").unwrap(), "hosts: {\n    \"x\": Mta(),\n},");
        assert_eq!(field(text, "mail").unwrap(), "mail: [ (a: \"}\") ],");
        assert!(field(text, "faults").is_err());
    }
}
