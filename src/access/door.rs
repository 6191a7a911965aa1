//! Who may come in.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::identity::Domain;
use crate::sasl::{Accounts, Mechanisms};
use crate::store::MailboxId;

/// What the servers of a host know of those who come: shared by all its sessions.
#[derive(Debug)]
pub struct Door {
    /// The host's name, for greetings and challenges.
    pub name: Domain,
    /// Who can log in.
    pub accounts: Arc<Accounts>,
    /// Whose mailbox is whose, by the name of the account. Looked up, never iterated.
    pub owners: FxHashMap<Arc<str>, MailboxId>,
    /// How one can log in by SASL.
    pub mechanisms: Mechanisms,
    /// Whether one can log in over a connection that is not sealed (RFC 8314 §4.1: better not).
    pub plain_text_logins: bool,
    /// How many logins may fail in a session; the one that reaches the number ends it.
    pub max_failed_logins: u32,
}

impl Door {
    /// The mailbox of an account.
    #[must_use]
    pub fn mailbox_of(&self, account: &str) -> Option<MailboxId> {
        self.owners.get(account).copied()
    }
}
