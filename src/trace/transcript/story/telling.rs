//! Records become items of the story: single lines, and hops with the lines of their dialogue.

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::clock::{clock, span};
use super::super::{Line, Style, counted, number};
use super::super::{names, words};
use super::item::{Hop, Item, Kind, Look, Note};
use super::items::Items;
use super::options::{Options, SILENCE};
use super::print::Printer;
use crate::sim::{Duration, Instant};
use crate::trace::{
    ConditionStep, ConnId, Deed, Dialect, Dialects, HostId, MailId, Makeup, QueueName, Record, Roster, Server, Side,
    TlsStep, What,
};

/// A question that waits for its answer.
pub(super) struct Question {
    /// Its place among the items.
    pub(super) item: usize,
    pub(super) at: Instant,
    /// As [`names::question`] says it.
    pub(super) words: String,
}

/// The story while it is told.
pub(super) struct Telling {
    pub(super) roster: Arc<Roster>,
    pub(super) options: Options,
    pub(super) items: Items,
    /// The item that lines of a connection go to.
    pub(super) connections: FxHashMap<ConnId, usize>,
    /// Hops that are told and done, and that a connection may yet go on from: without their lines.
    pub(super) told: FxHashMap<usize, Hop>,
    /// Connections that may be forgotten, and from when on.
    pub(super) ended: VecDeque<(Instant, ConnId)>,
    /// Questions without an answer yet.
    pub(super) questions: FxHashMap<(HostId, HostId, u16), Question>,
    /// The same in the order in which they were asked.
    pub(super) asked: VecDeque<(Instant, (HostId, HostId, u16))>,
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
    pub(super) makeup: Makeup,
    pub(super) dialects: Dialects,
}

/// So long after both ends of a connection are over, packets of it may still be under way: two maximum segment lifetimes
/// as RFC 9293 §3.4.1 has them, of two minutes each.
const AFTERMATH: Duration = Duration::from_secs(240);

/// How many items back a hop is looked for.
const LOOK_BACK: usize = 64;

impl Telling {
    pub(super) fn new(roster: Arc<Roster>, options: Options) -> Telling {
        Telling {
            roster,
            options,
            items: Items::default(),
            connections: FxHashMap::default(),
            told: FxHashMap::default(),
            ended: VecDeque::new(),
            questions: FxHashMap::default(),
            asked: VecDeque::new(),
            answered: FxHashMap::default(),
            turn: 0,
            is_tight: false,
            about: (HostId(0), None, Kind::Other),
            packets: FxHashMap::default(),
            many_mails: false,
            makeup: Makeup::default(),
            dialects: Dialects::default(),
        }
    }

    pub(super) fn name(&self, host: HostId) -> &str {
        self.roster.hosts.get(host.0 as usize).map_or("nobody", |h| &*h.name)
    }

    fn role(&self, host: HostId) -> &str {
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
        self.items.push(at, Item::Line(Note { line, host, mail, kind, waits: 0 }))
    }

    /// A line that belongs to a hop that goes on right now, or a line of its own. The hop.
    fn remark(&mut self, record: &Record, by: Option<&Server>, line: Line) -> Option<usize> {
        match self.hop_of(record, by) {
            Some(item) => Some(self.add(item, record.at, line).0),
            None => {
                let host = Line::of(Style::Host, self.name(record.host)).and(": ");
                let mut whole = host;
                whole.append(line);
                self.say(record.at, whole);
                None
            }
        }
    }

    /// The hop that a record belongs to: that of its connection, or the latest of the same mail that goes on right now
    /// with this host taking part. `by` is the next hop, where it is known.
    fn hop_of(&self, record: &Record, by: Option<&Server>) -> Option<usize> {
        if let Some(item) = record.conn.and_then(|conn| self.connections.get(&conn)) {
            return Some(*item);
        }
        record.mail?;
        // What comes of handing a mail on is the business of the one that hands it on.
        let is_clients = matches!(record.what, What::Outcome { .. } | What::Bounced { .. } | What::Unsent { .. });
        let end = self.items.end();
        (self.recent()..end).rev().find(|&i| match &self.items[i].1 {
            Item::Hop(hop) => {
                hop.mail == record.mail
                    && (hop.client == record.host || !is_clients && hop.server == Some(record.host))
                    && by.is_none_or(|by| hop.next_hop == *by)
                    && (i + 1 == end || record.at.since(hop.last) < SILENCE)
            }
            Item::Line(_) => false,
        })
    }

