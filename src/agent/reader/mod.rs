//! People who read mail: a program that takes it out of mailboxes, and what is done with it there.
//!
//! A [`Reader`] is a part of a user agent. `connection` opens connections for its looks and drives their sessions, `pop3` and `imap`
//! say what is asked and what becomes of what was heard, `shelf` is what the program keeps on its disk, and `person` reads, files,
//! deletes and answers, by habit and at given times.

mod answer;
mod config;
mod connection;
mod find;
mod imap;
mod look;
mod mind;
mod person;
mod pop3;
mod sessions;
mod shelf;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::agent::courier::{Sealing, earlier};
use crate::agent::lookups::Lookups;
use crate::agent::{Context, Input, tokens};
use crate::identity::Mailbox;
use crate::mime::Draft;
use crate::queue::NextHop;
use crate::sim::{Duration, Instant, Stream};

pub use config::{Account, Act, Answer, Config, Deed, From, Habits, Keeps, Looks, Protocol, Seals};
use look::{Look, Stage};
use mind::Person;
use shelf::Shelf;

/// How long a connection may take to open (Thunderbird, `mailnews.tcptimeout`, has 100 s for everything).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(100);

/// A letter that the person has written because of another.
#[derive(Clone, Debug)]
pub struct Written {
    /// What is in it.
    pub draft: Draft,
    /// Who writes it.
    pub author: Mailbox,
    /// Who gets it.
    pub recipient: Mailbox,
    /// The server that it is handed to.
    pub submit_to: NextHop,
}

/// How a reader is set up beside its accounts.
#[derive(Clone)]
pub struct Setup {
    /// What it looks into, and what the person does.
    pub config: Config,
    /// How each account's connections are sealed, where they are.
    pub tls: Vec<Option<Arc<Sealing>>>,
    /// Whether the host has an IPv6 address.
    pub ipv6: bool,
    /// Where answers are handed to.
    pub submit_to: Option<NextHop>,
    /// Where nonces are drawn from.
    pub luck: Stream,
}

/// A mail program that takes mail out of mailboxes, and the person in front of it.
#[derive(Clone)]
pub struct Reader {
    config: Arc<Config>,
    tls: Arc<[Option<Arc<Sealing>>]>,
    ipv6: bool,
    submit_to: Option<NextHop>,
    luck: Stream,
    /// On disk, one for each account.
    shelves: Vec<Shelf>,
    person: Person,
    /// In memory, one for each account.
    looks: Vec<Look>,
    /// How many of the times away have begun.
    left: usize,
    /// What the person has written, for the outbox.
    written: VecDeque<Written>,
}

impl Reader {
    /// A reader of empty shelves.
    #[must_use]
    pub fn new(setup: Setup) -> Reader {
        let Setup { config, tls, ipv6, submit_to, luck } = setup;
        let count = config.accounts.len();
        Reader {
            shelves: config.accounts.iter().map(|account| Shelf::new(account.folders.len())).collect(),
            person: Person::new(&config),
            config: Arc::new(config),
            tls: tls.into(),
            ipv6,
            submit_to,
            luck,
            looks: vec![Look::default(); count],
            left: 0,
            written: VecDeque::new(),
        }
    }

    /// Whether a connection is one of its own.
    #[must_use]
    pub fn owns(token: u32) -> bool {
        token & tokens::READING != 0
    }

    /// A letter that the person has written.
    pub fn poll_written(&mut self) -> Option<Written> {
        self.written.pop_front()
    }

    /// When [`Reader::handle_timer`] is wanted at the latest.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let looks = self.looks.iter().filter_map(Look::poll_timeout).min();
        let is_open = self.looks.iter().any(|look| look.stage != Stage::Resting);
        let leaves = self.config.offline.get(self.left).map(|(from, _)| *from).filter(|_| is_open);
        earlier(self.person.poll_timeout(), earlier(looks, leaves))
    }

    /// The host starts.
    pub fn start(&mut self, ctx: &mut Context<'_>, lookups: &mut Lookups) {
        for look in &mut self.looks {
            look.next = Some(ctx.now);
        }
        self.handle_timer(ctx, lookups);
    }

    /// The host goes down: what is on disk stays.
    pub fn crash(&mut self) {
        self.looks.fill(Look::default());
    }

    /// A time has come.
    pub fn handle_timer(&mut self, ctx: &mut Context<'_>, lookups: &mut Lookups) {
        self.come_and_go(ctx);
        for place in 0..self.looks.len() {
            let look = &self.looks[place];
            if look.poll_timeout().is_none_or(|at| at > ctx.now) {
                continue;
            }
            let waits_for_person = look.stage == Stage::Resting && self.is_away(ctx.now).is_some();
            ctx.tracer.because(if look.stage == Stage::Talking { None } else { look.cause });
            match self.looks[place].stage {
                Stage::Resting if waits_for_person => self.looks[place].next = self.is_away(ctx.now),
                Stage::Resting => self.begin(ctx, lookups, place),
                Stage::Finding => {}
                Stage::Dialling | Stage::Securing | Stage::Talking => self.expire(ctx, place),
            }
        }
        self.act(ctx);
        self.set_out(ctx, lookups);
    }

    /// Something about one of its connections.
    pub fn handle_input(&mut self, ctx: &mut Context<'_>, lookups: &mut Lookups, input: Input) {
        self.connection(ctx, input);
        self.act(ctx);
        self.set_out(ctx, lookups);
    }

    /// What was being looked up may be there.
    pub fn looked_up(&mut self, ctx: &mut Context<'_>, lookups: &mut Lookups) {
        while let Some(place) = lookups.poll_session() {
            if self.looks.get(place as usize).is_some_and(|look| look.stage == Stage::Finding) {
                self.find(ctx, lookups, place as usize);
            }
        }
    }

    /// Begins the looks for which there is a reason now.
    fn set_out(&mut self, ctx: &mut Context<'_>, lookups: &mut Lookups) {
        if self.is_away(ctx.now).is_some() {
            return;
        }
        for place in 0..self.looks.len() {
            let look = &self.looks[place];
            let has_errands = self.config.accounts[place].protocol == Protocol::Imap
                && !self.shelves[place].errands.is_empty()
                && look.failure.is_none();
            if look.stage == Stage::Resting && (has_errands || look.next.is_some_and(|at| at <= ctx.now)) {
                self.begin(ctx, lookups, place);
            }
        }
        // An answer may have been there at once.
        self.looked_up(ctx, lookups);
    }

    /// Until when the machine is away from everything; `None`: it is not.
    fn is_away(&self, now: Instant) -> Option<Instant> {
        self.config.offline.iter().find(|(from, to)| (*from..*to).contains(&now)).map(|(_, to)| *to)
    }

    /// Whoever goes away says good-bye to nobody: lids are closed.
    fn come_and_go(&mut self, ctx: &mut Context<'_>) {
        while self.config.offline.get(self.left).is_some_and(|(from, _)| *from <= ctx.now) {
            self.left += 1;
        }
        let Some(until) = self.is_away(ctx.now) else { return };
        for place in 0..self.looks.len() {
            if self.looks[place].stage != Stage::Resting {
                self.break_off(ctx, place, until);
            }
        }
    }
}
