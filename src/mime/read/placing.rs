//! Whether encoded words stand where they may, and are as they should be (RFC 2047 §5).

use super::faults::Count;
use super::flaw::{Defects, Flaw};
use super::header::HeaderField;
use super::words::{LONGEST_WORD, Seen, charset, next_seen};

/// Where encoded words may stand in a field (RFC 2047 §5).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Anywhere: it is text.
    Text,
    /// In names and comments: neither in quotes nor in addresses.
    Phrase,
    /// In comments only.
    Comment,
}

fn place(field: &HeaderField<'_>) -> Place {
    const PHRASES: [&str; 14] = [
        "From",
        "To",
        "Cc",
        "Bcc",
        "Sender",
        "Reply-To",
        "Resent-From",
        "Resent-To",
        "Resent-Cc",
        "Resent-Bcc",
        "Resent-Sender",
        "Disposition-Notification-To",
        "Keywords",
        "List-ID",
    ];
    const COMMENTS: [&str; 13] = [
        "Date",
        "Message-ID",
        "In-Reply-To",
        "References",
        "Received",
        "Return-Path",
        "MIME-Version",
        "Content-Transfer-Encoding",
        "Content-ID",
        "Content-Type",
        "Content-Disposition",
        "Resent-Date",
        "Resent-Message-ID",
    ];
    let is_one = |names: &[&str]| names.iter().any(|name| field.is(name));
    if is_one(&PHRASES) {
        Place::Phrase
    } else if is_one(&COMMENTS) {
        Place::Comment
    } else {
        Place::Text
    }
}

/// What is found of encoded words in a header section.
#[derive(Default)]
pub(super) struct Words {
    in_quotes: Count,
    misplaced: Count,
    too_long: Count,
    glued: Count,
    broken: Count,
    cut: Count,
    letters: Count,
    charset: Option<(usize, String)>,
}

/// Where in a structured value something stands.
#[derive(Clone, Copy, Default)]
struct Within {
    quotes: bool,
    comments: usize,
    angles: bool,
    /// The next byte means itself.
    escaped: bool,
}

impl Within {
    fn pass(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if std::mem::take(&mut self.escaped) {
                continue;
            }
            match byte {
                b'\\' if self.quotes || self.comments > 0 => self.escaped = true,
                b'"' if self.comments == 0 => self.quotes = !self.quotes,
                b'(' if !self.quotes => self.comments += 1,
                b')' if !self.quotes => self.comments = self.comments.saturating_sub(1),
                b'<' if !self.quotes && self.comments == 0 => self.angles = true,
                b'>' if !self.quotes && self.comments == 0 => self.angles = false,
                _ => {}
            }
        }
    }
}

/// Looks at the encoded words of a field.
pub(super) fn check_words(field: &HeaderField<'_>, base: usize, counts: &mut Words) {
    let value = field.value;
    // Most fields have no words.
    let Some(first) = next_seen(value, 0) else { return };
    let place = place(field);
    let base = base + field.value_at;
    let (mut within, mut passed, mut from) = (Within::default(), 0, 0);
    let mut next = Some(first);
    while let Some(seen) = next.take().or_else(|| next_seen(value, from)) {
        let word = match seen {
            Seen::Broken(at) => {
                counts.broken.add(base + at);
                from = at + 2;
                continue;
            }
            Seen::Word(word) => word,
        };
        let (start, end) = (word.range.start, word.range.end);
        let at = base + start;
        within.pass(&value[passed..start]);
        (passed, from) = (end, end);
        if end - start > LONGEST_WORD {
            counts.too_long.add(at);
        }
        // In plain text, quotes and angle brackets are letters as others.
        let is_plain = place == Place::Text || (!within.quotes && !within.angles);
        if !word.is_whole() {
            counts.cut.add(at);
        }
        if place == Place::Phrase && is_plain && within.comments == 0 && !word.is_of_phrases() {
            counts.letters.add(at);
        }
        match place {
            Place::Phrase if within.quotes => counts.in_quotes.add(at),
            Place::Phrase if within.angles => counts.misplaced.add(at),
            Place::Comment if within.comments == 0 => counts.misplaced.add(at),
            Place::Text | Place::Phrase | Place::Comment => {
                let alone = |byte: Option<&u8>, bracket: u8| {
                    byte.is_none_or(|b| b.is_ascii_whitespace() || (*b == bracket && place != Place::Text))
                };
                let before = start.checked_sub(1).and_then(|i| value.get(i));
                if is_plain && !(alone(before, b'(') && alone(value.get(end), b')')) {
                    counts.glued.add(at);
                }
            }
        }
        if counts.charset.is_none() && charset(word.charset).is_none() {
            counts.charset = Some((at, String::from_utf8_lossy(word.charset).to_ascii_lowercase()));
        }
    }
}

impl Words {
    pub(super) fn tell(self, part: usize, defects: &mut Defects) {
        let mut tell = |found: Count, flaw: fn(u64) -> Flaw| defects.add_found(part, 0, found, flaw);
        tell(self.in_quotes, |count| Flaw::WordInQuotes { count });
        tell(self.misplaced, |count| Flaw::WordMisplaced { count });
        tell(self.too_long, |count| Flaw::WordTooLong { count });
        tell(self.glued, |count| Flaw::WordGlued { count });
        tell(self.broken, |count| Flaw::WordBroken { count });
        tell(self.cut, |count| Flaw::WordCut { count });
        tell(self.letters, |count| Flaw::WordLetters { count });
        if let Some((at, charset)) = self.charset {
            defects.add(part, at, Flaw::WordCharset { charset });
        }
    }
}
