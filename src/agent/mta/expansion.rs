//! Aliases: a recipient becomes others, which may be aliases again (RFC 5321 §3.9).
//!
//! An [`Expansion`] is asked for one placement after the other; it files and queues nothing. Each alias is expanded once for
//! a mail, so that lists of lists end however they point at each other; one that leads back to itself is a circle (§6.3). A
//! place that several recipients lead to gets one copy (as Postfix's duplicate filter has it): a mailbox here, in whatever
//! spelling and by whatever alias, and an address elsewhere. The spelling of a local part elsewhere is its
//! host's business (§2.4), so addresses that differ in it are two.

use rustc_hash::{FxHashMap, FxHashSet};

use super::routing::{Ask, Target};
use crate::identity::Mailbox;
use crate::queue::DestinationId;
use crate::store::MailboxId;

/// So many aliases are expanded for one mail (Postfix, `virtual_alias_recursion_limit` and `virtual_alias_expansion_limit`:
/// 1000 each). The addresses that they lead to are not counted.
pub(super) const MOST_ALIASES: usize = 1_000;

/// What becomes of the recipients of one mail.
#[derive(Clone, Default)]
pub(super) struct Expansion {
    /// Whether the mail has one recipient: only where there are several can two be the same.
    is_alone: bool,
    /// Mailboxes that have their copy, and the recipient that it was filed for. Looked up, never iterated.
    filed: FxHashMap<MailboxId, Mailbox>,
    /// Recipients elsewhere that were seen, where there are several. Never iterated.
    known: FxHashSet<Mailbox>,
    /// Aliases that have been expanded, in lower case. Never iterated.
    aliases: FxHashSet<String>,
    /// Aliases that are being expanded, each with the addresses that are still to be placed.
    way: Vec<(Mailbox, std::vec::IntoIter<Mailbox>)>,
    next: Option<Mailbox>,
}

/// What becomes of a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Placement {
    /// It is filed in a mailbox here.
    File(MailboxId),
    /// It is queued for another host.
    Queue(DestinationId),
    /// It gets no copy of its own: this one has it, or will.
    Duplicate(Mailbox),
    /// These take its place.
    Redirect(Vec<Mailbox>),
    /// Its aliases lead in a circle.
    Circle,
    /// There are more aliases than are expanded for one mail.
    TooMany,
    /// The domain is here, the mailbox is not.
    Unknown,
}

impl Expansion {
    /// The expansion of a mail with so many recipients.
    pub(super) fn new(recipients: usize) -> Expansion {
        Expansion { is_alone: recipients == 1, ..Expansion::default() }
    }

    /// Goes on with a recipient of the envelope. What the last one led to must have been placed.
    pub(super) fn begin(&mut self, recipient: Mailbox) {
        debug_assert!(self.way.is_empty() && self.next.is_none(), "one recipient at a time");
        self.next = Some(recipient);
    }

    /// The next recipient and what becomes of it; `None` when everything that the last one of the envelope led to is placed.
    #[inline]
    pub(super) fn poll(&mut self, mut target: impl FnMut(&Mailbox, Ask) -> Target) -> Option<(Mailbox, Placement)> {
        let recipient = match self.next.take() {
            Some(recipient) => recipient,
            None => loop {
                match self.way.last_mut()?.1.next() {
                    Some(next) => break next,
                    None => drop(self.way.pop()),
                }
            },
        };
        let ask = if self.way.last().is_some_and(|(owner, _)| same(owner, &recipient)) { Ask::Own } else { Ask::Any };
        let placement = match target(&recipient, ask) {
            Target::Local(id) => self.file(&recipient, id),
            Target::Remote(destination) => {
                if self.has_company() && !self.known.insert(recipient.clone()) {
                    Placement::Duplicate(recipient.clone())
                } else {
                    Placement::Queue(destination)
                }
            }
            Target::Forward(others) => self.redirect(&recipient, others),
            Target::Unknown => Placement::Unknown,
        };
        Some((recipient, placement))
    }

    /// Whether the recipient that is being placed may be the same as another one.
    fn has_company(&self) -> bool {
        !self.is_alone || !self.way.is_empty()
    }

    fn file(&mut self, recipient: &Mailbox, id: MailboxId) -> Placement {
        if self.has_company() {
            if let Some(first) = self.filed.get(&id) {
                return Placement::Duplicate(first.clone());
            }
            self.filed.insert(id, recipient.clone());
        }
        Placement::File(id)
    }

    fn redirect(&mut self, recipient: &Mailbox, others: Vec<Mailbox>) -> Placement {
        if self.way.iter().any(|(owner, _)| same(owner, recipient)) {
            return Placement::Circle;
        }
        let alias = recipient.as_str().to_ascii_lowercase();
        if self.aliases.contains(&alias) {
            return Placement::Duplicate(recipient.clone());
        }
        if self.aliases.len() >= MOST_ALIASES {
            return Placement::TooMany;
        }
        self.aliases.insert(alias);
        self.way.push((recipient.clone(), others.clone().into_iter()));
        Placement::Redirect(others)
    }
}

fn same(a: &Mailbox, b: &Mailbox) -> bool {
    a.as_str().eq_ignore_ascii_case(b.as_str())
}

#[cfg(test)]
#[path = "expansion_tests.rs"]
mod tests;
