//! [`Lookup`]: what a question came to.

use std::fmt;
use std::net::IpAddr;

use super::authority::addresses_of;
use super::{Message, Name, Rcode, Record, RecordData, RecordType};
use crate::sim::{Duration, Instant};

/// The longest chain of aliases that is followed.
pub(super) const MAX_CHAIN: usize = 10;

/// In which way a question ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// There are records.
    Records,
    /// The name exists, and has no record of this type (RFC 2308 §2.2).
    NoData,
    /// The name does not exist (RFC 2308 §2.1).
    NxDomain,
    /// The servers cannot say.
    ServFail,
    /// The servers do not say.
    Timeout,
    /// They could not be asked: this host has nothing left to ask with.
    Busy,
}

impl Outcome {
    /// The word for a trace.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Records => "NOERROR",
            Outcome::NoData => "NODATA",
            Outcome::NxDomain => "NXDOMAIN",
            Outcome::ServFail => "SERVFAIL",
            Outcome::Timeout => "timeout",
            Outcome::Busy => "busy",
        }
    }

    /// Whether asking again later may help.
    #[must_use]
    pub fn is_temporary(self) -> bool {
        matches!(self, Outcome::ServFail | Outcome::Timeout | Outcome::Busy)
    }

    /// The response code by which a recursor tells it: whoever asked cannot tell a timeout further up from a failure.
    #[must_use]
    pub fn rcode(self) -> Rcode {
        match self {
            Outcome::Records | Outcome::NoData => Rcode::NoError,
            Outcome::NxDomain => Rcode::NxDomain,
            Outcome::ServFail | Outcome::Timeout | Outcome::Busy => Rcode::ServFail,
        }
    }
}

/// What a question came to, and until when that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The name asked for.
    pub name: Name,
    /// The type asked for.
    pub rtype: RecordType,
    /// How it ended.
    pub outcome: Outcome,
    /// The aliases on the way from the name to the records, in order.
    pub aliases: Vec<Record>,
    /// The records; none unless the outcome is [`Outcome::Records`].
    pub records: Vec<Record>,
    /// The SOA record that came with a denial.
    pub soa: Option<Record>,
    /// From when on this must not be used any more.
    pub expires: Instant,
}

impl Lookup {
    /// A failure, valid for `keep` (nothing, for one that is not remembered).
    pub(super) fn failure(now: Instant, name: Name, rtype: RecordType, outcome: Outcome, keep: Duration) -> Lookup {
        Lookup { name, rtype, outcome, aliases: Vec::new(), records: Vec::new(), soa: None, expires: now + keep }
    }

    /// The name to which the records belong: the last alias's target, or the name asked for.
    #[must_use]
    pub fn canonical(&self) -> &Name {
        match self.aliases.last().map(|record| &record.data) {
            Some(RecordData::Cname(target)) => target,
            _ => &self.name,
        }
    }

    /// The addresses among the records, in order.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        addresses_of(&self.records)
    }

    /// Reads the response of a recursor, which is trusted in all it says.
    pub(super) fn from_response(
        now: Instant,
        name: &Name,
        rtype: RecordType,
        message: &Message,
        failure_keep: Duration,
    ) -> Lookup {
        let followed = follow(&message.answers, name, rtype, |_| true);
        let soa = message.authorities.iter().find(|r| r.rtype() == RecordType::Soa).cloned();
        let outcome = match message.rcode() {
            _ if followed.is_loop => Outcome::ServFail,
            Rcode::NoError if !followed.records.is_empty() => Outcome::Records,
            Rcode::NoError => Outcome::NoData,
            Rcode::NxDomain => Outcome::NxDomain,
            _ => Outcome::ServFail,
        };
        if outcome == Outcome::ServFail {
            return Lookup::failure(now, name.clone(), rtype, outcome, failure_keep);
        }
        let keep = match outcome {
            Outcome::Records => followed.records.iter().map(Record::ttl).min(),
            // RFC 2308 §5: a denial without an SOA is not remembered.
            _ => soa.as_ref().map(Record::negative_ttl),
        };
        let keep = followed.aliases.iter().map(Record::ttl).chain(keep).min().filter(|_| keep.is_some());
        Lookup {
            name: name.clone(),
            rtype,
            outcome,
            aliases: followed.aliases,
            records: if outcome == Outcome::Records { followed.records } else { Vec::new() },
            soa: soa.filter(|_| outcome != Outcome::Records),
            expires: now + keep.unwrap_or_default(),
        }
    }
}

/// The records in presentation format, or the outcome in a word: the text for a trace.
impl fmt::Display for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for alias in &self.aliases {
            write!(f, "alias of {}: ", alias.data)?;
        }
        if self.outcome != Outcome::Records {
            return f.write_str(self.outcome.as_str());
        }
        for (i, record) in self.records.iter().enumerate() {
            write!(f, "{}{}", if i == 0 { "" } else { ", " }, record.data)?;
        }
        Ok(())
    }
}

/// Where an answer section leads.
#[derive(Clone)]
pub(super) struct Followed {
    pub(super) aliases: Vec<Record>,
    pub(super) records: Vec<Record>,
    /// The last name reached.
    pub(super) end: Name,
    pub(super) is_loop: bool,
}

/// Follows the aliases of an answer section from `name` to records of the type, through names that `trusted` accepts.
pub(super) fn follow(answers: &[Record], name: &Name, rtype: RecordType, trusted: impl Fn(&Name) -> bool) -> Followed {
    let mut out = Followed { aliases: Vec::new(), records: Vec::new(), end: name.clone(), is_loop: false };
    loop {
        if !trusted(&out.end) {
            return out;
        }
        let here = || answers.iter().filter(|r| r.name == out.end);
        let records: Vec<Record> = here().filter(|r| rtype == RecordType::Any || r.rtype() == rtype).cloned().collect();
        if !records.is_empty() {
            out.records = records;
            // They are kept for as long as they are valid.
            out.records.shrink_to_fit();
            return out;
        }
        let Some(alias) = here().find(|r| r.rtype() == RecordType::Cname).cloned() else { return out };
        let RecordData::Cname(target) = &alias.data else { return out };
        let target = target.clone();
        let again = target == *name || out.aliases.iter().any(|r| r.name == target) || alias.name == target;
        out.aliases.push(alias);
        if again || out.aliases.len() > MAX_CHAIN {
            out.is_loop = true;
            return out;
        }
        out.end = target;
    }
}
