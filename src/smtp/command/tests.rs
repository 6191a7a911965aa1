use proptest::prelude::*;

use super::*;
use crate::sasl::Secret;

#[test]
fn commands_are_read_in_any_case_and_written_one_way() {
    for (line, written) in [
        ("helo green.example", "HELO green.example"),
        ("EHLO [192.0.2.1]", "EHLO [192.0.2.1]"),
        ("EHLO [IPv6:2001:db8::1]", "EHLO [ipv6:2001:db8::1]"),
        ("mail from:<a@Green.Example>", "MAIL FROM:<a@green.example>"),
        ("MAIL FROM:<>", "MAIL FROM:<>"),
        ("MAIL FROM:<a@b> size=10 body=8bitmime  ", "MAIL FROM:<a@b> SIZE=10 BODY=8BITMIME"),
        ("MAIL FROM:<a@b>  BODY=7BIT", "MAIL FROM:<a@b> BODY=7BIT"),
        ("MAIL FROM:<a@b> SIZE=99999999999999999999", "MAIL FROM:<a@b> SIZE=18446744073709551615"),
        ("MAIL FROM:<@a.example,@b.example:c@d.example>", "MAIL FROM:<c@d.example>"),
        ("RCPT TO:<@a.example:c@d.example>", "RCPT TO:<c@d.example>"),
        ("RCPT TO:<POSTMASTER>", "RCPT TO:<Postmaster>"),
        ("rcpt to:<\"a > \\\" b\"@c> \t", "RCPT TO:<\"a > \\\" b\"@c>"),
        ("DATA \t ", "DATA"),
        ("noop whatever", "NOOP"),
        ("VRFY Crispin Q", "VRFY Crispin Q"),
        ("expn list", "EXPN list"),
        ("HELP", "HELP"),
        ("help mail", "HELP mail"),
        ("QUIT", "QUIT"),
        ("rSeT", "RSET"),
    ] {
        let command = Command::parse(line.as_bytes()).unwrap_or_else(|e| panic!("{line}: {e}"));
        assert_eq!(command.to_string(), written);
    }
}

#[test]
fn what_is_wrong_is_said() {
    use CommandError::{Address, EightBit, ParameterValue, PathTooLong, Syntax, Unknown, UnknownParameter};
    let long_path = format!("MAIL FROM:<a@{}>", vec!["abcdefgh"; 28].join("."));
    let too_long_path = format!("MAIL FROM:<a@{}>", vec!["abcdefgh"; 29].join("."));
    let long_local = format!("RCPT TO:<{}@b>", "a".repeat(65));
    assert!(Command::parse(long_path.as_bytes()).is_ok());
    for (line, error) in [
        ("", Unknown),
        ("FOO", Unknown),
        (" NOOP", Unknown),
        ("NOOPX", Unknown),
        ("MAILFROM:<a@b>", Unknown),
        ("HELO", Syntax("HELO domain")),
        ("EHLO a b", Syntax("EHLO domain")),
        ("EHLO -a", Syntax("EHLO domain")),
        ("MAIL", Syntax(MAIL_SYNTAX)),
        ("MAIL FROM: <a@b>", Syntax(MAIL_SYNTAX)),
        ("MAIL FROM:a@b", Syntax(MAIL_SYNTAX)),
        ("MAIL FROM:<a@b", Syntax(MAIL_SYNTAX)),
        ("MAIL FROM:<\"a@b>", Syntax(MAIL_SYNTAX)),
        ("MAIL TO:<a@b>", Syntax(MAIL_SYNTAX)),
        ("MAIL FROM:<a@b>SIZE=1", Syntax(MAIL_SYNTAX)),
        ("MAIL FROM:<a@b> SIZE=1=2", Syntax(MAIL_SYNTAX)),
        ("MAIL FROM:<a@b> =1", Syntax(MAIL_SYNTAX)),
        ("MAIL FROM:<a@b> REQUIRETLS=1", ParameterValue),
        ("MAIL FROM:<a@b> REQUIRETLS requiretls", ParameterValue),
        ("MAIL FROM:<a>", Address),
        ("MAIL FROM:< >", Address),
        ("MAIL FROM:<a b@c>", Address),
        ("MAIL FROM:<@a.example>", Address),
        ("MAIL FROM:<@a..b:c@d>", Address),
        ("MAIL FROM:<a@b> FOO", UnknownParameter),
        ("MAIL FROM:<a@b> X-Y=1", UnknownParameter),
        ("MAIL FROM:<a@b> SIZE=", Syntax(MAIL_SYNTAX)),
        ("MAIL FROM:<a@b> SIZE", ParameterValue),
        ("MAIL FROM:<a@b> SIZE=1x", ParameterValue),
        ("MAIL FROM:<a@b> SIZE=123456789012345678901", ParameterValue),
        ("MAIL FROM:<a@b> SIZE=1 SIZE=1", ParameterValue),
        ("MAIL FROM:<a@b> BODY=9BIT", ParameterValue),
        ("RCPT TO:<>", Address),
        ("RCPT TO:<a@b> NOTIFY=NEVER", UnknownParameter),
        ("DATA now", Syntax("DATA")),
        ("QUIT now", Syntax("QUIT")),
        ("VRFY", Syntax("VRFY string")),
        ("EXPN ", Syntax("EXPN string")),
        ("NOOP \u{e4}", EightBit),
        ("EHLO \u{e4}.example", EightBit),
        ("HELO \u{e4}.example", EightBit),
        ("MAIL FROM:<\u{e4}@b.example>", EightBit),
        ("RCPT TO:<a@\u{e4}.example>", EightBit),
        ("VRFY \u{e4}", EightBit),
        ("\u{c4}HLO a.example", Unknown),
        (&too_long_path, PathTooLong),
        (&long_local, PathTooLong),
    ] {
        assert_eq!(Command::parse(line.as_bytes()), Err(error), "{line}");
    }
}

