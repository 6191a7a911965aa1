//! The mail transfer agent: receives, takes responsibility, delivers here, hands on, reports.
//!
//! One agent plays RFC 5598's MSA, MTA and MDA, as Postfix does. `inbound` is the server half: a session that has a
//! question waits (`deciding`) until its `policies` have spoken. `message` takes responsibility, `expansion` says what
//! becomes of each recipient, and `accept` does it; `report` writes what must be told, and the [`Courier`] is the client
//! half.
//!
//! What an MTA is set up with never changes ([`Config`]), what it has on disk outlives a crash, and what it has in memory
//! does not.

mod accept;
mod callers;
mod client_name;
mod deciding;
mod door;
mod expansion;
mod inbound;
mod listener;
mod lmtp;
mod masquerade;
mod message;
mod named;
mod policies;
mod policy;
mod quota;
mod report;
mod responsibility;
mod routing;
mod script;
mod state;
mod submission;

use std::net::IpAddr;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::courier::{Courier, earlier};
use super::lookups::Lookups;
use super::{Context, Input, access, tokens};
use crate::identity::{Domain, Mailbox};
use crate::policy::greylist::Greylist;
use crate::queue::NextHop;
use crate::sim::{Duration, Instant};
use crate::store::Store;

pub use callers::Callers;
pub use listener::{Listener, Service};
pub use policy::{ClientName, LoginSender, SenderDomain};
pub use script::{ReplyRule, Scripted, Stage};
use state::{INBOUND_TOKEN, Memory};

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

/// What a server says to mail for a mailbox that is full (RFC 3463 §3.3, X.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FullMailbox {
    /// 452 4.2.2: somebody may make room (Dovecot, `quota_full_tempfail`).
    Defer,
    /// 552 5.2.2.
    Reject,
}

/// What an MTA does with mail, whoever and wherever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Passes on everybody's mail.
    pub open_relay: bool,
    /// Received fields before mail is refused as looping (RFC 5321 §6.3).
    pub hop_limit: u32,
    /// What it says to mailboxes that it has not got.
    pub unknown_users: UnknownUsers,
    /// What it says to mail for a mailbox that is full.
    pub full_mailbox: FullMailbox,
    /// The most connections at a time that it takes; further ones are told to come later. `None`: no limit.
    pub max_connections: Option<u32>,
    /// The most at a time from one address, its own clients not counted. `None`: no limit.
    pub max_connections_per_client: Option<u32>,
    /// Whether it asks the DNS for the names of clients, to write them down.
    pub looks_up_clients: bool,
    /// What it wants of the names of strangers. Where it wants something, it looks them up, too.
    pub client_name: ClientName,
    /// What it wants of the senders of strangers.
    pub sender_domain: SenderDomain,
    /// In whose name somebody who has logged in may send.
    pub login_sender: LoginSender,
    /// Time from the final dot to the reply.
    pub processing: Duration,
}

impl Rules {
    /// Whether it counts the connections that it has taken.
    #[must_use]
    pub fn counts_connections(&self) -> bool {
        self.max_connections.is_some() || self.max_connections_per_client.is_some()
    }

    /// Whether it asks the DNS for the name of a client, before it greets.
    #[must_use]
    pub fn asks_for_client_names(&self) -> bool {
        self.looks_up_clients || self.client_name != ClientName::Any
    }
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            open_relay: false,
            hop_limit: 100,
            unknown_users: UnknownUsers::Reject,
            full_mailbox: FullMailbox::Defer,
            max_connections: None,
            max_connections_per_client: None,
            looks_up_clients: false,
            client_name: ClientName::Any,
            sender_domain: SenderDomain::Any,
            login_sender: LoginSender::Own,
            processing: Duration::ZERO,
        }
    }
}

