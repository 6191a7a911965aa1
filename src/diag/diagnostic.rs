//! One thing that is wrong with a text.

use std::ops::Range;
use std::sync::Arc;

use super::near::nearest;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// A short name for this kind of mistake, such as `unknown-host`.
    pub code: &'static str,
    /// The name of the file.
    pub file: Arc<str>,
    /// The bytes of the file it is about.
    pub span: Range<usize>,
    /// What is wrong, in one line.
    pub message: String,
    /// What stands under the carets; may be empty.
    pub label: String,
    /// Other places that matter, each with what to say about it.
    pub also: Vec<(Range<usize>, String)>,
    /// Why it is wrong.
    pub notes: Vec<String>,
    /// What to do.
    pub helps: Vec<String>,
}

impl Diagnostic {
    /// An error at a place.
    #[must_use]
    pub fn error(file: &Arc<str>, span: Range<usize>, code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            file: Arc::clone(file),
            span,
            message: message.into(),
            label: String::new(),
            also: Vec::new(),
            notes: Vec::new(),
            helps: Vec::new(),
        }
    }
    /// The same with words under the carets.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }
    /// The same with another place.
    #[must_use]
    pub fn also(mut self, span: Range<usize>, label: impl Into<String>) -> Diagnostic {
        self.also.push((span, label.into()));
        self
    }
    /// The same with a reason.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }
    /// The same with something to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.helps.push(help.into());
        self
    }
    /// The same with "did you mean", where one of `known` is near to `written`.
    #[must_use]
    pub fn did_you_mean<'a>(self, written: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
        match nearest(written, known) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }
}
