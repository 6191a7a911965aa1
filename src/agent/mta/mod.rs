//! The mail transfer agent: receives, takes responsibility, delivers here, hands on, reports.
//!
//! One agent plays RFC 5598's MSA, MTA and MDA, as Postfix does: `inbound` is the server half, `routing` decides
//! about each recipient, `accept` takes responsibility and files or queues, `report` writes what must be told, and
//! the [`Courier`] is the client half.

mod accept;
mod inbound;
mod report;
mod responsibility;
mod routing;
mod script;
mod state;

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use slab::Slab;

use super::courier::{Courier, earlier};
use super::lookups::Lookups;
use super::{Context, Input, tokens};
use crate::identity::{Domain, Mailbox};
use crate::mime::FieldWriter;
use crate::policy::greylist::Greylist;
use crate::queue::NextHop;
use crate::sim::calendar::Calendar;
use crate::sim::{Duration, Instant};
use crate::smtp::server;
use crate::store::Store;
use crate::trace::HostId;

pub use script::{ReplyRule, Stage};
use state::{INBOUND_TOKEN, Inbound};

/// What a server says to a mailbox that it has not got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownUsers {
    /// 550 5.1.1 at RCPT.
    Reject,
    /// 250, and a report to the reverse-path.
    AcceptThenBounce,
    /// 250, and nothing more.
    AcceptThenDiscard,
}

/// How an MTA receives and routes.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its own name.
    pub host_name: Domain,
    /// How the server speaks.
    pub server: Arc<server::Config>,
    /// Domains of the store in which every local part has a mailbox.
    pub catch_all: FxHashSet<Domain>,
    /// Domains that it takes mail for and passes on.
    pub relay_for: FxHashSet<Domain>,
    /// Hosts whose mail it passes on to anywhere.
    pub clients: FxHashSet<HostId>,
    /// Passes on everybody's mail.
    pub open_relay: bool,
    /// Where all mail goes that is not for here.
    pub smarthost: Option<NextHop>,
    /// Where mail for certain domains goes.
    pub routes: FxHashMap<Domain, NextHop>,
    /// Mail for the first goes on to the others. Keys are in lower case.
    pub forwards: FxHashMap<String, Vec<Mailbox>>,
    /// Received fields before mail is refused as looping (RFC 5321 §6.3).
    pub hop_limit: u32,
    /// What it says to mailboxes that it has not got.
    pub unknown_users: UnknownUsers,
    /// Time from the final dot to the reply.
    pub processing: Duration,
    /// Scripted replies.
    pub replies: Vec<ReplyRule>,
}

/// A mail transfer agent.
#[derive(Clone)]
pub struct Mta {
    config: Config,
    store: Store,
    greylist: Option<Greylist>,
    courier: Courier,
    lookups: Lookups,
    inbound: Slab<Inbound>,
    /// Server machines of connections that are gone, for their memory.
    #[expect(clippy::vec_box, reason = "a session moves in and out as a pointer, not as 400 bytes")]
    spare_servers: Vec<Box<server::Session>>,
    /// No deadline of an inbound session is earlier than this.
    inbound_wake: Option<Instant>,
    writer: FieldWriter,
    date: DateCache,
    serial: u64,
    /// What sessions call their peer; the trace knows better.
    peer_label: Arc<str>,
}

/// The date-time text of the current second.
#[derive(Clone, Debug, Default)]
pub(super) struct DateCache {
    secs: Option<i64>,
    text: String,
}

impl DateCache {
    /// The date-time of RFC 5322 §3.3 for `now`.
    pub(super) fn get(&mut self, calendar: Calendar, now: Instant) -> &str {
        let secs = calendar.unix_secs(now);
        if self.secs != Some(secs) {
            self.secs = Some(secs);
            self.text = calendar.rfc5322(now);
        }
        &self.text
    }
}

