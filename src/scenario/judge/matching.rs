//! Which records count towards which claims.

use std::sync::Arc;

use super::{Hit, Judge};
use crate::scenario::expect::{Claim, Handshake};
use crate::trace::transcript::words;
use crate::trace::{ConnectionState, Direction, HostId, MailId, Record, Side, TlsStep, What};

impl Judge {
    pub(super) fn subject_is(&self, mail: Option<MailId>, wanted: Option<&Arc<str>>) -> bool {
        let Some(wanted) = wanted else { return true };
        mail.and_then(|m| self.mails.get(&m)).is_some_and(|m| m.subject == *wanted)
    }

    pub(super) fn hit(&self, record: &Record, words: &str) -> Hit {
        let known = record.mail.and_then(|m| self.mails.get(&m));
        let age = known.map(|k| record.at.since(k.at));
        Hit {
            at: record.at,
            host: record.host,
            age,
            since: "composed",
            report: None,
            path: Vec::new(),
            words: words.to_owned(),
        }
    }

    /// The hosts that a mail went through until it was filed for a recipient.
    fn path(&self, mail: Option<MailId>, recipient: &str) -> Vec<HostId> {
        let Some(known) = mail.and_then(|m| self.mails.get(&m)) else { return Vec::new() };
        let sources = self.sources.get(recipient);
        let counts = |r: &Arc<str>| sources.map_or(**r == *recipient, |s| s.contains(r));
        let mut path = vec![known.composed_at];
        let mut last = None;
        for (hop, host, recipients) in &known.hops {
            // A mail that is handed over twice is on the same hop twice (RFC 1047).
            if recipients.iter().any(counts) && last != Some((*hop, *host)) {
                path.push(*host);
                last = Some((*hop, *host));
            }
        }
        path
    }

    /// Whether a claim about attempts has counted this one: it may dial many servers, and has an outcome for each.
    fn is_same_attempt(&self, claim: usize, record: &Record) -> bool {
        let (What::Attempt { queue_id, number, .. } | What::Outcome { queue_id, number, .. }) = &record.what else {
            return false;
        };
        self.seen[claim].attempts.get(&(record.host, Arc::clone(queue_id))).is_some_and(|last| number <= last)
    }

    /// A record about one recipient.
    pub(super) fn about_recipient(&mut self, record: &Record, recipient: &Arc<str>) {
        let Some(claims) = self.about.get(recipient) else { return };
        for i in claims.clone() {
            if self.is_same_attempt(i, record) {
                continue;
            }
            let claim = &self.expectations[i].claim;
            let hit = match (claim, &record.what) {
                (
                    Claim::Delivered { to, subject, .. } | Claim::NotDelivered { to, subject },
                    What::Delivered { .. },
                ) if *to.as_str() == **recipient && self.subject_is(record.mail, subject.as_ref()) => {
                    Some(self.hit(record, ""))
                }
                (Claim::Hops { to, subject, .. }, What::Delivered { .. })
                    if *to.as_str() == **recipient && self.subject_is(record.mail, subject.as_ref()) =>
                {
                    Some(Hit { path: self.path(record.mail, recipient), ..self.hit(record, "") })
                }
                (
                    Claim::Bounced { to, subject, status, code, contains, by, .. },
                    What::Bounced { status: s, reason, report, .. },
                ) if *to.as_str() == **recipient && self.subject_is(record.mail, subject.as_ref()) => {
                    let reason = reason.visible();
                    let good = status.as_ref().is_none_or(|status| status == s)
                        && code.is_none_or(|code| words::begins_with(&reason, code))
                        && contains.as_ref().is_none_or(|c| words::holds(&reason, c))
                        && by.is_none_or(|by| by == record.host);
                    if !good {
                        let near = format!("{} gave it up with status {s}: {reason}", self.name(record.host));
                        self.seen[i].near.get_or_insert(near);
                    }
                    good.then(|| Hit { report: *report, ..self.hit(record, &reason) })
                }
                (
                    Claim::Attempts { to, subject, by, .. },
                    What::Attempt { queue_id, number, .. } | What::Outcome { queue_id, number, .. },
                ) if *to.as_str() == **recipient
                    && self.subject_is(record.mail, subject.as_ref())
                    && by.is_none_or(|by| by == record.host)
                    && !self.users.get(record.host.0 as usize).copied().unwrap_or(false) =>
                {
                    let words = match &record.what {
                        What::Attempt { next_hop, .. } => next_hop.to_string(),
                        What::Outcome { reply, .. } => reply.visible(),
                        _ => String::new(),
                    };
                    let key = (record.host, Arc::clone(queue_id));
                    let (number, hit) = (*number, self.hit(record, &words));
                    self.seen[i].attempts.insert(key, number);
                    Some(hit)
                }
                (Claim::Unsent { to, code, contains, .. }, What::Unsent { reason, .. })
                    if *to.as_str() == **recipient =>
                {
                    let reason = reason.visible();
                    let good = code.is_none_or(|code| words::begins_with(&reason, code))
                        && contains.as_ref().is_none_or(|c| words::holds(&reason, c));
                    if !good {
                        self.seen[i].near.get_or_insert(format!("it was not sent because of: {reason}"));
                    }
                    good.then(|| self.hit(record, &reason))
                }
                _ => None,
            };
            if let Some(hit) = hit {
                self.seen[i].add(|| hit);
            }
        }
    }