    /// Where the last items begin.
    fn recent(&self) -> usize {
        self.items.end().saturating_sub(LOOK_BACK).max(self.items.first())
    }

    /// A hop, told or not.
    pub(super) fn hop(&self, item: usize) -> Option<&Hop> {
        match self.items.get(item) {
            Some(Item::Hop(hop)) => Some(hop),
            Some(Item::Line(_)) => None,
            None => self.told.get(&item),
        }
    }

    pub(super) fn hop_mut(&mut self, item: usize) -> Option<&mut Hop> {
        match self.items.get_mut(item) {
            Some(Item::Hop(hop)) => Some(hop),
            Some(Item::Line(_)) => None,
            None => self.told.get_mut(&item),
        }
    }

    /// An item waits for something more, or less.
    pub(super) fn waits(&mut self, item: usize, change: i32) {
        let waits = match self.items.get_mut(item) {
            Some(Item::Hop(hop)) => &mut hop.waits,
            Some(Item::Line(note)) => &mut note.waits,
            None => return,
        };
        *waits = waits.saturating_add_signed(change);
    }

    /// Forgets connections that have been over for a while at this time, and questions that nobody will answer.
    pub(super) fn pass(&mut self, now: Instant) {
        while let Some((at, conn)) = self.ended.front().copied()
            && now.since(at) >= AFTERMATH
        {
            self.ended.pop_front();
            self.dialects.forget(conn);
            if let Some(item) = self.connections.remove(&conn) {
                self.told.remove(&item);
            }
        }
        self.expire_questions(now);
    }

    /// Takes the first item out if nothing can be added to it any more.
    pub(super) fn take_final(&mut self, now: Instant) -> Option<(Instant, Item)> {
        let is_final = match &self.items.front()?.1 {
            Item::Line(note) => note.waits == 0,
            // The newest may always go on.
            Item::Hop(hop) => {
                hop.waits == 0 && now.since(hop.last) >= SILENCE && self.items.first() + 1 < self.items.end()
            }
        };
        if !is_final {
            return None;
        }
        let number = self.items.first();
        let (at, mut item) = self.items.pop_front()?;
        if let Item::Hop(hop) = &mut item
            && hop.conn.is_some_and(|conn| self.connections.get(&conn) == Some(&number))
        {
            let lines = std::mem::take(&mut hop.lines);
            self.told.insert(number, hop.clone());
            hop.lines = lines;
        }
        Some((at, item))
    }

    /// How much is remembered: items, and what refers to them.
    pub(super) fn held(&self) -> usize {
        let lines = |item: &Item| match item {
            Item::Line(_) => 1,
            Item::Hop(hop) => 1 + hop.lines.len(),
        };
        let items: usize = self.items.iter().map(|(_, item)| lines(item)).sum();
        let dns = self.questions.len() + self.asked.len() + self.answered.len();
        items
            + dns
            + self.connections.len()
            + self.told.len()
            + self.ended.len()
            + self.packets.len()
            + self.dialects.len()
    }

    /// From now on, lines of a connection go to this item.
    fn bind(&mut self, conn: ConnId, item: usize) {
        if let Some(before) = self.connections.insert(conn, item) {
            self.told.remove(&before);
        }
    }

    /// What happens to the world and to no mail: a fault, a repair. Whatever goes on is broken off here and taken up
    /// again below, so that no effect is told before its cause.
    fn turn(&mut self, at: Instant, line: Line) {
        self.turn = self.say(at, line);
    }

    /// Adds a line to a hop; a hop that was silent while other things happened, or that the world's change broke off, is
    /// taken up again at the end. Returns the item and the place in it.
    pub(super) fn add(&mut self, item: usize, at: Instant, line: Line) -> (usize, usize) {
        let next = self.items.end();
        let (is_newest, goes_on) = (item + 1 == next, item >= self.turn && item >= self.items.first());
        let Some(hop) = self.hop_mut(item) else { return (item, 0) };
        if is_newest || goes_on && at.since(hop.last) < SILENCE {
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
            ends: hop.ends,
            waits: 0,
            dialect: hop.dialect,
            look: Look::Open,
        };
        if let Some(conn) = again.conn {
            self.bind(conn, next);
        }
        (self.items.push(at, Item::Hop(again)), 0)
    }

