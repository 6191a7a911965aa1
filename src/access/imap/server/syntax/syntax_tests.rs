use imap_codec::imap_types::search::SearchKey;

use super::*;

fn read_plain(text: &str) -> Option<Command> {
    read(format!("{text}\r\n").as_bytes(), Names::Utf7, &Numbers::default())
}

fn keys(text: &str, saved: &[u32]) -> Vec<SearchKey<'static>> {
    match read(format!("a {text}\r\n").as_bytes(), Names::Utf8, &saved.iter().copied().collect()) {
        Some(Command::Search(search)) => search.keys.as_ref().to_vec(),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn heads_are_read() {
    let head = |text: &'static str| Head::read(text.as_bytes()).map(|head| (head.tag, head.verb, head.arguments));
    assert_eq!(head("a1 NOOP"), Some(("a1", &b"NOOP"[..], &b""[..])));
    assert_eq!(head("a] uid FETCH 1"), Some(("a]", &b"uid"[..], &b" FETCH 1"[..])));
    assert_eq!(head("a1"), Some(("a1", &b""[..], &b""[..])));
    assert_eq!(head("a1 "), Some(("a1", &b""[..], &b""[..])));
    for none in ["", " NOOP", "+ NOOP", "* NOOP", "{3}", "(a) NOOP", "\u{e9} NOOP"] {
        assert_eq!(head(none), None, "{none}");
    }
}

#[test]
fn what_search_has_kept_takes_the_place_of_its_sign() {
    let uids = |set: &str| SearchKey::Uid(set.try_into().unwrap());
    assert_eq!(keys("SEARCH $", &[2, 3, 5]), [uids("2:3,5")]);
    assert_eq!(keys("SEARCH UID $ SEEN", &[7]), [uids("7"), SearchKey::Seen]);
    assert_eq!(keys("SEARCH (NOT $)", &[7]), keys("SEARCH (NOT UID 7)", &[]));
    assert_eq!(keys("SEARCH $", &[]), [uids("4294967295")]);
    // Here it is a text, or part of one.
    for text in [
        "KEYWORD $",
        "UNKEYWORD $",
        "SUBJECT $",
        "HEADER $ $",
        "TEXT \"$\"",
        "OR FROM $ TO $",
        "KEYWORD $Forwarded",
        "BODY {3+}\r\n $ ",
    ] {
        assert_eq!(keys(&format!("SEARCH {text}"), &[7]), keys(&format!("SEARCH {text}"), &[9]), "{text}");
    }
    assert_eq!(keys("SEARCH HEADER x $ $", &[7]).last(), Some(&uids("7")));
}

#[test]
fn quoted_strings_in_utf_8_are_for_who_has_said_so() {
    let text = "a SEARCH SUBJECT \"Gr\u{fc}\\\"\u{df}e\" TEXT \"a\\\\b\"\r\n";
    assert_eq!(read(text.as_bytes(), Names::Utf7, &Numbers::default()), None);
    let Some(Command::Search(search)) = read(text.as_bytes(), Names::Utf8, &Numbers::default()) else { panic!() };
    let [SearchKey::Subject(subject), SearchKey::Text(text)] = search.keys.as_ref() else { panic!() };
    assert_eq!(subject.as_ref(), "Gr\u{fc}\"\u{df}e".as_bytes());
    assert_eq!(text.as_ref(), b"a\\b");
    for broken in ["a SELECT \"\u{fc}", "a SELECT \"\u{fc}\\", "a SELECT \u{fc}", "a SELECT \"\u{fc}\\x\"x"] {
        assert_eq!(read(format!("{broken}\r\n").as_bytes(), Names::Utf8, &Numbers::default()), None, "{broken}");
    }
}

#[test]
fn sets_can_be_what_search_has_kept() {
    for (text, expected) in [
        ("a FETCH $ FLAGS", true),
        ("a UID FETCH $ FLAGS", true),
        ("a STORE $ +FLAGS ($)", true),
        ("a COPY $ $", true),
        ("a UID MOVE $ x", true),
        ("a UID EXPUNGE $", true),
        ("a COPY 1 $", false),
        ("a SELECT $", false),
    ] {
        match read_plain(text) {
            Some(Command::Known { on_saved, .. }) => assert_eq!(on_saved, expected, "{text}"),
            // A folder may be called so, and nothing else.
            None => assert_eq!(text, "a SELECT $"),
            other => panic!("{text}: {other:?}"),
        }
    }
    for none in ["a FETCH $$ FLAGS", "a FETCH $,1 FLAGS", "a FETCH 1,$ FLAGS", "a EXPUNGE $", "a UID", "a UID $"] {
        assert_eq!(read_plain(none), None, "{none}");
    }
}

#[test]
fn a_mail_is_told_from_the_name_of_its_folder() {
    let read = |text: &str| append::read(text.as_bytes());
    assert_eq!(read("a APPEND "), None);
    assert_eq!(read("a APPEND INBOX (\\Seen) \"yesterday\" "), None);
    let append = read("a APPEND \"INBOX\" (\\Seen x) \"05-Jan-2020 12:34:56 -0730\" ").unwrap();
    assert_eq!((append.name, append.flags.len(), append.is_utf8), (b"INBOX".to_vec(), 2, false));
    let date = append.date.unwrap();
    assert_eq!((date.unix_secs, date.offset_minutes), (1_578_254_696, -450));
    assert!(read("a APPEND {5}\r\nINBOX UTF8 (").unwrap().is_utf8);
}
