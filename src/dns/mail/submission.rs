//! The servers to which a domain's people hand in their mail, as its SRV records have them (RFC 6186 §3.1, RFC 8314 §5.1).

use crate::dns::{Lookup, Name, RecordData, Srv};
use crate::identity::Domain;
use crate::sim::Stream;

/// Where the records are that name servers with TLS from the first byte on (RFC 8314 §5.1).
pub const SUBMISSIONS: &str = "_submissions._tcp";

/// Where the records are that name servers with STARTTLS (RFC 6186 §3.1).
pub const SUBMISSION: &str = "_submission._tcp";

/// Where the records are that name servers of IMAP with TLS from the first byte on (RFC 6186 §3.2, RFC 8314 §3.2).
pub const IMAPS: &str = "_imaps._tcp";

/// Where the records are that name servers of IMAP with STARTTLS.
pub const IMAP: &str = "_imap._tcp";

/// Where the records are that name servers of POP3 with TLS from the first byte on (RFC 6186 §3.3, RFC 8314 §3.2).
pub const POP3S: &str = "_pop3s._tcp";

/// Where the records are that name servers of POP3 with STARTTLS.
pub const POP3: &str = "_pop3._tcp";

/// One server of a domain's people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmissionServer {
    /// Its public name.
    pub name: Domain,
    /// Its port.
    pub port: u16,
    /// Whether TLS begins with the first byte.
    pub implicit_tls: bool,
    /// The lowest is tried first.
    pub priority: u16,
}

/// The servers that two look-ups name, in the order in which they are to be tried this time; none where the domain has none, or
/// says so with the root as its host (RFC 2782).
///
/// The lowest priority comes first. Of equal ones those with TLS from the first byte on come before those with STARTTLS
/// (RFC 8314 §5.1), and among these chance decides by their weights (RFC 2782). The stream is drawn from only where there is something
/// to choose.
#[must_use]
pub fn submission_servers(
    implicit_tls: Option<&Lookup>,
    start_tls: Option<&Lookup>,
    luck: &mut Stream,
) -> Vec<SubmissionServer> {
    let of = |lookup: Option<&'_ Lookup>, sealed: bool| -> Vec<(bool, Srv)> {
        let records = lookup.into_iter().flat_map(|lookup| &lookup.records);
        let srv =
            |data: &RecordData| if let RecordData::Srv(srv) = data { Some((!sealed, (**srv).clone())) } else { None };
        records.filter_map(|record| srv(&record.data)).filter(|(_, srv)| !srv.target.is_root()).collect()
    };
    let mut all = of(implicit_tls, true);
    all.extend(of(start_tls, false));
    // RFC 2782: those of weight 0 stand first, so that they have a very small chance.
    all.sort_by_key(|(later, srv)| (srv.priority, *later, srv.weight > 0));
    all.chunk_by_mut(|(a_later, a), (b_later, b)| (a.priority, a_later) == (b.priority, b_later))
        .for_each(|equals| by_weight(equals, luck));
    let server = |(later, srv): (bool, Srv)| {
        let name = Name::to_domain(&srv.target)?;
        Some(SubmissionServer { name, port: srv.port, implicit_tls: !later, priority: srv.priority })
    };
    all.into_iter().filter_map(server).collect()
}

/// RFC 2782: the next is drawn with a chance in proportion to its weight, from those that are left.
fn by_weight(mut equals: &mut [(bool, Srv)], luck: &mut Stream) {
    while equals.len() > 1 {
        let sum: u64 = equals.iter().map(|(_, srv)| u64::from(srv.weight)).sum();
        let drawn = luck.below(sum + 1);
        let mut running = 0;
        let chosen = equals.iter().position(|(_, srv)| {
            running += u64::from(srv.weight);
            running >= drawn
        });
        equals[..=chosen.unwrap_or(0)].rotate_right(1);
        equals = &mut std::mem::take(&mut equals)[1..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Outcome, Record, RecordType};
    use crate::sim::{Duration, Instant, Streams};

    fn lookup(records: &[(u16, u16, u16, &str)]) -> Lookup {
        let name: Name = "_submission._tcp.green.example".parse().unwrap();
        let record = |(priority, weight, port, target): &(u16, u16, u16, &str)| {
            let srv = Srv { priority: *priority, weight: *weight, port: *port, target: target.parse().unwrap() };
            Record::new(name.clone(), Duration::from_hours(1), RecordData::Srv(Box::new(srv)))
        };
        Lookup {
            name: name.clone(),
            rtype: RecordType::Srv,
            outcome: Outcome::Records,
            aliases: Vec::new(),
            records: records.iter().map(record).collect(),
            soa: None,
            expires: Instant::MAX,
        }
    }

    fn order(implicit: &[(u16, u16, u16, &str)], start: &[(u16, u16, u16, &str)], seed: u64) -> String {
        let luck = &mut Streams::new(seed).stream("mx");
        let servers = submission_servers(Some(&lookup(implicit)), Some(&lookup(start)), luck);
        let each: Vec<String> = servers.iter().map(|s| format!("{}:{}", s.name, s.port)).collect();
        each.join(" ")
    }

    #[test]
    fn priority_comes_before_tls_and_tls_before_weight() {
        assert_eq!(order(&[(0, 1, 465, "a.example")], &[(0, 9, 587, "a.example")], 1), "a.example:465 a.example:587");
        assert_eq!(order(&[(10, 1, 465, "a.example")], &[(0, 1, 587, "b.example")], 1), "b.example:587 a.example:465");
        assert_eq!(order(&[], &[(5, 0, 587, "b.example"), (1, 0, 588, "c.example")], 1), "c.example:588 b.example:587");
    }

    #[test]
    fn the_root_is_no_server() {
        assert_eq!(order(&[(0, 0, 0, ".")], &[(0, 1, 587, "b.example")], 1), "b.example:587");
        assert_eq!(order(&[(0, 0, 0, ".")], &[(0, 0, 0, ".")], 1), "");
        assert_eq!(submission_servers(None, None, &mut Streams::new(1).stream("mx")), []);
    }

    #[test]
    fn weights_share_the_load() {
        let records = [(0, 3, 465, "heavy.example"), (0, 1, 465, "light.example"), (0, 0, 465, "spare.example")];
        let mut first = [0; 3];
        for seed in 0..1000 {
            let order = order(&records, &[], seed);
            assert_eq!(order.split(' ').count(), 3, "{order}");
            let place = ["heavy", "light", "spare"].iter().position(|name| order.starts_with(name)).unwrap();
            first[place] += 1;
        }
        // Of numbers from 0 to 4, one falls to the spare one (0), three to the heavy one, and one to the light one.
        assert!((150..250).contains(&first[2]) && (550..650).contains(&first[0]), "{first:?}");
    }
}