    /// The hop of a connection; where nobody announced it, a new one.
    pub(super) fn connection(&mut self, record: &Record, conn: ConnId, client: HostId, server: HostId) -> usize {
        if let Some(item) = self.connections.get(&conn) {
            return *item;
        }
        let roster = Arc::clone(&self.roster);
        let addresses = roster.hosts.get(server.0 as usize).map_or(&[][..], |h| &h.addresses);
        // The announced hop of this mail that leads there.
        let is_nobody = server == HostId::NOBODY;
        let leads_there = |hop: &Hop| is_nobody || addresses.contains(&hop.next_hop.address);
        let announced = (self.recent()..self.items.end()).rev().find(|i| match &self.items[*i].1 {
            Item::Hop(hop) => hop.conn.is_none() && hop.client == client && hop.mail == record.mail && leads_there(hop),
            Item::Line(_) => false,
        });
        let item = announced.unwrap_or_else(|| {
            let address = addresses.first().cloned().unwrap_or_default();
            self.items.push(
                record.at,
                Item::Hop(Hop {
                    client,
                    server: Some(server),
                    mail: record.mail,
                    number: record.hop,
                    attempt: None,
                    next_hop: Server { name: self.name(server).into(), address },
                    port: None,
                    conn: None,
                    remark: "".into(),
                    last: record.at,
                    lines: Vec::new(),
                    is_open: false,
                    is_closed: false,
                    ends: 0,
                    waits: 0,
                    dialect: Dialect::Smtp,
                    look: Look::Open,
                }),
            )
        });
        let dialect = self.dialects.of(Some(conn));
        if let Some(hop) = self.hop_mut(item) {
            hop.conn = Some(conn);
            hop.server = Some(server);
            hop.dialect = dialect;
        }
        self.bind(conn, item);
        item
    }

    pub(super) fn set_port(&mut self, item: usize, port: u16) {
        if let Some(hop) = self.hop_mut(item) {
            hop.port.get_or_insert(port);
        }
    }

    /// The record at this place.
    pub(super) fn take(&mut self, records: &[Record], place: usize) {
        let record = &records[place];
        let at = record.at;
        self.makeup.see(record);
        self.dialects.see(record);
        self.about = (record.host, record.mail, Kind::of(&record.what));
        match &record.what {
            What::Packet { .. } => self.packet(record),
            What::Connection { .. } | What::Line { .. } | What::Content { .. } => self.dialogue(record),
            What::Session { .. } => {}
            What::Question { .. } | What::Answer { .. } | What::Lookup { .. } => {
                self.names(record, names::referred(records, place));
            }
            What::Attempt { next_hop, number, .. } => self.attempt(record, next_hop, *number),
            What::Composed { from, to, subject, size_bytes, parts, .. } => {
                let which = self.which(record.mail);
                let host = Line::of(Style::Host, self.name(record.host));
                let size = words::weighs(*size_bytes, parts);
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
                self.remark(record, by.as_ref(), line);
            }
            What::Delivered { recipient, mailbox, .. } => {
                let (what, rest) = words::delivered(recipient, mailbox);
                let line = Line::of(Style::Good, format!("✉ {what}")).and(rest);
                self.remark(record, None, line);
            }
            What::Bounced { recipient, status, reason, report, .. } => {
                let told = match report {
                    Some(report) if self.many_mails => format!("; mail {} reports it", number(report.0)),
                    Some(_) => "; a report says so".into(),
                    None => "; nobody can be told".into(),
                };
                let (what, rest) = words::bounced(status, recipient, reason);
                let line = Line::of(Style::Bad, format!("✗ {what}")).and(rest).with(Style::Faint, told);
                self.remark(record, None, line);
            }
            What::Discarded { recipient, reason, .. } => {
                let (what, rest) = words::discarded(recipient, reason);
                self.remark(record, None, Line::of(Style::Warning, format!("✗ {what}")).and(rest));
            }
            What::Converted { eight_bit, long_lines, was_bytes, size_bytes, .. } => {
                let (what, rest) = words::converted(*eight_bit, *long_lines, *was_bytes, *size_bytes);
                self.remark(record, None, Line::of(Style::Plain, format!("◆ {what}")).and(rest));
            }
            What::Duplicate { recipient, shares, .. } => {
                let (what, rest) = words::duplicate(recipient, shares);
                self.remark(record, None, Line::of(Style::Plain, format!("◆ {what}")).and(rest));
            }
            What::Unsent { recipient, reason } => {
                let (what, rest) = words::unsent(recipient, reason);
                self.remark(record, None, Line::of(Style::Bad, format!("✗ {what}")).and(rest));
            }
            // The content that goes by says it.
            What::Mailbox { deed: Deed::GivenOut { .. }, .. } => {}
            What::Mailbox { .. }
            | What::Checked { .. }
            | What::Fetched { .. }
            | What::Read { .. }
            | What::Vanished { .. }
            | What::Unfetched { .. } => self.reading(record),
            What::Policy { policy, decision, detail } => {
                let (what, rest) = words::policy(policy, decision, detail);
                // A policy that sends a mail on elsewhere is no trouble.
                let style = if &**decision == "defer" { Style::Warning } else { Style::Plain };
                self.remark(record, None, Line::of(style, format!("◆ {what}")).and(rest));
            }
            What::Tls { tls: TlsStep::Begins { discarded_bytes: 0 }, .. } => {}
            // The client has told it, and knows more.
            What::Tls { side: Side::Server, tls: TlsStep::Secured { .. }, .. } => {}
            What::Tls { peer, tls, .. } => {
                let (what, rest) = words::tls(self.name(*peer), tls);
                let style = match tls {
                    TlsStep::Secured { certificate: None, .. } => Style::Good,
                    TlsStep::Secured { .. } | TlsStep::Begins { .. } => Style::Warning,
                    _ => Style::Bad,
                };
                self.remark(record, None, Line::of(style, format!("🔒 {what}")).and(rest));
            }
            What::Condition { step, change, leaves, .. } => {
                let is_better = *step == ConditionStep::Ends || change.mends();
                let style = match (is_better, leaves) {
                    (true, None) => Style::Good,
                    (true, Some(_)) => Style::Warning,
                    (false, _) => Style::Bad,
                };
                let words = words::condition(|host| self.name(host), *step, change, leaves.as_ref());
                self.turn(at, Line::of(style, "⚡ ").and(words));
            }
            What::Alarm { text } => {
                self.turn(at, Line::of(Style::Bad, "‼ ALARM: ").and(&**text));
            }
        }
    }

