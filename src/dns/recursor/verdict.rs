//! What the response of one server means for the question that was sent to it.

use crate::dns::lookup::follow;
use crate::dns::{Message, Name, Outcome, Question, Rcode, Record, RecordData, RecordType};

/// The meaning of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The records, behind these aliases.
    Answer { aliases: Vec<Record>, records: Vec<Record> },
    /// Only aliases; the last one's target is still to be asked for.
    Aliases(Vec<Record>),
    /// Aliases that go in a circle.
    Loop,
    /// Denied, behind these aliases; `name` is the one denied.
    Denied { aliases: Vec<Record>, name: Name, outcome: Outcome, soa: Option<Record> },
    /// Other servers know.
    Referral { zone: Name, ns: Vec<Record>, glue: Vec<Record> },
    /// Of no use.
    Useless(&'static str),
}

/// Reads a response that a server of `zone` gave.
///
/// RFC 5452 §6: of what a server says, only what lies in the zone for which it was asked counts.
pub(super) fn judge(message: &Message, zone: &Name, question: &Question) -> Verdict {
    let in_zone = |name: &Name| name.is_within(zone.as_str());
    let rcode = message.rcode();
    if !matches!(rcode, Rcode::NoError | Rcode::NxDomain) {
        return Verdict::Useless(rcode.as_str());
    }
    let followed = follow(&message.answers, &question.name, question.rtype, in_zone);
    if followed.is_loop {
        return Verdict::Loop;
    }
    if message.authoritative {
        let soa = message
            .authorities
            .iter()
            .find(|r| r.rtype() == RecordType::Soa && followed.end.is_within(r.name.as_str()) && in_zone(&r.name));
        let aliases = followed.aliases;
        if !followed.records.is_empty() {
            return Verdict::Answer { aliases, records: followed.records };
        }
        let outcome = if rcode == Rcode::NxDomain { Outcome::NxDomain } else { Outcome::NoData };
        // RFC 2308 §2.1: the denial is about the last name of the chain. Without an SOA behind an alias it may be
        // about nothing, so the target is asked for.
        return match soa {
            None if !aliases.is_empty() => Verdict::Aliases(aliases),
            soa => Verdict::Denied { aliases, name: followed.end, outcome, soa: soa.cloned() },
        };
    }
    // A referral leads downwards: to a zone below this one that holds the name. One that leads upwards or sideways is
    // what a lame server gives (RFC 1912 §2.8).
    let cut = message.authorities.iter().find(|r| {
        r.rtype() == RecordType::Ns && r.name != *zone && in_zone(&r.name) && question.name.is_within(r.name.as_str())
    });
    let Some(cut) = cut.map(|r| r.name.clone()).filter(|_| rcode == Rcode::NoError && message.answers.is_empty())
    else {
        return Verdict::Useless("not authoritative");
    };
    let ns: Vec<Record> =
        message.authorities.iter().filter(|r| r.rtype() == RecordType::Ns && r.name == cut).cloned().collect();
    let is_server = |name: &Name| ns.iter().any(|r| matches!(&r.data, RecordData::Ns(host) if host == name));
    let glue = message.additionals.iter().filter(|r| r.data.ip().is_some() && is_server(&r.name) && in_zone(&r.name));
    let glue = glue.cloned().collect();
    Verdict::Referral { zone: cut, ns, glue }
}