    /// A record about hosts.
    pub(super) fn about_hosts(&mut self, record: &Record) {
        for n in 0..self.others.len() {
            let i = self.others[n];
            let words = match (&self.expectations[i].claim, &record.what) {
                (
                    Claim::Reply { from, to, code, contains, .. },
                    What::Line { direction: Direction::Sent, side: Side::Server, peer, text, .. },
                ) if *from == record.host && to.is_none_or(|to| to == *peer) => {
                    let line = text.visible();
                    let last = line.as_bytes().get(3) != Some(&b'-');
                    let good =
                        words::begins_with(&line, *code) && contains.as_ref().map_or(last, |c| words::holds(&line, c));
                    good.then_some(line)
                }
                (
                    Claim::Command { from, to, begins, contains, sealed, .. },
                    What::Line { direction: Direction::Sent, side: Side::Client, peer, text, sealed: is_sealed },
                ) if *from == record.host
                    && to.is_none_or(|to| to == *peer)
                    && sealed.is_none_or(|sealed| sealed == *is_sealed) =>
                {
                    let line = text.visible();
                    let good = line.get(..begins.len()).is_some_and(|start| start.eq_ignore_ascii_case(begins))
                        && contains.as_ref().is_none_or(|c| words::holds(&line, c));
                    good.then_some(line)
                }
                (Claim::Tls { from, to, wanted, .. }, What::Tls { side: Side::Client, peer, tls })
                    if *from == record.host && to.is_none_or(|to| to == *peer) =>
                {
                    let (what, rest) = words::tls(self.name(*peer), tls);
                    let said = format!("{what}{rest}");
                    let good = meets(*wanted, tls);
                    if good == Some(false) {
                        self.seen[i].near.get_or_insert(format!("there was {said}"));
                    }
                    (good == Some(true)).then_some(said)
                }
                (
                    Claim::Lookup { host, name, rtype, result, cached, .. },
                    What::Lookup { name: n, rtype: t, result: what, cached: from_cache },
                ) if *host == record.host && n.trim_end_matches('.').eq_ignore_ascii_case(name) => {
                    let good = rtype.as_ref().is_none_or(|rtype| rtype == t)
                        && result.as_ref().is_none_or(|part| words::holds(what, part))
                        && cached.is_none_or(|cached| cached == *from_cache);
                    let said = format!("{n} {t}: {what}{}", if *from_cache { " (from the cache)" } else { "" });
                    if !good {
                        self.seen[i].near.get_or_insert(format!("it looked up {said}"));
                    }
                    good.then_some(said)
                }
                (Claim::Policy { host, policy, decision, .. }, What::Policy { policy: p, decision: d, detail })
                    if *host == record.host && policy.eq_ignore_ascii_case(p) =>
                {
                    if !decision.eq_ignore_ascii_case(d) {
                        self.seen[i].near.get_or_insert(format!("{p} said `{d}`: {detail}"));
                    }
                    decision.eq_ignore_ascii_case(d).then(|| detail.to_string())
                }
                (
                    Claim::Connections { from, to, .. },
                    What::Connection { state: ConnectionState::Open, side: Side::Client, peer, .. },
                ) if *from == record.host && to.is_none_or(|to| to == *peer) => Some(String::new()),
                _ => None,
            };
            if let Some(words) = words {
                let hit = self.hit(record, &words);
                self.seen[i].add(|| hit);
            }
        }
    }
}

/// Whether a step of TLS is what was wanted; `None` where it is not the end of a handshake.
fn meets(wanted: Handshake, tls: &TlsStep) -> Option<bool> {
    let TlsStep::Secured { version, resumed, verified, .. } = tls else {
        return (!matches!(tls, TlsStep::Begins { .. } | TlsStep::Ended { .. })).then_some(wanted == Handshake::Failed);
    };
    let Handshake::Sealed { version: v, resumed: r, verified: c } = wanted else { return Some(false) };
    let good = v.is_none_or(|v| *v == **version) && r.is_none_or(|r| r == *resumed) && c.is_none_or(|c| c == *verified);
    Some(good)
}
