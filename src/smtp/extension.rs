//! What EHLO offers (RFC 5321 §2.2): PIPELINING (RFC 2920), SIZE (RFC 1870), 8BITMIME (RFC 6152),
//! ENHANCEDSTATUSCODES (RFC 2034).

/// Which extensions a server offers. All of them by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// RFC 2920.
    pub pipelining: bool,
    /// RFC 1870; the number written is the server's message size limit.
    pub size: bool,
    /// RFC 6152.
    pub eight_bit_mime: bool,
    /// RFC 2034.
    pub enhanced_status_codes: bool,
}

impl Offer {
    /// Offers everything.
    pub const ALL: Offer = Offer { pipelining: true, size: true, eight_bit_mime: true, enhanced_status_codes: true };
    /// Offers nothing: EHLO is understood and answered with the domain alone.
    pub const NONE: Offer =
        Offer { pipelining: false, size: false, eight_bit_mime: false, enhanced_status_codes: false };

    /// The keyword lines of the EHLO reply, in the order in which they are written.
    pub(super) fn keywords(self, max_message_bytes: Option<u64>) -> impl Iterator<Item = String> {
        // RFC 1870 §3: 0 says that there is no fixed maximum.
        let size = self.size.then(|| format!("SIZE {}", max_message_bytes.unwrap_or(0)));
        [
            self.pipelining.then(|| "PIPELINING".to_owned()),
            size,
            self.eight_bit_mime.then(|| "8BITMIME".to_owned()),
            self.enhanced_status_codes.then(|| "ENHANCEDSTATUSCODES".to_owned()),
        ]
        .into_iter()
        .flatten()
    }
}

impl Default for Offer {
    fn default() -> Offer {
        Offer::ALL
    }
}

/// What a client learned from the EHLO reply. After HELO nothing is offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// Whether the peer answered EHLO at all.
    pub esmtp: bool,
    /// RFC 2920.
    pub pipelining: bool,
    /// RFC 1870: whether the SIZE parameter may be said.
    pub size: bool,
    /// RFC 1870: the largest message that the peer takes, in octets, where it says so.
    pub max_message_bytes: Option<u64>,
    /// RFC 6152.
    pub eight_bit_mime: bool,
    /// RFC 2034.
    pub enhanced_status_codes: bool,
}

impl Extensions {
    /// Reads the text of a positive EHLO reply: its first line is the greeting, each other line one keyword.
    #[must_use]
    pub fn from_ehlo(text: &[u8]) -> Extensions {
        let mut found = Extensions { esmtp: true, ..Extensions::default() };
        for line in text.split(|&b| b == b'\n').skip(1) {
            let mut words = line.split(|&b| b == b' ').filter(|word| !word.is_empty());
            let Some(keyword) = words.next() else { continue };
            // RFC 5321 §2.4: keywords are case-insensitive. Unknown ones are ignored (§4.1.1.1).
            if keyword.eq_ignore_ascii_case(b"PIPELINING") {
                found.pipelining = true;
            } else if keyword.eq_ignore_ascii_case(b"8BITMIME") {
                found.eight_bit_mime = true;
            } else if keyword.eq_ignore_ascii_case(b"ENHANCEDSTATUSCODES") {
                found.enhanced_status_codes = true;
            } else if keyword.eq_ignore_ascii_case(b"SIZE") {
                found.size = true;
                let number = words.next().and_then(|word| std::str::from_utf8(word).ok()?.parse::<u64>().ok());
                found.max_message_bytes = number.filter(|&n| n > 0);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_read_in_any_case_and_unknown_ones_ignored() {
        let found = Extensions::from_ehlo(b"mx greets you\npipelining\nSize 1000\nX-FOO bar\n8BitMime\n\nHELP");
        let expected = Extensions {
            esmtp: true,
            pipelining: true,
            size: true,
            max_message_bytes: Some(1000),
            eight_bit_mime: true,
            enhanced_status_codes: false,
        };
        assert_eq!(found, expected);
        assert_eq!(Extensions::from_ehlo(b"mx\nSIZE 0").max_message_bytes, None, "zero: no fixed maximum");
        assert_eq!(Extensions::from_ehlo(b"PIPELINING"), Extensions { esmtp: true, ..Extensions::default() });
    }

    #[test]
    fn what_is_offered_is_understood() {
        let text = Offer::ALL.keywords(Some(5)).fold("mx".to_owned(), |text, line| text + "\n" + &line);
        let found = Extensions::from_ehlo(text.as_bytes());
        assert!(found.pipelining && found.size && found.eight_bit_mime && found.enhanced_status_codes);
        assert_eq!(found.max_message_bytes, Some(5));
        assert_eq!(Offer::NONE.keywords(Some(5)).count(), 0);
    }
}
