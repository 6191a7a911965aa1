//! A record in one sentence: the same in a table of the book, in JSON, and wherever a chain of causes is told.

use super::{names, parts, phrases as words, reading as mailboxes};
use crate::sim::Instant;
use crate::trace::{
    ConnectionState as C, Direction, HostId, LossReason, Makeup, PacketStep, QueueName, Record, Roster, What,
};

/// What a record is told from.
pub struct Telling<'a> {
    /// Who takes part.
    pub roster: &'a Roster,
    /// All records: some are told by what follows.
    pub records: &'a [Record],
    /// What the mails are made of.
    pub makeup: &'a Makeup,
    /// How times are written.
    pub when: &'a dyn Fn(Instant) -> String,
}

impl Telling<'_> {
    fn host(&self, host: HostId) -> &str {
        self.roster.hosts.get(host.0 as usize).map_or("nobody", |h| &h.name)
    }
}

/// What a record tells, in one sentence.
pub fn record(run: &Telling<'_>, record: &Record) -> String {
    match &record.what {
        What::Composed { from, to, subject, size_bytes, parts: made_of, .. } => {
            let from = if from.is_empty() { "<>" } else { from };
            format!("composes “{subject}” from {from} for {}, {}", to.join(", "), parts::weighs(*size_bytes, made_of))
        }
        What::Line { direction, peer, text, .. } => match direction {
            Direction::Sent => format!("→ {}: {}", run.host(*peer), text.visible()),
            Direction::Received => format!("← {}: {}", run.host(*peer), text.visible()),
        },
        What::Content { direction, peer, size_bytes, .. } => {
            let arrow = if *direction == Direction::Sent { "→" } else { "←" };
            format!("{arrow} {}: {}", run.host(*peer), parts::content(*size_bytes, run.makeup.of(record)))
        }
        What::Connection { state, peer, port, .. } => {
            let peer = run.host(*peer);
            match state {
                C::Connecting => format!("connects to {peer}, {}", words::port(*port)),
                C::Open => format!("is connected with {peer}"),
                C::Refused => format!("{peer} refuses the connection"),
                C::TimedOut => format!("{peer} does not answer: the connection has timed out"),
                C::PeerClosed => format!("{peer} closes its side"),
                C::Reset => format!("{peer} has broken the connection off"),
                C::Closed => format!("is done with the connection with {peer}"),
                C::NoPort => format!("has no port free to connect to {peer} from"),
            }
        }
        What::Question { direction: Direction::Sent, name, rtype, peer, .. } => {
            format!("asks {}: {}?", run.host(*peer), names::question(name, rtype))
        }
        What::Question { name, rtype, .. } => format!("is asked: {}?", names::question(name, rtype)),
        What::Answer { direction, name, rtype, rcode, records, truncated, .. } => {
            let verb = if *direction == Direction::Sent { "answers" } else { "hears" };
            let place = run.records.partition_point(|r| r.at < record.at);
            let place = run.records[place..].iter().position(|r| r.id == record.id).map(|after| place + after);
            let said = match place.and_then(|place| names::referred(run.records, place)) {
                Some(to) => names::referral(run.host(to)),
                // A table is where the whole record is read, its time to live included.
                None if !records.is_empty() && !truncated => records.join("; "),
                None => names::answer(name, rtype, rcode, records, *truncated),
            };
            format!("{verb} {}: {said}", names::question(name, rtype))
        }
        What::Lookup { name, rtype, result, cached } => {
            let verb = if *cached { "remembers" } else { "knows" };
            format!("{verb} {}: {}", names::question(name, rtype), names::outcome(result))
        }
        What::Accepted { queue_id, recipients, .. } => {
            format!("{} for {}", whole(words::accepted(queue_id)), recipients.join(", "))
        }
        What::Queue { queue, reason, until, .. } => {
            let name = match queue {
                QueueName::Incoming => "incoming",
                QueueName::Active => "active",
                QueueName::Deferred => "deferred",
                QueueName::Done => "done",
            };
            let until = until.map(|t| format!(", next attempt at {}", (run.when)(t))).unwrap_or_default();
            format!("queue: {name} ({reason}{until})")
        }
        What::Attempt { recipients, next_hop, number, .. } => {
            format!("attempt {number} for {}: {next_hop}", recipients.join(", "))
        }
        What::Outcome { recipient, verdict, reply, by, .. } => {
            let reply = reply.visible();
            // A reason that begins with the host's name says already by whom.
            let by = by.as_ref().map(ToString::to_string).filter(|by| !reply.starts_with(by.as_str()));
            let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
            let goes_on = run
                .records
                .iter()
                .position(|r| std::ptr::eq(r, record) || r.id.is_some() && r.id == record.id)
                .is_some_and(|place| words::goes_on(run.records, place));
            let verdict = if goes_on { "on to the next server" } else { words::verdict(*verdict) };
            format!("{recipient}: {verdict}{by}: {reply}")
        }
        What::Delivered { recipient, mailbox, .. } => whole(words::delivered(recipient, mailbox)),
        What::Bounced { recipient, status, reason, report, .. } => {
            let told = if report.is_some() { "a report says so" } else { "nobody can be told" };
            format!("{}; {told}", whole(words::bounced(status, recipient, reason)))
        }
        What::Discarded { recipient, reason, .. } => whole(words::discarded(recipient, reason)),
        What::Converted { eight_bit, long_lines, was_bytes, size_bytes, .. } => {
            whole(words::converted(*eight_bit, *long_lines, *was_bytes, *size_bytes))
        }
        What::Duplicate { recipient, shares, .. } => whole(words::duplicate(recipient, shares)),
        What::Unsent { recipient, reason } => whole(words::unsent(recipient, reason)),
        What::Mailbox { .. }
        | What::Checked { .. }
        | What::Fetched { .. }
        | What::Read { .. }
        | What::Vanished { .. }
        | What::Unfetched { .. } => mailboxes::reading(&record.what, |host| run.host(host))
            .map_or_else(String::new, |(_, what, rest)| what + &rest),
        What::Policy { policy, decision, detail } => whole(words::policy(policy, decision, detail)),
        What::Tls { peer, tls, .. } => whole(words::tls(run.host(*peer), tls)),
        What::Session { state, .. } => format!("state: {state}"),
        What::Condition { step, change, leaves, .. } => {
            let name = |host: HostId| run.host(host);
            format!("fault: {}", words::condition(name, *step, change, leaves.as_ref()))
        }
        What::Alarm { text } => format!("alarm: {text}"),
        What::Packet { step, flags, payload_bytes, from, to, reason, retransmission, .. } => {
            let step = match step {
                PacketStep::Sent => "sent",
                PacketStep::Forwarded => "forwarded",
                PacketStep::Arrived => "arrived",
                PacketStep::Lost => "lost",
            };
            let why = reason.map(|reason| format!(" ({})", loss(reason))).unwrap_or_default();
            let again = if *retransmission { ", again" } else { "" };
            let kind = if flags.is_empty() { "UDP" } else { flags };
            format!("packet {} → {}: {kind}, {payload_bytes} bytes{again}: {step}{why}", run.host(*from), run.host(*to))
        }
    }
}

fn loss(reason: LossReason) -> &'static str {
    match reason {
        LossReason::Noise => "noise",
        LossReason::BufferFull => "buffer full",
        LossReason::LinkDown => "link down",
        LossReason::HostDown => "host down",
        LossReason::NoRoute => "no route",
        LossReason::Fault => "fault",
        LossReason::Forgotten => "connection forgotten",
    }
}

/// Both parts of what the transcript says.
fn whole((what, rest): (impl Into<String>, String)) -> String {
    what.into() + &rest
}
