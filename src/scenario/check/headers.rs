//! Header fields that a mail says itself, and those that it leaves to others.

use crate::mime::LeftOut;
use crate::scenario::read::{Fields, Reader};
use crate::scenario::tree::{Kind, Node};

/// Fields that the user agent writes itself.
const OWN_FIELDS: [&str; 7] = ["from", "to", "cc", "bcc", "subject", "date", "message-id"];

/// Fields that are left to the server.
pub(super) fn left_out(r: &mut Reader, fields: &Fields<'_>) -> LeftOut {
    let mut left_out = LeftOut::default();
    for node in fields.items(r, "without", "fields") {
        match r.choice(node, "a field that a server adds", &[("Date", true), ("MessageId", false)]) {
            Some(true) => left_out.date = true,
            Some(false) => left_out.message_id = true,
            None => {}
        }
    }
    left_out
}

pub(super) fn headers(r: &mut Reader, fields: &Fields<'_>) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for node in fields.items(r, "headers", "fields") {
        let Kind::Tuple(None, parts) = &node.kind else {
            let _: Option<()> = r.wrong_type(node, "a field: (\"X-Colour\", \"green\")");
            continue;
        };
        let [name, value] = parts.as_slice() else {
            let _: Option<()> = r.wrong_type(node, "a field: (\"X-Colour\", \"green\")");
            continue;
        };
        let name = header_name(r, name);
        let value = r.line(value, 900);
        headers.extend(name.zip(value).map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    headers
}

fn header_name<'n>(r: &mut Reader, node: &'n Node) -> Option<&'n str> {
    let name = r.text(node)?;
    // RFC 5322 §3.6.8: printable ASCII without the colon.
    let good = !name.is_empty() && name.len() <= 76 && name.bytes().all(|b| (b'!'..=b'~').contains(&b) && b != b':');
    if !good {
        let d = r.at(&node.span, "bad-header", format!("`{name}` is not the name of a field"));
        let d = d.label("expected a name such as \"X-Colour\"");
        r.push(d.note("the name of a field has printable ASCII letters without `:` and spaces (RFC 5322 §3.6.8)"));
        return None;
    }
    if OWN_FIELDS.contains(&name.to_ascii_lowercase().as_str()) {
        let d = r.at(&node.span, "bad-header", format!("the user agent writes the field `{name}` itself"));
        let d = d.label("already there");
        r.push(d.help(
            "the envelope is changed with `rcpt` and `mail_from`, these fields with `from`, `to`, `cc`, `subject`",
        ));
        return None;
    }
    Some(name)
}
