//! What happens to a mail, in words: the same in a transcript and in a table. Each comes in two parts, what became of
//! it and the rest, for the first is what stands out.

use super::counted;
use crate::trace::{Octets, Verdict};

/// What an attempt meant for a recipient.
#[must_use]
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted => "accepted",
        Verdict::Deferred => "deferred",
        Verdict::Failed => "failed",
    }
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

/// A mail could not even be submitted.
#[must_use]
pub fn unsent(recipient: &str, reason: &Octets) -> (&'static str, String) {
    ("not sent", format!(" to {recipient} — {}", reason.visible()))
}

/// A policy spoke.
#[must_use]
pub fn policy(policy: &str, decision: &str, detail: &str) -> (String, String) {
    let detail = if detail.is_empty() { String::new() } else { format!(" — {detail}") };
    (format!("{policy}: {decision}"), detail)
}
