//! A command that is being read: [`Command`].

use super::intake::Intake;
use super::syntax::append::Append;
use crate::octets::Rope;

/// A command that is being read.
#[derive(Clone, Debug, Default)]
pub(super) struct Command {
    /// Cuts what comes into pieces.
    pub(super) intake: Intake,
    /// What of it has come, with its literals and without its mail.
    pub(super) text: Vec<u8>,
    /// The mail of APPEND.
    pub(super) mail: Option<Mail>,
    /// Why it is not obeyed, whatever else comes of it.
    pub(super) refusal: Option<Refusal>,
    /// Whether its lines hold a password.
    pub(super) is_secret: bool,
}

/// A mail that is being appended.
#[derive(Clone, Debug)]
pub(super) struct Mail {
    /// Where it goes.
    pub(super) append: Append,
    /// Whether it may have octets of value zero.
    pub(super) is_binary: bool,
    /// How much of the text of the command stands before it.
    pub(super) before: usize,
    /// The mail, as soon as it is there.
    pub(super) octets: Option<Rope>,
}

/// An answer to a command that need not be read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is wrong.
    Bad(String),
    /// It is not done.
    No(String),
}
