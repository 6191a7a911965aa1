//! IMAP4rev1 and IMAP4rev2 (RFC 3501, RFC 9051): reading mailboxes on their server.

pub mod client;
pub mod content;
pub mod server;
pub mod utf7;
