//! The way of a mail: which host tried to hand it to which, and what came of it.

use std::collections::BTreeMap;

use crate::sim::Instant;
use crate::trace::{Deed, Dialects, Direction, HostId, Kind, MailId, Query, Record, Roster, Side, What, with_reports};

use super::options::Options;

/// How a mail was taken out of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fetch {
    /// In which order, from 1.
    pub(super) number: u16,
    pub(super) protocol: &'static str,
    /// Whether it was all of it, or its header section only.
    pub(super) whole: bool,
}

/// One transfer of a mail between two hosts, or the attempts at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hop {
    pub(super) mail: MailId,
    /// Whether the mail is a report about the one that was asked for.
    pub(super) report: bool,
    pub(super) number: u16,
    pub(super) from: HostId,
    pub(super) to: HostId,
    /// When it began.
    pub(super) begun: Instant,
    /// When the receiver took responsibility.
    pub(super) accepted: Option<Instant>,
    /// How many times the receiver was dialled.
    pub(super) dialled: usize,
    /// Where the receiver is the one who asked for it.
    pub(super) fetch: Option<Fetch>,
}

impl Hop {
    /// The number on its badge.
    pub(super) fn badge(&self) -> String {
        if let Some(fetch) = self.fetch {
            return format!("F{}", fetch.number.min(99));
        }
        if self.report { format!("R{}", self.number.min(99)) } else { self.number.min(999).to_string() }
    }
}

/// The hops of a mail, and where it ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Way {
    pub(super) mail: Option<MailId>,
    pub(super) hops: Vec<Hop>,
    /// Host, time, words.
    pub(super) ends: Vec<(HostId, Instant, String)>,
}

impl Way {
    /// Whether the mail or a report about it was at this host.
    pub(super) fn touches(&self, host: HostId) -> bool {
        self.hops.iter().any(|h| h.from == host || h.to == host) || self.ends.iter().any(|(at, _, _)| *at == host)
    }
}

/// The hops that `options` ask for, in the order in which they began.
pub(super) fn hops(roster: &Roster, records: &[Record], options: &Options) -> Way {
    let first = || Query::kinds(&[Kind::Composed]).find(records).find_map(|r| r.mail);
    let any = || records.iter().find_map(|r| r.mail);
    let Some(mail) = options.mail.or_else(first).or_else(any).filter(|_| options.hops) else { return Way::default() };
    let query = Query { mails: with_reports(mail, records), ..Query::default() };
    let known = |host: HostId| (host.0 as usize) < roster.hosts.len();
    let dialects = Dialects::learn(records);
    let mut hops: Vec<Hop> = Vec::new();
    let mut places: BTreeMap<(MailId, Option<u16>, HostId, HostId), usize> = BTreeMap::new();
    let mut conns = BTreeMap::new();
    let mut ends = Vec::new();
    for r in query.find(records).filter(|r| known(r.host)) {
        let Some(of) = r.mail else { continue };
        if let Some(words) = end(&r.what) {
            ends.push((r.host, r.at, words));
        }
        if let What::Fetched { whole, .. } = r.what {
            for hop in hops.iter_mut().filter(|hop| hop.mail == of && hop.to == r.host) {
                let Some(fetch) = &mut hop.fetch else { continue };
                if hop.accepted.is_none() || whole && !fetch.whole {
                    (hop.accepted, fetch.whole) = (Some(r.at), whole);
                }
            }
        }
        let (Some((client, server)), Some(number)) = (ends_of(r), r.hop) else {
            if let (What::Accepted { .. }, Some(number)) = (&r.what, r.hop) {
                let number = Some(number);
                let taken = places.range((of, number, HostId(0), HostId(0))..=(of, number, HostId(u32::MAX), r.host));
                for (_, place) in taken.filter(|(key, _)| key.3 == r.host) {
                    hops[*place].accepted.get_or_insert(r.at);
                }
            }
            continue;
        };
        let dialect = dialects.of(r.conn);
        let fetches = dialect.reads_mailboxes();
        let (from, to) = if fetches { (server, client) } else { (client, server) };
        if !known(from) || !known(to) || from == to {
            continue;
        }
        let key = (of, (!fetches).then_some(number), from, to);
        let place = *places.entry(key).or_insert_with(|| {
            let earlier = hops.iter().filter(|hop| hop.fetch.is_some()).count();
            let fetch = Fetch { number: earlier as u16 + 1, protocol: dialect.name(), whole: false };
            let (report, fetch) = (of != mail, fetches.then_some(fetch));
            hops.push(Hop { mail: of, report, number, from, to, begun: r.at, accepted: None, dialled: 0, fetch });
            hops.len() - 1
        });
        if conns.insert((place, r.conn), ()).is_none() {
            hops[place].dialled += 1;
        }
    }
    Way { mail: Some(mail), hops, ends }
}

/// Client and server of a record of a connection.
fn ends_of(r: &Record) -> Option<(HostId, HostId)> {
    let (side, peer) = match &r.what {
        What::Connection { side, peer, .. } => (*side, *peer),
        What::Content { side, peer, .. } => (*side, *peer),
        // A line that arrives says no more than the one that was sent.
        What::Line { side, peer, direction: Direction::Sent, .. } => (*side, *peer),
        _ => return None,
    };
    Some(if side == Side::Client { (r.host, peer) } else { (peer, r.host) })
}

fn end(what: &What) -> Option<String> {
    use super::super::text_width::clean;
    Some(match what {
        What::Delivered { recipient, .. } => format!("delivered to {}", clean(recipient)),
        What::Bounced { recipient, status, .. } => format!("bounced {} {}", clean(status), clean(recipient)),
        What::Discarded { recipient, .. } => format!("discarded for {}", clean(recipient)),
        What::Unsent { recipient, .. } => format!("not sent to {}", clean(recipient)),
        What::Read { mailbox, .. } => format!("{} reads it", clean(mailbox)),
        What::Mailbox { mailbox, deed: Deed::Removed, .. } => format!("removed from {}", clean(mailbox)),
        _ => return None,
    })
}
