//! Texts that fit: broken between words, or cut.

use crate::trace::transcript::{Line, Style, width};

/// Lines are no longer than this, also in a file or a pipe, unless a word is. What a mail says can be very long.
pub(super) const COLUMNS: usize = 100;

/// A line as lines of at most so many columns, the second and further ones indented by `hang`. A longer word stays whole.
pub(super) fn broken(line: Line, columns: usize, hang: usize) -> Vec<Line> {
    if line.width() <= columns {
        return vec![line];
    }
    let (mut lines, mut here, mut used) = (Vec::new(), Pieces::default(), 0);
    for word in words(&line) {
        let len: usize = word.iter().map(|(_, text)| width(text)).sum();
        // The indentation of the first line is made of empty words.
        if used + 1 + len > columns && used > hang {
            lines.push(std::mem::take(&mut here).line());
            here.push(Style::Plain, &" ".repeat(hang));
            used = hang;
        } else if !(here.0.is_empty() && lines.is_empty()) {
            here.push(word.first().map_or(Style::Plain, |(style, _)| *style), " ");
            used += 1;
        }
        for (style, text) in word {
            here.push(style, text);
        }
        used += len;
    }
    lines.push(here.line());
    lines
}

/// What stands between spaces; a word may have several styles.
fn words(line: &Line) -> Vec<Vec<(Style, &str)>> {
    let mut words = vec![Vec::new()];
    for piece in line.pieces() {
        for (place, part) in piece.text.split(' ').enumerate() {
            if place > 0 {
                words.push(Vec::new());
            }
            if let Some(word) = words.last_mut() {
                word.push((piece.style, part));
            }
        }
    }
    words
}

/// A line as it grows: what has one style is one piece.
#[derive(Default)]
struct Pieces(Vec<(Style, String)>);

impl Pieces {
    fn push(&mut self, style: Style, text: &str) {
        match self.0.last_mut() {
            Some((last, whole)) if *last == style => whole.push_str(text),
            _ => self.0.push((style, text.to_owned())),
        }
    }

    fn line(self) -> Line {
        self.0.into_iter().fold(Line::new(), |line, (style, text)| line.with(style, text))
    }
}

/// The beginning of a text, in so many columns of a terminal.
pub(super) fn cut_to(text: &str, most: usize) -> String {
    let text = shown(text);
    if width(&text) <= most {
        return text;
    }
    format!("{}…", &text[..fitting(&text, most.saturating_sub(1))])
}

/// Both ends of a text, in so many columns: names of hosts differ at the beginning, and are somebody's at the end.
pub(super) fn cut_inside(text: &str, most: usize) -> String {
    let text = shown(text);
    if width(&text) <= most {
        return text;
    }
    let room = most.saturating_sub(1);
    let first = fitting(&text, room / 2);
    let letters: String = text[first..].chars().rev().collect();
    let last: String = letters[..fitting(&letters, room - room / 2)].chars().rev().collect();
    format!("{}…{last}", &text[..first])
}

/// How many bytes of a text fit into so many columns.
fn fitting(text: &str, columns: usize) -> usize {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += width(&text[at..at + c.len_utf8()]);
        if used > columns {
            return at;
        }
    }
    text.len()
}

/// A text as a terminal gets it: escapes take more room than what they stand for.
fn shown(text: &str) -> String {
    Line::of(Style::Plain, text).text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        let line =
            Line::of(Style::Faint, "  hop 1  ").and("one two").with(Style::Host, "(three").and(") four fivesixseven");
        let texts: Vec<String> = broken(line.clone(), 20, 9).iter().map(Line::text).collect();
        assert_eq!(texts, ["  hop 1  one", "         two(three)", "         four", "         fivesixseven"]);
        assert_eq!(broken(line.clone(), 80, 9), [line]);
    }

    #[test]
    fn names_are_cut() {
        assert_eq!((cut_to("abcdef", 6), cut_to("abcdef", 5)), ("abcdef".into(), "abcd…".into()));
        assert_eq!(cut_inside("mail.protection.example", 11), "mail.…ample");
        assert_eq!(cut_inside("mail.x", 6), "mail.x");
        assert_eq!((cut_to("日本日本", 5), cut_inside("日本日本", 5)), ("日本…".into(), "日…本".into()));
        assert_eq!(width(&cut_to("\u{1b}\u{1b}\u{1b}", 8)), 8);
    }
}
