//! The courier: the sending half of an agent. It takes mail from the queue and hands it over: look-up of the next
//! hop, connections, fail-over from one exchanger to the next, reuse of connections, verdicts.
//!
//! User agents and MTAs send the same way; they differ in what they do with what comes back ([`Courier::poll_settled`]).

mod attempt;
mod candidates;
mod connection;
mod inquiry;
mod session;
mod verdict;

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::rc::Rc;
use std::sync::Arc;

use slab::Slab;

use super::lookups::Lookups;
use super::{Context, Input};
use crate::dns::mail::RouteFailure;
use crate::identity::{Domain, Mailbox};
use crate::queue::{DestinationId, EntryId, Failure, Fate, Mail, NextHop, Queue, Settled};
use crate::sasl;
use crate::sim::{Duration, Instant, Stream};
use crate::smtp::client;
use crate::tls;
use crate::trace::{At, MailId, QueueName, RecordId, What, visible};

use attempt::Attempt;
pub use attempt::Limits;
use connection::Connection;
use inquiry::Asking;

/// How an agent sends. Hosts that are set up alike can share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The port of ordinary mail exchange.
    pub port: u16,
    /// How the client speaks.
    pub client: Arc<client::Config>,
    /// How long a connection may take to open (Postfix `smtp_connect_timeout`, 30 s).
    pub connect_timeout: Duration,
    /// Mails on one connection; 1 is no reuse.
    pub mails_per_connection: u32,
    /// How long an idle connection is kept for another mail.
    pub idle: Duration,
    /// How far one attempt goes.
    pub limits: Limits,
    /// Deliveries at a time, to all destinations together; the look-up of a destination counts as one (Postfix
    /// `default_process_limit`, 100: a delivery agent looks up, connects and delivers).
    pub deliveries: u32,
    /// Whether it converts what the next hop cannot take (RFC 6152 §3); else that fails.
    pub converts: bool,
    /// Whether it keeps tickets to go on with sessions of TLS.
    pub tls_tickets: bool,
    /// Whether each recipient handed on ends a responsibility (an MTA's does, a user agent's does not).
    pub responsible: bool,
}

/// How a client's connections are sealed.
#[derive(Clone, Debug)]
pub struct Sealing {
    /// Whom it trusts, and how far.
    pub client: tls::Client,
}

/// Whom a courier logs in as.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Name and password.
    pub login: sasl::Login,
    /// The only next hop that is to have them; none: every one.
    pub only: Option<NextHop>,
}

/// How many tickets of one server a client keeps (the default of `rustls`). RFC 8446 §C.4: each is used once, so
/// who opens several connections at a time needs several.
const MOST_TICKETS: usize = 8;

/// The port of submission where TLS seals a connection from the first byte on (RFC 8314 §7.3).
pub const SUBMISSIONS_PORT: u16 = 465;

/// The settings of a mail server.
impl Default for Config {
    fn default() -> Config {
        Config {
            port: 25,
            client: Arc::default(),
            connect_timeout: Duration::from_secs(30),
            mails_per_connection: 100,
            idle: Duration::ZERO,
            limits: Limits::default(),
            deliveries: 100,
            converts: true,
            tls_tickets: true,
            responsible: true,
        }
    }
}

/// The earlier of two deadlines, where there are any.
#[inline]
pub(super) fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// The sending half of an agent.
#[derive(Clone)]
pub struct Courier {
    /// What the host calls itself.
    host_name: Domain,
    /// Addresses to send from, taken in turn by connection; empty is the host's own.
    addresses: Box<[IpAddr]>,
    config: Arc<Config>,
    /// Its own IPv6 address, where it has one: then it goes to those of others first.
    ipv6: Option<Ipv6Addr>,
    /// How its connections are sealed, where they are.
    tls: Option<Arc<Sealing>>,
    /// Whom it logs in as, where it has to.
    credentials: Option<Box<Credentials>>,
    /// On disk.
    queue: Queue,
    memory: Memory,
    luck: Stream,
}

/// What is gone when the host goes down.
#[derive(Clone, Default)]
struct Memory {
    sessions: Slab<Connection>,
    /// Sessions of TLS that it can go on with, by the names of servers (Postfix `smtp_tls_session_cache_database`), the newest
    /// last, and of each server [`MOST_TICKETS`] at most.
    tickets: BTreeMap<Arc<str>, VecDeque<Rc<tls::Ticket>>>,
    /// What has been found out of destinations about which more is being asked.
    asking: BTreeMap<DestinationId, Asking>,
    /// Client machines of connections that are gone, for their memory.
    #[expect(clippy::vec_box, reason = "a session moves in and out as a pointer, not as 400 bytes")]
    spare_clients: Vec<Box<client::Session>>,
    /// Idle connections of each destination, the most recently used last.
    idle: Vec<Vec<u32>>,
    settled: VecDeque<Settled>,
    /// No deadline of a session is earlier than this.
    session_wake: Option<Instant>,
    /// Which of the addresses the next connection comes from.
    next_address: usize,
}

