//! Scripted replies: faults with a place in the dialogue and a number.

use crate::identity::Mailbox;
use crate::sim::Instant;
use crate::smtp::Reply;
use crate::smtp::server::Ask;
use crate::trace::HostId;

/// Where in the dialogue a scripted reply stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// In the place of the greeting.
    Connect,
    /// After EHLO or HELO.
    Hello,
    /// After MAIL.
    Mail,
    /// After RCPT.
    Rcpt,
    /// After DATA.
    Data,
    /// After the final dot.
    EndOfData,
}

/// A reply in the place of the server's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyRule {
    /// Where.
    pub stage: Stage,
    /// Only for this address: the recipient at RCPT, the reverse-path elsewhere.
    pub matching: Option<Mailbox>,
    /// Only for this client.
    pub client: Option<HostId>,
    /// Only the first to the second of those that match, counted from 1.
    pub nth: (u64, u64),
    /// Only from this time on.
    pub from: Instant,
    /// Only until this time.
    pub until: Instant,
    /// What is said.
    pub reply: Reply,
    /// Closes the connection afterwards.
    pub close: bool,
}

impl ReplyRule {
    /// What a server has to ask its agent so that these rules come into play.
    #[must_use]
    pub fn ask<'r>(rules: impl IntoIterator<Item = &'r ReplyRule>) -> Ask {
        let mut ask = Ask::default();
        for rule in rules {
            match rule.stage {
                Stage::Connect => ask.connect = true,
                Stage::Hello => ask.helo = true,
                Stage::Mail => ask.mail = true,
                // A rule for DATA looks at the reverse-path, which is told with MAIL.
                Stage::Data => (ask.mail, ask.data) = (true, true),
                Stage::Rcpt | Stage::EndOfData => {}
            }
        }
        ask
    }
}

/// A rule, and what has become of it.
#[derive(Clone, Debug)]
pub struct Scripted {
    /// The rule.
    pub rule: ReplyRule,
    /// How often it has matched.
    pub seen: u64,
    /// How often it was what the server said.
    pub said: u64,
}

/// The reply that the script has for this moment; counts the moment for every rule that matches it.
pub(super) fn scripted(
    script: &mut [Scripted],
    now: Instant,
    stage: Stage,
    client: HostId,
    address: Option<&Mailbox>,
) -> Option<(Reply, bool)> {
    let mut said = None;
    for Scripted { rule, seen, said: times } in script {
        let same = |wanted: &Mailbox| address.is_some_and(|a| a.as_str().eq_ignore_ascii_case(wanted.as_str()));
        let matches = rule.stage == stage
            && rule.client.is_none_or(|c| c == client)
            && rule.matching.as_ref().is_none_or(same)
            && rule.from <= now
            && now < rule.until;
        if matches {
            *seen += 1;
            if said.is_none() && (rule.nth.0..=rule.nth.1).contains(seen) {
                *times += 1;
                said = Some((rule.reply.clone(), rule.close));
            }
        }
    }
    said
}
