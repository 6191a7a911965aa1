//! What became of every mail, in little memory: a sink that keeps a few numbers a mail and no records.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::clock::span;
use super::copies::{Copies, Looked, ReadSums};
use super::shared::Shared;
use super::{Align, Line, Sheet, Style, counted, number};
use crate::sim::{Duration, Instant};
use crate::trace::{HostId, MailId, QueueName, Record, Roster, Sink, What};

/// What became of the recipients of a mail, or of all mails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Fates {
    /// Filed in a mailbox.
    pub delivered: u64,
    /// Reported as not reached.
    pub bounced: u64,
    /// Dropped for a lawful reason.
    pub discarded: u64,
    /// Not even submitted.
    pub unsent: u64,
    /// Without a copy of their own, because they share that of another.
    #[serde(skip_serializing_if = "is_zero")]
    pub duplicates: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// What became of one mail. There may be millions of them: texts that many have are kept once.
#[derive(Clone, Debug, serde::Serialize)]
pub struct MailSummary {
    /// Its number.
    pub id: MailId,
    /// When it was composed, in nanoseconds.
    pub composed_at: Instant,
    /// Its reverse-path; empty for a report, and for other mail that wants none.
    pub from: Arc<str>,
    /// Everybody it was for.
    pub to: Arc<[Arc<str>]>,
    /// Its subject.
    pub subject: Arc<str>,
    /// Its size as composed.
    pub size_bytes: u64,
    /// The longest way that one of its copies went.
    pub hops: u16,
    /// How many attempts servers made to hand it on: rounds through their queues, however many hosts are dialled in one.
    /// Handing it in, which is the business of a user agent, does not count.
    pub attempts: u32,
    /// What became of its recipients.
    #[serde(flatten)]
    pub fates: Fates,
    /// At how many hosts it still waits: in the queue of an MTA, or in the outbox of a user agent.
    pub queued: u32,
    /// The status of its first bounce.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Arc<str>>,
    /// Other statuses of its bounces, in the order in which they came.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub other_statuses: Box<[Arc<str>]>,
    /// When the last of its recipients got a fate, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Instant>,
    /// Its copies in mailboxes of servers that mail programs look into.
    #[serde(skip_serializing_if = "Copies::is_empty")]
    pub copies: Copies,
}

impl MailSummary {
    /// Its row in the table of mails. What became of it in mailboxes stands there where `looked` says that anybody looks.
    fn row(&self, looked: &Looked) -> Vec<Line> {
        let from = if self.from.is_empty() { "<>" } else { &self.from };
        let first = self.to.first().map_or("nobody", |to| &**to);
        let others = self.to.len().saturating_sub(1);
        let more = if others > 0 { format!(" and {others} more") } else { String::new() };
        let time = self.ended_at.map_or_else(|| "—".to_owned(), |at| span(at.since(self.composed_at)));
        let mut row = vec![
            Line::new().and(number(self.id.0)),
            Line::new().and(cut(&self.subject, 36)),
            Line::new().and(from).with(Style::Faint, " → ").and(first).and(more),
            Line::new().and(self.hops.to_string()),
            Line::new().and(self.attempts.to_string()),
            Line::of(Style::Time, time),
            self.fate(),
        ];
        if !looked.is_empty() {
            row.push(self.copies.words(looked, self.composed_at));
        }
        row
    }

    /// Its fate in words.
    #[must_use]
    pub fn fate(&self) -> Line {
        let f = &self.fates;
        let statuses: Vec<&str> = self.status.iter().chain(&*self.other_statuses).map(|s| &**s).collect();
        let bounced = format!("bounced {}", statuses.join(" and ")).trim_end().to_owned();
        let kinds = [
            (f.delivered, "delivered".to_owned(), Style::Good),
            (f.bounced, bounced, Style::Bad),
            (f.unsent, "not sent".to_owned(), Style::Bad),
            (f.discarded, "discarded".to_owned(), Style::Warning),
            (f.duplicates, "sharing a copy".to_owned(), Style::Plain),
        ];
        let many = kinds.iter().filter(|(n, ..)| *n > 0).count() + usize::from(self.queued > 0) > 1;
        let mut line = Line::new();
        for (n, word, style) in kinds.into_iter().filter(|(n, ..)| *n > 0) {
            if !line.pieces().is_empty() {
                line.push(Style::Plain, ", ");
            }
            line.push(style, if n > 1 || many { format!("{n} {word}") } else { word });
        }
        if self.queued > 0 {
            // The numbers before it are of recipients; a mail waits as a whole.
            line.push(Style::Plain, if line.pieces().is_empty() { "" } else { ", " });
            line.push(Style::Warning, if many { "still queued" } else { "queued" });
        }
        if line.pieces().is_empty() {
            line.push(Style::Warning, "on its way");
        }
        line
    }
}

