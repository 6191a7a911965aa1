//! What happens to a mail, in words: the same in a transcript and in a table. Each comes in two parts, what became of
//! it and the rest, for the first is what stands out.

use super::super::{counted, number, span};
use std::sync::Arc;

use crate::sim::Duration;
use crate::trace::{
    CertificateDefect, Change, ConditionStep, HostId, Octets, Record, RecordEdit, ServerMode, TlsStep, Verdict, What,
};

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

/// A port, and what is served there where mail is taken out of mailboxes, by the names of IANA's registry.
#[must_use]
pub fn port(port: u16) -> String {
    let name = match port {
        110 => " (POP3)",
        143 => " (IMAP)",
        993 => " (IMAPS)",
        995 => " (POP3S)",
        _ => "",
    };
    format!("port {port}{name}")
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

/// Content was converted.
#[must_use]
pub fn converted(eight_bit: bool, long_lines: bool, was_bytes: u64, size_bytes: u64) -> (&'static str, String) {
    let why = match (eight_bit, long_lines) {
        (true, false) => "8BITMIME is not offered",
        (true, true) => "8BITMIME is not offered, and lines are too long",
        (false, _) => "lines are too long",
    };
    (
        "content converted",
        format!(" to seven bits: {was_bytes} → {}, since {why}", counted(size_bytes, "byte", "bytes")),
    )
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

/// TLS with the host that is called `peer`.
#[must_use]
pub fn tls(peer: &str, tls: &TlsStep) -> (String, String) {
    let none = || format!("no TLS with {peer}");
    match tls {
        TlsStep::Begins { discarded_bytes: 0 } => (format!("TLS begins with {peer}"), String::new()),
        TlsStep::Begins { discarded_bytes } => {
            let bytes = counted(*discarded_bytes, "byte", "bytes");
            (format!("TLS begins with {peer}"), format!("; what came before it is thrown away ({bytes})"))
        }
        TlsStep::Secured {
            version,
            resumed,
            name,
            verified,
            certificate,
            sent_bytes,
            received_bytes,
            round_trips,
            ..
        } => {
            let found = match certificate {
                Some(defect) => format!("; {}, and it goes on all the same", certificate_defect(defect)),
                None if *resumed => "; an earlier session goes on".into(),
                None if *verified => "; its certificate is good".into(),
                None => String::new(),
            };
            let trips = counted(u64::from(*round_trips), "round trip", "round trips");
            let bytes = counted(sent_bytes + received_bytes, "byte", "bytes");
            // A client knows whom it asked for; a server does not know who asks.
            let who = name.as_deref().filter(|_| *verified || certificate.is_some()).unwrap_or(peer);
            (format!("{version} with {who}"), format!("{found} ({trips}, {bytes})"))
        }
        TlsStep::Ended { words } => (format!("TLS with {peer} breaks off"), format!(": {words}")),
        TlsStep::Distrusted { certificate } => (none(), format!(": {}", certificate_defect(certificate))),
        TlsStep::Alert { alert } => (none(), format!(": it says {alert}")),
        TlsStep::NotTls => (none(), ": what came is not TLS".into()),
        TlsStep::NothingInCommon => (none(), ": no version or cipher suite in common".into()),
        TlsStep::Broken { words } => (none(), format!(": {words}")),
    }
}

fn certificate_defect(defect: &CertificateDefect) -> String {
    let time = |secs: u64| span(Duration::from_secs(secs));
    match defect {
        CertificateDefect::Expired { secs } => format!("its certificate expired {} ago", time(*secs)),
        CertificateDefect::NotYetValid { secs } => format!("its certificate is not valid for another {}", time(*secs)),
        CertificateDefect::OtherName { names } if names.is_empty() => "its certificate names nobody".into(),
        CertificateDefect::OtherName { names } => format!("its certificate is for {}", names.join(" and ")),
        CertificateDefect::SelfSigned => "nobody signed its certificate but itself".into(),
        CertificateDefect::UntrustedIssuer => "its certificate was signed by somebody who is not trusted".into(),
        CertificateDefect::Other { words } => format!("its certificate does not hold: {words}"),
    }
}

/// A condition begins, or is over. `name` says what hosts are called.
pub fn condition<'n>(
    name: impl Fn(HostId) -> &'n str + Copy,
    step: ConditionStep,
    change: &Change,
    leaves: Option<&Change>,
) -> String {
    match (step, leaves) {
        (ConditionStep::Begins, _) => begins(name, change),
        (ConditionStep::Ends, None) => ends(name, change),
        (ConditionStep::Ends, Some(now)) => match now {
            Change::Link { a, b, up: false } => {
                format!("the link {} - {} stays down: of its faults one is over, and another lasts", name(*a), name(*b))
            }
            Change::Host { host, up: false } => {
                format!("{} stays down: of its faults one is over, and another lasts", name(*host))
            }
            now => format!("a fault is over, and another lasts: {}", begins(name, now)),
        },
    }
}

/// What a change is called when it comes: `the link a - b goes down`.
pub fn begins<'n>(name: impl Fn(HostId) -> &'n str, change: &Change) -> String {
    let link = |a: &HostId, b: &HostId| format!("the link {} - {}", name(*a), name(*b));
    match change {
        Change::Link { a, b, up: false } => format!("{} goes down", link(a, b)),
        Change::Link { a, b, up: true } => format!("{} is up again", link(a, b)),
        Change::Host { host, up: false } => format!("{} goes down", name(*host)),
        Change::Host { host, up: true } => format!("{} is up again", name(*host)),
        Change::Loss { a, b, ppm } => format!("{} loses {} of its packets", link(a, b), percent(*ppm)),
        Change::Latency { a, b, latency_ns } => {
            format!("{} has a latency of {}", link(a, b), Duration::from_nanos(*latency_ns))
        }
        Change::Tamper { a, b, find, put } => {
            format!("somebody on {} writes “{put}” over each “{find}”", link(a, b))
        }
        Change::Forgets { a, b, after_ns } => {
            let after = Duration::from_nanos(*after_ns);
            format!("{} forgets connections that are silent for more than {after}", link(a, b))
        }
        Change::Drop { a, b, from, packets } => {
            let side = from.map_or(String::new(), |host| format!(" from {}", name(host)));
            let packets = if *packets == 1 { "packet".to_owned() } else { format!("{} packets", number(*packets)) };
            format!("{} loses the next {packets}{side}", link(a, b))
        }
        Change::NameServer { server, mode } => {
            let does = match mode {
                ServerMode::Working => "answers again",
                ServerMode::Silent => "falls silent",
                ServerMode::ServFail => "answers SERVFAIL to everything",
                ServerMode::Refused => "answers REFUSED to everything",
            };
            format!("{} {does}", name(*server))
        }
        Change::Records { name, rtype, edit, records } => {
            let records = records.join(", ");
            match edit {
                RecordEdit::Set => format!("the {rtype} record of {name} now reads {records}"),
                RecordEdit::Add => format!("the {rtype} record of {name} also reads {records}"),
                RecordEdit::Remove => format!("the {rtype} records of {name} are gone"),
            }
        }
    }
}

