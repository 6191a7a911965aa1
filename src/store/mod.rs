//! Mailboxes: where delivered mail lies (RFC 5321 §2.3.11; RFC 5598 §4.2.4, the message store).
//!
//! A [`Store`] belongs to one site and holds the mailboxes of its domains. It receives what final delivery hands to
//! it and can be read; it speaks no protocol.

mod mailbox;

pub use mailbox::{Flags, Letter, Mailbox, MailboxId, Message, Store};
