//! IMAP (RFC 3501, RFC 9051): reading mailboxes on their server.

pub mod client;
pub mod utf7;
