//! The digest of APOP (RFC 1939 §7): what POP3 had before SASL.

use data_encoding::HEXLOWER;
use md5::{Digest, Md5};

/// The digest of a timestamp, angle brackets included, with the password behind it: 32 hexadecimal digits in lower case.
pub(super) fn digest(timestamp: &str, password: &str) -> String {
    HEXLOWER.encode(&Md5::new().chain_update(timestamp).chain_update(password).finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 1939 §7.
    #[test]
    fn the_example_of_rfc_1939() {
        let digest = digest("<1896.697170952@dbc.mtview.ca.us>", "tanstaaf");
        assert_eq!(digest, "c4c9334bac560ecc979e58001b3e22fb");
    }
}
