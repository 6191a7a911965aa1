//! IMAP (RFC 3501, RFC 9051): reading mailboxes on their server.

pub mod server;
pub mod utf7;
