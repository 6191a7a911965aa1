//! Records become items of the story: single lines, and hops with the lines of their dialogue.

use rustc_hash::FxHashMap;

use super::super::clock::{clock, later, span};
use super::super::{Line, Style, counted, number};
use super::super::{names, words};
use super::item::{Hop, Item, Kind, Note};
use super::{Options, SILENCE};
use crate::sim::Instant;
use crate::trace::{ConnId, HostId, MailId, QueueName, Record, Roster, What};

/// A question that waits for its answer.
pub(super) struct Question {
    /// Its place among the items.
    pub(super) item: usize,
    pub(super) at: Instant,
    /// As [`names::question`] says it.
    pub(super) words: String,
}

/// The story while it is told.
pub(super) struct Telling<'a> {
    pub(super) roster: &'a Roster,
    pub(super) options: Options,
    pub(super) items: Vec<(Instant, Item)>,
    /// The item that lines of a connection go to.
    pub(super) connections: FxHashMap<ConnId, usize>,
    /// Questions without an answer yet.
    pub(super) questions: FxHashMap<(HostId, HostId, u16), Question>,
    /// What was answered last to whom.
    pub(super) answered: FxHashMap<HostId, (Instant, String)>,
    /// What was told before the world last changed by itself: nothing is added to items before this one.
    pub(super) turn: usize,
    /// Whether it is told without empty lines where they could be missed.
    pub(super) is_tight: bool,
    /// Whom and what the record that is being told is about.
    about: (HostId, Option<MailId>, Kind),
    /// Packets on their way: item, place in a hop, when sent.
    pub(super) packets: FxHashMap<u64, (usize, Option<usize>, Instant)>,
    pub(super) many_mails: bool,
}

/// How many items back a hop is looked for.
const LOOK_BACK: usize = 64;

impl<'a> Telling<'a> {
    pub(super) fn new(roster: &'a Roster, records: &[Record], options: &Options) -> Telling<'a> {
        let composed = records.iter().filter(|r| matches!(r.what, What::Composed { .. })).take(2).count();
        Telling {
            roster,
            options: *options,
            items: Vec::new(),
            connections: FxHashMap::default(),
            questions: FxHashMap::default(),
            answered: FxHashMap::default(),
            turn: 0,
            is_tight: false,
            about: (HostId(0), None, Kind::Other),
            packets: FxHashMap::default(),
            many_mails: composed > 1,
        }
    }

    pub(super) fn name(&self, host: HostId) -> &'a str {
        self.roster.hosts.get(host.0 as usize).map_or("nobody", |h| &*h.name)
    }

