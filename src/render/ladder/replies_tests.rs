use super::*;

/// The arrows of these lines, which are said at one instant.
fn arrows(dialect: Dialect, lines: &[&str]) -> Vec<(bool, String)> {
    let mut arrows: Vec<(bool, String)> = Vec::new();
    let mut is_open = false;
    for line in lines {
        let before = arrows.last().filter(|_| is_open).map(|(_, words)| (true, words.as_str()));
        let Place { goes_on, more, is_refusal, rest } = place(dialect, line.as_bytes(), line, before);
        is_open = more;
        match arrows.last_mut().filter(|_| goes_on) {
            Some((_, words)) => *words = format!("{words} · {rest}"),
            None => arrows.push((is_refusal, rest)),
        }
    }
    arrows
}

#[test]
fn lines_of_one_reply_go_on_one_arrow() {
    let good = |words: &str| (false, words.to_owned());
    let bad = |words: &str| (true, words.to_owned());
    let smtp = ["250-mx", "250-SIZE 5", "250 HELP", "354 go on", "450 later", "550 no"];
    let said = [good("250 mx · SIZE 5 · HELP"), good("354 go on"), bad("450 later"), bad("550 no")];
    assert_eq!(arrows(Dialect::Smtp, &smtp), said);
    let pop3 = ["+OK", "+OK 2 mails", "1 100", "450 200", ".", "-ERR no such mail", "+ ", "+OK"];
    let said = [good("+OK"), good("+OK 2 mails · 1 100 · 450 200 · ."), bad("-ERR no such mail"), good("+ "), good("+OK")];
    assert_eq!(arrows(Dialect::Pop3, &pop3), said);
    let flags = ["* 1 FETCH (FLAGS ())", "* 2 FETCH (FLAGS (\\Seen))", "* 1 EXISTS", "* 1 FETCH (BODY[] {3}", ")", "A1 OK"];
    let said = [
        good("* 1 FETCH (FLAGS ()) · * 2 FETCH (FLAGS (\\Seen))"),
        good("* 1 EXISTS"),
        good("* 1 FETCH (BODY[] {3}"),
        good(")"),
        good("A1 OK"),
    ];
    assert_eq!(arrows(Dialect::Imap, &flags), said);
    let ends = ["* LIST () \"/\" a", "* LIST () \"/\" b", "* 1 FETCH (FLAGS ())", "A1 NO it is not there", "A2 BAD what?"];
    let said = [
        good("* LIST () \"/\" a · * LIST () \"/\" b"),
        good("* 1 FETCH (FLAGS ())"),
        bad("A1 NO it is not there"),
        bad("A2 BAD what?"),
    ];
    assert_eq!(arrows(Dialect::Imap, &ends), said);
}

#[test]
fn what_is_said_later_is_another_reply() {
    let later = place(Dialect::Imap, b"* 2 FETCH (FLAGS ())", "* 2 FETCH (FLAGS ())", Some((false, "* 1 FETCH (FLAGS ())")));
    assert!(!later.goes_on && later.more);
    // A list of POP3 may take its time.
    assert!(place(Dialect::Pop3, b"2 200", "2 200", Some((false, "+OK 2 mails"))).goes_on);
}