impl Mta {
    /// An MTA with these mailboxes, this client half and these look-ups.
    #[must_use]
    pub fn new(config: Config, store: Store, greylist: Option<Greylist>, courier: Courier, lookups: Lookups) -> Mta {
        let serial = crate::mime::first_serial(config.host_name.as_str());
        Mta {
            config,
            store,
            greylist,
            courier,
            lookups,
            inbound: Slab::new(),
            spare_servers: Vec::new(),
            inbound_wake: None,
            writer: FieldWriter::new(),
            date: DateCache::default(),
            serial,
            peer_label: "client".into(),
        }
    }

    /// The mailboxes.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Takes mails out of the mailboxes, see [`Store::take_filed`].
    pub fn take_filed(&mut self, before: Instant) -> impl Iterator<Item = crate::agent::Delivered> + '_ {
        self.store.take_filed(before)
    }

    /// The queue.
    #[must_use]
    pub fn queue(&self) -> &crate::queue::Queue {
        self.courier.queue()
    }

    /// The scripted replies, with counts of what became of them.
    #[must_use]
    pub fn script(&self) -> &[ReplyRule] {
        &self.config.replies
    }

    /// See [`super::Agent::handle_input`].
    pub fn handle_input(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Start => self.courier.recover(ctx, &mut self.lookups),
            Input::Crash => self.crash(),
            Input::Timer => {
                self.expire_inbound(ctx);
                self.lookups.handle_timer(ctx);
                self.courier.handle_timer(ctx, &mut self.lookups);
            }
            Input::Accepted { socket, conn, port, peer } => self.accepted(ctx, socket, conn, port, peer),
            Input::Received { token, data, about } if token & INBOUND_TOKEN != 0 => {
                self.inbound_received(ctx, token, data, about);
            }
            Input::Room { token } if token & INBOUND_TOKEN != 0 => self.inbound_room(ctx, token),
            Input::PeerClosed { token } if token & INBOUND_TOKEN != 0 => self.inbound_closed(ctx, token, false),
            Input::Failed { token, .. } if token & INBOUND_TOKEN != 0 => self.inbound_closed(ctx, token, true),
            Input::Datagram { .. } => self.looked_up(ctx, input),
            Input::Connected { token, .. }
            | Input::Room { token }
            | Input::Received { token, .. }
            | Input::PeerClosed { token }
            | Input::Failed { token, .. }
                if token & tokens::LOOKUP != 0 =>
            {
                self.looked_up(ctx, input);
            }
            other => self.courier.handle_input(ctx, &mut self.lookups, other),
        }
        self.settle(ctx);
    }

    /// See [`super::Agent::poll_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        earlier(self.inbound_wake, earlier(self.courier.poll_timeout(), self.lookups.poll_timeout()))
    }

    /// See [`super::Agent::responsibilities`].
    #[must_use]
    pub fn responsibilities(&self) -> Vec<(u64, u32)> {
        self.queue().entries().map(|entry| (entry.serial, entry.owed() as u32)).collect()
    }

    fn looked_up(&mut self, ctx: &mut Context<'_>, input: Input) {
        self.lookups.handle_input(ctx, input);
        self.courier.pump(ctx, &mut self.lookups);
    }

    fn crash(&mut self) {
        self.inbound.clear();
        self.inbound_wake = None;
        self.courier.crash();
        self.lookups.restart();
    }

    /// Deals with every mail whose jobs have come back, reports included, until nothing is left to say.
    fn settle(&mut self, ctx: &mut Context<'_>) {
        let mut any = false;
        while let Some(settled) = self.courier.poll_settled() {
            any = true;
            if !settled.failed.is_empty() {
                self.report_failed(ctx, settled.entry, &settled.failed);
            }
            if settled.warn {
                self.report_delay(ctx, settled.entry);
            }
            match settled.retry_at {
                Some(until) => self.courier.record_deferred(ctx, settled.entry, until),
                None => {
                    self.courier.remove(ctx, settled.entry);
                }
            }
        }
        if any {
            self.courier.pump(ctx, &mut self.lookups);
            // Pumping can settle more: a destination that cannot be routed, say.
            self.settle(ctx);
        }
    }

    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
}