    fn role(&self, host: HostId) -> &'a str {
        self.roster.hosts.get(host.0 as usize).map_or("", |h| &*h.role)
    }

    /// ` (mail 3)` where there is more than one.
    fn which(&self, mail: Option<MailId>) -> String {
        match mail {
            Some(mail) if self.many_mails => format!("mail {}", number(mail.0)),
            _ => "the mail".into(),
        }
    }

    /// A line of its own.
    pub(super) fn say(&mut self, at: Instant, line: Line) -> usize {
        let (host, mail, kind) = self.about;
        self.items.push((at, Item::Line(Note { line, host, mail, kind })));
        self.items.len() - 1
    }

    /// A line that belongs to a hop that goes on right now, or a line of its own.
    fn remark(&mut self, record: &Record, by: &str, line: Line) {
        match self.hop_of(record, by) {
            Some(item) => {
                self.add(item, record.at, line);
            }
            None => {
                let host = Line::of(Style::Host, self.name(record.host)).and(": ");
                let mut whole = host;
                whole.append(line);
                self.say(record.at, whole);
            }
        }
    }

    /// The hop that a record belongs to: that of its connection, or the latest of the same mail that goes on right now
    /// with this host taking part. `by` is the next hop, where it is known.
    fn hop_of(&self, record: &Record, by: &str) -> Option<usize> {
        if let Some(item) = record.conn.and_then(|conn| self.connections.get(&conn)) {
            return Some(*item);
        }
        record.mail?;
        // What comes of handing a mail on is the business of the one that hands it on.
        let is_clients = matches!(record.what, What::Outcome { .. } | What::Bounced { .. } | What::Unsent { .. });
        let from = self.items.len().saturating_sub(LOOK_BACK);
        (from..self.items.len()).rev().find(|&i| match &self.items[i].1 {
            Item::Hop(hop) => {
                hop.mail == record.mail
                    && (hop.client == record.host || !is_clients && hop.server == Some(record.host))
                    && (by.is_empty() || hop.next_hop == by)
                    && (i + 1 == self.items.len() || record.at.since(hop.last) < SILENCE)
            }
            Item::Line(_) => false,
        })
    }

    /// What happens to the world and to no mail: a fault, a repair. Whatever goes on is broken off here and taken up
    /// again below, so that no effect is told before its cause.
    fn turn(&mut self, at: Instant, line: Line) {
        self.turn = self.say(at, line);
    }

    /// Adds a line to a hop; a hop that was silent while other things happened, or that the world's change broke off, is
    /// taken up again at the end. Returns the item and the place in it.
    pub(super) fn add(&mut self, item: usize, at: Instant, line: Line) -> (usize, usize) {
        let newest = self.items.len() - 1;
        let Item::Hop(hop) = &mut self.items[item].1 else { return (item, 0) };
        if item == newest || item >= self.turn && at.since(hop.last) < SILENCE {
            hop.last = at;
            hop.lines.push((at, line));
            return (item, hop.lines.len() - 1);
        }
        let again = Hop {
            client: hop.client,
            server: hop.server,
            mail: hop.mail,
            number: hop.number,
            attempt: hop.attempt,
            next_hop: hop.next_hop.clone(),
            port: hop.port,
            conn: hop.conn,
            remark: "continued".into(),
            last: at,
            lines: vec![(at, line)],
            is_open: hop.is_open,
            is_closed: hop.is_closed,
        };
        if let Some(conn) = again.conn {
            self.connections.insert(conn, newest + 1);
        }
        self.items.push((at, Item::Hop(again)));
        (newest + 1, 0)
    }

    /// The hop of a connection; where nobody announced it, a new one.
    pub(super) fn connection(&mut self, record: &Record, conn: ConnId, client: HostId, server: HostId) -> usize {
        if let Some(item) = self.connections.get(&conn) {
            return *item;
        }
        let addresses = self.roster.hosts.get(server.0 as usize).map_or(&[][..], |h| &h.addresses);
        // The announced hop of this mail that leads there.
        let from = self.items.len().saturating_sub(LOOK_BACK);
        let is_nobody = server == HostId::NOBODY;
        let leads_there = |hop: &Hop| is_nobody || addresses.iter().any(|a| hop.next_hop.ends_with(&format!("[{a}]")));
        let announced = (from..self.items.len()).rev().find(|i| match &self.items[*i].1 {
            Item::Hop(hop) => hop.conn.is_none() && hop.client == client && hop.mail == record.mail && leads_there(hop),
            Item::Line(_) => false,
        });
        let item = announced.unwrap_or_else(|| {
            let address = addresses.first().map_or_else(String::new, |a| format!(" [{a}]"));
            self.items.push((
                record.at,
                Item::Hop(Hop {
                    client,
                    server: Some(server),
                    mail: record.mail,
                    number: record.hop,
                    attempt: None,
                    next_hop: format!("{}{address}", self.name(server)),
                    port: None,
                    conn: None,
                    remark: "".into(),
                    last: record.at,
                    lines: Vec::new(),
                    is_open: false,
                    is_closed: false,
                }),
            ));
            self.items.len() - 1
        });
        if let Item::Hop(hop) = &mut self.items[item].1 {
            hop.conn = Some(conn);
            hop.server = Some(server);
        }
        self.connections.insert(conn, item);
        item
    }

    pub(super) fn set_port(&mut self, item: usize, port: u16) {
        if let Item::Hop(hop) = &mut self.items[item].1 {
            hop.port.get_or_insert(port);
        }
    }

    /// The record at this place.
    pub(super) fn take(&mut self, records: &[Record], place: usize) {
        let record = &records[place];
        let at = record.at;
        self.about = (record.host, record.mail, Kind::of(&record.what));
        match &record.what {
            What::Packet { .. } => self.packet(record),
            What::Connection { .. } | What::Line { .. } | What::Content { .. } => self.dialogue(record),
            What::Session { .. } => {}
            What::Question { .. } | What::Answer { .. } | What::Lookup { .. } => {
                self.names(record, names::referred(records, place));
            }
            What::Attempt { next_hop, number, .. } => self.attempt(record, next_hop, *number),
            What::Composed { from, to, subject, size_bytes } => {
                let which = self.which(record.mail);
                let host = Line::of(Style::Host, self.name(record.host));
                let size = counted(*size_bytes, "byte", "bytes");
                let to = names::list(to.iter().map(|t| &**t), 4);
                // A server composes nothing but reports; a user agent can leave the reverse-path empty as well.
                let is_report = from.is_empty() && self.role(record.host) != "user";
                let line = if is_report {
                    host.and(format!(" writes a delivery report, {which}, to {to}"))
                } else if from.is_empty() {
                    host.and(format!(" composes {which} "))
                        .with(Style::Client, format!("“{subject}”"))
                        .and(format!(" with an empty reverse-path to {to}"))
                } else {
                    host.and(format!(" composes {which} "))
                        .with(Style::Client, format!("“{subject}”"))
                        .and(format!(" from {from} to {to}"))
                };
                self.say(at, line.with(Style::Faint, format!(", {size}")));
            }
            What::Accepted { queue_id, size_bytes, .. } => {
                let size = counted(*size_bytes, "byte", "bytes");
                let (what, name) = words::accepted(queue_id);
                let line = Line::of(Style::Good, what).and(name).with(Style::Faint, format!(", {size}"));
                let line = mark("●", Style::Good, Line::of(Style::Host, self.name(record.host)).and(" "), line);
                self.remark_plain(record, line);
            }
            What::Queue { queue_id, queue, reason, until } => self.queue(record, queue_id, *queue, reason, *until),
            What::Route { domain, hosts, .. } => {
                let line = Line::of(Style::Host, self.name(record.host))
                    .and(format!(" routes {domain}: {}", names::list(hosts.iter().map(|h| &**h), 6)));
                self.say(at, line);
            }
            What::Outcome { recipient, verdict, reply, by, .. } => {
                let (sign, style) = match verdict {
                    crate::trace::Verdict::Accepted => ("✓", Style::Good),
                    crate::trace::Verdict::Deferred => ("◌", Style::Warning),
                    crate::trace::Verdict::Failed => ("✗", Style::Bad),
                };
                let verdict =
                    if words::goes_on(records, place) { "on to the next server" } else { words::verdict(*verdict) };
                let mut line = Line::of(style, format!("{sign} {recipient}: {verdict}"));
                if style != Style::Good {
                    line.push(Style::Plain, format!(" — {}", reply.visible()));
                }
                self.remark(record, by, line);
            }
            What::Delivered { recipient, mailbox, .. } => {
                let (what, rest) = words::delivered(recipient, mailbox);
                let line = Line::of(Style::Good, format!("✉ {what}")).and(rest);
                self.remark(record, "", line);
            }
            What::Bounced { recipient, status, reason, report, .. } => {
                let told = match report {
                    Some(report) if self.many_mails => format!("; mail {} reports it", number(report.0)),
                    Some(_) => "; a report says so".into(),
                    None => "; nobody can be told".into(),
                };
                let (what, rest) = words::bounced(status, recipient, reason);
                let line = Line::of(Style::Bad, format!("✗ {what}")).and(rest).with(Style::Faint, told);
                self.remark(record, "", line);
            }
            What::Discarded { recipient, reason, .. } => {
                let (what, rest) = words::discarded(recipient, reason);
                self.remark(record, "", Line::of(Style::Warning, format!("✗ {what}")).and(rest));
            }
            What::Unsent { recipient, reason } => {
                let (what, rest) = words::unsent(recipient, reason);
                self.remark(record, "", Line::of(Style::Bad, format!("✗ {what}")).and(rest));
            }
            What::Policy { policy, decision, detail } => {
                let (what, rest) = words::policy(policy, decision, detail);
                // A policy that sends a mail on elsewhere is no trouble.
                let style = if &**decision == "defer" { Style::Warning } else { Style::Plain };
                self.remark(record, "", Line::of(style, format!("◆ {what}")).and(rest));
            }
            What::Fault { text } => {
                let style = if words::is_repair(text) { Style::Good } else { Style::Bad };
                self.turn(at, Line::of(style, "⚡ ").and(&**text));
            }
            What::Alarm { text } => {
                self.turn(at, Line::of(Style::Bad, "‼ ALARM: ").and(&**text));
            }
        }
    }

    /// A remark that names its host by itself.
    fn remark_plain(&mut self, record: &Record, line: Line) {
        match self.hop_of(record, "") {
            Some(item) => {
                self.add(item, record.at, line);
            }
            None => {
                self.say(record.at, line);
            }
        }
    }

    fn queue(&mut self, record: &Record, queue_id: &str, queue: QueueName, reason: &str, until: Option<Instant>) {
        let host = || Line::of(Style::Host, self.name(record.host));
        let which = if self.many_mails { format!("{} ({queue_id})", self.which(record.mail)) } else { queue_id.into() };
        match queue {
            // That a mail was accepted, and that its last verdict came, stands in the dialogue.
            QueueName::Incoming | QueueName::Done => {}
            QueueName::Active if reason == "accepted" => {}
            QueueName::Active => {
                let line = host().and(format!(" takes {which} out of the deferred queue: {reason}"));
                self.say(record.at, line);
            }
            QueueName::Deferred => {
                let when = until.map_or_else(String::new, |until| {
                    format!(" in {} (at {})", span(until.since(record.at)), clock(until))
                });
                let line = host().with(Style::Warning, " defers").and(format!(" {which}: next attempt{when}"));
                self.say(record.at, line);
            }
        }
    }

    fn attempt(&mut self, record: &Record, next_hop: &str, number: u32) {
        let reused = record.conn.and_then(|conn| self.connections.get(&conn)).copied();
        let (server, port) = match reused.map(|item| &self.items[item].1) {
            Some(Item::Hop(hop)) => (hop.server, hop.port),
            _ => (None, None),
        };
        self.items.push((
            record.at,
            Item::Hop(Hop {
                client: record.host,
                server,
                mail: record.mail,
                number: record.hop,
                attempt: Some(number),
                next_hop: next_hop.to_owned(),
                port,
                conn: record.conn,
                remark: if reused.is_some() { "on the same connection".into() } else { "".into() },
                last: record.at,
                lines: Vec::new(),
                is_open: reused.is_some(),
                is_closed: false,
            }),
        ));
        if let Some(conn) = record.conn {
            self.connections.insert(conn, self.items.len() - 1);
        }
    }

    fn heading(&self, hop: &Hop) -> Line {
        let mut line = match hop.number {
            Some(number) => Line::of(Style::Heading, format!("hop {number}")),
            None => Line::of(Style::Heading, "connection"),
        };
        line.push(Style::Plain, "  ");
        line.push(Style::Host, self.name(hop.client));
        line.push(Style::Plain, " → ");
        let (name, address) = hop.next_hop.rsplit_once(" [").unwrap_or((&hop.next_hop, ""));
        line.push(Style::Host, name);
        if !address.is_empty() {
            line.push(Style::Faint, format!(" [{address}"));
        }
        if let Some(port) = hop.port {
            line.push(Style::Faint, format!(":{port}"));
        }
        if self.many_mails
            && let Some(mail) = hop.mail
        {
            line.push(Style::Heading, format!("  mail {}", number(mail.0)));
        }
        if let Some(attempt) = hop.attempt {
            let style = if attempt > 1 { Style::Warning } else { Style::Faint };
            line.push(style, format!("  attempt {attempt}"));
        }
        if !hop.remark.is_empty() {
            line.push(Style::Faint, format!("  ({})", hop.remark));
        }
        line
    }

    /// The story, with times in front.
    pub(super) fn lines(&self) -> Vec<Line> {
        let widest = self.items.iter().map(|(at, _)| clock(*at).len()).max().unwrap_or(0).max(10);
        let stamped = |stamp: &str, line: &Line| {
            let mut whole = Line::of(Style::Time, format!("{stamp:>widest$}  "));
            whole.append(line.clone());
            whole
        };
        let mut out: Vec<Line> = Vec::new();
        let mut now = Instant::ZERO;
        let (mut after_hop, mut after_mail) = (false, false);
        for (at, item) in &self.items {
            if at.since(now) >= SILENCE {
                blank(&mut out);
                let silence = span(at.since(now));
                out.push(stamped("", &Line::of(Style::Faint, format!("… {silence} …"))));
                if !self.is_tight {
                    blank(&mut out);
                }
                after_hop = false;
            }
            now = now.max(*at);
            match item {
                Item::Line(Note { line, kind, host, .. }) => {
                    // A person's new mail begins something new; those that come together stay together.
                    let begins = *kind == Kind::Composed && self.role(*host) == "user";
                    if after_hop || begins && !after_mail && !self.is_tight {
                        blank(&mut out);
                    }
                    after_mail = begins;
                    out.push(stamped(&clock(*at), line));
                    after_hop = false;
                }
                Item::Hop(hop) => {
                    after_mail = false;
                    blank(&mut out);
                    out.push(stamped(&clock(*at), &self.heading(hop)));
                    let mut shown = String::new();
                    let mut before = *at;
                    for (then, line) in &hop.lines {
                        if then.since(before) >= SILENCE {
                            let silence = span(then.since(before));
                            out.push(stamped("", &Line::of(Style::Faint, format!("… {silence} …"))));
                        }
                        before = *then;
                        let stamp = later(then.since(*at));
                        out.push(stamped(if stamp == shown { "" } else { &stamp }, line));
                        shown = stamp;
                        now = now.max(*then);
                    }
                    after_hop = true;
                }
            }
        }
        if out.is_empty() {
            out.push(Line::of(Style::Faint, "Nothing happened."));
        }
        out
    }
}

/// A sign, then words.
fn mark(sign: &str, style: Style, host: Line, rest: Line) -> Line {
    let mut line = Line::of(style, format!("{sign} "));
    line.append(host);
    line.append(rest);
    line
}

/// An empty line, unless there is one.
fn blank(out: &mut Vec<Line>) {
    if out.last().is_some_and(|line| !line.pieces().is_empty()) {
        out.push(Line::new());
    }
}
