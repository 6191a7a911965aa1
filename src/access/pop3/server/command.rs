//! Commands of a client (RFC 1939 §9, RFC 2449 §4).

/// The keywords, in the order of RFC 1939 §9, then those of later RFCs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    User,
    Pass,
    Quit,
    Stat,
    List,
    Retr,
    Dele,
    Noop,
    Rset,
    Apop,
    Top,
    Uidl,
    /// RFC 2449 §5.
    Capa,
    /// RFC 2595 §4.
    Stls,
    /// RFC 5034 §4.
    Auth,
    /// RFC 6856 §2.
    Utf8,
}

/// Where a command may be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Authorization,
    Transaction,
    Anywhere,
}

impl Verb {
    /// Keyword, place, and how the command is written.
    const ALL: [(Verb, &'static str, Place, &'static str); 16] = [
        (Verb::User, "USER", Place::Authorization, "USER name"),
        (Verb::Pass, "PASS", Place::Authorization, "PASS password"),
        (Verb::Quit, "QUIT", Place::Anywhere, "QUIT"),
        (Verb::Stat, "STAT", Place::Transaction, "STAT"),
        (Verb::List, "LIST", Place::Transaction, "LIST [message]"),
        (Verb::Retr, "RETR", Place::Transaction, "RETR message"),
        (Verb::Dele, "DELE", Place::Transaction, "DELE message"),
        (Verb::Noop, "NOOP", Place::Transaction, "NOOP"),
        (Verb::Rset, "RSET", Place::Transaction, "RSET"),
        (Verb::Apop, "APOP", Place::Authorization, "APOP name digest"),
        (Verb::Top, "TOP", Place::Transaction, "TOP message lines"),
        (Verb::Uidl, "UIDL", Place::Transaction, "UIDL [message]"),
        (Verb::Capa, "CAPA", Place::Anywhere, "CAPA"),
        (Verb::Stls, "STLS", Place::Authorization, "STLS"),
        (Verb::Auth, "AUTH", Place::Authorization, "AUTH mechanism [initial-response]"),
        (Verb::Utf8, "UTF8", Place::Authorization, "UTF8"),
    ];

    fn row(self) -> (Verb, &'static str, Place, &'static str) {
        Verb::ALL.into_iter().find(|row| row.0 == self).expect("all are in the table")
    }

    /// Where it may be said.
    pub(super) fn place(self) -> Place {
        self.row().2
    }

    /// How it is written.
    pub(super) fn usage(self) -> &'static str {
        self.row().3
    }
}

/// Reads a line as a keyword, in upper or lower case, and what stands behind one space. `None`: there is no such keyword.
pub(super) fn read(line: &[u8]) -> Option<(Verb, Option<&[u8]>)> {
    let (word, rest) = match memchr::memchr(b' ', line) {
        Some(at) => (&line[..at], Some(&line[at + 1..])),
        None => (line, None),
    };
    let row = Verb::ALL.iter().find(|row| word.eq_ignore_ascii_case(row.1.as_bytes()))?;
    Some((row.0, rest))
}

/// Whether a line shows a password, or what is made from one.
pub(super) fn is_secret(line: &[u8]) -> bool {
    match read(line) {
        Some((Verb::Pass | Verb::Apop, rest)) => rest.is_some(),
        Some((Verb::Auth, Some(rest))) => words(rest).nth(1).is_some(),
        _ => false,
    }
}

/// Arguments that are parted by spaces; more than one space counts as one, as for Dovecot.
pub(super) fn words(arguments: &[u8]) -> impl Iterator<Item = &[u8]> {
    arguments.split(|&b| b == b' ').filter(|word| !word.is_empty())
}

/// No argument.
pub(super) fn nothing(arguments: Option<&[u8]>) -> Option<()> {
    arguments.is_none_or(|rest| words(rest).next().is_none()).then_some(())
}

/// A number. One that is too large for any mail is the largest. `None`: it is none.
pub(super) fn number(word: &[u8]) -> Option<u64> {
    let digits = !word.is_empty() && word.iter().all(u8::is_ascii_digit);
    digits.then(|| word.iter().fold(0_u64, |n, b| n.saturating_mul(10).saturating_add(u64::from(b - b'0'))))
}

/// Exactly so many numbers.
pub(super) fn numbers<const N: usize>(arguments: Option<&[u8]>) -> Option<[u64; N]> {
    let mut words = words(arguments.unwrap_or_default());
    let mut found = [0; N];
    for place in &mut found {
        *place = number(words.next()?)?;
    }
    words.next().is_none().then_some(found)
}

/// A number, or nothing: `Some(None)`.
pub(super) fn optional_number(arguments: Option<&[u8]>) -> Option<Option<u64>> {
    match nothing(arguments) {
        Some(()) => Some(None),
        None => numbers::<1>(arguments).map(|[n]| Some(n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_read_in_any_case_and_up_to_the_first_space() {
        for (verb, name, ..) in Verb::ALL {
            assert_eq!(read(name.to_lowercase().as_bytes()), Some((verb, None)));
        }
        assert_eq!(read(b"PASS  a b "), Some((Verb::Pass, Some(&b" a b "[..]))));
        for none in ["", " ", "STATS", "LAST", " STAT", "STAT\t"] {
            assert_eq!(read(none.as_bytes()), None, "{none:?}");
        }
    }

    #[test]
    fn numbers_are_digits_and_their_count_is_right() {
        assert_eq!(numbers::<2>(Some(b"1  010")), Some([1, 10]));
        assert_eq!(numbers::<1>(Some(b"99999999999999999999999 ")), Some([u64::MAX]));
        for wrong in [None, Some(&b""[..]), Some(b"-1"), Some(b"+1"), Some(b"1 2"), Some(b"x"), Some(b"1,2")] {
            assert_eq!(numbers::<1>(wrong), None, "{wrong:?}");
        }
        assert_eq!(optional_number(None), Some(None));
        assert_eq!(optional_number(Some(b" ")), Some(None));
        assert_eq!(optional_number(Some(b"3")), Some(Some(3)));
        assert_eq!(optional_number(Some(b"three")), None);
    }

    #[test]
    fn what_proves_who_somebody_is_is_secret() {
        for (line, secret) in [
            ("PASS x", true),
            ("pass", false),
            ("USER bob", false),
            ("APOP bob c4c9", true),
            ("AUTH PLAIN", false),
            ("AUTH PLAIN ", false),
            ("auth plain AGJvYg==", true),
            ("XPASS x", false),
        ] {
            assert_eq!(is_secret(line.as_bytes()), secret, "{line}");
        }
    }
}
