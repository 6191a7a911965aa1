//! Mailboxes: where delivered mail lies (RFC 5321 §2.3.11; RFC 5598 §4.2.4, the message store).
//!
//! A [`Store`] belongs to one site and holds the mailboxes of its domains. A [`Mailbox`] has [`Folder`]s (IMAP calls these
//! mailboxes), the first of which receives what final delivery hands to it; a folder has [`Message`]s with numbers, flags and the
//! number of the change that touched them last. It speaks no protocol: sessions of POP3 and IMAP work on a [`Desk`], and learn
//! what others did from [`Folder::changes_since`].
//!
//! All of it is on disk: what a call has changed when it returns, a crash does not take back. Only [`Locks`] are memory.

mod desk;
mod flags;
mod folder;
mod mailbox;
mod message;
mod site;

pub use desk::{Deed, Desk, Done, Locks};
pub use flags::{FlagChange, Flags};
pub use folder::{Change, Changed, Folder, FolderId, SpecialUse};
pub use mailbox::{FolderError, Full, INBOX, MOST_FOLDERS, Mailbox, SEPARATOR};
pub use message::{GivenDate, Letter, Message};
pub use site::{MailboxId, Store};
