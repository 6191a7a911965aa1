//! What a person has written, before it is a message.

use super::body::Body;
use super::charset::Charset;
use crate::identity::Mailbox;

/// The largest message that padding makes: 1 GiB, far above what any server takes.
pub const LARGEST_SIZE_BYTES: u64 = 1 << 30;

/// Someone in an address field: a mailbox and perhaps a name for people (RFC 5322 §3.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// The name for people, any text.
    pub name: Option<String>,
    /// The address.
    pub mailbox: Mailbox,
}

impl From<Mailbox> for Party {
    fn from(mailbox: Mailbox) -> Party {
        Party { name: None, mailbox }
    }
}

/// A message that is to be written. Blind copies are a matter of the envelope and have no place here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The author.
    pub from: Party,
    /// The recipients that everybody sees.
    pub to: Vec<Party>,
    /// Those who get a copy.
    pub cc: Vec<Party>,
    /// The subject, any text.
    pub subject: String,
    /// In which letters the subject is written where it is not ASCII; UTF-8 where it has not all that are needed.
    pub charset: Charset,
    /// What it says.
    pub body: Body,
    /// Whether it is MIME. Without, it is a message as of 1982: the body is text in ASCII, and no field says so. (Other
    /// bodies are MIME whatever this says.)
    pub is_mime: bool,
    /// The ids of the mails that it answers (RFC 5322 §3.6.4), without angle brackets.
    pub in_reply_to: Vec<String>,
    /// The ids of the conversation so far, the oldest first.
    pub references: Vec<String>,
    /// More fields, by name and value. The fields that the composer writes itself, and Bcc, are left out. Trace fields
    /// (Received and Return-Path, RFC 5322 §3.6.7) stand on top, in this order: where servers write theirs, and where
    /// somebody who forges one puts it.
    pub headers: Vec<(String, String)>,
    /// Fills the body with padding lines until the whole message has this many bytes, where the body is MIME and
    /// nothing but text. A message that is larger already stays as it is; more than [`LARGEST_SIZE_BYTES`] is not
    /// padded to.
    pub size: Option<u64>,
    /// The date-time of RFC 5322 §3.3; an empty one leaves the field out.
    pub date: String,
    /// The message id, with or without angle brackets (RFC 5322 §3.6.4); an empty one leaves the field out.
    pub message_id: String,
    /// Fields that whoever sends it leaves to others.
    pub left_out: LeftOut,
}

/// Fields of the author's that a submission server adds where they are missing (RFC 6409 §8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// The date (RFC 6409 §8.2).
    pub date: bool,
    /// The message id (RFC 6409 §8.3).
    pub message_id: bool,
}

impl Draft {
    /// A draft from one mailbox to another without subject, text, date and id.
    #[must_use]
    pub fn new(from: Mailbox, to: Mailbox) -> Draft {
        Draft {
            from: from.into(),
            to: vec![to.into()],
            cc: Vec::new(),
            subject: String::new(),
            charset: Charset::UTF_8,
            body: Body::plain(""),
            is_mime: true,
            in_reply_to: Vec::new(),
            references: Vec::new(),
            headers: Vec::new(),
            size: None,
            date: String::new(),
            message_id: String::new(),
            left_out: LeftOut::default(),
        }
    }
}
