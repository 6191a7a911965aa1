//! Reading pieces of the tree as what a field takes, and telling every mistake on the way.

mod fields;
mod measures;
mod names;
mod number;
mod plain;
mod spread;

use std::ops::Range;
use std::sync::Arc;

pub(crate) use fields::Fields;
pub(crate) use names::read_party;
pub(crate) use plain::{bytes, flag, length, some, whole, word};

use super::tree::{Kind, Node};
use crate::diag::Diagnostic;

/// Diagnostics beyond this number are only counted.
const MOST_DIAGNOSTICS: usize = 200;

/// Collects what is wrong.
pub(crate) struct Reader {
    pub(crate) file: Arc<str>,
    pub(crate) found: Vec<Diagnostic>,
    pub(crate) more: usize,
}

impl Reader {
    pub(crate) fn new(file: &Arc<str>) -> Reader {
        Reader { file: Arc::clone(file), found: Vec::new(), more: 0 }
    }

    /// A diagnostic about this file, to be finished and handed to [`Reader::push`].
    pub(crate) fn at(&self, span: &Range<usize>, code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(&self.file, span.clone(), code, message)
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        if self.found.len() < MOST_DIAGNOSTICS { self.found.push(diagnostic) } else { self.more += 1 }
    }

    /// Whether enough has been told; if so, counts one more. Asked before looking for near names, which takes time.
    pub(crate) fn is_full(&mut self) -> bool {
        let full = self.found.len() >= MOST_DIAGNOSTICS;
        self.more += usize::from(full);
        full
    }

    /// "expected X, found Y".
    pub(crate) fn wrong_type<T>(&mut self, node: &Node, expected: &str) -> Option<T> {
        let message = format!("expected {expected}, found {}", node.found());
        let short = expected.split([':', ',']).next().unwrap_or(expected);
        let d = self.at(&node.span, "wrong-type", message).label(format!("expected {short}"));
        self.push(d);
        None
    }

    /// A value that makes no sense.
    pub(crate) fn bad_value<T>(&mut self, span: &Range<usize>, message: impl Into<String>, label: &str) -> Option<T> {
        let d = self.at(span, "bad-value", message).label(label);
        self.push(d);
        None
    }

    pub(crate) fn text<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        match &node.kind {
            Kind::Text(text) => Some(text),
            _ => self.wrong_type(node, "a text in quotation marks"),
        }
    }

    pub(crate) fn bool(&mut self, node: &Node) -> Option<bool> {
        match node.kind {
            Kind::Bool(b) => Some(b),
            _ => self.wrong_type(node, "`true` or `false`"),
        }
    }

    /// One line of text: no control characters.
    pub(crate) fn line<'n>(&mut self, node: &'n Node, most: usize) -> Option<&'n str> {
        let text = self.text(node)?;
        if let Some(c) = text.chars().find(|c| c.is_control()) {
            let message = format!("a control character ({}) cannot stand here", c.escape_default());
            return self.bad_value(&node.span, message, "expected one line of text");
        }
        if text.len() > most {
            let message = format!("this text has {} bytes", text.len());
            return self.bad_value(&node.span, message, &format!("expected at most {most}"));
        }
        Some(text)
    }

    pub(crate) fn list<'n>(&mut self, node: &'n Node, of: &str) -> Option<&'n [Node]> {
        match &node.kind {
            Kind::List(items) => Some(items),
            _ => {
                let message = format!("expected a list of {of}, found {}", node.found());
                let mut d = self.at(&node.span, "wrong-type", message).label("expected `[` ... `]`");
                if matches!(node.kind, Kind::Text(_) | Kind::Tuple(..) | Kind::Struct(..)) {
                    d = d.help("a list of one is written in square brackets, too");
                }
                self.push(d);
                None
            }
        }
    }

    pub(crate) fn map<'n>(&mut self, node: &'n Node, of: &str) -> Option<&'n [(Node, Node)]> {
        match &node.kind {
            Kind::Map(entries) => Some(entries),
            _ => self.wrong_type(node, &format!("a map {of}, in curly brackets")),
        }
    }

    /// One of some words.
    pub(crate) fn choice<T: Copy>(&mut self, node: &Node, what: &str, choices: &[(&str, T)]) -> Option<T> {
        let name = match &node.kind {
            Kind::Name(name) | Kind::Text(name) => name,
            _ => {
                let names: Vec<&str> = choices.iter().map(|(n, _)| *n).collect();
                return self.wrong_type(node, &format!("{what} ({})", names.join(", ")));
            }
        };
        if let Some((_, value)) = choices.iter().find(|(n, _)| n == name) {
            return Some(*value);
        }
        let names: Vec<&str> = choices.iter().map(|(n, _)| *n).collect();
        let d = self.at(&node.span, "unknown-word", format!("`{name}` is not {what}"));
        let d = d.label(format!("expected {}", names.join(", "))).did_you_mean(name, names);
        self.push(d);
        None
    }
}
