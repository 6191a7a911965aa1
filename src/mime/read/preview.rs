//! What a text begins with, in one line.

use super::encoding::Encoding;
use super::notice::notices;
use super::part::Part;
use super::words::decode_charset;

/// So much of a body is looked at, at most.
const MOST_BYTES: usize = 1 << 14;

/// The first characters of a text part, with white space as single spaces, and of HTML without its markup; of a report, what
/// it says. Nothing for what is neither. `body` are the bytes of [`Part::body`].
///
/// The result may hold anything that a mail can: it has to be made safe before a terminal sees it.
#[must_use]
pub fn beginning(part: &Part, body: &[u8], most_chars: usize) -> String {
    if matches!(part.encoding, Encoding::Unknown(_)) {
        return String::new();
    }
    let text = if part.top_type() == "text" {
        text(part, body)
    } else {
        let said = notices(part, body).into_iter().map(|(name, value)| format!("{name}: {value}"));
        said.collect::<Vec<String>>().join("; ")
    };
    let mut line = String::new();
    let (mut chars, mut space) = (0, false);
    for c in text.chars() {
        if c.is_whitespace() || c == '\0' {
            space = chars > 0;
            continue;
        }
        if chars + usize::from(space) >= most_chars {
            line.push('…');
            break;
        }
        if std::mem::take(&mut space) {
            line.push(' ');
            chars += 1;
        }
        line.push(c);
        chars += 1;
    }
    line
}

/// What the beginning of a text part stands for.
fn text(part: &Part, body: &[u8]) -> String {
    let mut decoded = Vec::new();
    part.encoding.decode(&body[..body.len().min(MOST_BYTES)], &mut |piece| decoded.extend_from_slice(piece));
    if body.len() > MOST_BYTES {
        // A character that is cut off is none.
        let cut = decoded.iter().rev().take(3).take_while(|b| !b.is_ascii()).count();
        decoded.truncate(decoded.len() - cut);
    }
    let text = decode_charset(&decoded, part.charset.as_deref().filter(|name| *name != "us-ascii"));
    if part.media_type == "text/html" { without_markup(&text) } else { text }
}

/// The text of HTML, near enough for a glance: no tags, no comments, nothing of `style`, `script` and `title`.
fn without_markup(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        out.push(' ');
        let tag = &rest[at + 1..];
        let name = &tag[..tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tag.len())];
        let end = match name.to_ascii_lowercase().as_str() {
            _ if tag.starts_with("!--") => tag.find("-->").map(|i| i + 3),
            hidden @ ("style" | "script" | "title") => {
                let close = format!("</{hidden}");
                let found = tag.as_bytes().windows(close.len()).position(|w| w.eq_ignore_ascii_case(close.as_bytes()));
                found.and_then(|i| tag.get(i..)?.find('>').map(|j| i + j + 1))
            }
            _ => tag.find('>').map(|i| i + 1),
        };
        rest = end.and_then(|end| tag.get(end..)).unwrap_or_default();
    }
    out.push_str(rest);
    for (name, letter) in [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")] {
        out = out.replace(name, letter);
    }
    out
}
