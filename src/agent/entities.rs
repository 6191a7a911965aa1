//! What a mail is made of, for who watches.

use crate::mime::Content;
use crate::mime::read::{Part, Tree, read_content};
use crate::trace::{Entity, visible};

/// So many parts of a mail are told.
const MOST: usize = 500;
/// Bytes of what a part says of itself.
const LONGEST: usize = 200;

/// The parts of a mail in their order, the mail itself first, at most 500 of them; nothing where it is a single text of seven bits,
/// as most mails here are.
pub(super) fn entities(content: &Content) -> Vec<Entity> {
    if says_it_is_plain(content) {
        return Vec::new();
    }
    let tree = read_content(content);
    if is_plain(&tree) { Vec::new() } else { tree.parts.iter().take(MOST).map(entity).collect() }
}

/// Whether the header section alone shows that it is a text of seven bits, so that nobody has to read further. What says nothing
/// is that, too (RFC 2045 §5.2, §6.1).
fn says_it_is_plain(content: &Content) -> bool {
    content.fields().all(|field| {
        if !field.name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"content-")) {
            return true;
        }
        let value = field.value.trim_ascii();
        if field.is("Content-Type") {
            let (kind, rest) = value.split_at(value.iter().position(|b| *b == b';').unwrap_or(value.len()));
            // A charset is all that it may have.
            let rest = rest.strip_prefix(b";").unwrap_or_default().trim_ascii();
            let is_charset = rest.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"charset="));
            kind.eq_ignore_ascii_case(b"text/plain") && (rest.is_empty() || is_charset && !rest.contains(&b';'))
        } else {
            field.is("Content-Transfer-Encoding") && value.eq_ignore_ascii_case(b"7bit")
        }
    })
}

fn is_plain(tree: &Tree) -> bool {
    let [only] = &tree.parts[..] else { return false };
    only.media_type == "text/plain" && only.encoding.as_str() == "7bit" && only.file_name.is_none()
}

fn entity(part: &Part) -> Entity {
    Entity {
        depth: u32::try_from(part.depth).unwrap_or(u32::MAX),
        media_type: shown(&part.media_type),
        encoding: shown(part.encoding.as_str()),
        name: part.file_name.as_deref().map(shown),
        wire_bytes: part.wire_bytes(),
        bytes: part.decoded_bytes,
    }
}

fn shown(text: &str) -> std::sync::Arc<str> {
    let end = text.floor_char_boundary(LONGEST);
    visible(&text.as_bytes()[..end]).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::octets::{Chunk, Rope};

    fn told(mail: &str) -> Vec<(u32, String, String)> {
        let content = Content::from(Rope::from(Chunk::from(mail.replace('\n', "\r\n"))));
        let words = |part: Entity| (part.depth, part.media_type.to_string(), part.encoding.to_string());
        entities(&content).into_iter().map(words).collect()
    }

    #[test]
    fn a_single_text_is_nothing_to_tell() {
        assert_eq!(told("Subject: a\n\nHello.\n"), []);
        assert_eq!(told("Subject: a\nContent-Type: text/plain; charset=us-ascii\n\nHello.\n"), []);
        assert_eq!(
            told("Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\n\nGrün.\n"),
            [(0, "text/plain".into(), "8bit".into())]
        );
    }

    /// What is said in a header section alone comes to the same as what is read.
    #[test]
    fn nothing_is_missed_for_not_reading() {
        for (fields, is_plain) in [
            ("", true),
            ("Content-Type: TEXT/plain; Charset=utf-8\nContent-Transfer-Encoding: 7BIT\n", true),
            ("Content-Type: text/plain; charset=utf-8; name=a.txt\n", false),
            ("Content-Type: text/plain; name=a.txt\n", false),
            ("Content-Type: text/plain\nContent-Transfer-Encoding: base64\n", false),
            ("Content-Type: text/html\n", false),
            ("Content-Disposition: attachment; filename=a.txt\n", false),
            ("Content-Description: a text\n", true),
            ("Content-Type: text/plain; charset=\"utf-8\" (all of it)\n", true),
        ] {
            assert_eq!(told(&format!("Subject: a\n{fields}\nHello.\n")).is_empty(), is_plain, "{fields}");
        }
    }

    #[test]
    fn parts_are_told_in_their_order_and_without_what_steers_a_terminal() {
        let mail = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHi\n--b\nContent-Type: image/\x1b[31m\n\
                    Content-Transfer-Encoding: BASE64\n\nAAAA\n--b--\n";
        let told = told(mail);
        assert_eq!(told.len(), 3);
        assert_eq!(told[0], (0, "multipart/mixed".into(), "7bit".into()));
        assert_eq!(told[1], (1, "text/plain".into(), "7bit".into()));
        assert!(!told[2].1.contains('\x1b') && told[2].2 == "base64", "{told:?}");
    }
}
