//! What happens to a mail, in words: the same in a transcript and in a table. Each comes in two parts, what became of
//! it and the rest, for the first is what stands out.

use super::counted;
use crate::trace::{Octets, Record, Verdict, What};

/// What an attempt meant for a recipient.
#[must_use]
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted => "accepted",
        Verdict::Deferred => "deferred",
        Verdict::Failed => "failed",
    }
}

/// Whether the outcome at `place` is only that of one host, and the same attempt goes on to the next at the same instant.
#[must_use]
pub fn goes_on(records: &[Record], place: usize) -> bool {
    let Some(here) = records.get(place) else { return false };
    let What::Outcome { queue_id, recipient, verdict: Verdict::Deferred, number, .. } = &here.what else {
        return false;
    };
    records[place..].iter().take_while(|r| r.at == here.at).filter(|r| r.host == here.host).any(|r| {
        matches!(&r.what, What::Attempt { queue_id: id, recipients, number: n, .. }
            if id == queue_id && n == number && recipients.contains(recipient))
    })
}

/// Content that passes.
#[must_use]
pub fn content(size_bytes: u64) -> String {
    format!("content, {}", counted(size_bytes, "byte", "bytes"))
}

/// A server took a mail.
#[must_use]
pub fn accepted(queue_id: &str) -> (&'static str, String) {
    ("takes responsibility", format!(" as {queue_id}"))
}

/// A mail was filed.
#[must_use]
pub fn delivered(recipient: &str, mailbox: &str) -> (&'static str, String) {
    let alias = if recipient == mailbox { String::new() } else { format!(" (for {recipient})") };
    ("delivered", format!(" into the mailbox of {mailbox}{alias}"))
}

/// A mail came back.
#[must_use]
pub fn bounced(status: &str, recipient: &str, reason: &Octets) -> (String, String) {
    (format!("bounced {status}"), format!(" {recipient} — {}", reason.visible()))
}

/// A mail was dropped.
#[must_use]
pub fn discarded(recipient: &str, reason: &str) -> (&'static str, String) {
    ("discarded", format!(" {recipient} — {reason}"))
}

/// A recipient shares the copy of another.
#[must_use]
pub fn duplicate(recipient: &str, shares: &str) -> (&'static str, String) {
    let why = if recipient == shares { "it is named twice".into() } else { format!("it shares that of {shares}") };
    ("no copy of its own", format!(" for {recipient} — {why}"))
}

/// A mail could not even be submitted.
#[must_use]
pub fn unsent(recipient: &str, reason: &Octets) -> (&'static str, String) {
    ("not sent", format!(" to {recipient} — {}", reason.visible()))
}

/// Whether the words of a fault tell of its end: `mx.blue.example is up again`.
#[must_use]
pub fn is_repair(text: &str) -> bool {
    text.ends_with(" again") || text.ends_with(" as before")
}

/// A policy spoke.
#[must_use]
pub fn policy(policy: &str, decision: &str, detail: &str) -> (String, String) {
    let detail = if detail.is_empty() { String::new() } else { format!(" — {detail}") };
    (format!("{policy}: {decision}"), detail)
}
