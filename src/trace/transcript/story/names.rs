//! Questions and answers of the DNS: one line for both, told by the host that asked.

use std::sync::Arc;

use super::super::clock::short;
use super::super::{Line, Style};
use super::telling::{Item, Telling};
use crate::trace::{Direction, Record, Transport, What};

impl Telling<'_> {
    pub(super) fn names(&mut self, record: &Record) {
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
                    .with(Style::Client, format!("{} {rtype}", bare(name)));
                let item = self.say(record.at, line);
                let before = self.questions.insert((record.host, *peer, *query), (item, record.at));
                if let Some((item, _)) = before {
                    self.no_answer(item);
                }
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
                let Some((item, asked)) = self.questions.remove(&(record.host, *peer, *query)) else { return };
                let (style, result) = result(name, rtype, rcode, records, *truncated);
                if let Item::Line(line) = &mut self.items[item].1 {
                    line.push(Style::Faint, " → ");
                    line.push(style, result);
                    line.push(Style::Faint, format!("  {}", short(record.at.since(asked))));
                }
                self.answered.insert(record.host, (record.at, bare(name).to_ascii_lowercase()));
            }
            What::Lookup { name, rtype, result, cached } => {
                let said = (record.at, bare(name).to_ascii_lowercase());
                if !cached && self.answered.get(&record.host) == Some(&said) {
                    return;
                }
                let verb = if *cached { " remembers " } else { " looked up " };
                let line = Line::of(Style::Host, self.name(record.host))
                    .and(verb)
                    .with(Style::Client, format!("{} {rtype}", bare(name)))
                    .with(Style::Faint, " → ")
                    .with(if *cached { Style::Plain } else { Style::Warning }, &**result);
                self.say(record.at, line);
            }
            _ => {}
        }
    }

    /// Questions that nobody answered say so.
    pub(super) fn close_questions(&mut self) {
        let mut open: Vec<usize> = self.questions.values().map(|(item, _)| *item).collect();
        open.sort_unstable();
        for item in open {
            self.no_answer(item);
        }
    }

    fn no_answer(&mut self, item: usize) {
        if let Item::Line(line) = &mut self.items[item].1 {
            line.push(Style::Faint, " → ");
            line.push(Style::Warning, "no answer");
        }
    }
}

/// A name without the dot of the root.
fn bare(name: &str) -> &str {
    name.strip_suffix('.').filter(|n| !n.is_empty()).unwrap_or(name)
}

/// What an answer says, in words.
fn result(name: &str, rtype: &str, rcode: &str, records: &[Arc<str>], truncated: bool) -> (Style, String) {
    if truncated {
        return (Style::Warning, "too long for a datagram (truncated)".into());
    }
    if rcode != "NOERROR" {
        return (Style::Warning, rcode.to_owned());
    }
    if records.is_empty() {
        return (Style::Plain, "no such record here".into());
    }
    let said: Vec<String> = records.iter().map(|record| tail(name, rtype, record)).collect();
    (Style::Server, list(said.iter().map(String::as_str), 5))
}

/// What a record in presentation format says beyond the question: `10 mx.blue.example`, `CNAME www.blue.example`.
fn tail(name: &str, rtype: &str, record: &str) -> String {
    let mut parts = record.splitn(5, ' ');
    let (Some(owner), Some(_ttl), Some(_class), Some(kind), Some(data)) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return record.to_owned();
    };
    // A single dot is the root itself: a null MX (RFC 7505).
    let data = data.strip_suffix('.').filter(|d| !d.is_empty() && !d.ends_with(' ')).unwrap_or(data);
    let owner = if bare(owner).eq_ignore_ascii_case(bare(name)) { "" } else { bare(owner) };
    let kind = if kind == rtype { "" } else { kind };
    [owner, kind, data].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The first few, and how many more.
pub(super) fn list<'a>(words: impl ExactSizeIterator<Item = &'a str>, most: usize) -> String {
    let all = words.len();
    if all == 0 {
        return "nobody".into();
    }
    let shown = if all == most + 1 { all } else { most };
    let mut text = words.take(shown).collect::<Vec<_>>().join(", ");
    if all > shown {
        text.push_str(&format!(" and {} more", all - shown));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_in_words() {
        let say = |rcode: &str, records: &[&str]| {
            let records: Vec<Arc<str>> = records.iter().map(|r| Arc::from(*r)).collect();
            result("blue.example.", "MX", rcode, &records, false).1
        };
        assert_eq!(say("NOERROR", &["blue.example. 60 IN MX 10 mx.blue.example."]), "10 mx.blue.example");
        assert_eq!(say("NOERROR", &["blue.example. 60 IN MX 0 ."]), "0 .");
        assert_eq!(say("NXDOMAIN", &[]), "NXDOMAIN");
        assert_eq!(say("NOERROR", &[]), "no such record here");
        let chain = ["blue.example. 60 IN CNAME red.example.", "red.example. 60 IN MX 5 mx.red.example."];
        assert_eq!(say("NOERROR", &chain), "CNAME red.example, red.example 5 mx.red.example");
    }
}
