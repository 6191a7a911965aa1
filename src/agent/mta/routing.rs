//! What becomes of a recipient: a mailbox here, other addresses, another host, or nothing.

use std::borrow::Cow;

use rustc_hash::FxHashSet;

use super::{Mta, UnknownUsers};
use crate::dns::mail::literal_address;
use crate::identity::{Domain, ForwardPath, Mailbox};
use crate::queue::DestinationId;
use crate::store::MailboxId;

/// Where a recipient leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A mailbox of this host.
    Local(MailboxId),
    /// Other addresses take its place.
    Forward(Vec<Mailbox>),
    /// Another host.
    Remote(DestinationId),
    /// The domain is here, the mailbox is not.
    Unknown,
}

/// What of an address is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// Whatever it is.
    Any,
    /// What it is apart from its alias, which has named itself and keeps a copy (as in Postfix's virtual(5)).
    Own,
}

/// Whether a server takes a recipient, by who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// It does.
    Welcome,
    /// The domain is here, the mailbox is not.
    UnknownUser,
    /// It does not pass mail on for this client.
    RelayDenied,
}

impl Mta {
    /// Whether mail for `path` is taken from a client that is one of the site's own, or is not.
    pub(super) fn access(&self, is_known: bool, path: &ForwardPath) -> Access {
        // RFC 5321 §4.5.1: the postmaster is always there.
        let ForwardPath::Mailbox(mailbox) = path else { return Access::Welcome };
        let mailbox = &*self.at_home(mailbox);
        let domain = mailbox.domain();
        if self.disk.store.serves(domain) {
            let known = self.config.rules.unknown_users != UnknownUsers::Reject
                || self.disk.store.find(mailbox).is_some()
                || self.config.catch_all.contains(domain)
                || self.forward_of(mailbox).is_some();
            return if known { Access::Welcome } else { Access::UnknownUser };
        }
        if let Some(known) = self.config.relay_recipients.get(domain)
            && !known.contains(&*mailbox.local_part().to_ascii_lowercase())
            && self.forward_of(mailbox).is_none()
        {
            return Access::UnknownUser;
        }
        let relays = self.config.relay_for.contains(domain)
            || is_known
            || self.config.rules.open_relay
            || self.forward_of(mailbox).is_some();
        if relays { Access::Welcome } else { Access::RelayDenied }
    }

    /// The address by which a mailbox is known here. A literal of this host (RFC 5321 §4.1.3) is another name for its first
    /// domain, so that at least the postmaster is there (§4.5.1; Postfix does the same, `resolve_local.c`).
    pub(super) fn at_home<'m>(&self, mailbox: &'m Mailbox) -> Cow<'m, Mailbox> {
        let own = |literal| self.config.addresses.contains(&literal);
        let is_here = mailbox.domain().starts_with('[') && literal_address(&mailbox.to_domain()).is_some_and(own);
        let first = self.disk.store.domains().first().filter(|_| is_here);
        let known = first.and_then(|domain| format!("{}@{domain}", mailbox.local_part()).parse().ok());
        known.map_or(Cow::Borrowed(mailbox), Cow::Owned)
    }

    /// What an alias leads to. A list may name one mailbox twice, in two spellings.
    fn others(&self, others: &[Mailbox]) -> Vec<Mailbox> {
        let mut named = FxHashSet::default();
        let own = |other: &Mailbox| self.disk.store.find(other).ok_or_else(|| other.clone());
        others.iter().filter(|other| named.insert(own(other))).cloned().collect()
    }

    fn forward_of(&self, mailbox: &Mailbox) -> Option<&Vec<Mailbox>> {
        if self.config.forwards.is_empty() {
            return None;
        }
        self.config.forwards.get(&mailbox.as_str().to_ascii_lowercase())
    }

    /// Where `mailbox` leads.
    pub(super) fn target(&mut self, mailbox: &Mailbox, ask: Ask) -> Target {
        let mailbox = &*self.at_home(mailbox);
        if ask == Ask::Any
            && let Some(others) = self.forward_of(mailbox)
        {
            return Target::Forward(self.others(others));
        }
        let domain = mailbox.domain();
        if self.disk.store.serves(domain) {
            return match self.disk.store.find(mailbox) {
                Some(id) => Target::Local(id),
                None if self.config.catch_all.contains(domain) => {
                    Target::Local(self.disk.store.add_mailbox(mailbox.clone()))
                }
                None => Target::Unknown,
            };
        }
        let destination = match (self.config.routes.get(domain), &self.config.smarthost) {
            (Some(next_hop), _) | (None, Some(next_hop)) => self.courier.destination(next_hop),
            (None, None) => self.courier.destination_of(mailbox),
        };
        Target::Remote(destination)
    }

    /// The mailbox behind a path: `<Postmaster>` is that of the first domain, or of the host.
    pub(super) fn mailbox_of(&self, path: &ForwardPath) -> Mailbox {
        match path {
            ForwardPath::Mailbox(mailbox) => mailbox.clone(),
            ForwardPath::Postmaster => {
                let domain: &Domain = self.disk.store.domains().first().unwrap_or(&self.config.host_name);
                format!("postmaster@{domain}")
                    .parse()
                    .unwrap_or_else(|_| unreachable!("the postmaster of a checked domain is a mailbox"))
            }
        }
    }
}
