//! Words of many styles in a line.

use unicode_width::UnicodeWidthChar as _;

use crate::trace::visible;

/// What some words are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// Nothing special.
    Plain,
    /// The title of the run.
    Title,
    /// What begins a part or a hop.
    Heading,
    /// What can be passed over.
    Faint,
    /// A time.
    Time,
    /// A host.
    Host,
    /// What a client says.
    Client,
    /// What a server says that is good news (2yz, 3yz).
    Server,
    /// It went well.
    Good,
    /// It has to wait.
    Warning,
    /// It failed.
    Bad,
}

/// Some words of one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What they are.
    pub style: Style,
    /// The words; nothing in them steers a terminal.
    pub text: String,
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pieces: Vec<Piece>,
}

impl Line {
    /// The empty line.
    #[must_use]
    pub fn new() -> Line {
        Line::default()
    }

    /// A line of one piece.
    #[must_use]
    pub fn of(style: Style, text: impl AsRef<str>) -> Line {
        Line::new().with(style, text)
    }

    /// The same with more words, of which anything that could steer a terminal is shown as an escape.
    #[must_use]
    pub fn with(mut self, style: Style, text: impl AsRef<str>) -> Line {
        self.push(style, text);
        self
    }

    /// The same with plain words.
    #[must_use]
    pub fn and(self, text: impl AsRef<str>) -> Line {
        self.with(Style::Plain, text)
    }

    /// Adds words.
    pub fn push(&mut self, style: Style, text: impl AsRef<str>) {
        let text = safe(text.as_ref());
        if !text.is_empty() {
            self.pieces.push(Piece { style, text });
        }
    }

    /// Adds all of another line.
    pub fn append(&mut self, other: Line) {
        self.pieces.extend(other.pieces);
    }

    /// Its pieces.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Its words without styles and without spaces at the end.
    #[must_use]
    pub fn text(&self) -> String {
        let text: String = self.pieces.iter().map(|p| p.text.as_str()).collect();
        text.trim_end().to_owned()
    }

    /// How many columns of a terminal it takes.
    #[must_use]
    pub fn width(&self) -> usize {
        self.pieces.iter().map(|p| width(&p.text)).sum()
    }
}

/// What is not printable as an escape. A backslash stays as it is: these words are no longer bytes, and may hold
/// escapes already.
fn safe(text: &str) -> String {
    if text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return text.to_owned();
    }
    let parts: Vec<String> = text.split('\\').map(|part| visible(part.as_bytes())).collect();
    parts.join("\\")
}

/// How many columns of a terminal a text takes that [`visible`] let through: ideographs and pictures take two, marks that
/// stand on other letters none.
#[must_use]
pub fn width(text: &str) -> usize {
    text.chars().filter_map(|c| c.width()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_a_terminal() {
        let line = Line::of(Style::Plain, "a\u{1b}[31m\u{202e}b").and(" \\r is kept ").with(Style::Bad, "grün\n");
        assert_eq!(line.text(), "a\\x1b[31m\\u{202e}b \\r is kept grün\\n");
        assert_eq!(line.pieces().len(), 3);
    }
}
