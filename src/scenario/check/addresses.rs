//! Who has which address.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::sync::Arc;

use super::Checker;
use super::drafts::{Draft, SitesPlan};
use crate::scenario::plan::{HostPlan, IMPLIED_NAME_SERVER, Role};
use crate::scenario::tree::{Kind, Node};
use crate::sim::calendar::Calendar;
use crate::trace::HostId;

/// The IPv6 address of a host that wants one (RFC 3849).
pub(super) fn ipv6(id: HostId) -> Ipv6Addr {
    let n = id.0 + 1;
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, (n >> 16) as u16, n as u16)
}

/// The addresses of 192.0.2.0/24 or 198.51.100.0/24 (RFC 5737), then those of a part of 10.0.0.0/8.
fn pool(first: [u8; 3], second: u32) -> impl Iterator<Item = Ipv4Addr> {
    let documentation = (1..=254).map(move |d| Ipv4Addr::new(first[0], first[1], first[2], d));
    let private = (second..second + (1 << 22)).map(Ipv4Addr::from).filter(|a| !matches!(a.octets()[3], 0 | 255));
    documentation.chain(private)
}

impl Checker {
    /// Written addresses first, then one for every other host in order. Hosts are in the plan from here on, as far as
    /// their address goes.
    pub(super) fn give_addresses(&mut self, drafts: &[Draft<'_>], sites: Option<&SitesPlan<'_>>) {
        let mut taken: HashMap<Ipv4Addr, Range<usize>> = HashMap::new();
        let mut own: HashMap<u32, Ipv4Addr> = HashMap::new();
        for draft in drafts {
            if let Some(node) = draft.fields.get("address")
                && let Some(address) = self.address(node, &mut taken)
            {
                own.insert(draft.id.0, address);
            }
        }
        let mut lists: HashMap<u32, Vec<Ipv4Addr>> = HashMap::new();
        let mut counts: Vec<(u32, u64)> = Vec::new();
        let mut outbound = |checker: &mut Checker, id: HostId, node: &Node| match &node.kind {
            Kind::List(items) => {
                let list = items.iter().filter_map(|n| checker.address(n, &mut taken)).collect();
                lists.insert(id.0, list);
            }
            Kind::Number(_) => counts.extend(checker.r.number(node, 1, 4096).map(|n| (id.0, n))),
            _ => {
                let _: Option<()> = checker.r.wrong_type(node, "a whole number, or a list of IPv4 addresses");
            }
        };
        for draft in drafts.iter().filter(|d| d.fields.shape.name == "Mta") {
            if let Some(node) = draft.fields.get("outbound_addresses") {
                outbound(self, draft.id, node);
            }
        }
        let _ = sites;
        let mut free = pool([192, 0, 2], u32::from(Ipv4Addr::new(10, 0, 0, 0)));
        let mut next = |taken: &HashMap<Ipv4Addr, Range<usize>>| free.find(|a| !taken.contains_key(a));
        for (i, host) in self.names.hosts.iter().enumerate() {
            let ipv4 = own.get(&(i as u32)).copied().or_else(|| next(&taken)).unwrap_or(Ipv4Addr::UNSPECIFIED);
            self.plan.hosts.push(HostPlan {
                name: Arc::clone(&host.name),
                domain: None,
                ipv4,
                ipv6: None,
                tcp: None,
                resolver: None,
                calendar: Calendar::default(),
                role: Role::Router,
            });
        }
        let mut free = pool([198, 51, 100], u32::from(Ipv4Addr::new(10, 128, 0, 0)));
        for (id, count) in counts {
            let list = free.by_ref().filter(|a| !taken.contains_key(a)).take(count as usize).collect();
            lists.insert(id, list);
        }
        self.names.outbound = lists;
    }

    fn address(&mut self, node: &Node, taken: &mut HashMap<Ipv4Addr, Range<usize>>) -> Option<Ipv4Addr> {
        let address = self.r.ipv4(node)?;
        if address == IMPLIED_NAME_SERVER {
            let message = format!("{address} is kept free for the implied name server");
            return self.r.bad_value(&node.span, message, "use another address");
        }
        if let Some(first) = taken.get(&address) {
            let d = self.r.at(&node.span, "duplicate", format!("the address {address} is given twice"));
            let d = d.label("given again here").also(first.clone(), "first given here");
            self.r.push(d);
            return None;
        }
        taken.insert(address, node.span.clone());
        Some(address)
    }
}