/// Keeps what became of every mail.
#[derive(Debug, Default)]
pub struct Mails {
    mails: Vec<MailSummary>,
    /// What waits at which host under which queue id.
    queued: FxHashSet<(HostId, Arc<str>)>,
    /// From composing to filing, for every copy.
    times: Vec<Duration>,
    /// What belongs to no mail that was seen to be composed.
    strays: Fates,
    /// Hosts that are user agents.
    users: FxHashSet<HostId>,
    /// Mailboxes that mail programs look into.
    looked: Looked,
    roster: Arc<Roster>,
    texts: Shared<str>,
    lists: Shared<[Arc<str>]>,
}

impl Mails {
    /// All mails, by number.
    #[must_use]
    pub fn list(&self) -> &[MailSummary] {
        &self.mails
    }

    /// What became of all recipients.
    #[must_use]
    pub fn fates(&self) -> Fates {
        self.mails.iter().fold(self.strays, |sum, mail| Fates {
            delivered: sum.delivered + mail.fates.delivered,
            bounced: sum.bounced + mail.fates.bounced,
            discarded: sum.discarded + mail.fates.discarded,
            unsent: sum.unsent + mail.fates.unsent,
            duplicates: sum.duplicates + mail.fates.duplicates,
        })
    }

    /// How far the copies in mailboxes have come that mail programs look into; none where nobody looks.
    #[must_use]
    pub fn reading(&self) -> Option<ReadSums> {
        let sums =
            || self.mails.iter().fold(ReadSums::default(), |sums, mail| sums.and(mail.copies.sums(&self.looked)));
        (!self.looked.is_empty()).then(sums)
    }

    /// What became of the copy of a mail in a mailbox that mail programs look into; none where nobody looks, or there is no copy.
    #[must_use]
    pub fn in_mailbox(&self, mail: MailId, mailbox: &str) -> Option<Line> {
        let mail = self.mails.iter().find(|summary| summary.id == mail)?;
        let mut copies = mail.copies.looked(&self.looked);
        let copy = copies.find(|copy| copy.mailbox.eq_ignore_ascii_case(mailbox))?;
        Some(copy.words(mail.composed_at))
    }

    /// How many mails still wait, in the queue of an MTA or in the outbox of a user agent. Each counts once, however many
    /// hosts have it.
    #[must_use]
    pub fn queued(&self) -> u64 {
        self.mails.iter().filter(|mail| mail.queued > 0).count() as u64
    }

    /// Times from composing to filing at these places of their order, in percent: the smallest time that at least so
    /// many percent of all copies kept to. None where nothing was filed.
    #[must_use]
    pub fn delivery_times(&self, percents: &[u64]) -> Option<Vec<Duration>> {
        let mut times = self.times.clone();
        times.sort_unstable();
        let n = times.len() as u64;
        let place = |percent: u64| (n * percent).div_ceil(100).clamp(1, n) - 1;
        (n > 0).then(|| percents.iter().map(|p| times[place(*p) as usize]).collect())
    }

