//! Hosts that are declared and still to be built.

use std::ops::Range;

use super::link_kind::LinkKind;
use crate::identity::{Domain, Mailbox};
use crate::scenario::read::Fields;
use crate::trace::HostId;

/// A declared host whose fields are still to be read.
pub(super) struct Draft<'n> {
    pub(super) id: HostId,
    pub(super) key: Range<usize>,
    pub(super) fields: Fields<'n>,
}

/// The sites of a scenario, declared.
pub(super) struct SitesPlan<'n> {
    pub(super) span: Range<usize>,
    pub(super) fields: Fields<'n>,
    /// The first generated host.
    pub(super) first: u32,
    pub(super) count: u32,
    pub(super) users: u32,
    pub(super) core: u32,
    pub(super) domains: Vec<Domain>,
    pub(super) link: LinkKind,
    pub(super) core_link: LinkKind,
    pub(super) user_link: LinkKind,
}

impl SitesPlan<'_> {
    /// The `n`-th router of the middle.
    pub(super) fn router(&self, n: u32) -> HostId {
        HostId(self.first + n % self.core)
    }
    /// The server of a site.
    pub(super) fn server(&self, site: u32) -> HostId {
        HostId(self.first + self.core + site * (1 + self.users))
    }
    /// A user of a site.
    pub(super) fn user(&self, site: u32, user: u32) -> HostId {
        HostId(self.server(site).0 + 1 + user)
    }
    pub(super) fn mailbox(&self, site: u32, user: u32) -> Option<Mailbox> {
        format!("user{}@{}", user + 1, self.domains[site as usize]).parse().ok()
    }
    pub(super) fn link_count(&self) -> usize {
        (self.core as usize) * 2 + (self.count as usize) * (1 + self.users as usize)
    }
}
