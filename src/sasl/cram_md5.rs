//! CRAM-MD5: the server asks, the client answers with its name and a digest of question and password (RFC 2195 §2).

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;

use super::nonce::Nonce;

/// The question, which has the form of a message identifier (RFC 2195 §2): `<nonce@host>`.
pub(super) fn challenge(nonce: &Nonce, host: &str) -> String {
    format!("<{nonce}@{host}>")
}

/// The digest of a challenge, keyed with the password: 32 hexadecimal digits in lower case.
pub(super) fn digest(password: &str, challenge: &[u8]) -> String {
    let mut mac = Hmac::<Md5>::new_from_slice(password.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(challenge);
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

/// The client's answer: name, space, digest.
pub(super) fn answer(user: &str, password: &str, challenge: &[u8]) -> Vec<u8> {
    format!("{user} {}", digest(password, challenge)).into_bytes()
}

/// Reads an answer as name and digest. The name may have spaces, so the last one counts. `None` if it has another form.
pub(super) fn read(answer: &[u8]) -> Option<(&str, &str)> {
    let (user, digest) = std::str::from_utf8(answer).ok()?.rsplit_once(' ')?;
    let fits = digest.len() == 32 && digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (fits && !user.is_empty()).then_some((user, digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2195 §2.
    #[test]
    fn the_example_of_rfc_2195() {
        let nonce = Nonce::from_text("1896.697170952").unwrap();
        let challenge = challenge(&nonce, "postoffice.reston.mci.net");
        assert_eq!(challenge, "<1896.697170952@postoffice.reston.mci.net>");
        let answer = answer("tim", "tanstaaftanstaaf", challenge.as_bytes());
        assert_eq!(answer, b"tim b913a602c7eda7a495b4e6e7334d3890");
        assert_eq!(read(&answer), Some(("tim", "b913a602c7eda7a495b4e6e7334d3890")));
    }

    /// RFC 2104, appendix.
    #[test]
    fn the_digest_is_hmac_md5() {
        assert_eq!(digest("Jefe", b"what do ya want for nothing?"), "750c783e6ab0b503eaa86e310a5db738");
    }

    #[test]
    fn names_may_have_spaces_and_digests_are_in_lower_case() {
        let digest = "0123456789abcdef0123456789abcdef";
        assert_eq!(read(format!("tim smith {digest}").as_bytes()), Some(("tim smith", digest)));
        for wrong in [
            String::new(),
            digest.to_owned(),
            format!(" {digest}"),
            format!("tim {}", digest.to_uppercase()),
            format!("tim {}", &digest[1..]),
            format!("tim {digest} "),
            format!("tim\t{digest}"),
        ] {
            assert_eq!(read(wrong.as_bytes()), None, "{wrong:?}");
        }
        assert_eq!(read(b"t\xffm 0123456789abcdef0123456789abcdef"), None);
    }
}
