//! RON text to a tree in which every piece knows its place in the file.
//!
//! The `ron` crate says whether a text is RON, and reads strings and numbers; this module finds where the pieces are.
//! A tree rather than typed deserialisation, because that stops at the first mistake, and a file's mistakes are to be
//! told all at once.

use std::ops::Range;
use std::sync::Arc;

use crate::diag::Diagnostic;

/// A piece of the file.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Its bytes.
    pub(crate) span: Range<usize>,
    /// What it is.
    pub(crate) kind: Kind,
}

/// A name in front of a bracket, or of a field.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) span: Range<usize>,
    pub(crate) text: String,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// `(a: 1)` or `Name(a: 1)`.
    Struct(Option<Word>, Vec<(Word, Node)>),
    /// `(1, 2)` or `Name(1, 2)`.
    Tuple(Option<Word>, Vec<Node>),
    /// `Name`.
    Name(String),
    /// `{key: value}`.
    Map(Vec<(Node, Node)>),
    /// `[1, 2]`.
    List(Vec<Node>),
    /// `"text"`.
    Text(String),
    /// `12`, `1.5`, as it is written; also `NaN` and `inf`.
    Number(String),
    /// `true`.
    Bool(bool),
    /// `None`: as if it had not been written.
    Nothing,
    /// What RON has and a scenario has not: characters, byte strings, ranges.
    Other,
}

impl Node {
    /// What it is, for "found ...".
    pub(crate) fn found(&self) -> String {
        match &self.kind {
            Kind::Struct(None, _) => "a group of fields".into(),
            Kind::Struct(Some(w), _) => format!("`{}(..)`", w.text),
            Kind::Tuple(None, items) if items.len() == 1 => "a group of one value".into(),
            Kind::Tuple(None, items) => format!("a group of {} values", items.len()),
            Kind::Tuple(Some(w), _) => format!("`{}(..)`", w.text),
            Kind::Name(name) => format!("the word `{name}`"),
            Kind::Map(_) => "a map".into(),
            Kind::List(_) => "a list".into(),
            Kind::Text(_) => "a text".into(),
            Kind::Number(text) => format!("the number {text}"),
            Kind::Bool(b) => format!("`{b}`"),
            Kind::Nothing => "nothing".into(),
            Kind::Other => "something else".into(),
        }
    }
}

/// The largest scenario file.
pub(crate) const MAX_FILE_BYTES: usize = 32 << 20;
/// The deepest nesting of brackets.
const MAX_DEPTH: usize = 32;

/// Reads a file.
pub(crate) fn parse(file: &Arc<str>, text: &str) -> Result<Node, Box<Diagnostic>> {
    if text.len() > MAX_FILE_BYTES {
        let message =
            format!("this file has {} bytes; a scenario has at most {} MiB", text.len(), MAX_FILE_BYTES >> 20);
        let help = "generated hosts and mail are said in a few lines with `sites`, `traffic` and `count`";
        return Err(Box::new(Diagnostic::error(file, 0..0, "file-too-large", message).help(help)));
    }
    // Some editors put a byte order mark in front. It is no part of the scenario.
    let mark = crate::diag::byte_order_mark(text);
    let mut scanner = Scanner { text, at: mark };
    scanner.skip();
    if scanner.at == text.len() {
        return Err(Box::new(nothing(file, &text[mark..])));
    }
    let options = ron::Options::default().with_recursion_limit(MAX_DEPTH);
    if let Err(error) = options.from_str::<&ron::value::RawValue>(&text[mark..]) {
        return Err(Box::new(syntax(file, text, mark, &error)));
    }
    scanner.attributes();
    let node = scanner.value(0);
    node.ok_or_else(|| {
        let at = scanner.at.min(text.len());
        let width = text[at..].chars().next().map_or(0, char::len_utf8);
        let d = Diagnostic::error(file, at..at + width, "syntax", "a scenario cannot have this here");
        Box::new(d.label("not understood").help("a text stands in double quotation marks: \"text\""))
    })
}

/// What to say of a file without a scenario in it.
fn nothing(file: &Arc<str>, text: &str) -> Diagnostic {
    let (message, label) = match text.trim().is_empty() {
        true => ("the file is empty", "a scenario is expected here: ( ... )"),
        false => ("the file has only comments", "a scenario is expected: ( ... )"),
    };
    let d = Diagnostic::error(file, 0..0, "syntax", message).label(label);
    d.help("`postroad new NAME` writes a scenario to begin with")
}

/// Whether a text begins as a mail does: with the name of a field, a colon and a blank (RFC 5322 §2.2).
fn looks_like_mail(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.split_once(": ").is_some_and(|(name, _)| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    })
}

