//! What reports say of a mail, for a glance: what became of it (RFC 3464 §2.3), or what was done with it (RFC 8098 §3.2).

use super::header::fields;
use super::part::Part;
use super::words::decode_words;

/// The fields that people look for, in the order of the report.
const SHOWN: [&str; 5] = ["Final-Recipient", "Action", "Status", "Diagnostic-Code", "Disposition"];

/// So much of a report is looked at, and so many fields are shown.
const MOST_BYTES: usize = 1 << 14;
const MOST_FIELDS: usize = 40;

/// Names and values of the fields that say what happened; nothing for what is no report. `body` are the bytes of
/// [`Part::body`].
///
/// The result may hold anything that a mail can: it has to be made safe before a terminal sees it.
#[must_use]
pub fn notices(part: &Part, body: &[u8]) -> Vec<(&'static str, String)> {
    let subtype = part.media_type.strip_prefix("message/").unwrap_or_default();
    // RFC 6533 has the same in UTF-8.
    if !["delivery-status", "disposition-notification"].contains(&subtype.strip_prefix("global-").unwrap_or(subtype)) {
        return Vec::new();
    }
    let mut decoded = Vec::new();
    part.encoding.decode(&body[..body.len().min(MOST_BYTES)], &mut |piece| decoded.extend_from_slice(piece));
    let shown = fields(&decoded).filter_map(|field| {
        let name = SHOWN.into_iter().find(|name| field.is(name))?;
        let value = decode_words(field.value);
        Some((name, value.split_whitespace().collect::<Vec<_>>().join(" ")))
    });
    shown.take(MOST_FIELDS).collect()
}
