//! Names of folders in seven bits (RFC 3501 §5.1.3): what is not printable ASCII is UTF-16 in base64, between `&` and `-`.

use data_encoding::BASE64_NOPAD;

/// Writes a name.
#[must_use]
pub fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        if is_direct(first) {
            let end = rest.find(|c| !is_direct(c)).unwrap_or(rest.len());
            out.push_str(&rest[..end].replace('&', "&-"));
            rest = &rest[end..];
        } else {
            let end = rest.find(is_direct).unwrap_or(rest.len());
            let units: Vec<u8> = rest[..end].encode_utf16().flat_map(u16::to_be_bytes).collect();
            out.push('&');
            out.push_str(&BASE64_NOPAD.encode(&units).replace('/', ","));
            out.push('-');
            rest = &rest[end..];
        }
    }
    out
}

/// Reads a name. `None`: it is not what [`encode`] writes, which is the only way to write one (§5.1.3: no superfluous shifts, and
/// nothing in base64 that can stand for itself).
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut name = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(shift) = rest.find('&') {
        name.push_str(&rest[..shift]);
        let (inside, behind) = rest[shift + 1..].split_once('-')?;
        rest = behind;
        if inside.is_empty() {
            name.push('&');
            continue;
        }
        let units = BASE64_NOPAD.decode(inside.replace(',', "/").as_bytes()).ok()?;
        let (pairs, []) = units.as_chunks::<2>() else { return None };
        for c in char::decode_utf16(pairs.iter().map(|pair| u16::from_be_bytes(*pair))) {
            name.push(c.ok()?);
        }
    }
    name.push_str(rest);
    (encode(&name) == text).then_some(name)
}

/// What stands for itself, or (`&`) is written without base64.
fn is_direct(c: char) -> bool {
    matches!(c, ' '..='~')
}

#[cfg(test)]
#[path = "utf7_tests.rs"]
mod tests;
