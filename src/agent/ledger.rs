//! The ledger of responsibility: nothing that was accepted with 250 is ever lost.
//!
//! Every recipient that a server takes responsibility for is written in, and crossed out when it is delivered, handed
//! on, bounced, or discarded for a stated reason. What is crossed out twice, or never, is a defect of the simulator.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::store::Done;
use crate::trace::HostId;

/// What the ledger found wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where.
    pub host: HostId,
    /// The host's own number for the mail.
    pub serial: u64,
    /// The mail.
    pub mail: u64,
    /// What is wrong.
    pub text: String,
}

/// Counts of what became of recipients. A recipient is counted once at every host that took responsibility for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Taken responsibility for.
    pub accepted: u64,
    /// Filed in a mailbox.
    pub delivered: u64,
    /// Handed on to another host.
    pub relayed: u64,
    /// Reported as undeliverable, to the reverse-path or to the host's own postmaster.
    pub bounced: u64,
    /// Dropped for a stated lawful reason.
    pub discarded: u64,
    /// Redirected to other addresses, which were written in in its place.
    pub forwarded: u64,
    /// Given no copy of their own, because another recipient of the mail leads to the same place.
    pub duplicates: u64,
    /// Mails that mail programs have fetched from mailboxes, each as often as it was fetched as a whole.
    pub fetched: u64,
    /// Mails that people have read, each as often as it was read.
    pub read: u64,
    /// Mails that were taken out of mailboxes for good, by whoever owns them.
    pub removed: u64,
}

/// How a responsibility ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Filed in a mailbox.
    Delivered,
    /// Another host said 250.
    Relayed,
    /// Reported to the reverse-path, or to the host's own postmaster.
    Bounced,
    /// Dropped for a stated lawful reason.
    Discarded,
    /// Other addresses took its place.
    Forwarded,
    /// Another recipient of the mail leads to the same place, and has the copy.
    Duplicate,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    mail: u64,
    open: u32,
}

/// The ledger of a run.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    open: FxHashMap<(HostId, u64), Line>,
    totals: Totals,
    /// Recipients for whom a server took a mail over from a client.
    taken_over: u64,
    /// Recipients for whom a client was told so.
    handed_over: u64,
    /// Mails that clients have put into mailboxes of a host, or had copied there, and those that they have removed. Looked up, and
    /// summed in order.
    mailboxes: BTreeMap<HostId, (u64, u64)>,
    /// Mails that servers have given out as a whole.
    given_out: u64,
    /// Whether somebody on a line writes over what servers say: then what a client reads proves nothing.
    lies: bool,
    violation: Option<Violation>,
}

impl Ledger {
    /// From now on, somebody may write over what a server says. A client that believes it loses mail, and that is no defect of
    /// the hosts: the claim `NothingLost` fails by it.
    pub fn lines_may_lie(&mut self) {
        self.lies = true;
    }

    /// A server is about to say 2yz to the end of the data, for so many recipients.
    pub fn take_over(&mut self, recipients: u32) {
        self.taken_over += u64::from(recipients);
    }

    /// A client has read it, for one recipient. Not every 250 that is said arrives, but none that arrives was not said.
    pub fn hand_over(&mut self, host: HostId, serial: u64, mail: u64) {
        self.handed_over += 1;
        if self.handed_over > self.taken_over && !self.lies {
            let text = "a recipient was handed over to a server that is not responsible for it".to_owned();
            self.violation.get_or_insert(Violation { host, serial, mail, text });
        }
    }

    /// A session has done something with a mail in a mailbox of a host.
    pub fn deed(&mut self, host: HostId, done: &Done) {
        let (added, removed) = match done {
            Done::Fetched { whole, .. } => {
                self.given_out += u64::from(*whole);
                return;
            }
            Done::Flagged { .. } | Done::Moved { .. } => return,
            Done::Copied { .. } | Done::Appended { .. } => (1, 0),
            Done::Removed => (0, 1),
        };
        let (all_added, all_removed) = self.mailboxes.entry(host).or_default();
        *all_added += added;
        *all_removed += removed;
        self.totals.removed += removed;
    }

    /// A mail program has all of a mail. Not every mail that is given out arrives, but none that arrives was not given out.
    pub fn fetched(&mut self, host: HostId, mail: u64) {
        self.totals.fetched += 1;
        if self.totals.fetched > self.given_out && !self.lies {
            let text = "a mail was fetched that no server has given out".to_owned();
            self.violation.get_or_insert(Violation { host, serial: 0, mail, text });
        }
    }

    /// A person has read a mail.
    pub fn read(&mut self) {
        self.totals.read += 1;
    }

    /// Compares what a host's mailboxes hold with what was delivered there and what clients have done since.
    ///
    /// # Errors
    /// When a mail has come or gone that nobody has put there or removed.
    pub fn audit_mailboxes(&self, host: HostId, delivered: u64, there: u64) -> Result<(), Violation> {
        let (added, removed) = self.mailboxes.get(&host).copied().unwrap_or_default();
        if delivered + added == there + removed {
            return Ok(());
        }
        let text = format!(
            "{delivered} mails were delivered into mailboxes, {added} put there and {removed} removed by clients, but they \
             hold {there}"
        );
        Err(Violation { host, serial: 0, mail: 0, text })
    }

