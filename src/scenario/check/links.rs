//! What connects the hosts.

use std::ops::Range;

use super::Checker;
use super::drafts::SitesPlan;
use super::link_kind::{LinkKind, link_kind};
use crate::scenario::limits::MAX_LINKS;
use crate::scenario::plan::LinkPlan;
use crate::scenario::read::Fields;
use crate::scenario::tree::{Kind, Node};
use crate::trace::HostId;

impl Checker {
    pub(super) fn links(&mut self, fields: &Fields<'_>, sites: Option<&SitesPlan<'_>>) {
        let nodes = fields.items(&mut self.r, "links", "links");
        let count = nodes.len() + sites.map_or(0, SitesPlan::link_count);
        if count > MAX_LINKS {
            let span = fields.get("links").map_or(&fields.span, |n| &n.span).clone();
            let d = self.r.at(&span, "too-many", format!("{count} links are too many"));
            self.r.push(d.label(format!("at most {MAX_LINKS} links")));
            return;
        }
        let told = self.r.found.len();
        for node in nodes {
            self.link(node);
        }
        if let Some(sites) = sites {
            self.link_sites(sites);
        }
        // A link that was not understood would look like a hole in the network.
        if self.r.found.len() == told && !self.names.holes {
            self.connected();
        }
    }

    fn link(&mut self, node: &Node) {
        let (a, b, how) = match &node.kind {
            Kind::Tuple(None, items) => match items.as_slice() {
                [a, b] => (a, b, None),
                [a, b, how] => (a, b, Some(how)),
                _ => return self.r.wrong_type(node, "a link: (\"a\", \"b\", Preset)").unwrap_or(()),
            },
            _ => return self.r.wrong_type(node, "a link: (\"a\", \"b\", Preset)").unwrap_or(()),
        };
        let kind = how.and_then(|how| link_kind(&mut self.r, how)).unwrap_or_else(LinkKind::perfect);
        let (ha, hb) = (self.host(a), self.host(b));
        let (Some(a), Some(hb)) = (ha, hb) else { return };
        if a == hb {
            let d = self.r.at(&b.span, "self-link", "a host cannot be linked to itself").label("the same host");
            self.r.push(d.help("name the other end of the link"));
            return;
        }
        self.add_link(a, hb, kind, &node.span);
    }

    pub(super) fn add_link(&mut self, a: HostId, b: HostId, kind: LinkKind, span: &Range<usize>) {
        let index = self.plan.links.len() as u32;
        if self.link_of.insert((a.0.min(b.0), a.0.max(b.0)), index).is_some() {
            let (a, b) = (&self.names.hosts[a.0 as usize].name, &self.names.hosts[b.0 as usize].name);
            let d = self.r.at(span, "duplicate", format!("`{a}` and `{b}` are linked twice"));
            self.r.push(d.label("a second link").note("two hosts have at most one link; faults name it by its hosts"));
            return;
        }
        self.plan.links.push(LinkPlan { a, b, forward: kind.forward, back: kind.back, label: kind.label });
    }
}