    /// The table of mails, line for line: it is as long as there are mails.
    pub fn table(&self) -> impl Iterator<Item = Line> {
        const COLUMNS: [(&str, Align); 8] = [
            ("id", Align::Right),
            ("subject", Align::Left),
            ("from → to", Align::Left),
            ("hops", Align::Right),
            ("attempts", Align::Right),
            ("time", Align::Right),
            ("fate", Align::Left),
            ("in the mailbox", Align::Left),
        ];
        let columns = &COLUMNS[..COLUMNS.len() - usize::from(self.looked.is_empty())];
        let head = || columns.iter().map(|(name, _)| Line::of(Style::Faint, name)).collect::<Vec<Line>>();
        let mut sheet = Sheet::new(&COLUMNS.map(|(_, align)| align));
        sheet.measure(&head());
        self.mails.iter().for_each(|mail| sheet.measure(&mail.row(&self.looked)));
        let first = [Line::of(Style::Heading, "Mails"), sheet.line(2, head())];
        let rows = self.mails.iter().map(move |mail| sheet.line(2, mail.row(&self.looked)));
        let sums = self.reading().map(|sums| {
            let copies = counted(sums.copies, "copy", "copies");
            let mut line = Line::of(Style::Faint, format!("  {copies} in mailboxes that programs look into: "));
            line.append(sums.words());
            line
        });
        first.into_iter().chain(rows).chain(sums).chain([Line::new()])
    }

    /// What became of all mails, in a few lines: for runs with too many to list.
    #[must_use]
    pub fn summary(&self) -> Vec<Line> {
        let reports = self.mails.iter().filter(|m| m.from.is_empty()).count() as u64;
        let recipients: u64 = self.mails.iter().map(|m| m.to.len() as u64).sum();
        let attempts: u64 = self.mails.iter().map(|m| u64::from(m.attempts)).sum();
        let hops = self.mails.iter().map(|m| m.hops).max().unwrap_or(0);
        let mut sheet = Sheet::new(&[Align::Left, Align::Right, Align::Left]);
        let mut row = |word: &str, n: u64, style: Style, note: String| {
            sheet.row(vec![
                Line::new().and(word),
                Line::of(if n > 0 { style } else { Style::Plain }, number(n)),
                Line::of(Style::Faint, note),
            ]);
        };
        let fates = self.fates();
        let composed = self.mails.len() as u64;
        let note = if reports > 0 { format!("{} of them from <>", number(reports)) } else { String::new() };
        row("mails composed", composed, Style::Plain, note);
        row("recipients", recipients, Style::Plain, String::new());
        row("attempts", attempts, Style::Plain, format!("at most {}", counted(hops.into(), "hop", "hops")));
        row("delivered", fates.delivered, Style::Good, "copies filed in mailboxes".into());
        row("bounced", fates.bounced, Style::Bad, self.statuses());
        row("discarded", fates.discarded, Style::Warning, String::new());
        if fates.duplicates > 0 {
            row("duplicates", fates.duplicates, Style::Plain, "recipients that share the copy of another".into());
        }
        row("not sent", fates.unsent, Style::Bad, String::new());
        row("still queued", self.queued(), Style::Warning, "mails, those in outboxes included".into());
        if let Some(sums) = self.reading() {
            let copies = counted(sums.copies, "copy", "copies");
            row("fetched", sums.fetched, Style::Good, format!("of {copies} in mailboxes that programs look into"));
            row("read", sums.read, Style::Good, String::new());
            row("still unread", sums.unread, Style::Warning, String::new());
            row("removed", sums.removed, Style::Plain, String::new());
        }
        let mut lines = vec![Line::of(Style::Heading, "Mails")];
        lines.extend(sheet.lines(2));
        lines.push(Line::new());
        const PLACES: [(u64, &str); 6] =
            [(1, "fastest 1 %"), (10, "10 %"), (50, "half of all"), (90, "90 %"), (99, "99 %"), (100, "all")];
        if let Some(times) = self.delivery_times(&PLACES.map(|(percent, _)| percent)) {
            lines.push(Line::of(Style::Heading, "Delivered within"));
            let mut sheet = Sheet::new(&[Align::Left, Align::Right]);
            for ((_, word), time) in PLACES.iter().zip(times) {
                sheet.row(vec![Line::new().and(word), Line::of(Style::Time, span(time))]);
            }
            lines.extend(sheet.lines(2));
            lines.push(Line::new());
        }
        lines
    }

