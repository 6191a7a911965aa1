//! Charsets: how letters become octets (RFC 2045 §2.2, RFC 2978).

use std::borrow::Cow;
use std::fmt;

use encoding_rs::Encoding;

/// A charset that text can be written in: its name as it stands in the mail, and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charset {
    name: Cow<'static, str>,
    encoding: &'static Encoding,
    limits: Limits,
}

/// What a name promises beyond the table of the Encoding Standard, which reads old names as their larger successors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limits {
    /// Nothing.
    None,
    /// The octets 80 to 9F are not in use (the parts of ISO 8859).
    NoC1,
    /// Nothing but ASCII.
    Ascii,
}

impl Charset {
    /// The charset of almost all mail.
    pub const UTF_8: Charset =
        Charset { name: Cow::Borrowed("utf-8"), encoding: encoding_rs::UTF_8, limits: Limits::None };
    /// The charset of RFC 822.
    pub const US_ASCII: Charset =
        Charset { name: Cow::Borrowed("us-ascii"), encoding: encoding_rs::WINDOWS_1252, limits: Limits::Ascii };

    /// The charset with this name (any case), of those in the Encoding Standard; none where it is not known, or where
    /// it is not for text in mail: UTF-16 has line ends of its own (RFC 2781 §3.3, RFC 2046 §4.1.1).
    #[must_use]
    pub fn named(name: &str) -> Option<Charset> {
        let encoding = Encoding::for_label_no_replacement(name.as_bytes())?;
        if encoding.output_encoding() != encoding || name.trim() != name {
            return None;
        }
        let name = name.to_ascii_lowercase();
        let limits = match name.as_str() {
            "us-ascii" | "ascii" => Limits::Ascii,
            name if name.starts_with("iso-8859-") || name.starts_with("latin") => Limits::NoC1,
            _ => Limits::None,
        };
        Some(Charset { name: Cow::Owned(name), encoding, limits })
    }

    /// Its name, in lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is UTF-8.
    #[must_use]
    pub fn is_utf8(&self) -> bool {
        self.encoding == encoding_rs::UTF_8
    }

    /// The text in this charset; none where it has letters that the charset has not.
    #[must_use]
    pub fn encode<'t>(&self, text: &'t str) -> Option<Cow<'t, [u8]>> {
        let (bytes, _, has_unmappable) = self.encoding.encode(text);
        let fits = !has_unmappable
            && match self.limits {
                Limits::None => true,
                Limits::NoC1 => !bytes.iter().any(|b| (0x80..0xa0).contains(b)),
                Limits::Ascii => bytes.is_ascii(),
            };
        fits.then_some(bytes)
    }

    /// The first letter of a text that it has not.
    #[must_use]
    pub fn first_missing(&self, text: &str) -> Option<char> {
        let mut buffer = [0; 4];
        text.chars().find(|c| self.encode(c.encode_utf8(&mut buffer)).is_none())
    }
}

impl Default for Charset {
    fn default() -> Charset {
        Charset::UTF_8
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_promises_what_its_standard_has() {
        let latin = Charset::named("ISO-8859-1").unwrap();
        assert_eq!(latin.name(), "iso-8859-1");
        assert_eq!(latin.encode("Grüße").unwrap(), &b"Gr\xfc\xdfe"[..]);
        assert_eq!(latin.first_missing("5 €"), Some('€'), "windows-1252 has it at 80, ISO 8859-1 has not");
        assert_eq!(Charset::named("iso-8859-15").unwrap().encode("€").unwrap(), &b"\xa4"[..]);
        assert_eq!(Charset::named("windows-1252").unwrap().encode("€").unwrap(), &b"\x80"[..]);
        assert_eq!(Charset::named("us-ascii").unwrap().first_missing("café"), Some('é'));
        assert_eq!(Charset::named("koi8-r").unwrap().encode("Привет").unwrap(), &b"\xf0\xd2\xc9\xd7\xc5\xd4"[..]);
        let japanese = Charset::named("iso-2022-jp").unwrap();
        assert_eq!(japanese.encode("日本").unwrap(), &b"\x1b$BF|K\\\x1b(B"[..]);
        for none in ["utf-16", "utf-16le", "x-nobody", "", " utf-8", "replacement", "utf-7"] {
            assert_eq!(Charset::named(none), None, "{none}");
        }
    }
}
