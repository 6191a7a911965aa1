//! The one message of PLAIN: `[authzid] NUL authcid NUL passwd` (RFC 4616 §2).

use std::fmt;

/// The most octets of each of the three fields (RFC 4616 §2: implementations must take up to 255 and may take more).
pub(super) const MAX_FIELD_OCTETS: usize = 1024;

/// The three fields as they came, not prepared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Fields<'a> {
    /// Who to act as; empty: as oneself.
    pub(super) authzid: &'a str,
    /// Who it is.
    pub(super) user: &'a str,
    /// Its password.
    pub(super) password: &'a str,
}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fields {{ authzid: {:?}, user: {:?}, password: *** }}", self.authzid, self.user)
    }
}

/// Reads the message. `None` if it has not exactly two NULs, if name or password is missing, if a field is too long, or if
/// it is not UTF-8.
pub(super) fn read(message: &[u8]) -> Option<Fields<'_>> {
    let text = std::str::from_utf8(message).ok()?;
    let mut fields = text.split('\0');
    let (authzid, user, password) = (fields.next()?, fields.next()?, fields.next()?);
    let fits = |field: &str| field.len() <= MAX_FIELD_OCTETS;
    let whole = fields.next().is_none() && !user.is_empty() && !password.is_empty();
    (whole && fits(authzid) && fits(user) && fits(password)).then_some(Fields { authzid, user, password })
}

/// Writes the message.
pub(super) fn write(fields: Fields<'_>) -> Vec<u8> {
    [fields.authzid, "\0", fields.user, "\0", fields.password].concat().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_4616() {
        // RFC 4616 §4; the first comes there without an authorization identity, the second with one.
        let tim = Fields { authzid: "", user: "tim", password: "tanstaaftanstaaf" };
        let kurt = Fields { authzid: "Ursel", user: "Kurt", password: "xipj3plmq" };
        for (fields, message) in [(tim, &b"\0tim\0tanstaaftanstaaf"[..]), (kurt, b"Ursel\0Kurt\0xipj3plmq")] {
            assert_eq!(write(fields), message);
            assert_eq!(read(message), Some(fields));
        }
        assert!(!format!("{kurt:?}").contains("xipj"));
    }

    #[test]
    fn anything_else_is_no_message() {
        let wrong: [&[u8]; 8] = [
            b"",
            b"tim",
            b"\0tim",
            b"\0\0secret",
            b"\0tim\0",
            b"\0tim\0sec\0ret",
            b"\0tim\0\xff",
            &[b"\0tim\0", &[b'x'; MAX_FIELD_OCTETS + 1][..]].concat(),
        ];
        for message in wrong {
            assert_eq!(read(message), None, "{:?}", message.escape_ascii().to_string());
        }
    }
}
