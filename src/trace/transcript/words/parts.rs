//! What a mail is made of, in words.

use super::super::{counted, number, size};
use crate::trace::Entity;

/// So many parts are named.
const MOST_NAMED: usize = 4;
/// Letters of a name.
const NAME: usize = 40;

/// `text, photo.jpg 3.0 MB as base64`: the parts that hold no others, those inside of a mail that is attached left out. Empty where
/// there is nothing to tell but a single text.
#[must_use]
pub fn made_of(parts: &[Entity]) -> String {
    let mut told: Vec<String> = Vec::new();
    let mut more = 0;
    // Nothing deeper is told: it is inside of an attached mail.
    let mut inside: Option<u32> = None;
    for part in parts {
        if inside.is_some_and(|depth| part.depth > depth) {
            continue;
        }
        inside = (part.depth > 0 && &*part.media_type == "message/rfc822").then_some(part.depth);
        if part.is_container() {
            continue;
        }
        if told.len() < MOST_NAMED {
            told.push(one(part));
        } else {
            more += 1;
        }
    }
    if more > 0 {
        told.push(format!("and {} more", number(more)));
    }
    told.join(", ")
}

/// `photo.jpg 3.0 MB as base64`.
fn one(part: &Entity) -> String {
    let is_text = part.media_type.starts_with("text/") && part.name.is_none();
    let what = match (part.name.as_deref(), &*part.media_type) {
        (Some(name), _) => cut(name),
        (None, "text/plain") => "text".into(),
        (None, "text/html") => "HTML".into(),
        (None, "text/rfc822-headers") => "header section".into(),
        (None, "message/rfc822" | "message/global") => "mail".into(),
        (None, "message/delivery-status") => "delivery status".into(),
        (None, other) => cut(other),
    };
    let weighs = if is_text && part.bytes < 10_000 { String::new() } else { format!(" {}", size(part.bytes)) };
    let encoded = if &*part.encoding == "7bit" { String::new() } else { format!(" as {}", cut(&part.encoding)) };
    what + &weighs + &encoded
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(NAME) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// `4.1 MB: text, photo.jpg 3.0 MB as base64`: how large a mail is, and what it is made of where that is more than a text.
#[must_use]
pub fn weighs(size_bytes: u64, parts: &[Entity]) -> String {
    let size = if size_bytes < 1_000_000 { counted(size_bytes, "byte", "bytes") } else { size(size_bytes) };
    if parts.is_empty() { size } else { format!("{size}: {}", made_of(parts)) }
}

/// Content that passes: `content, 4.1 MB: text, photo.jpg 3.0 MB as base64`.
#[must_use]
pub fn content(size_bytes: u64, parts: &[Entity]) -> String {
    format!("content, {}", weighs(size_bytes, parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(depth: u32, media_type: &str, encoding: &str, name: Option<&str>, bytes: u64) -> Entity {
        let (media_type, encoding, name) = (media_type.into(), encoding.into(), name.map(Into::into));
        Entity { depth, media_type, encoding, name, wire_bytes: bytes * 4 / 3, bytes }
    }

    #[test]
    fn a_mail_is_told_by_what_it_carries() {
        let photo = [
            part(0, "multipart/mixed", "7bit", None, 4_104_000),
            part(1, "text/plain", "7bit", None, 80),
            part(1, "image/jpeg", "base64", Some("photo.jpg"), 3_000_000),
        ];
        assert_eq!(content(4_105_321, &photo), "content, 4.1 MB: text, photo.jpg 3.0 MB as base64");
        assert_eq!(content(431, &[]), "content, 431 bytes");
        assert_eq!(made_of(&[part(0, "text/plain", "8bit", None, 80)]), "text as 8bit");
    }

    #[test]
    fn what_is_inside_of_an_attached_mail_is_not_told_again() {
        let report = [
            part(0, "multipart/report", "7bit", None, 2_000),
            part(1, "text/plain", "7bit", None, 300),
            part(1, "message/delivery-status", "7bit", None, 250),
            part(1, "message/rfc822", "7bit", None, 1_200),
            part(2, "multipart/mixed", "7bit", None, 1_000),
            part(3, "text/plain", "7bit", None, 10),
            part(1, "application/pdf", "base64", None, 10),
        ];
        let words = "text, delivery status 250 B, mail 1.2 kB, application/pdf 10 B as base64";
        assert_eq!(made_of(&report), words);
    }

    #[test]
    fn of_many_parts_the_first_are_named() {
        let many: Vec<Entity> = (0..9).map(|_| part(1, "text/html", "quoted-printable", None, 20_000)).collect();
        assert!(made_of(&many).ends_with(", HTML 20.0 kB as quoted-printable, and 5 more"), "{}", made_of(&many));
        assert!(made_of(&[part(0, &"x".repeat(500), "7bit", None, 1)]).chars().count() < 60);
    }
}