/// What its end is called.
fn ends<'n>(name: impl Fn(HostId) -> &'n str, change: &Change) -> String {
    match change {
        Change::Link { a, b, up } => format!("the link {} - {} is {}", name(*a), name(*b), up_again(!up)),
        Change::Host { host, up } => format!("{} is {}", name(*host), up_again(!up)),
        Change::Loss { a, b, .. } => format!("the loss on the link {} - {} is as before", name(*a), name(*b)),
        Change::Latency { a, b, .. } => format!("the latency of the link {} - {} is as before", name(*a), name(*b)),
        Change::Tamper { a, b, .. } => format!("nobody changes what passes the link {} - {}", name(*a), name(*b)),
        Change::Forgets { a, b, .. } => format!("the link {} - {} forgets no connection any more", name(*a), name(*b)),
        Change::Drop { a, b, .. } => format!("the link {} - {} carries all packets again", name(*a), name(*b)),
        Change::NameServer { server, .. } => format!("{} answers again", name(*server)),
        Change::Records { name, rtype, .. } => format!("the {rtype} records of {name} are as before"),
    }
}

fn up_again(up: bool) -> &'static str {
    if up { "up again" } else { "down again" }
}

fn percent(ppm: u32) -> String {
    let text = format!("{}.{:04}", ppm / 10_000, ppm % 10_000);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A policy spoke.
#[must_use]
pub fn policy(policy: &str, decision: &str, detail: &str) -> (String, String) {
    let detail = if detail.is_empty() { String::new() } else { format!(" — {detail}") };
    (format!("{policy}: {decision}"), detail)
}

/// A reason without whom it was about: what stands behind `name [address]: `.
#[must_use]
pub fn reason_alone(reason: &str) -> &str {
    reason.split_once("]: ").map_or(reason, |(_, why)| why)
}

/// Whether a reason begins with a reply code (RFC 5321 §4.2), be it said after a colon (`host said: 550 ...`).
#[must_use]
pub fn begins_with(reason: &str, code: u16) -> bool {
    let code = code.to_string();
    let at = |text: &str| {
        text.strip_prefix(code.as_str()).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    };
    at(reason) || reason.match_indices(": ").any(|(i, _)| at(&reason[i + 2..]))
}

/// Whether a text holds what somebody looks for; upper and lower case count as the same.
#[must_use]
pub fn holds(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}

/// Whether a line is a command that makes the envelope: MAIL or RCPT (RFC 5321 §4.1.1.2, §4.1.1.3).
#[must_use]
pub fn is_envelope(line: &Octets) -> bool {
    is_mail(line) || is_command(line, b"RCPT TO:")
}

/// Whether a line is the command MAIL, with which an envelope begins.
#[must_use]
pub fn is_mail(line: &Octets) -> bool {
    is_command(line, b"MAIL FROM:")
}

fn is_command(line: &Octets, command: &[u8]) -> bool {
    line.0.get(..command.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(command))
}

/// Whether the flags of a segment are those of a handshake.
#[must_use]
pub fn is_handshake(flags: &str) -> bool {
    flags.contains("SYN")
}

/// The recipient whose fate this is, where it is one.
#[must_use]
pub fn fate_of(what: &What) -> Option<&Arc<str>> {
    match what {
        What::Delivered { recipient, .. }
        | What::Bounced { recipient, .. }
        | What::Discarded { recipient, .. }
        | What::Duplicate { recipient, .. }
        | What::Unsent { recipient, .. } => Some(recipient),
        _ => None,
    }
}
