//! What strings are sought in: [`Texts`].

use std::borrow::Cow;
use std::cell::OnceCell;

use memchr::memmem::Finder;

use super::super::date::Day;
use super::super::numbering::MOST_TOLD_PARTS;
use super::super::reading::Reading;
use super::fold::{fold, fold_value};
use crate::mime::Content;
use crate::mime::read::words::{decode_charset, decode_words};
use crate::mime::read::{self, Encoding, HeaderField, Part};
use crate::mime::trail::moment;

/// Stands between texts that do not belong together. No string that is sought has it (RFC 3501 §4.3).
const BETWEEN: char = '\0';

/// The texts of a mail as they are compared, each made when it is first asked for.
pub(super) struct Texts {
    reading: Reading,
    headers: OnceCell<String>,
    bodies: OnceCell<String>,
}

/// A string that is sought.
#[derive(Clone, Debug)]
pub(super) struct Needle {
    /// In texts.
    text: Finder<'static>,
    /// In values of fields.
    value: Finder<'static>,
}

impl Needle {
    /// In UTF-8. What is not is taken for Western European.
    pub(super) fn new(bytes: &[u8]) -> Needle {
        let text = decode_charset(bytes, None);
        let finder = |text: String| Finder::new(text.as_bytes()).into_owned();
        // Spaces around it are sought, too.
        let inner = fold_value(&text);
        let begins = if text.starts_with(|c: char| c.is_ascii_whitespace()) { " " } else { "" };
        let ends = if text.ends_with(|c: char| c.is_ascii_whitespace()) && !inner.is_empty() { " " } else { "" };
        Needle { value: finder(format!("{begins}{inner}{ends}")), text: finder(fold(&text)) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.needle().is_empty()
    }

    fn is_in_value(&self, value: &str) -> bool {
        self.value.find(value.as_bytes()).is_some()
    }
}

impl Texts {
    pub(super) fn of(content: &Content) -> Texts {
        Texts { reading: Reading::new(content), headers: OnceCell::new(), bodies: OnceCell::new() }
    }

    /// Whether it is in a field with this name, of which there may be several. An empty one is in all that are there.
    pub(super) fn field_has(&self, name: &str, needle: &Needle) -> bool {
        let header = self.reading.head_fields();
        read::fields(&header).any(|field| {
            field.is(name) && (needle.is_empty() || needle.is_in_value(&fold_value(&decode_words(field.value))))
        })
    }

    /// Whether it is in a header section or a text.
    pub(super) fn anything_has(&self, needle: &Needle) -> bool {
        needle.is_in_value(self.headers()) || self.body_has(needle)
    }

    /// Whether it is in a text.
    pub(super) fn body_has(&self, needle: &Needle) -> bool {
        needle.text.find(self.bodies().as_bytes()).is_some()
    }

    /// The day that the Date field shows in its own zone; `None` where there is none, or one that cannot be read.
    pub(super) fn sent(&self) -> Option<Day> {
        let header = self.reading.head_fields();
        let date = read::fields(&header).find(|field| field.is("Date"))?;
        let moment = moment(&String::from_utf8_lossy(date.value))?;
        Some(Day::shown(moment.unix_secs, moment.zone_minutes.unwrap_or(0)))
    }

    fn headers(&self) -> &str {
        self.headers.get_or_init(|| {
            let mut text = String::new();
            for part in self.parts() {
                let header = self.reading.fields(part.header.clone());
                read::fields(&header).for_each(|field| line(&field, &mut text));
            }
            text
        })
    }

    fn bodies(&self) -> &str {
        self.bodies.get_or_init(|| {
            let mut all = String::new();
            for part in self.parts().filter(|part| is_text(part)) {
                all.push(BETWEEN);
                all.push_str(&fold(&text(part, &self.reading.bytes(part.body.clone()))));
            }
            all
        })
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        self.reading.tree().parts.iter().take(MOST_TOLD_PARTS)
    }
}

fn line(field: &HeaderField<'_>, out: &mut String) {
    let name = String::from_utf8_lossy(field.name);
    out.push(BETWEEN);
    out.push_str(&fold_value(&format!("{name}: {}", decode_words(field.value))));
}

/// Whether people read it: a text, or something like a delivery report.
fn is_text(part: &Part) -> bool {
    part.is_leaf() && ["text", "message"].contains(&part.top_type()) && !matches!(part.encoding, Encoding::Unknown(_))
}

fn text<'a>(part: &Part, body: &'a [u8]) -> Cow<'a, str> {
    let charset = part.charset.as_deref().filter(|name| *name != "us-ascii");
    if part.encoding.is_identity() {
        return match (charset, std::str::from_utf8(body)) {
            (None | Some("utf-8"), Ok(text)) => Cow::Borrowed(text),
            _ => Cow::Owned(decode_charset(body, charset)),
        };
    }
    let mut decoded = Vec::with_capacity(body.len());
    part.encoding.decode(body, &mut |piece| decoded.extend_from_slice(piece));
    Cow::Owned(decode_charset(&decoded, charset))
}
