//! Items become lines: with times in front, headings, silences, and empty lines where something new begins.

use super::super::clock::{clock, later, span};
use super::super::{Line, Style, number};
use super::item::{Hop, Item, Kind, Note};
use super::options::SILENCE;
use crate::sim::Instant;
use crate::trace::Roster;

/// What has to be known of the lines so far to write the next.
pub(super) struct Printer {
    pub(super) many_mails: bool,
    /// Whether it is told without empty lines where they could be missed.
    pub(super) is_tight: bool,
    /// How wide the times are.
    widest: usize,
    now: Instant,
    after_hop: bool,
    after_mail: bool,
    /// Whether something was written, and whether the last of it was an empty line.
    any: bool,
    is_blank: bool,
}

impl Printer {
    /// For items at these times, where they are known; the column of times grows with those that are not.
    pub(super) fn new(times: impl Iterator<Item = Instant>) -> Printer {
        /// `09:00.0000` and the like.
        const LEAST: usize = 10;
        Printer {
            many_mails: false,
            is_tight: false,
            widest: times.map(|at| clock(at).len()).max().unwrap_or(0).max(LEAST),
            now: Instant::ZERO,
            after_hop: false,
            after_mail: false,
            any: false,
            is_blank: false,
        }
    }

    /// Whether nothing has been written.
    pub(super) fn is_new(&self) -> bool {
        !self.any
    }

    /// The lines of the next item.
    pub(super) fn item(&mut self, roster: &Roster, at: Instant, item: &Item, out: &mut Vec<Line>) {
        self.widest = self.widest.max(clock(at).len());
        if at.since(self.now) >= SILENCE {
            self.blank(out);
            let silence = span(at.since(self.now));
            self.line(out, "", &Line::of(Style::Faint, format!("… {silence} …")));
            if !self.is_tight {
                self.blank(out);
            }
            self.after_hop = false;
        }
        self.now = self.now.max(at);
        match item {
            Item::Line(Note { line, kind, host, .. }) => {
                // A person's new mail begins something new; those that come together stay together.
                let role = roster.hosts.get(host.0 as usize).map_or("", |h| &*h.role);
                let begins = *kind == Kind::Composed && role == "user";
                if self.after_hop || begins && !self.after_mail && !self.is_tight {
                    self.blank(out);
                }
                self.after_mail = begins;
                self.line(out, &clock(at), line);
                self.after_hop = false;
            }
            Item::Hop(hop) => {
                self.after_mail = false;
                self.blank(out);
                self.line(out, &clock(at), &self.heading(roster, hop));
                let mut shown = String::new();
                let mut before = at;
                for (then, line) in &hop.lines {
                    if then.since(before) >= SILENCE {
                        let silence = span(then.since(before));
                        self.line(out, "", &Line::of(Style::Faint, format!("… {silence} …")));
                    }
                    before = *then;
                    let stamp = later(then.since(at));
                    self.line(out, if stamp == shown { "" } else { &stamp }, line);
                    shown = stamp;
                    self.now = self.now.max(*then);
                }
                self.after_hop = true;
            }
        }
    }

    fn line(&mut self, out: &mut Vec<Line>, stamp: &str, line: &Line) {
        let widest = self.widest;
        let mut whole = Line::of(Style::Time, format!("{stamp:>widest$}  "));
        whole.append(line.clone());
        out.push(whole);
        (self.any, self.is_blank) = (true, false);
    }

    /// An empty line, unless there is one.
    fn blank(&mut self, out: &mut Vec<Line>) {
        if self.any && !self.is_blank {
            out.push(Line::new());
            self.is_blank = true;
        }
    }

    fn heading(&self, roster: &Roster, hop: &Hop) -> Line {
        let mut line = match hop.number {
            Some(number) => Line::of(Style::Heading, format!("hop {number}")),
            None if hop.dialect.reads_mailboxes() => Line::of(Style::Heading, hop.dialect.name()),
            None => Line::of(Style::Heading, "connection"),
        };
        line.push(Style::Plain, "  ");
        line.push(Style::Host, roster.hosts.get(hop.client.0 as usize).map_or("nobody", |h| &*h.name));
        line.push(Style::Plain, " → ");
        line.push(Style::Host, &*hop.next_hop.name);
        if !hop.next_hop.address.is_empty() {
            line.push(Style::Faint, format!(" [{}]", hop.next_hop.address));
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
}