impl Courier {
    /// A courier with an empty queue, of a host that calls itself `host_name`.
    #[must_use]
    pub fn new(
        host_name: Domain,
        config: impl Into<Arc<Config>>,
        queue: impl Into<Arc<crate::queue::Config>>,
        luck: Stream,
    ) -> Courier {
        let (config, queue) = (config.into(), Queue::new(queue));
        Courier {
            host_name,
            addresses: Box::default(),
            config,
            ipv6: None,
            tls: None,
            credentials: None,
            queue,
            memory: Memory::default(),
            luck,
        }
    }

    /// Seals its connections.
    #[must_use]
    pub fn with_tls(self, tls: Option<Arc<Sealing>>) -> Courier {
        Courier { tls, ..self }
    }

    /// Asks for IPv6 addresses, too, and dials them first (RFC 6724 §10.3): it has this one itself.
    #[must_use]
    pub fn with_ipv6(self, ipv6: Option<Ipv6Addr>) -> Courier {
        Courier { ipv6, ..self }
    }

    /// What it calls itself to a server at this address: its name, or the address that the server sees (RFC 5321 §4.1.3).
    fn own_name(&self, server: IpAddr) -> Domain {
        match self.ipv6.filter(|_| server.is_ipv6() && self.host_name.is_literal()) {
            Some(own) => format!("[IPv6:{own}]").parse().unwrap_or_else(|_| self.host_name.clone()),
            None => self.host_name.clone(),
        }
    }

    /// Logs in.
    #[must_use]
    pub fn with_login(self, credentials: Option<Credentials>) -> Courier {
        Courier { credentials: credentials.map(Box::new), ..self }
    }

    /// Where it draws from.
    pub fn luck(&mut self) -> &mut Stream {
        &mut self.luck
    }

    /// Something that is used once.
    pub fn nonce(&mut self) -> sasl::Nonce {
        let (a, b) = (self.luck.bits(), self.luck.bits());
        sasl::Nonce::from_bytes([a.to_be_bytes(), b.to_be_bytes()].as_flattened())
    }

    /// Sends from these addresses, taken in turn by connection; none is the host's own.
    #[must_use]
    pub fn with_addresses(self, addresses: impl Into<Box<[IpAddr]>>) -> Courier {
        Courier { addresses: addresses.into(), ..self }
    }

    /// What the host calls itself.
    #[must_use]
    pub fn host_name(&self) -> &Domain {
        &self.host_name
    }

    /// The queue.
    #[must_use]
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// The destination that is this next hop.
    pub fn destination(&mut self, next_hop: &NextHop) -> DestinationId {
        self.queue.destination(next_hop)
    }

    /// The destination that the domain of an address is.
    pub fn destination_of(&mut self, mailbox: &Mailbox) -> DestinationId {
        self.queue.destination_of(mailbox)
    }

    /// Takes a mail into the queue. Call [`Courier::pump`] when done.
    pub fn accept(&mut self, ctx: &mut Context<'_>, mail: Mail) -> EntryId {
        let (number, hops, serial) = (mail.mail, mail.hops, mail.serial);
        let (id, settled) = self.queue.accept(ctx.now, mail);
        let record = self.record_queue(ctx, number, hops, serial, QueueName::Active, "accepted", None);
        self.queue.note_cause(id, record.map_or(0, |record| record.0));
        self.record_resting(ctx, id, settled.as_ref());
        self.memory.settled.extend(settled);
        id
    }

    /// A mail whose jobs have all come back. Ask until `None`; then each mail without a retry must be removed.
    pub fn poll_settled(&mut self) -> Option<Settled> {
        self.memory.settled.pop_front()
    }

    /// Forgets a mail whose recipients all have their verdicts.
    pub fn remove(&mut self, ctx: &mut Context<'_>, id: EntryId) -> crate::queue::Entry {
        let entry = self.queue.remove(id);
        self.record_queue(
            ctx,
            entry.mail,
            entry.hops,
            entry.serial,
            QueueName::Done,
            "every recipient has a verdict",
            None,
        );
        entry
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one record")]
    fn record_queue(
        &self,
        ctx: &mut Context<'_>,
        mail: u64,
        hops: u16,
        serial: u64,
        queue: QueueName,
        reason: &str,
        until: Option<Instant>,
    ) -> Option<RecordId> {
        let at = ctx.at().mail(MailId(mail), hops);
        ctx.record(at, || What::Queue {
            queue_id: (*crate::mime::queue_id(serial)).into(),
            queue,
            reason: reason.into(),
            until,
        })
    }

    /// Says in the trace that a mail waits for another attempt, and why the last one came to nothing.
    pub fn record_deferred(&mut self, ctx: &mut Context<'_>, id: EntryId, until: Instant) {
        if !ctx.tracer.is_on() {
            return;
        }
        let entry = self.queue.entry(id);
        let mut waiting = entry.recipients.iter().filter(|r| r.fate == Fate::Waiting);
        let why = waiting.find_map(|r| r.last_failure.as_ref()).map(|failure| visible(&failure.text));
        let record = self.record_queue(
            ctx,
            entry.mail,
            entry.hops,
            entry.serial,
            QueueName::Deferred,
            why.as_deref().unwrap_or("no recipient has a verdict"),
            Some(until),
        );
        self.queue.note_cause(id, record.map_or(0, |record| record.0));
    }

    /// When [`Courier::handle_timer`] is wanted at the latest.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        earlier(self.queue.poll_timeout(), self.memory.session_wake)
    }

