//! Header fields of a message that is written.

use mail_builder::headers::Header;
use mail_builder::headers::address::Address;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;

use super::charset::Charset;
use super::draft::Party;
use super::words;
use crate::mime::fold::{is_plain, one_line};

/// An address field; nothing when there is nobody in it.
pub(in crate::mime) fn write_addresses(out: &mut Vec<u8>, name: &str, parties: &[Party]) {
    if parties.is_empty() {
        return;
    }
    let list = parties
        .iter()
        .map(|party| {
            let display = party.name.as_deref().map(one_line).filter(|name| !name.is_empty());
            Address::new_address(display, party.mailbox.as_str())
        })
        .collect();
    start_field(out, name);
    Address::new_list(list).write_header(out, name.len() + 2);
}

/// An unstructured field, with encoded words where the text needs them (RFC 2047).
pub(in crate::mime) fn write_text_field(out: &mut Vec<u8>, name: &str, text: &str) {
    start_field(out, name);
    Text::new(one_line(text)).write_header(out, name.len() + 2);
}

/// As [`write_text_field`], with the encoded words in this charset where it has all letters.
pub(super) fn write_text_field_in(charset: &Charset, out: &mut Vec<u8>, name: &str, text: &str) {
    let line = one_line(text);
    if line.is_ascii() || charset.is_utf8() || charset.encode(&line).is_none() {
        return write_text_field(out, name, &line);
    }
    start_field(out, name);
    words::write(charset, out, name.len() + 2, &line);
    out.extend_from_slice(b"\r\n");
}

/// Ids of messages, folded between two (RFC 5322 §3.6.4); nothing where there are none.
pub(super) fn write_ids(out: &mut Vec<u8>, name: &str, ids: &[String]) {
    let mut begun = false;
    for id in ids {
        let before = out.len();
        out.extend_from_slice(if begun { b"\r\n " } else { name.as_bytes() });
        out.extend_from_slice(if begun { b"" } else { b": " });
        if !write_id(out, id) {
            out.truncate(before);
            continue;
        }
        begun = true;
    }
    if begun {
        out.extend_from_slice(b"\r\n");
    }
}

pub(super) fn start_field(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
}

/// Fields that the composer writes itself, and the one that must not be written (RFC 5322 §3.6.3).
const OWN_FIELDS: [&str; 11] = [
    "From",
    "To",
    "Cc",
    "Bcc",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Length",
];

/// A field that the draft asks for. Structured values in plain ASCII stay as they are.
pub(super) fn write_custom_field(out: &mut Vec<u8>, name: &str, value: &str) {
    // RFC 5322 §3.6.8: printable ASCII without the colon.
    let name: String = name.chars().filter(|c| c.is_ascii_graphic() && *c != ':').take(70).collect();
    if name.is_empty() || name.starts_with('.') || OWN_FIELDS.iter().any(|own| own.eq_ignore_ascii_case(&name)) {
        return;
    }
    let value = one_line(value);
    if is_plain(&value) {
        start_field(out, &name);
        Raw::new(value).write_header(out, name.len() + 2);
    } else {
        write_text_field(out, &name, &value);
    }
}

/// The Message-ID field (RFC 5322 §3.6.4); nothing when the id is empty.
pub(in crate::mime) fn write_message_id(out: &mut Vec<u8>, id: &str) {
    let before = out.len();
    out.extend_from_slice(b"Message-ID: ");
    if write_id(out, id) {
        out.extend_from_slice(b"\r\n");
    } else {
        out.truncate(before);
    }
}

/// An id in its angle brackets; whether there is one.
fn write_id(out: &mut Vec<u8>, id: &str) -> bool {
    let fits = |b: u8| b.is_ascii_graphic() && !matches!(b, b'<' | b'>');
    if !id.bytes().any(fits) {
        return false;
    }
    out.push(b'<');
    if id.len() <= 250 && id.bytes().all(fits) {
        out.extend_from_slice(id.as_bytes());
    } else {
        out.extend(id.bytes().filter(|b| fits(*b)).take(250));
    }
    out.push(b'>');
    true
}