fn domain() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9]{0,8}(\\.[a-z][a-z0-9]{0,8}){0,3}|\\[192\\.0\\.2\\.[1-9]\\]"
}

fn mailbox() -> impl Strategy<Value = Mailbox> {
    ("[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]{1,20}|\"([ !#-\\[\\]-~]|\\\\[ -~]){0,20}\"", domain())
        .prop_map(|(local, domain)| format!("{local}@{domain}").parse().unwrap())
}

fn command() -> impl Strategy<Value = Command> {
    let text = "[!-~]([ -~]{0,30}[!-~])?";
    let body = prop::option::of(prop_oneof![Just(BodyType::SevenBit), Just(BodyType::EightBitMime)]);
    prop_oneof![
        domain().prop_map(|d| Command::Helo(d.parse().unwrap())),
        domain().prop_map(|d| Command::Ehlo(d.parse().unwrap())),
        (prop::option::of(mailbox()), prop::option::of(any::<u64>()), body, any::<bool>(), any::<bool>()).prop_map(
            |(path, size, body, auth, require_tls)| {
                let reverse_path = path.map_or(ReversePath::Null, ReversePath::Mailbox);
                Command::Mail { reverse_path, parameters: MailParameters { size, body, auth, require_tls } }
            }
        ),
        prop::option::of(mailbox()).prop_map(|path| {
            Command::Rcpt { forward_path: path.map_or(ForwardPath::Postmaster, ForwardPath::Mailbox) }
        }),
        ("[A-Z0-9_-]{1,20}", prop::option::of("[A-Za-z0-9+/]{1,30}=?|=")).prop_map(|(mechanism, initial)| {
            Command::Auth { mechanism, initial: initial.as_deref().map(Secret::from) }
        }),
        text.prop_map(Command::Vrfy),
        text.prop_map(Command::Expn),
        text.prop_map(Command::Help),
        prop::sample::select(vec![Command::Data, Command::Rset, Command::Noop, Command::Quit, Command::StartTls]),
    ]
}

proptest! {
    #[test]
    fn commands_round_trip(command in command()) {
        let written = command.to_string();
        prop_assert_eq!(Command::parse(written.as_bytes()).unwrap(), command.clone(), "{}", written);
        let lower = written.replacen(command.verb().as_str(), &command.verb().as_str().to_lowercase(), 1);
        prop_assert_eq!(Command::parse(lower.as_bytes()).unwrap(), command);
    }

    #[test]
    fn garbage_never_panics(line in prop::collection::vec(any::<u8>(), 0..80),
                            path in "(MAIL FROM|RCPT TO):[<>@:,.\"\\\\a =\\[\\]]{0,30}") {
        let _ = Command::parse(&line);
        let _ = Command::parse(path.as_bytes());
    }
}