    /// What happens to mail in its mailbox.
    fn reading(&mut self, record: &Record) {
        let Some((tone, what, rest)) = words::reading(&record.what, |host| self.name(host)) else { return };
        let (style, sign) = match tone {
            words::Tone::Good => (Style::Good, '✉'),
            words::Tone::Plain => (Style::Plain, '◆'),
            words::Tone::Bad => (Style::Bad, '✗'),
        };
        let mut line = Line::of(style, format!("{sign} {what}")).and(&rest);
        if record.mail.is_some() && self.many_mails {
            line.push(Style::Faint, format!(" ({})", self.which(record.mail)));
        }
        let look = self.remark(record, None, line);
        if let Some(hop) = look.and_then(|item| self.hop_mut(item)) {
            hop.look.see(&record.what, || format!("{what}{rest}"));
        }
    }

    /// A remark that names its host by itself.
    fn remark_plain(&mut self, record: &Record, line: Line) {
        match self.hop_of(record, None) {
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

    fn attempt(&mut self, record: &Record, next_hop: &Server, number: u32) {
        let reused = record.conn.and_then(|conn| self.connections.get(&conn)).copied();
        let before = reused.and_then(|item| self.hop(item));
        let (server, port, ends) = before.map_or((None, None, 0), |hop| (hop.server, hop.port, hop.ends));
        let item = self.items.push(
            record.at,
            Item::Hop(Hop {
                client: record.host,
                server,
                mail: record.mail,
                number: record.hop,
                attempt: Some(number),
                next_hop: next_hop.clone(),
                port,
                conn: record.conn,
                remark: if reused.is_some() { "on the same connection".into() } else { "".into() },
                last: record.at,
                lines: Vec::new(),
                is_open: reused.is_some(),
                is_closed: false,
                ends,
                waits: 0,
                dialect: Dialect::Smtp,
                look: Look::Open,
            }),
        );
        if let Some(conn) = record.conn {
            self.bind(conn, item);
        }
    }

    /// All that there is, with times in front.
    pub(super) fn lines(&self) -> Vec<Line> {
        let mut printer = Printer::new(self.items.iter().map(|(at, _)| *at));
        (printer.many_mails, printer.is_tight) = (self.many_mails, self.is_tight);
        let mut out = Vec::new();
        for (at, item) in self.items.iter() {
            printer.item(&self.roster, *at, item, &mut out);
        }
        if printer.is_new() {
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
