//! Bytes of a mail as strings of the protocol (RFC 3501 §4.3).

use imap_codec::imap_types::core::{IString, NString, Quoted};

/// A string: in quotes where it can be, else a literal. No string can hold NUL; its place has 0x80, as in Dovecot.
pub(super) fn string(bytes: &[u8]) -> IString<'static> {
    if let Ok(quoted) =
        std::str::from_utf8(bytes).map_err(drop).and_then(|text| Quoted::try_from(text.to_owned()).map_err(drop))
    {
        return IString::Quoted(quoted);
    }
    let mut bytes = bytes.to_vec();
    without_nul(&mut bytes);
    IString::try_from(bytes).expect("all but NUL can be in a literal")
}

/// The same of something that may not be there.
pub(super) fn nstring(bytes: Option<&[u8]>) -> NString<'static> {
    NString(bytes.map(string))
}

/// What stands in the place of NUL.
pub(super) fn without_nul(bytes: &mut [u8]) {
    for byte in bytes.iter_mut().filter(|byte| **byte == 0) {
        *byte = 0x80;
    }
}

/// The value of a field without the line ends of its folds (RFC 5322 §2.2.3), and without white space around it.
pub(super) fn unfolded(value: &[u8]) -> Vec<u8> {
    value.trim_ascii().iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).copied().collect()
}

/// A number of the protocol (RFC 3501 §4.2). What is larger is as large as can be said.
pub(super) fn number(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