/// The word at this place, where it has digits in front of letters.
fn digit_word(text: &str, at: usize) -> Option<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let before = text[..at].char_indices().rev().find(|(_, c)| !is_part(*c));
    let begin = before.map_or(0, |(place, c)| place + c.len_utf8());
    let end = text[begin..].find(|c| !is_part(c)).map_or(text.len(), |len| begin + len);
    let word = &text[begin..end];
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0 && word.len() > digits + 1).then_some(word)
}

/// `ron`'s complaint about the text behind a byte order mark of `mark` bytes as a diagnostic.
fn syntax(file: &Arc<str>, text: &str, mark: usize, error: &ron::error::SpannedError) -> Diagnostic {
    use ron::Error as E;
    let at = mark + offset(&text[mark..], error.span.end.line, error.span.end.col);
    let rest = &text[at..];
    let width = rest.chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
    if looks_like_mail(text) {
        let d = Diagnostic::error(file, 0..0, "syntax", "this is no scenario: it looks like a mail");
        return d
            .label("a header field")
            .help("`postroad mime` and `postroad headers` read mail; raw: \"..\" in a scenario sends it");
    }
    let message = match &error.code {
        E::ExceededRecursionLimit => "brackets are nested too deeply".to_owned(),
        E::Eof => "the file ends too early: a bracket or a quotation mark is not closed".to_owned(),
        E::TrailingCharacters => "something stands after the end of the scenario".to_owned(),
        other => {
            let said = other.to_string();
            let mut letters = said.chars();
            let first = letters.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
            format!("this is not RON: {first}{}", letters.as_str())
        }
    };
    let diagnostic = Diagnostic::error(file, at..at + width, "syntax", message);
    if let (E::ExpectedComma, Some(word)) = (&error.code, digit_word(text, at)) {
        let d = diagnostic.label(format!("`{word}` begins with a digit, and no word does"));
        let is_keyword = word.eq_ignore_ascii_case("8BITMIME");
        return if is_keyword { d.help("the keyword 8BITMIME is called EightBitMime here") } else { d };
    }
    match &error.code {
        E::ExpectedComma | E::ExpectedArrayEnd | E::ExpectedMapEnd | E::ExpectedStructLikeEnd => {
            diagnostic.label("expected `,` or a closing bracket before this").help("is a comma or a bracket missing?")
        }
        E::ExpectedMapColon => diagnostic
            .label("expected `:` before this")
            .help("named and unnamed values cannot be mixed in one bracket; a map is written {\"key\": value}"),
        E::ExceededRecursionLimit => diagnostic.label(format!("more than {MAX_DEPTH} brackets deep")),
        E::Eof | E::ExpectedStringEnd => diagnostic.label("here the file ends"),
        E::TrailingCharacters => {
            diagnostic.label("not expected here").help("a scenario is one `( ... )`; is a bracket closed too early?")
        }
        _ => diagnostic.label("not understood from here on"),
    }
}

/// The byte of a line and a column, both counted from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let mut start = 0;
    for _ in 1..line {
        match text[start..].find('\n') {
            Some(i) => start += i + 1,
            None => return text.len(),
        }
    }
    let rest = &text[start..];
    rest.char_indices().nth(column.saturating_sub(1)).map_or(text.len(), |(i, _)| start + i)
}

