use std::collections::BTreeMap;

use super::*;

/// What the recipients of a mail come to, one placement a line, by a table of aliases. Addresses at `here` have a mailbox,
/// whose number is the length of the local part; those at `nowhere` do not exist; all others are elsewhere.
fn expand(aliases: &[(&str, &[&str])], recipients: &[&str]) -> Vec<String> {
    let table: BTreeMap<String, &[&str]> = aliases.iter().map(|(a, to)| (a.to_lowercase(), *to)).collect();
    let parse = |text: &&str| -> Mailbox { text.parse().unwrap() };
    let mut queue = crate::queue::Queue::new(crate::queue::Config::default());
    let mut store = crate::store::Store::new();
    let mut expansion = Expansion::new(recipients.len());
    let mut lines = Vec::new();
    for recipient in recipients {
        expansion.begin(parse(recipient));
        while let Some((who, what)) =
            expansion.poll(|mailbox, ask| match (ask, table.get(&mailbox.as_str().to_lowercase()), mailbox.domain()) {
                (Ask::Any, Some(others), _) => Target::Forward(others.iter().map(parse).collect()),
                (_, _, "here.example") => Target::Local(store.add_mailbox(mailbox.clone())),
                (_, _, "nowhere.example") => Target::Unknown,
                _ => Target::Remote(queue.destination_of(mailbox)),
            })
        {
            lines.push(match what {
                Placement::File(_) => format!("{who} filed"),
                Placement::Queue(_) => format!("{who} queued"),
                Placement::Duplicate(first) => format!("{who} like {first}"),
                Placement::Redirect(others) => format!("{who} becomes {}", others.len()),
                Placement::Circle => format!("{who} in a circle"),
                Placement::TooMany => format!("{who} one alias too many"),
                Placement::Unknown => format!("{who} unknown"),
            });
        }
    }
    lines
}

#[test]
fn recipients_without_aliases() {
    assert_eq!(expand(&[], &["a@here.example"]), ["a@here.example filed"]);
    assert_eq!(
        expand(&[], &["a@here.example", "A@here.example", "x@there.example", "X@there.example", "b@nowhere.example"]),
        [
            "a@here.example filed",
            "A@here.example like a@here.example",
            "x@there.example queued",
            "X@there.example queued",
            "b@nowhere.example unknown",
        ],
        "spellings are one here; elsewhere that is for the other host to say",
    );
}

#[test]
fn a_list_of_lists_reaches_everybody_once() {
    let aliases: &[(&str, &[&str])] = &[
        ("all@here.example", &["staff@here.example", "board@here.example", "a@here.example"]),
        ("staff@here.example", &["a@here.example", "x@there.example"]),
        ("board@here.example", &["x@there.example", "staff@here.example"]),
    ];
    assert_eq!(
        expand(aliases, &["all@here.example"]),
        [
            "all@here.example becomes 3",
            "staff@here.example becomes 2",
            "a@here.example filed",
            "x@there.example queued",
            "board@here.example becomes 2",
            "x@there.example like x@there.example",
            "staff@here.example like staff@here.example",
            "a@here.example like a@here.example",
        ]
    );
}

#[test]
fn circles_end_and_an_alias_that_names_itself_keeps_a_copy() {
    let aliases: &[(&str, &[&str])] = &[
        ("a@here.example", &["b@here.example"]),
        ("b@here.example", &["A@here.example"]),
        ("c@here.example", &["c@here.example", "x@there.example"]),
    ];
    assert_eq!(
        expand(aliases, &["a@here.example"]),
        ["a@here.example becomes 1", "b@here.example becomes 1", "A@here.example in a circle"]
    );
    assert_eq!(
        expand(aliases, &["c@here.example"]),
        ["c@here.example becomes 2", "c@here.example filed", "x@there.example queued"]
    );
}

#[test]
fn a_thousand_aliases_and_no_more() {
    let names: Vec<String> = (0..=MOST_ALIASES + 5).map(|n| format!("l{n}@here.example")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let aliases: Vec<(&str, &[&str])> = names.windows(2).map(|pair| (pair[0], &pair[1..])).collect();
    let lines = expand(&aliases, &names[..1]);
    assert_eq!(lines.len(), MOST_ALIASES + 1);
    assert_eq!(lines[MOST_ALIASES], format!("{} one alias too many", names[MOST_ALIASES]));
}