    /// A host takes responsibility for `recipients` of a mail (RFC 5321 §4.2.5), more where it had some already.
    pub fn accept(&mut self, host: HostId, serial: u64, mail: u64, recipients: u32) {
        self.totals.accepted += u64::from(recipients);
        self.open.entry((host, serial)).or_insert(Line { mail, open: 0 }).open += recipients;
    }

    /// A host's responsibility for one recipient ends.
    pub fn end(&mut self, host: HostId, serial: u64, ending: Ending) {
        let total = match ending {
            Ending::Delivered => &mut self.totals.delivered,
            Ending::Relayed => &mut self.totals.relayed,
            Ending::Bounced => &mut self.totals.bounced,
            Ending::Discarded => &mut self.totals.discarded,
            Ending::Forwarded => &mut self.totals.forwarded,
            Ending::Duplicate => &mut self.totals.duplicates,
        };
        *total += 1;
        match self.open.get_mut(&(host, serial)) {
            Some(line) if line.open > 1 => line.open -= 1,
            Some(_) => {
                self.open.remove(&(host, serial));
            }
            None => {
                let text = format!("a recipient was {ending:?} that nobody was responsible for");
                self.violation.get_or_insert(Violation { host, serial, mail: 0, text });
            }
        }
    }

    /// What became of recipients so far.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Recipients that still wait for their verdict.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        let t = &self.totals;
        t.accepted.saturating_sub(t.delivered + t.relayed + t.bounced + t.discarded + t.forwarded + t.duplicates)
    }

    /// What went wrong first.
    #[must_use]
    pub fn violation(&self) -> Option<&Violation> {
        self.violation.as_ref()
    }

    /// Compares the ledger with what the hosts say they still hold: `(host, serial, recipients)` of every queued mail.
    ///
    /// # Errors
    /// Names the first mail, by host and number, for which they differ.
    pub fn audit(&self, held: impl Iterator<Item = (HostId, u64, u32)>) -> Result<(), Violation> {
        if let Some(violation) = &self.violation {
            return Err(violation.clone());
        }
        let mut held: Vec<(HostId, u64, u32)> = held.collect();
        held.sort_unstable();
        let mut open: Vec<(HostId, u64, u32)> = self.open.iter().map(|((h, s), l)| (*h, *s, l.open)).collect();
        open.sort_unstable();
        let differing = held
            .iter()
            .filter(|h| open.binary_search(h).is_err())
            .chain(open.iter().filter(|o| held.binary_search(o).is_err()))
            .min();
        let Some((host, serial, _)) = differing.copied() else { return Ok(()) };
        let count = |list: &[(HostId, u64, u32)]| list.iter().find(|l| (l.0, l.1) == (host, serial)).map_or(0, |l| l.2);
        let mail = self.open.get(&(host, serial)).map_or(0, |l| l.mail);
        let text = format!(
            "the host took responsibility for {} recipients that have no verdict yet, but its queue holds {}",
            count(&open),
            count(&held)
        );
        Err(Violation { host, serial, mail, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: HostId = HostId(0);

    #[test]
    fn what_is_lost_or_ended_twice_is_found() {
        let mut ledger = Ledger::default();
        ledger.accept(HOST, 1, 10, 2);
        ledger.accept(HOST, 2, 11, 1);
        assert!(ledger.audit([(HOST, 2, 1), (HOST, 1, 2)].into_iter()).is_ok());
        ledger.end(HOST, 1, Ending::Delivered);
        assert_eq!(ledger.waiting(), 2);
        let lost = ledger.audit([(HOST, 2, 1)].into_iter()).unwrap_err();
        assert_eq!((lost.serial, lost.mail), (1, 10));
        let forgotten = ledger.audit([(HOST, 1, 1), (HOST, 2, 1), (HOST, 7, 1)].into_iter()).unwrap_err();
        assert_eq!((forgotten.serial, forgotten.mail), (7, 0));
        ledger.end(HOST, 1, Ending::Bounced);
        assert!(ledger.violation().is_none());
        ledger.end(HOST, 1, Ending::Bounced);
        assert!(ledger.violation().is_some() && ledger.audit(std::iter::empty()).is_err());
    }

    #[test]
    fn mail_neither_comes_nor_goes_by_itself() {
        let mut ledger = Ledger::default();
        for done in [Done::Appended { bytes: 1 }, Done::Removed, Done::Removed, Done::Fetched { whole: true, bytes: 1 }]
        {
            ledger.deed(HOST, &done);
        }
        assert!(ledger.audit_mailboxes(HOST, 4, 3).is_ok());
        assert!(ledger.audit_mailboxes(HOST, 4, 4).is_err() && ledger.audit_mailboxes(HOST, 4, 2).is_err());
        ledger.fetched(HOST, 10);
        assert!(ledger.violation().is_none());
        ledger.fetched(HOST, 11);
        assert_eq!(ledger.violation().map(|v| v.mail), Some(11));
        assert_eq!((ledger.totals().removed, ledger.totals().fetched), (2, 2));
    }

    #[test]
    fn nobody_hands_over_what_nobody_takes() {
        let mut ledger = Ledger::default();
        ledger.take_over(2);
        ledger.hand_over(HOST, 1, 10);
        ledger.hand_over(HOST, 1, 10);
        assert!(ledger.violation().is_none());
        ledger.hand_over(HOST, 2, 11);
        assert_eq!(ledger.violation().map(|v| (v.serial, v.mail)), Some((2, 11)));
    }
}
