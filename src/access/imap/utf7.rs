//! Names of folders in modified UTF-7 (RFC 3501 §5.1.3), which IMAP4rev1 has where IMAP4rev2 has UTF-8.

use data_encoding::{Encoding, Specification};
use std::sync::LazyLock;

/// Base64 with `,` for `/` and without padding; bits that are left over are zero.
static BASE64: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,");
    specification.encoding().expect("64 letters, each another one")
});

/// A name as it is written: printable ASCII stays, `&` is `&-`, and anything else is UTF-16 in base64 between `&` and `-`.
#[must_use]
pub fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(c) = rest.chars().next() {
        let plain = rest.find(|c| !is_plain(c)).unwrap_or(rest.len());
        out.push_str(&rest[..plain]);
        rest = &rest[plain..];
        if c == '&' {
            out.push_str("&-");
            rest = &rest[1..];
            continue;
        }
        let end = rest.find(|c: char| is_printable(c)).unwrap_or(rest.len());
        if end > 0 {
            let units: Vec<u8> = rest[..end].encode_utf16().flat_map(u16::to_be_bytes).collect();
            out.push('&');
            BASE64.encode_append(&units, &mut out);
            out.push('-');
            rest = &rest[end..];
        }
    }
    out
}

/// The name that is written so. `None` where it could not be what [`encode`] writes of any name: there is one way to write each,
/// so no two names are the same folder.
#[must_use]
pub fn decode(written: &[u8]) -> Option<String> {
    let written = std::str::from_utf8(written).ok()?;
    let mut name = String::with_capacity(written.len());
    let mut pieces = written.split('&');
    name.push_str(pieces.next()?);
    for piece in pieces {
        let (letters, plain) = piece.split_once('-')?;
        if letters.is_empty() {
            name.push('&');
        } else {
            let bytes = BASE64.decode(letters.as_bytes()).ok()?;
            let (units, rest) = bytes.as_chunks::<2>();
            let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
            let text: Result<String, _> = char::decode_utf16(units).collect();
            name.push_str(&text.ok().filter(|_| rest.is_empty())?);
        }
        name.push_str(plain);
    }
    // Printable letters in base64, two runs of it side by side, letters that are not ASCII.
    (encode(&name) == written).then_some(name)
}

fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~')
}

fn is_plain(c: char) -> bool {
    is_printable(c) && c != '&'
}

#[cfg(test)]
#[path = "utf7_tests.rs"]
mod tests;
