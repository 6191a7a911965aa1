//! Sentences: what was expected, and what happened.

use std::fmt::Write as _;

use super::queues::Queues;
use super::say_reading;
use super::words::{about, clock, counted, happened, holds, in_time, limits, number, of, path};
use super::{Hit, Judge, Judgement, Seen};
use crate::scenario::expect::{Claim, Count, Handshake};
use crate::trace::HostId;

impl Judge {
    /// What came of every expectation, in the order of the file.
    #[must_use]
    pub fn judgements(&self) -> Vec<Judgement> {
        (0..self.expectations.len()).map(|i| judge(self, i)).collect()
    }
}

/// Judges one claim.
fn judge(judge: &Judge, i: usize) -> Judgement {
    let seen = &judge.seen[i];
    let claim = &judge.expectations[i].claim;
    let (met, expected, happened) = sentence(judge, claim, seen);
    Judgement { met, span: judge.expectations[i].span.clone(), expected, happened }
}

fn sentence(j: &Judge, claim: &Claim, seen: &Seen) -> (bool, String, String) {
    let host = |h: &Option<HostId>, before: &str| h.map_or_else(String::new, |h| format!("{before}{}", j.name(h)));
    let simple = |count: &Count, expected: String, what: &str, words: bool| {
        (holds(*count, seen.count), expected, happened(j, seen, what, words))
    };
    match claim {
        Claim::Delivered { to, subject, copies, within, after, by } => {
            let in_run = by.is_none_or(|by| seen.hits.iter().all(|hit| hit.at <= by));
            let met = holds(*copies, seen.count) && in_time(seen, *within, *after) && in_run;
            let until = by.map_or_else(String::new, |by| format!(", by {}", clock(by)));
            let copies = counted(*copies, "copy", "copies");
            let expected = format!("{to} gets {copies}{}{}{until}", of(subject.as_ref()), limits(*within, *after));
            (met, expected, happened(j, seen, "it was filed", false))
        }
        Claim::NotDelivered { to, subject } => {
            let expected = format!("{to} gets no copy{}", of(subject.as_ref()));
            (seen.count == 0, expected, happened(j, seen, "it was filed", false))
        }
        Claim::Bounced { to, subject, status, code, contains, by, report_to, within, after, count } => {
            let filed = |hit: &Hit| {
                report_to.as_ref().is_none_or(|m| hit.report.is_some_and(|report| j.was_filed(report, m.as_str())))
            };
            let reported = seen.hits.iter().all(filed);
            let met = holds(*count, seen.count) && in_time(seen, *within, *after) && reported;
            let mut expected = format!("mail{} for {to} bounces", about(subject.as_ref()));
            expected.push_str(&host(by, " at "));
            if let Some(status) = status {
                let _ = write!(expected, " with status {status}");
            }
            if let Some(code) = code {
                let _ = write!(expected, " with code {code}");
            }
            if let Some(contains) = contains {
                let _ = write!(expected, ", saying \"{contains}\"");
            }
            if let Some(report_to) = report_to {
                let _ = write!(expected, ", with a report filed for {report_to}");
            }
            let _ = write!(expected, ", {}{}", counted(*count, "time", "times"), limits(*within, *after));
            let mut said = happened(j, seen, "it bounced", true);
            if let (Some(report_to), false) = (report_to, reported) {
                let _ = write!(said, "; no report was filed for {report_to}");
            }
            (met, expected, said)
        }
        Claim::Attempts { to, subject, by, count } => {
            let times = counted(*count, "attempt", "attempts");
            let expected = format!("{times}{} to hand on mail{} for {to}", host(by, " by "), about(subject.as_ref()));
            simple(count, expected, "it was attempted", true)
        }
        Claim::Hops { to, subject, hosts } => {
            let met = seen.count > 0 && seen.hits.iter().all(|hit| hit.path == *hosts);
            let expected = format!("mail{} for {to} goes {}", about(subject.as_ref()), path(j, hosts));
            let other = seen.hits.iter().find(|hit| hit.path != *hosts).or(seen.hits.first());
            let said =
                other.map_or_else(|| "it was never filed".into(), |hit| format!("it went {}", path(j, &hit.path)));
            (met, expected, said)
        }
        Claim::QueueEmpty { host } => {
            let waiting = j.queues.as_ref().map_or_else(Vec::new, |q| q.waiting(*host));
            let at = host.map_or_else(|| "anywhere".into(), |h| format!("at {}", j.name(h)));
            let said = match waiting.as_slice() {
                [] => "nothing waits".to_owned(),
                [first, ..] => {
                    let whom = first.open.iter().map(|r| &**r).collect::<Vec<_>>().join(", ");
                    format!(
                        "{}, the first on {} since {} as {}{}{whom}",
                        number(Queues::mails(&waiting), "mail still waits", "mails still wait"),
                        j.name(first.host),
                        clock(first.since),
                        first.queue_id,
                        // An outbox does not say for whom: the whole mail waits.
                        if whom.is_empty() { "" } else { " for " },
                    )
                }
            };
            (waiting.is_empty(), format!("no mail waits {at} at the end"), said)
        }
        Claim::Reply { from, to, code, contains, count } => {
            let saying = contains.as_ref().map_or_else(String::new, |c| format!(" with \"{c}\""));
            let times = counted(*count, "time", "times");
            let expected = format!("{} replies {code}{saying}{}, {times}", j.name(*from), host(to, " to "));
            simple(count, expected, "it said so", true)
        }
        Claim::Command { from, to, begins, contains, sealed, count } => {
            let times = counted(*count, "time", "times");
            let how = match sealed {
                Some(true) => " behind TLS",
                Some(false) => " in plain text",
                None => "",
            };
            let with = contains.as_ref().map_or_else(String::new, |c| format!(" with \"{c}\""));
            let expected = format!("{} says \"{begins}\"{with}{}{how}, {times}", j.name(*from), host(to, " to "));
            simple(count, expected, "it said so", true)
        }
        Claim::Tls { from, to, wanted, count } => {
            let times = counted(*count, "time", "times");
            let to = host(to, " with ");
            let expected = match wanted {
                Handshake::Failed => format!("{} fails to seal a connection{to}, {times}", j.name(*from)),
                Handshake::Sealed { version, resumed, verified } => {
                    let mut how = version.map_or_else(String::new, |version| format!(" by {version}"));
                    how += match resumed {
                        Some(true) => ", going on with an earlier session",
                        Some(false) => ", with a new session",
                        None => "",
                    };
                    how += match verified {
                        Some(true) => ", with a good certificate",
                        Some(false) => ", without a good certificate",
                        None => "",
                    };
                    format!("{} seals a connection{to}{how}, {times}", j.name(*from))
                }
            };
            simple(count, expected, "that happened", true)
        }
        Claim::Lookup { host, name, rtype, result, cached, count } => {
            let rtype = rtype.as_ref().map_or_else(String::new, |t| format!(" {t}"));
            let result = result.as_ref().map_or_else(String::new, |r| format!(" and finds \"{r}\""));
            let cached = match cached {
                Some(true) => " in its cache",
                Some(false) => " by asking",
                None => "",
            };
            let times = counted(*count, "time", "times");
            let expected = format!("{} looks up {name}{rtype}{result}{cached}, {times}", j.name(*host));
            simple(count, expected, "that happened", true)
        }
        Claim::Unsent { to, code, contains, count } => {
            let code = code.map_or_else(String::new, |c| format!(" with code {c}"));
            let saying = contains.as_ref().map_or_else(String::new, |c| format!(", saying \"{c}\""));
            let expected = format!("mail for {to} cannot be sent{code}{saying}, {}", counted(*count, "time", "times"));
            simple(count, expected, "that happened", true)
        }
        Claim::Policy { host, policy, decision, count } => {
            let times = counted(*count, "time", "times");
            simple(count, format!("{policy} at {} decides `{decision}`, {times}", j.name(*host)), "that happened", true)
        }
        Claim::Connections { from, to, count } => {
            let many = counted(*count, "connection", "connections");
            simple(count, format!("{} opens {many}{}", j.name(*from), host(to, " to ")), "that happened", false)
        }
        Claim::Fetched { .. }
        | Claim::Seen { .. }
        | Claim::InFolder { .. }
        | Claim::Flags { .. }
        | Claim::MailboxCount { .. } => say_reading::sentence(j, claim, seen),
        Claim::NothingLost => {
            let lost = j.queues.as_ref().map_or_else(Vec::new, Queues::lost);
            let said = match (j.alarms.first(), lost.first()) {
                (Some(alarm), _) => format!("the simulator's audit says: {alarm}"),
                (None, None) => "nothing was lost".to_owned(),
                (None, Some((h, id, r))) => {
                    let many = number(lost.len() as u64, "recipient has", "recipients have");
                    format!("{many} no fate, the first is {r} of {id} on {}", j.name(*h))
                }
            };
            let expected = "every accepted recipient is delivered, bounced, discarded or queued".to_owned();
            (lost.is_empty() && j.alarms.is_empty(), expected, said)
        }
        Claim::Total { delivered, bounced, sent, unsent, queued } => {
            total(j, [delivered, bounced, sent, unsent, queued])
        }
    }
}

fn total(j: &Judge, wanted: [&Option<Count>; 5]) -> (bool, String, String) {
    let waiting = j.queues.as_ref().map_or(0, |q| Queues::mails(&q.waiting(None)));
    let sums = [j.sums.delivered, j.sums.bounced, j.sums.sent, j.sums.unsent, waiting];
    let words = ["delivered", "bounced", "sent", "unsent", "still queued"];
    let mut expected = Vec::new();
    let mut said = Vec::new();
    let mut met = true;
    for ((count, sum), word) in wanted.into_iter().zip(sums).zip(words) {
        let Some(count) = count else { continue };
        met &= holds(*count, sum);
        expected.push(counted(*count, word, word));
        said.push(format!("{sum} {word}"));
    }
    (met, format!("in total {}", expected.join(", ")), said.join(", "))
}
