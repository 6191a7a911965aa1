//! What records make of a client, in Received fields and in replies.

use super::*;
use crate::dns::{Name, Outcome, Record, RecordType};
use crate::sim::Instant;

fn lookup(name: &str, rtype: RecordType, found: Result<Vec<RecordData>, Outcome>) -> Arc<Lookup> {
    let name: Name = name.parse().unwrap();
    let (outcome, data) = found.map_or_else(|outcome| (outcome, Vec::new()), |data| (Outcome::Records, data));
    let records = data.into_iter().map(|data| Record { name: name.clone(), ttl_secs: 60, data }).collect();
    Arc::new(Lookup { name, rtype, outcome, aliases: Vec::new(), records, soa: None, expires: Instant::ZERO })
}

fn pointer(names: &[&str]) -> Named {
    let data = names.iter().map(|name| RecordData::Ptr(name.parse().unwrap())).collect();
    Named::by_pointer(lookup("7.2.0.192.in-addr.arpa", RecordType::Ptr, Ok(data)))
}

fn domain(text: &str) -> Domain {
    text.parse().unwrap()
}

#[test]
fn a_pointer_only_claims() {
    assert_eq!(pointer(&["mx.blue.example"]), Named::Claimed(domain("mx.blue.example")));
    assert_eq!(
        pointer(&["mx.blue.example", "mx.red.example"]),
        Named::Claimed(domain("mx.blue.example")),
        "one of them"
    );
    for not_a_host_name in ["192.0.2.1", "a\\032b.example", "."] {
        assert!(matches!(pointer(&[not_a_host_name]), Named::Nameless(_)), "{not_a_host_name}");
    }
    for outcome in [Outcome::NxDomain, Outcome::NoData, Outcome::ServFail, Outcome::Timeout, Outcome::Busy] {
        let none = lookup("7.2.0.192.in-addr.arpa", RecordType::Ptr, Err(outcome));
        assert_eq!(Named::by_pointer(none.clone()), Named::Nameless(none));
    }
}

#[test]
fn a_name_counts_if_it_has_the_address_among_others() {
    let client: IpAddr = "192.0.2.7".parse().unwrap();
    let addresses = |of: &[&str]| {
        let data = of.iter().map(|a| RecordData::A(a.parse().unwrap())).collect();
        lookup("mx.blue.example", RecordType::A, Ok(data))
    };
    let name = domain("mx.blue.example");
    let good = Named::by_addresses(name.clone(), client, addresses(&["192.0.2.8", "192.0.2.7"]));
    assert_eq!((good.for_received(), &good), (Some("mx.blue.example"), &Named::Confirmed(name.clone())));
    let elsewhere = Named::by_addresses(name.clone(), client, addresses(&["192.0.2.8"]));
    assert!(matches!(elsewhere, Named::Astray(_)));
    let nowhere = lookup("mx.blue.example", RecordType::A, Err(Outcome::NxDomain));
    let nowhere = Named::by_addresses(name, client, nowhere);
    assert!(matches!(nowhere, Named::Astray(_)));
    assert_eq!((elsewhere.for_received(), nowhere.for_received()), (Some("unknown"), Some("unknown")));
    assert_eq!(Named::Unasked.for_received(), None, "who does not ask says nothing");
}

#[test]
fn each_demand_refuses_what_it_cannot_find() {
    use ClientName::{Any, MustExist, MustLeadBack};
    let nameless = pointer(&[]);
    let astray = Named::Astray(lookup("mx.blue.example", RecordType::A, Err(Outcome::Timeout)));
    let confirmed = Named::Confirmed(domain("mx.blue.example"));
    let lacks = |named: &Named, wanted| named.lacks(wanted).map(|(what, _)| what);
    let all = |named| [Any, MustExist, MustLeadBack].map(|wanted| lacks(named, wanted));
    assert_eq!(all(&confirmed), [None, None, None]);
    assert_eq!(all(&astray), [None, None, Some("your hostname")]);
    assert_eq!(all(&nameless), [None, Some("your reverse hostname"), Some("your hostname")]);
    assert_eq!(all(&Named::Unasked), [None, None, None]);
}
