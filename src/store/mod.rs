//! Mailboxes.
