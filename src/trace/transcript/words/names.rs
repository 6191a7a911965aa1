//! The DNS in words: the same in a transcript, in a chart and in a table.

use std::sync::Arc;

use crate::trace::{Direction, HostId, Record, RecordId, What};

/// What is asked: `blue.example MX`.
#[must_use]
pub fn question(name: &str, rtype: &str) -> String {
    format!("{} {rtype}", bare(name))
}

/// What an answer says: the records without what the question said already, or why there are none.
#[must_use]
pub fn answer(name: &str, rtype: &str, rcode: &str, records: &[Arc<str>], truncated: bool) -> String {
    match rcode {
        _ if truncated => "too long for a datagram (truncated)".into(),
        "NOERROR" if records.is_empty() => outcome("NODATA"),
        "NOERROR" => {
            let said: Vec<String> = records.iter().map(|record| tail(name, rtype, record)).collect();
            list(said.iter().map(String::as_str), 5)
        }
        rcode => outcome(rcode),
    }
}

/// For how many seconds an answer may be remembered: the least of its records' times to live. None without records.
#[must_use]
pub fn ttl(records: &[Arc<str>]) -> Option<u32> {
    records.iter().filter_map(|record| record.split(' ').nth(1)?.parse().ok()).min()
}

/// What a look-up came to, said as an answer would say it.
#[must_use]
pub fn outcome(result: &str) -> String {
    match result {
        // The plain words and the ones to search for (RFC 2308 §1): the name is there, or it is not.
        "NODATA" => "no such record (NODATA)".into(),
        "NXDOMAIN" => "no such name (NXDOMAIN)".into(),
        "SERVFAIL" => "no usable answer (SERVFAIL)".into(),
        "timeout" => "no answer".into(),
        "late" => "no answer in time".into(),
        "busy" => "not asked: this host has no port free to ask from".into(),
        // Names in presentation format end with the dot of the root.
        found => found.split(", ").map(undotted).collect::<Vec<_>>().join(", "),
    }
}

/// What an answer says that sends the asker on to another server.
#[must_use]
pub fn referral(to: &str) -> String {
    format!("a referral: ask {to}")
}

/// Where the answer at `place` sent the one who asked: an answer without records, because of which the same question is put
/// to another server. The trace keeps the answer section only, and a referral has none (RFC 1034 §4.3.1).
#[must_use]
pub fn referred(records: &[Record], place: usize) -> Option<HostId> {
    let here = records.get(place)?;
    let What::Answer { direction, peer, name, rtype, rcode, records: found, .. } = &here.what else {
        return None;
    };
    if &**rcode != "NOERROR" || !found.is_empty() {
        return None;
    }
    let (asker, asked) = match direction {
        Direction::Received => (here.host, *peer),
        Direction::Sent => (*peer, here.host),
    };
    // What was said because of it: the answer as the other end had it, then the next question.
    let after = |cause: Option<RecordId>| records[place..].iter().filter(move |r| r.cause == cause);
    let arrived = match direction {
        Direction::Received => here,
        Direction::Sent => after(here.id).find(|r| matches!(r.what, What::Answer { .. }))?,
    };
    let soon = records[place..].iter().take_while(|r| r.at <= arrived.at);
    soon.filter(|r| r.cause == arrived.id && r.host == asker).find_map(|r| match &r.what {
        What::Question { direction: Direction::Sent, peer, name: n, rtype: t, .. }
            if *peer != asked && n == name && t == rtype =>
        {
            Some(*peer)
        }
        _ => None,
    })
}

/// A name without the dot of the root.
pub(in crate::trace::transcript) fn bare(name: &str) -> &str {
    name.strip_suffix('.').filter(|n| !n.is_empty()).unwrap_or(name)
}

/// Data without the dot of the root at its end. A single dot is the root itself: a null MX (RFC 7505).
fn undotted(data: &str) -> &str {
    data.strip_suffix('.').filter(|d| !d.is_empty() && !d.ends_with(' ')).unwrap_or(data)
}

/// What a record in presentation format says beyond the question: `10 mx.blue.example`, `CNAME www.blue.example`.
fn tail(name: &str, rtype: &str, record: &str) -> String {
    let mut parts = record.splitn(5, ' ');
    let (Some(owner), Some(_ttl), Some(_class), Some(kind), Some(data)) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return undotted(record).to_owned();
    };
    let owner = if bare(owner).eq_ignore_ascii_case(bare(name)) { "" } else { bare(owner) };
    let kind = if kind == rtype { "" } else { kind };
    [owner, kind, undotted(data)].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The first few, and how many more.
pub(in crate::trace::transcript) fn list<'a>(words: impl ExactSizeIterator<Item = &'a str>, most: usize) -> String {
    let all = words.len();
    if all == 0 {
        return "nobody".into();
    }
    let shown = if all == most + 1 { all } else { most };
    let mut text = words.take(shown).collect::<Vec<_>>().join(", ");
    if all > shown {
        text.push_str(&format!(" and {} more", all - shown));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_in_words() {
        let say = |rcode: &str, records: &[&str]| {
            let records: Vec<Arc<str>> = records.iter().map(|r| Arc::from(*r)).collect();
            answer("blue.example.", "MX", rcode, &records, false)
        };
        assert_eq!(say("NOERROR", &["blue.example. 60 IN MX 10 mx.blue.example."]), "10 mx.blue.example");
        assert_eq!(say("NOERROR", &["blue.example. 60 IN MX 0 ."]), "0 .");
        assert_eq!(say("NXDOMAIN", &[]), "no such name (NXDOMAIN)");
        assert_eq!(say("NOERROR", &[]), "no such record (NODATA)");
        assert_eq!(say("REFUSED", &[]), "REFUSED");
        let chain = ["blue.example. 60 IN CNAME red.example.", "red.example. 60 IN MX 5 mx.red.example."];
        assert_eq!(say("NOERROR", &chain), "CNAME red.example, red.example 5 mx.red.example");
        assert_eq!(outcome("10 mx1.blue.example., 20 mx2.blue.example."), "10 mx1.blue.example, 20 mx2.blue.example");
        assert_eq!((outcome("0 ."), outcome("NODATA")), ("0 .".into(), "no such record (NODATA)".into()));
        let records = ["a. 60 IN MX 10 b.".into(), "a. 30 IN MX 20 c.".into()];
        assert_eq!((ttl(&records), ttl(&[])), (Some(30), None));
        assert_eq!(question("blue.example.", "MX"), "blue.example MX");
    }
}
