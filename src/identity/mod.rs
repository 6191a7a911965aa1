//! Who mail is from and for: domain names, mailboxes and paths (RFC 5321 §2.3.5, §2.3.11, §4.1.2).
//!
//! It does not look anything up, and it does not read header fields.

mod domain;
mod mailbox;

pub use domain::{Domain, DomainError};
pub use mailbox::{ForwardPath, Mailbox, MailboxError, ReversePath};
