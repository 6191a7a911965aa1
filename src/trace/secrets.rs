//! What a trace does not show unless asked: what people prove with who they are.

use crate::octets::Chunk;

/// A line of a client that holds a secret, with stars in its place. What is none stays: the command, and behind `AUTH` and
/// `AUTHENTICATE` the name of a mechanism, behind `APOP` and `LOGIN` that of who logs in. In front of a command of IMAP stands its
/// tag.
#[must_use]
pub(super) fn starred(line: &[u8]) -> Chunk {
    let words: Vec<&[u8]> = line.splitn(4, |&b| b == b' ').collect();
    let is = |place: usize, verb: &str| words.get(place).is_some_and(|word| word.eq_ignore_ascii_case(verb.as_bytes()));
    let (kept, at_least) = match () {
        _ if is(0, "AUTH") || is(0, "APOP") => (2, 2),
        _ if is(0, "PASS") => (1, 1),
        _ if is(1, "AUTHENTICATE") || is(1, "LOGIN") => (3, 3),
        _ => return Chunk::from_static(b"***"),
    };
    let length: usize = words.iter().take(kept).map(|word| word.len() + 1).sum();
    match words.len() {
        count if count > at_least => Chunk::from([&line[..length], b"***"].concat()),
        _ => Chunk::copy_from(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_is_stars_and_what_is_not_stays() {
        assert_eq!(&*starred(b"AUTH PLAIN AGFsaWNlAHNlc2FtZQ=="), b"AUTH PLAIN ***");
        assert_eq!(&*starred(b"auth x  y z"), b"auth x ***");
        assert_eq!(&*starred(b"AUTH PLAIN"), b"AUTH PLAIN");
        assert_eq!(&*starred(b"PASS sesame street"), b"PASS ***");
        assert_eq!(&*starred(b"APOP alice c4c9334bac560ecc979e58001b3e22fb"), b"APOP alice ***");
        assert_eq!(&*starred(b"A1 AUTHENTICATE PLAIN AGFsaWNlAHNlc2FtZQ=="), b"A1 AUTHENTICATE PLAIN ***");
        assert_eq!(&*starred(b"a1 login alice \"my sesame\""), b"a1 login alice ***");
        assert_eq!(&*starred(b"A1 LOGIN {5}"), b"A1 LOGIN {5}");
        assert_eq!(&*starred(b"c2VzYW1l"), b"***");
        assert_eq!(&*starred(b""), b"***");
    }
}