/// Finds the pieces of a text that is known to be RON. `None` means that it is RON that this module has not met.
struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, b: u8) -> bool {
        let there = self.peek() == Some(b);
        self.at += usize::from(there);
        there
    }

    fn skip(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\u{200e}' | '\u{200f}'));
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                self.at += block_comment(trimmed.as_bytes());
            } else {
                return;
            }
        }
    }

    /// `#![enable(...)]` at the top.
    fn attributes(&mut self) {
        self.skip();
        while self.text[self.at..].starts_with('#') {
            self.at += self.text[self.at..].find(']').map_or(self.text.len() - self.at, |i| i + 1);
            self.skip();
        }
    }

    fn word(&mut self) -> Option<Word> {
        let rest = &self.text[self.at..];
        let raw = rest.strip_prefix("r#").unwrap_or(rest);
        if !raw.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return None;
        }
        let length = raw.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(raw.len());
        let start = self.at;
        self.at += rest.len() - raw.len() + length;
        Some(Word { span: start..self.at, text: raw[..length].to_owned() })
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH + 2 {
            return None;
        }
        self.skip();
        let start = self.at;
        let rest = &self.text[start..];
        let kind = match self.peek()? {
            b'"' => self.string()?,
            b'r' if rest.starts_with("r\"") || rest.starts_with("r#\"") || rest.starts_with("r##") => self.string()?,
            b'[' => Kind::List(self.items(b']', depth)?),
            b'{' => self.map(depth)?,
            b'(' => self.group(None, depth)?,
            b'0'..=b'9' | b'+' | b'-' | b'.' => self.scalar(),
            b'b' if rest.starts_with("b\"") || rest.starts_with("b'") || rest.starts_with("br") => return None,
            _ => {
                let word = self.word()?;
                let after = self.at;
                self.skip();
                if self.peek() == Some(b'(') {
                    self.group(Some(word), depth)?
                } else {
                    self.at = after;
                    match word.text.as_str() {
                        text @ ("true" | "false") => Kind::Bool(ron::from_str(text).ok()?),
                        "None" => Kind::Nothing,
                        "inf" | "NaN" | "inff32" | "inff64" | "NaNf32" | "NaNf64" => Kind::Number(word.text),
                        _ => Kind::Name(word.text),
                    }
                }
            }
        };
        Some(Node { span: start..self.at, kind })
    }

    fn scalar(&mut self) -> Kind {
        let rest = &self.text[self.at..];
        let length = rest.find(|c: char| !(c.is_alphanumeric() || "+-._".contains(c))).unwrap_or(rest.len());
        let text = &rest[..length];
        self.at += length;
        if text.contains("..") { Kind::Other } else { Kind::Number(text.to_owned()) }
    }

    /// A text: where it ends is found here, what it says is read by `ron`.
    fn string(&mut self) -> Option<Kind> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        if bytes[start] == b'r' {
            let hashes = bytes[start + 1..].iter().take_while(|b| **b == b'#').count();
            let end = format!("\"{}", "#".repeat(hashes));
            let inside = start + 1 + hashes + 1;
            self.at = inside + self.text.get(inside..)?.find(&end)? + end.len();
        } else {
            let mut i = start + 1;
            loop {
                match bytes.get(i)? {
                    b'"' => break,
                    b'\\' => i += 2,
                    _ => i += 1,
                }
            }
            self.at = i + 1;
        }
        ron::from_str(&self.text[start..self.at]).ok().map(Kind::Text)
    }

    fn items(&mut self, close: u8, depth: usize) -> Option<Vec<Node>> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip();
            if self.eat(close) {
                return Some(items);
            }
            items.push(self.value(depth + 1)?);
            self.skip();
            if !self.eat(b',') && self.peek() != Some(close) {
                return None;
            }
        }
    }

    fn map(&mut self, depth: usize) -> Option<Kind> {
        self.at += 1;
        let mut entries = Vec::new();
        loop {
            self.skip();
            if self.eat(b'}') {
                return Some(Kind::Map(entries));
            }
            let key = self.value(depth + 1)?;
            self.skip();
            if !self.eat(b':') {
                return None;
            }
            entries.push((key, self.value(depth + 1)?));
            self.skip();
            if !self.eat(b',') && self.peek() != Some(b'}') {
                return None;
            }
        }
    }

    /// What stands in round brackets: fields when the first piece is a word and a colon.
    fn group(&mut self, name: Option<Word>, depth: usize) -> Option<Kind> {
        let open = self.at;
        self.at += 1;
        self.skip();
        let named = self.word().is_some() && {
            self.skip();
            self.peek() == Some(b':')
        };
        self.at = open;
        if !named {
            let mut items = self.items(b')', depth)?;
            if name.as_ref().is_some_and(|n| n.text == "Some") && items.len() == 1 {
                return items.pop().map(|node| node.kind);
            }
            return Some(Kind::Tuple(name, items));
        }
        self.at += 1;
        let mut fields = Vec::new();
        loop {
            self.skip();
            if self.eat(b')') {
                return Some(Kind::Struct(name, fields));
            }
            let word = self.word()?;
            self.skip();
            if !self.eat(b':') {
                return None;
            }
            fields.push((word, self.value(depth + 1)?));
            self.skip();
            if !self.eat(b',') && self.peek() != Some(b')') {
                return None;
            }
        }
    }
}

/// The length of the block comment at the beginning; they nest.
fn block_comment(bytes: &[u8]) -> usize {
    let (mut depth, mut i) = (0_usize, 0);
    while i < bytes.len() {
        match (bytes[i], bytes.get(i + 1)) {
            (b'/', Some(b'*')) => (depth, i) = (depth + 1, i + 2),
            (b'*', Some(b'/')) => {
                (depth, i) = (depth - 1, i + 2);
                if depth == 0 {
                    return i;
                }
            }
            _ => i += 1,
        }
    }
    bytes.len()
}