    /// How many mails bounced first with which status, most frequent first.
    fn statuses(&self) -> String {
        let mut counts: Vec<(&str, u64)> = Vec::new();
        let mut places: FxHashMap<&str, usize> = FxHashMap::default();
        for status in self.mails.iter().filter_map(|m| m.status.as_deref()) {
            let place = *places.entry(status).or_insert_with(|| {
                counts.push((status, 0));
                counts.len() - 1
            });
            counts[place].1 += 1;
        }
        counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let said: Vec<String> = counts.iter().take(6).map(|(s, n)| format!("{} × {s}", number(*n))).collect();
        said.join(", ")
    }

    fn recipients(&mut self, to: &[Arc<str>]) -> Arc<[Arc<str>]> {
        match self.lists.find(to) {
            Some(list) => list,
            None => {
                let list: Arc<[Arc<str>]> = to.iter().map(|to| self.texts.share(to)).collect();
                self.lists.share(&list)
            }
        }
    }

    fn name(&self, host: HostId) -> Arc<str> {
        self.roster.hosts.get(host.0 as usize).map_or_else(|| "nobody".into(), |host| Arc::clone(&host.name))
    }

    /// What was done with a mail that lies in a mailbox.
    fn done(&mut self, record: &Record) {
        let client = match &record.what {
            What::Mailbox { client, .. } => *client,
            _ => record.host,
        };
        let (host, at) = (self.name(client), record.at);
        let Some(mail) = find(&mut self.mails, record.mail) else { return };
        match &record.what {
            What::Fetched { mailbox, whole, .. } => mail.copies.fetched(mailbox, host, at, *whole),
            What::Read { mailbox, .. } => mail.copies.read(mailbox, host, at),
            What::Mailbox { mailbox, folder, uid, deed, .. } => {
                mail.copies.done(mailbox, (Arc::clone(folder), *uid), deed, (host, at));
            }
            _ => {}
        }
    }

    fn ended(&mut self, record: &Record, count: impl Fn(&mut Fates)) -> Option<&mut MailSummary> {
        let Some(mail) = find(&mut self.mails, record.mail) else {
            count(&mut self.strays);
            return None;
        };
        count(&mut mail.fates);
        mail.ended_at = Some(record.at);
        Some(mail)
    }
}

/// Mails come in the order of their numbers, from 1.
fn find(mails: &mut [MailSummary], id: Option<MailId>) -> Option<&mut MailSummary> {
    let id = id?;
    let place = usize::try_from(id.0).ok()?.checked_sub(1)?;
    if mails.get(place).is_some_and(|m| m.id == id) {
        return mails.get_mut(place);
    }
    mails.iter_mut().find(|m| m.id == id)
}

impl Sink for Mails {
    fn begin(&mut self, roster: &Arc<Roster>) {
        let hosts = roster.hosts.iter().zip(0..);
        self.roster = Arc::clone(roster);
        self.users = hosts.filter(|(host, _)| &*host.role == "user").map(|(_, id)| HostId(id)).collect();
    }

