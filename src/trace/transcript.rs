//! Transcripts: a run told in lines of words, for a terminal, a file or a page of a book.
//!
//! Records become [`Line`]s of [`Piece`]s, each with a [`Style`] that says what the words are, never what colour they
//! have: there is no escape sequence in here, and none comes through, because every word of a mail or a peer passes
//! [`visible`](super::visible) first. Everything is a function of the roster and the records.

mod clock;
mod copies;
mod line;
mod mails;
mod numbers;
mod people;
mod shared;
mod sheet;
mod story;
pub mod words;

pub use clock::{clock, span};
pub use copies::{Copies, MailCopy, OnMachine, Placed, ReadSums};
pub use line::{Line, Piece, Style, width};
pub use mails::{Fates, MailSummary, Mails};
pub use numbers::{counted, long_size, number, size};
pub use people::people;
pub use sheet::{Align, Sheet};
pub use story::{Options, Story, story};
pub use words::names;
