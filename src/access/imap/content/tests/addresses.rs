//! Addresses of envelopes, as they go over the wire.

use super::*;

fn told(value: &str) -> String {
    let reading = reading(format!("To: {value}\r\n\r\n").as_bytes());
    let to = envelope(&reading).to;
    let wire = wire(MessageDataItem::Envelope(imap_codec::imap_types::envelope::Envelope {
        to,
        ..envelope(&super::reading(b"\r\n"))
    }));
    let wire = String::from_utf8_lossy(&wire).replace("\r\n", "|");
    let to = wire.strip_prefix("ENVELOPE (NIL NIL NIL NIL NIL ").unwrap().strip_suffix(" NIL NIL NIL NIL)").unwrap();
    to.to_owned()
}

#[test]
fn addresses_as_the_standards_have_them() {
    for (value, expected) in [
        ("alice@green.example", r#"((NIL NIL "alice" "green.example"))"#),
        (
            "Alice Green <alice@green.example>, bob@blue.example",
            r#"(("Alice Green" NIL "alice" "green.example")(NIL NIL "bob" "blue.example"))"#,
        ),
        (r#""Green, Alice" <a@[192.0.2.7]> (at (work))"#, r#"(("Green, Alice" NIL "a" "[192.0.2.7]"))"#),
        (r"Pete(A nice \) chap) <pete(his account)@silly.test(his host)>", r#"(("Pete" NIL "pete" "silly.test"))"#),
        (
            "A Group:Ed Jones <c@a.test>,joe@where.test;, x@y.example",
            r#"((NIL NIL "A Group" NIL)("Ed Jones" NIL "c" "a.test")(NIL NIL "joe" "where.test")(NIL NIL NIL NIL)(NIL NIL "x" "y.example"))"#,
        ),
        ("Undisclosed recipients:(none) ;", r#"((NIL NIL "Undisclosed recipients" NIL)(NIL NIL NIL NIL))"#),
        ("Joe Q. Public <john.q.public@x.example>", r#"(("Joe Q. Public" NIL "john.q.public" "x.example"))"#),
        (
            "Mary <@node.test,,@other.test:mary@x.example>, , jdoe@test   . example",
            r#"(("Mary" "@node.test,@other.test" "mary" "x.example")(NIL NIL "jdoe" "test.example"))"#,
        ),
        (r#""a \" b"@c.example"#, "((NIL NIL {5}|a \" b \"c.example\"))"),
        (r#""a"."b".c@d"#, r#"((NIL NIL "a.b.c" "d"))"#),
        ("a@[IPv6:::1]", r#"((NIL NIL "a" "[IPv6:::1]"))"#),
        ("\"A\"B <a@b>", r#"(("A B" NIL "a" "b"))"#),
        ("A\r\n\tB   . C <a@b>", r#"(("A B . C" NIL "a" "b"))"#),
        ("", "NIL"),
        (" , (nobody) ,", "NIL"),
        // The last comment stands in for a name.
        ("a@b (one) (Mail System)", r#"(("Mail System" NIL "a" "b"))"#),
        ("(one) Name (two) <a@b> (three)", r#"(("Name" NIL "a" "b"))"#),
        // Words stay as they are, whatever is in them.
        ("=?utf-8?Q?a?= =?utf-8?Q?b,_(c)?= <a@b>", r#"(("=?utf-8?Q?a?= =?utf-8?Q?b,_(c)?=" NIL "a" "b"))"#),
        ("\u{fc} <\u{fc}@b>", "(({2}|\u{fc} NIL {2}|\u{fc} \"b\"))"),
    ] {
        assert_eq!(told(value), expected.replace("{5}|a \" b \"c.example\"", r#""a \" b" "c.example""#), "{value}");
    }
}

#[test]
fn of_what_is_broken_the_rest_is_told() {
    for (value, expected) in [
        ("root", r#"((NIL NIL "root" "MISSING_DOMAIN"))"#),
        ("MAILER-DAEMON (Mail System)", r#"(("Mail System" NIL "MAILER-DAEMON" "MISSING_DOMAIN"))"#),
        ("Two Words", r#"(("Two Words" NIL "MISSING_MAILBOX" "MISSING_DOMAIN"))"#),
        ("\"name\"", r#"(("name" NIL "MISSING_MAILBOX" "MISSING_DOMAIN"))"#),
        ("<>", r#"((NIL NIL "MISSING_MAILBOX" "MISSING_DOMAIN"))"#),
        ("Name <>", r#"(("Name" NIL "MISSING_MAILBOX" "MISSING_DOMAIN"))"#),
        ("a <b>", r#"(("a" NIL "b" "MISSING_DOMAIN"))"#),
        ("a@", r#"((NIL NIL "a" "MISSING_DOMAIN"))"#),
        ("@b", r#"((NIL NIL "MISSING_MAILBOX" "b"))"#),
        ("<@b>", r#"((NIL "@b" "MISSING_MAILBOX" "MISSING_DOMAIN"))"#),
        ("a..b@c", r#"((NIL NIL "a..b" "c"))"#),
        ("Foo, Inc. <a@b>", r#"((NIL NIL "Foo" "MISSING_DOMAIN")("Inc." NIL "a" "b"))"#),
        // Angle brackets are missing.
        ("Alice Green alice@green.example, b@c", r#"(("Alice Green" NIL "alice" "green.example")(NIL NIL "b" "c"))"#),
        ("a@b c@d, e@f", r#"((NIL NIL "a" "b")(NIL NIL "e" "f"))"#),
        ("a@b@c, d@e", r#"((NIL NIL "a" "b")(NIL NIL "d" "e"))"#),
        ("Name <a@b> trailing <c@d>, e@f", r#"(("Name" NIL "a" "b")(NIL NIL "e" "f"))"#),
        ("<a@b, c@d", r#"((NIL NIL "a" "b")(NIL NIL "c" "d"))"#),
        ("<a b@c>, d@e", r#"((NIL NIL "a b" "c")(NIL NIL "d" "e"))"#),
        ("<<<>, a@b>", r#"((NIL NIL "MISSING_MAILBOX" "MISSING_DOMAIN")(NIL NIL "a" "b"))"#),
        // A semicolon for a comma.
        ("a@b; c@d;", r#"((NIL NIL "a" "b")(NIL NIL "c" "d"))"#),
        ("group: a@b", r#"((NIL NIL "group" NIL)(NIL NIL "a" "b")(NIL NIL NIL NIL))"#),
        ("a: b: c@d;, e@f", r#"((NIL NIL "a" NIL)("b" NIL "c" "d")(NIL NIL NIL NIL)(NIL NIL "e" "f"))"#),
        (":;", r#"((NIL NIL "" NIL)(NIL NIL NIL NIL))"#),
        ("\"open <a@b>, c@d", r#"(("open <a@b>, c@d" NIL "MISSING_MAILBOX" "MISSING_DOMAIN"))"#),
        ("a@b (open, c@d", r#"(("open, c@d" NIL "a" "b"))"#),
        ("a@[1.2", r#"((NIL NIL "a" "[1.2]"))"#),
        ("\u{1}a@b\u{7}, >c@d", r#"((NIL NIL "a" "b")(NIL NIL "c" "d"))"#),
        ("a\\", r#"((NIL NIL "a" "MISSING_DOMAIN"))"#),
    ] {
        assert_eq!(told(value), expected, "{value}");
    }
}