    fn record(&mut self, record: &Record) {
        match &record.what {
            What::Composed { from, to, subject, size_bytes, .. } => {
                if let Some(id) = record.mail {
                    let to = self.recipients(to);
                    self.mails.push(MailSummary {
                        id,
                        composed_at: record.at,
                        from: self.texts.share(from),
                        to,
                        subject: self.texts.share(subject),
                        size_bytes: *size_bytes,
                        hops: 0,
                        attempts: 0,
                        fates: Fates::default(),
                        queued: 0,
                        status: None,
                        other_statuses: Box::default(),
                        ended_at: None,
                        copies: Copies::default(),
                    });
                }
            }
            What::Accepted { .. } => {
                if let Some(mail) = find(&mut self.mails, record.mail) {
                    mail.hops = mail.hops.max(record.hop.unwrap_or(0));
                }
            }
            What::Queue { queue_id, queue, .. } => {
                let key = (record.host, Arc::clone(queue_id));
                if record.mail.is_none() {
                    return;
                }
                let waits = *queue != QueueName::Done;
                let waited = if waits { !self.queued.insert(key) } else { self.queued.remove(&key) };
                let begins = *queue == QueueName::Active && !self.users.contains(&record.host);
                if let Some(mail) = find(&mut self.mails, record.mail) {
                    mail.attempts += u32::from(begins);
                    match (waited, waits) {
                        (false, true) => mail.queued += 1,
                        (true, false) => mail.queued = mail.queued.saturating_sub(1),
                        _ => {}
                    }
                }
            }
            What::Delivered { mailbox, uid, .. } => {
                let age = self.ended(record, |f| f.delivered += 1).map(|mail| {
                    if *uid > 0 {
                        mail.copies.filed(mailbox, *uid);
                    }
                    record.at.since(mail.composed_at)
                });
                self.times.extend(age);
            }
            What::Checked { mailbox, .. } | What::Unfetched { mailbox, .. } => {
                let mailbox = mailbox.to_ascii_lowercase();
                if !self.looked.contains(&mailbox) {
                    self.looked.insert(mailbox);
                }
            }
            What::Fetched { .. } | What::Read { .. } | What::Mailbox { .. } => self.done(record),
            What::Bounced { status, .. } => {
                let status = self.texts.share(status);
                if let Some(mail) = self.ended(record, |f| f.bounced += 1) {
                    let first = mail.status.get_or_insert_with(|| Arc::clone(&status));
                    if *first != status && !mail.other_statuses.contains(&status) {
                        mail.other_statuses = mail.other_statuses.iter().cloned().chain([status]).collect();
                    }
                }
            }
            What::Discarded { .. } => {
                self.ended(record, |f| f.discarded += 1);
            }
            What::Duplicate { .. } => {
                self.ended(record, |f| f.duplicates += 1);
            }
            What::Unsent { .. } => {
                self.ended(record, |f| f.unsent += 1);
            }
            _ => {}
        }
    }
}

/// A text of at most so many letters.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Octets;

    fn record(number: u64, what: What) -> Record {
        let (at, mail) = (Instant::from_nanos(number), Some(MailId(number)));
        Record { id: None, at, host: HostId(0), conn: None, mail, hop: None, cause: None, what }
    }

    fn composed(number: u64, to: &[&str], subject: &str) -> Record {
        let to = to.iter().map(|to| Arc::from(*to)).collect();
        let from = "alice@green.example".into();
        record(
            number,
            What::Composed { from, to, subject: subject.into(), size_bytes: 4096, header: vec![], parts: vec![] },
        )
    }

    #[test]
    fn a_mail_like_others_takes_little() {
        let mut mails = Mails::default();
        let to: Vec<String> = (0..1000).map(|n| format!("user{n}@blue.example")).collect();
        let to: Vec<&str> = to.iter().map(String::as_str).collect();
        for (number, subject) in [(1, "A letter"), (2, "A letter"), (3, "Another")] {
            mails.record(&composed(number, &to, subject));
        }
        assert!(size_of::<MailSummary>() <= 184, "{} bytes", size_of::<MailSummary>());
        let [a, b, c] = mails.list() else { panic!("{} mails", mails.list().len()) };
        assert!(Arc::ptr_eq(&a.from, &b.from) && Arc::ptr_eq(&b.from, &c.from));
        assert!(Arc::ptr_eq(&a.to, &b.to) && Arc::ptr_eq(&b.to, &c.to));
        assert!(Arc::ptr_eq(&a.subject, &b.subject) && *c.subject == *"Another");
        assert_eq!(c.to.iter().map(|to| &**to).collect::<Vec<_>>(), to);
    }

    #[test]
    fn each_status_is_named_once_in_the_order_in_which_they_came() {
        let mut mails = Mails::default();
        mails.record(&composed(1, &["bob@blue.example"], "Hi"));
        for status in ["5.1.1", "5.4.4", "5.1.1", "5.2.2", "5.4.4"] {
            let (queue_id, recipient) = ("Q".into(), "bob@blue.example".into());
            let (reason, status) = (Octets("no".into()), status.into());
            mails.record(&record(1, What::Bounced { queue_id, recipient, status, reason, report: None }));
        }
        let mail = &mails.list()[0];
        assert_eq!(mail.status.as_deref(), Some("5.1.1"));
        assert_eq!(mail.other_statuses.iter().map(|s| &**s).collect::<Vec<_>>(), ["5.4.4", "5.2.2"]);
        assert_eq!(mail.fate().text(), "5 bounced 5.1.1 and 5.4.4 and 5.2.2");
    }
}
