//! What SCRAM computes from a password (RFC 5802 §3), with SHA-256 (RFC 7677 §2).

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::sasl::secret::same;

/// The least number of rounds that a server should ask for (RFC 7677 §4).
pub const MIN_ITERATIONS: u32 = 4096;

/// Octets of a key, of a proof and of a signature.
pub(super) const TAG_OCTETS: usize = 32;

type Tag = [u8; TAG_OCTETS];

/// What a server keeps of a password: enough to check a proof, not enough to make one (RFC 5802 §3).
#[derive(Clone, PartialEq, Eq)]
pub(in crate::sasl) struct Keys {
    stored_key: Tag,
    server_key: Tag,
}

/// What a client computes: the server's keys, and the one that makes proofs.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::sasl) struct Derived {
    client_key: Tag,
    keys: Keys,
}

impl Derived {
    /// Does the dear part: `iterations` rounds of PBKDF2 over the prepared password (RFC 5802 §2.2: Hi).
    pub(in crate::sasl) fn new(password: &str, salt: &[u8], iterations: u32) -> Derived {
        let mut salted: Tag = [0; TAG_OCTETS];
        pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), salt, iterations, &mut salted);
        let client_key = hmac(&salted, b"Client Key");
        let keys = Keys { stored_key: hash(&client_key), server_key: hmac(&salted, b"Server Key") };
        Derived { client_key, keys }
    }

    /// ClientProof over the AuthMessage.
    pub(in crate::sasl) fn proof(&self, auth_message: &[u8]) -> Tag {
        xor(self.client_key, hmac(&self.keys.stored_key, auth_message))
    }

    /// What a server keeps.
    pub(in crate::sasl) fn keys(&self) -> &Keys {
        &self.keys
    }
}

impl Keys {
    /// Whether who made this proof over this AuthMessage knows the password.
    pub(in crate::sasl) fn proves(&self, proof: &Tag, auth_message: &[u8]) -> bool {
        let client_key = xor(*proof, hmac(&self.stored_key, auth_message));
        same(&hash(&client_key), &self.stored_key)
    }

    /// ServerSignature over the AuthMessage.
    pub(in crate::sasl) fn signature(&self, auth_message: &[u8]) -> Tag {
        hmac(&self.server_key, auth_message)
    }
}

/// Keys are as good as passwords to whoever wants to play the server or to guess.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(***)")
    }
}

impl fmt::Debug for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Derived(***)")
    }
}

/// HMAC with SHA-256, the `HMAC` of RFC 5802 §2.2.
pub(in crate::sasl) fn hmac(key: &[u8], message: &[u8]) -> Tag {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

fn hash(message: &[u8]) -> Tag {
    Sha256::digest(message).into()
}

fn xor(mut a: Tag, b: Tag) -> Tag {
    a.iter_mut().zip(b).for_each(|(a, b)| *a ^= b);
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::BASE64;

    /// RFC 7677 §3.
    #[test]
    fn the_example_of_rfc_7677() {
        let salt = BASE64.decode(b"W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let derived = Derived::new("pencil", &salt, 4096);
        let auth_message = b"n=user,r=rOprNGfwEbeRWgbNEkqO,\
            r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
            c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let proof = derived.proof(auth_message);
        assert_eq!(BASE64.encode(&proof), "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        let signature = derived.keys().signature(auth_message);
        assert_eq!(BASE64.encode(&signature), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        assert!(derived.keys().proves(&proof, auth_message));
        assert!(!derived.keys().proves(&proof, b"another"));
        assert!(!derived.keys().proves(&signature, auth_message));
    }

    #[test]
    fn keys_do_not_show() {
        let derived = Derived::new("pencil", b"salt", 1);
        assert_eq!(format!("{derived:?} {:?}", derived.keys()), "Derived(***) Keys(***)");
    }
}