/// How an MTA receives and routes.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its own name.
    pub host_name: Domain,
    /// Its own addresses. Mail to a literal of one is for here.
    pub addresses: Box<[IpAddr]>,
    /// Where it listens. One for each port.
    pub listeners: Vec<Listener>,
    /// Domains of the store in which every local part has a mailbox.
    pub catch_all: FxHashSet<Domain>,
    /// Domains that it takes mail for and passes on.
    pub relay_for: FxHashSet<Domain>,
    /// Of some of these, who has a mailbox there, by local parts in lower case (Postfix, `relay_recipient_maps`): nobody else's
    /// mail is taken.
    pub relay_recipients: FxHashMap<Domain, FxHashSet<Box<str>>>,
    /// Whether some of its mailboxes may have so many bytes only.
    pub has_quotas: bool,
    /// Where it gives mail out.
    pub access: access::Servers,
    /// Whether mail programs of this world look into its mailboxes.
    pub is_read: bool,
    /// Its own: the addresses whose mail it passes on to anywhere (Postfix, `mynetworks`). Sorted: most
    /// servers have a few, and a set of them would be larger than they are.
    pub clients: Box<[IpAddr]>,
    /// Who may connect.
    pub callers: Callers,
    /// Where all mail goes that is not for here.
    pub smarthost: Option<NextHop>,
    /// Where mail for certain domains goes.
    pub routes: FxHashMap<Domain, NextHop>,
    /// Mail for the first goes on to the others. Keys are in lower case.
    pub forwards: FxHashMap<String, Vec<Mailbox>>,
    /// Who gets a copy of each report that mail failed, and is told when such a report fails itself (Postfix,
    /// `bounce_notice_recipient` and `2bounce_notice_recipient`).
    pub copies_undelivered_to: Option<Mailbox>,
    /// The domain that its own people's mail shows in its reverse-path (Windows SMTP service, "Masquerade domain").
    pub masquerades_as: Option<Domain>,
    /// What it does with mail.
    pub rules: Rules,
}

/// What outlives a crash. The queue does, too; it is the courier's.
#[derive(Clone)]
struct Disk {
    store: Store,
    greylist: Option<Greylist>,
    /// The number of the last mail.
    serial: u64,
}

/// A mail transfer agent.
#[derive(Clone)]
pub struct Mta {
    config: Arc<Config>,
    disk: Disk,
    memory: Memory,
    courier: Courier,
    lookups: Lookups,
    /// Scripted replies: the hand of whoever wrote the scenario, which no crash stays.
    script: Box<[Scripted]>,
}

/// What an MTA is made of.
pub struct Parts {
    /// How it receives and routes.
    pub config: Config,
    /// The mailboxes.
    pub store: Store,
    /// Who is put off at first.
    pub greylist: Option<Greylist>,
    /// The client half.
    pub courier: Courier,
    /// Who looks names up.
    pub lookups: Lookups,
    /// Replies in the place of its own.
    pub script: Vec<ReplyRule>,
}