    /// A time has come: deferred mail, deadlines of sessions.
    pub fn handle_timer(&mut self, ctx: &mut Context<'_>, lookups: &mut Lookups) {
        let is_timer = ctx.tracer.is_timer();
        while let Some((id, settled)) = self.queue.next_due(ctx.now) {
            let entry = self.queue.entry(id);
            // Where the host has just come up, that is the cause.
            if is_timer {
                ctx.tracer.because(waits_since(entry));
            }
            let record = self.record_queue(
                ctx,
                entry.mail,
                entry.hops,
                entry.serial,
                QueueName::Active,
                "due for another attempt",
                None,
            );
            self.queue.note_cause(id, record.map_or(0, |record| record.0));
            self.record_resting(ctx, id, settled.as_ref());
            self.memory.settled.extend(settled);
        }
        self.expire_sessions(ctx);
        self.pump(ctx, lookups);
    }

    /// Something happened on one of the courier's connections.
    pub fn handle_input(&mut self, ctx: &mut Context<'_>, lookups: &mut Lookups, input: Input) {
        match input {
            Input::Connected { token, conn } => self.connected(ctx, token, conn),
            Input::Received { token, data, .. } => self.received(ctx, token, data),
            Input::Tls { token, news } => self.tls(ctx, token, *news),
            Input::Room { token } => self.room(ctx, token),
            Input::PeerClosed { token } => self.peer_closed(ctx, token),
            Input::Failed { token, trouble } => self.connection_failed(ctx, token, trouble),
            Input::Start | Input::Crash | Input::Accepted { .. } | Input::Datagram { .. } | Input::Timer => {}
        }
        self.pump(ctx, lookups);
    }

    /// The host goes down: sessions are gone, the queue stays.
    pub fn crash(&mut self) {
        self.memory = Memory::default();
    }

    /// The host is up again: everything that waits is due.
    pub fn recover(&mut self, ctx: &mut Context<'_>, lookups: &mut Lookups) {
        self.queue.recover(ctx.now);
        self.handle_timer(ctx, lookups);
    }

    /// Starts whatever can be started now.
    pub fn pump(&mut self, ctx: &mut Context<'_>, lookups: &mut Lookups) {
        loop {
            // What has just been looked up has its place already, and some answers are good for this instant only.
            if let Some(destination) = lookups.poll_destination() {
                if self.queue.may_run(destination) {
                    self.run(ctx, lookups, destination);
                }
            } else if self.queue.connections() + lookups.destinations_awaited() < self.config.deliveries
                && let Some(destination) = self.queue.poll_runnable()
            {
                // It waited for its turn, not for whoever has just made room.
                if let Some(job) = self.queue.backlog(destination).next().filter(|_| ctx.tracer.is_on()) {
                    ctx.tracer.because(waits_since(self.queue.entry(job.entry)));
                }
                self.run(ctx, lookups, destination);
            } else {
                return;
            }
        }
    }

    fn run(&mut self, ctx: &mut Context<'_>, lookups: &mut Lookups, destination: DestinationId) {
        if let Some(token) = self.memory.idle.get_mut(destination.0 as usize).and_then(Vec::pop) {
            if let Some(job) = self.queue.open(destination) {
                self.reuse(ctx, token, job);
            }
            return;
        }
        match self.candidates(ctx, lookups, destination) {
            None => {} // the look-up is under way, and the destination is called when the answer is there
            Some(Ok(candidates)) => {
                if let Some(job) = self.queue.open(destination) {
                    self.dial(ctx, job, Attempt::new(candidates));
                }
            }
            Some(Err(failure)) => self.unroutable(ctx, destination, &failure),
        }
    }

    fn unroutable(&mut self, ctx: &mut Context<'_>, destination: DestinationId, failure: &RouteFailure) {
        let permanent = failure.is_permanent();
        let said =
            Failure { status: failure.status().into(), text: failure.to_string().into(), by: None, is_reply: false };
        self.record_backlog(ctx, destination, &said, permanent);
        let settled = match failure {
            _ if permanent => self.queue.refuse(ctx.now, destination, &said),
            RouteFailure::NotAsked(_) => self.queue.pause(ctx.now, destination, &said),
            _ => self.queue.rest(ctx.now, destination, &said),
        };
        self.memory.settled.extend(settled);
    }

    fn at_session(&self, ctx: &Context<'_>, token: u32) -> At {
        let at = ctx.at();
        match self.memory.sessions.get(token as usize) {
            Some(session) => session.at(at, &self.queue),
            None => at,
        }
    }
}

/// The record that says why a mail waits, or that it waits no longer.
fn waits_since(entry: &crate::queue::Entry) -> Option<RecordId> {
    (entry.cause > 0).then_some(RecordId(entry.cause))
}
