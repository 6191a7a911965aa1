//! Questions and answers of the DNS: one line for both, told by the host that asked.

use super::super::clock::span;
use super::super::names::{self, bare};
use super::super::{Line, Style};
use super::item::{Item, Note};
use super::telling::{Question, Telling};
use crate::sim::{Duration, Instant};
use crate::trace::{Direction, HostId, Record, Transport, What};

/// Nobody waits so long for an answer: resolvers ask again after seconds (RFC 1035 §4.2.1 and §7.2).
const PATIENCE: Duration = Duration::from_secs(120);

impl Telling {
    /// `referred` is where the answer sent the one who asked on to.
    pub(super) fn names(&mut self, record: &Record, referred: Option<HostId>) {
        match &record.what {
            What::Question { direction: Direction::Sent, peer, query, name, rtype, transport } => {
                let implied = self.roster.hosts.get(peer.0 as usize).is_some_and(|h| h.implied);
                let whom = match *peer == record.host {
                    true => "itself",
                    false if implied => "the DNS",
                    false => self.name(*peer),
                };
                let over = if *transport == Transport::Tcp { " over TCP" } else { "" };
                let line = Line::of(Style::Host, self.name(record.host))
                    .and(format!(" asks {whom}{over}: "))
                    .with(Style::Client, names::question(name, rtype));
                let item = self.say(record.at, line);
                let question = Question { item, at: record.at, words: names::question(name, rtype) };
                let key = (record.host, *peer, *query);
                if let Some(before) = self.questions.insert(key, question) {
                    self.no_answer(before.item, "timeout");
                }
                self.waits(item, 1);
                self.asked.push_back((record.at, key));
            }
            What::Answer {
                direction: Direction::Received,
                peer,
                query,
                name,
                rtype,
                rcode,
                records,
                truncated,
                ..
            } => {
                let key = (record.host, *peer, *query);
                // RFC 5452 §9.1: an answer to something else is none, whatever its number.
                let is_to_it = |question: &Question| question.words == names::question(name, rtype);
                if !self.questions.get(&key).is_some_and(is_to_it) {
                    return;
                }
                let Some(Question { item, at: asked, .. }) = self.questions.remove(&key) else { return };
                self.waits(item, -1);
                let style = match (&**rcode, records.is_empty()) {
                    ("NOERROR", true) => Style::Plain,
                    ("NOERROR", false) if !truncated => Style::Server,
                    _ => Style::Warning,
                };
                let result = match referred {
                    Some(to) => names::referral(self.name(to)),
                    None => names::answer(name, rtype, rcode, records, *truncated),
                };
                // How long an answer may be remembered is for those who want to know everything.
                let ttl = if self.options.packets { names::ttl(records) } else { None };
                let ttl = ttl.map_or_else(String::new, |secs| format!(", TTL {secs} s"));
                let took = format!("  {}{ttl}", span(record.at.since(asked)));
                if item < self.turn {
                    // The world has changed since, and what is told stays in order.
                    let question = names::question(name, rtype);
                    let line = Line::of(Style::Host, self.name(record.host)).and(" is answered: ");
                    let line = line.with(Style::Client, question).with(Style::Faint, " → ").with(style, result);
                    self.say(record.at, line.with(Style::Faint, took));
                } else if let Item::Line(Note { line, .. }) = &mut self.items[item].1 {
                    line.push(Style::Faint, " → ");
                    line.push(style, result);
                    line.push(Style::Faint, took);
                }
                self.answered.insert(record.host, (record.at, bare(name).to_ascii_lowercase()));
            }
            What::Lookup { name, rtype, result, cached } => {
                self.give_up_on(record.host, &names::question(name, rtype));
                let said = (record.at, bare(name).to_ascii_lowercase());
                if !cached && self.answered.get(&record.host) == Some(&said) {
                    return;
                }
                let verb = if *cached { " remembers " } else { " looked up " };
                let line = Line::of(Style::Host, self.name(record.host))
                    .and(verb)
                    .with(Style::Client, names::question(name, rtype))
                    .with(Style::Faint, " → ")
                    .with(if *cached { Style::Plain } else { Style::Warning }, names::outcome(result));
                self.say(record.at, line);
            }
            _ => {}
        }
    }

    /// What was asked so long ago that nobody waits for the answer any more is not answered.
    pub(super) fn expire_questions(&mut self, now: Instant) {
        while let Some((at, key)) = self.asked.front().copied()
            && now.since(at) >= PATIENCE
        {
            self.asked.pop_front();
            if self.questions.get(&key).is_some_and(|question| question.at == at)
                && let Some(question) = self.questions.remove(&key)
            {
                self.no_answer(question.item, "timeout");
            }
        }
    }

    /// Questions that nobody answered say so.
    pub(super) fn close_questions(&mut self) {
        let mut open: Vec<usize> = self.questions.values().map(|question| question.item).collect();
        open.sort_unstable();
        for item in open {
            self.no_answer(item, "timeout");
        }
    }

    /// A look-up has come to its end: what is answered later comes too late, and is told no more.
    fn give_up_on(&mut self, host: HostId, words: &str) {
        let is_it = |key: &(HostId, HostId, u16), question: &Question| key.0 == host && question.words == words;
        let mut late: Vec<usize> = self.questions.iter().filter(|(k, q)| is_it(k, q)).map(|(_, q)| q.item).collect();
        self.questions.retain(|key, question| !is_it(key, question));
        late.sort_unstable();
        for item in late {
            self.no_answer(item, "late");
        }
    }

    fn no_answer(&mut self, item: usize, why: &str) {
        self.waits(item, -1);
        if let Item::Line(Note { line, .. }) = &mut self.items[item].1 {
            line.push(Style::Faint, " → ");
            line.push(Style::Warning, names::outcome(why));
        }
    }
}