impl Mta {
    /// An MTA of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Mta {
        let Parts { config, store, greylist, courier, lookups, script } = parts;
        let serial = crate::mime::first_serial(config.host_name.as_str());
        Mta {
            memory: Memory::new(),
            config: Arc::new(config),
            disk: Disk { store, greylist, serial },
            courier,
            lookups,
            script: script.into_iter().map(|rule| Scripted { rule, seen: 0, said: 0 }).collect(),
        }
    }

    /// The mailboxes.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.disk.store
    }

    /// The queue.
    #[must_use]
    pub fn queue(&self) -> &crate::queue::Queue {
        self.courier.queue()
    }

    /// The scripted replies, with counts of what became of them.
    #[must_use]
    pub fn script(&self) -> &[Scripted] {
        &self.script
    }

    /// See [`super::Agent::handle_input`].
    pub fn handle_input(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Start => self.courier.recover(ctx, &mut self.lookups),
            Input::Crash => self.crash(),
            Input::Timer => {
                self.expire_inbound(ctx);
                self.with_access(ctx, |sessions, ctx, room| sessions.expire(ctx, room));
                self.lookups.handle_timer(ctx);
                self.courier.handle_timer(ctx, &mut self.lookups);
                self.call_sessions(ctx);
            }
            Input::Accepted { socket, conn, port, peer } => self.accepted(ctx, socket, conn, port, peer),
            Input::Room { token }
            | Input::Received { token, .. }
            | Input::Tls { token, .. }
            | Input::PeerClosed { token }
            | Input::Failed { token, .. }
                if token & tokens::READING != 0 && token & INBOUND_TOKEN == 0 =>
            {
                self.with_access(ctx, |sessions, ctx, room| sessions.handle_input(ctx, room, input));
            }
            Input::Received { token, data, about } if token & INBOUND_TOKEN != 0 => {
                self.inbound_received(ctx, token, data, about);
            }
            Input::Room { token } if token & INBOUND_TOKEN != 0 => self.inbound_room(ctx, token),
            Input::Tls { token, news } if token & INBOUND_TOKEN != 0 => self.inbound_tls(ctx, token, &news),
            Input::PeerClosed { token } if token & INBOUND_TOKEN != 0 => self.inbound_closed(ctx, token, false),
            Input::Failed { token, .. } if token & INBOUND_TOKEN != 0 => self.inbound_closed(ctx, token, true),
            Input::Datagram { .. } => self.looked_up(ctx, input),
            Input::Connected { token, .. }
            | Input::Room { token }
            | Input::Received { token, .. }
            | Input::Tls { token, .. }
            | Input::PeerClosed { token }
            | Input::Failed { token, .. }
                if token & tokens::LOOKUP != 0 =>
            {
                self.looked_up(ctx, input);
            }
            other => self.courier.handle_input(ctx, &mut self.lookups, other),
        }
        // A look-up that never leaves the host is answered at once.
        self.call_sessions(ctx);
        self.settle(ctx);
        if self.memory.access.has_news() {
            self.with_access(ctx, |sessions, ctx, room| sessions.tell(ctx, room));
        }
    }

    /// Does something with the sessions in which people take mail out.
    fn with_access(
        &mut self,
        ctx: &mut Context<'_>,
        what: impl FnOnce(&mut access::Sessions, &mut Context<'_>, &mut access::Room<'_>),
    ) {
        let mut room =
            access::Room { store: &mut self.disk.store, listeners: &self.config.access, tls: self.memory.tls.as_ref() };
        what(&mut self.memory.access, ctx, &mut room);
    }

    /// See [`super::Agent::poll_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let sessions = earlier(self.memory.inbound_wake, self.memory.access.poll_timeout());
        earlier(sessions, earlier(self.courier.poll_timeout(), self.lookups.poll_timeout()))
    }

    /// See [`super::Agent::responsibilities`].
    #[must_use]
    pub fn responsibilities(&self) -> Vec<(u64, u32)> {
        self.queue().entries().map(|entry| (entry.serial, entry.owed() as u32)).collect()
    }

    fn looked_up(&mut self, ctx: &mut Context<'_>, input: Input) {
        self.lookups.handle_input(ctx, input);
        self.call_sessions(ctx);
        self.courier.pump(ctx, &mut self.lookups);
    }

    fn call_sessions(&mut self, ctx: &mut Context<'_>) {
        while let Some(token) = self.lookups.poll_session() {
            self.resume(ctx, token);
        }
    }

    fn crash(&mut self) {
        self.memory = Memory::new();
        let by_smtp = self.config.listeners.iter().find_map(|listener| listener.tls.as_ref());
        let shown = by_smtp.or(self.config.access.iter().find_map(|listener| listener.tls.as_ref()));
        self.memory.tls = shown.map(|tls| tls.restarted(self.courier.luck()));
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
        self.disk.serial += 1;
        self.disk.serial
    }
}
