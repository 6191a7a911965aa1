//! What a trace does not show unless asked: what people prove with who they are.

use crate::octets::Chunk;

/// A line of a client that holds a secret, with stars in its place: `AUTH`, and the name of a mechanism behind it, stay.
#[must_use]
pub(super) fn starred(line: &[u8]) -> Chunk {
    let mut words = line.splitn(3, |&b| b == b' ');
    match (words.next(), words.next(), words.next()) {
        (Some(verb), Some(mechanism), Some(_)) if verb.eq_ignore_ascii_case(b"AUTH") => {
            Chunk::from([verb, b" ", mechanism, b" ***"].concat())
        }
        (Some(verb), Some(_), None) if verb.eq_ignore_ascii_case(b"AUTH") => Chunk::copy_from(line),
        _ => Chunk::from_static(b"***"),
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
        assert_eq!(&*starred(b"c2VzYW1l"), b"***");
        assert_eq!(&*starred(b""), b"***");
    }
}
