//! Recipients that are one: what a mailbox gets, and what the trace and the ledger say of each.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::*;
use crate::agent::Totals;
use crate::agent::courier::{self, Courier};
use crate::agent::lookups::Lookups;
use crate::agent::mta::{Config, Parts};
use crate::agent::testing::Stage;
use crate::dns::mail::RouterConfig;
use crate::dns::{Stub, StubConfig};
use crate::identity::ReversePath;
use crate::mime::Content;
use crate::octets::Rope;
use crate::sim::Streams;
use crate::store::Store;
use crate::trace::{HostId, Record, Roster, Sink};

#[derive(Default)]
struct Notes(Vec<What>);

impl Sink for Notes {
    fn record(&mut self, record: &Record) {
        self.0.push(record.what.clone());
    }
}

fn mailbox(text: &str) -> Mailbox {
    text.parse().unwrap()
}

/// The MTA of blue.example: Ann has a mailbox, and mail for her office goes to her and to Red.
fn blue() -> Mta {
    let name: crate::identity::Domain = "mx.blue.example".parse().unwrap();
    let streams = Streams::new(1);
    let mut store = Store::new();
    store.add_mailbox(mailbox("ann@blue.example"));
    let forwards = [("office@blue.example".to_owned(), vec![mailbox("Ann@blue.example"), mailbox("r@red.example")])];
    let config = Config {
        host_name: name.clone(),
        addresses: Default::default(),
        listeners: Vec::new(),
        catch_all: Default::default(),
        relay_for: Default::default(),
        relay_recipients: Default::default(),
        has_quotas: false,
        access: std::sync::Arc::from([]),
        is_read: false,
        clients: Default::default(),
        callers: Default::default(),
        copies_undelivered_to: None,
        masquerades_as: None,
        smarthost: None,
        routes: Default::default(),
        forwards: forwards.into_iter().collect(),
        rules: crate::agent::mta::Rules::default(),
    };
    let resolver = Stub::new(StubConfig::new(vec!["192.0.2.53".parse().unwrap()]), streams.stream("dns"));
    let lookups = Lookups::new(resolver.into(), RouterConfig::default());
    let courier = courier::Config { mails_per_connection: 1, ..courier::Config::default() };
    let courier = Courier::new(name, courier, crate::queue::Config::default(), streams.stream("mx"));
    Mta::new(Parts { config, store, greylist: None, courier, lookups, script: Vec::new() })
}

/// What a mail for these comes to: copies for Ann, recipients that are queued, pairs of duplicate and first, the sums.
fn take(recipients: &[&str]) -> (usize, Vec<String>, Vec<(String, String)>, Totals) {
    let mut mta = blue();
    let notes = Rc::new(RefCell::new(Notes::default()));
    let mut stage = Stage::new();
    stage.tracer.add(Box::new(notes.clone()), &Arc::new(Roster::default()));
    stage.directory.add("mx.blue.example".into(), ["192.0.2.1".parse().unwrap()]);
    let mail = Responsibility {
        serial: 1,
        mail: MailId(1),
        hops: 1,
        origin: crate::queue::Origin::Elsewhere,
        reverse_path: ReversePath::Mailbox(mailbox("a@green.example")),
        require_tls: false,
        recipients: recipients.iter().map(|r| mailbox(r)).collect(),
        content: Content::scan(Rope::from(Chunk::from("Subject: x\r\n\r\nx\r\n"))),
    };
    mta.take_responsibility(&mut stage.context(), mail);
    let held = mta.responsibilities().into_iter().map(|(serial, count)| (HostId(0), serial, count));
    assert_eq!(stage.ledger.audit(held), Ok(()));
    let ann = mta.store().find(&mailbox("ann@blue.example")).unwrap();
    let queued = mta.queue().entries().flat_map(|e| e.recipients.iter().map(|r| r.mailbox.as_str().to_owned()));
    let duplicates = notes
        .borrow()
        .0
        .iter()
        .filter_map(|what| match what {
            What::Duplicate { recipient, shares, .. } => Some((recipient.to_string(), shares.to_string())),
            _ => None,
        })
        .collect();
    (mta.store().mailbox(ann).inbox().messages().len(), queued.collect(), duplicates, stage.ledger.totals())
}

fn pair(recipient: &str, shares: &str) -> (String, String) {
    (recipient.to_owned(), shares.to_owned())
}

#[test]
fn spellings_of_one_mailbox_share_a_copy_and_each_has_its_fate() {
    let (copies, queued, duplicates, totals) = take(&["Ann@blue.example", "ann@blue.example", "Ann@blue.example"]);
    assert_eq!((copies, queued.len()), (1, 0));
    let first = "Ann@blue.example";
    assert_eq!(duplicates, [pair("ann@blue.example", first), pair(first, first)]);
    assert_eq!(totals, Totals { accepted: 3, delivered: 1, duplicates: 2, ..Totals::default() });
}

#[test]
fn an_alias_and_its_target_share_a_copy_whichever_comes_first() {
    let (copies, queued, duplicates, totals) = take(&["office@blue.example", "ann@blue.example", "r@red.example"]);
    assert_eq!((copies, &queued[..]), (1, &["r@red.example".to_owned()][..]));
    assert_eq!(duplicates, [pair("ann@blue.example", "Ann@blue.example"), pair("r@red.example", "r@red.example")]);
    // Three from the client, two in the place of the office; one is queued.
    let expected = Totals { accepted: 5, delivered: 1, forwarded: 1, duplicates: 2, ..Totals::default() };
    assert_eq!(totals, expected);
    let (copies, queued, duplicates, totals) = take(&["r@red.example", "ann@blue.example", "Office@blue.example"]);
    assert_eq!((copies, &queued[..]), (1, &["r@red.example".to_owned()][..]));
    assert_eq!(duplicates, [pair("Ann@blue.example", "ann@blue.example"), pair("r@red.example", "r@red.example")]);
    assert_eq!(totals, expected);
}

#[test]
fn spellings_of_an_address_elsewhere_are_two() {
    // RFC 5321 §2.4: only the host of a mailbox may say that two local parts are the same.
    let (_, queued, duplicates, totals) = take(&["R@red.example", "r@red.example", "r@red.example"]);
    assert_eq!(queued, ["R@red.example", "r@red.example"]);
    assert_eq!(duplicates, [pair("r@red.example", "r@red.example")]);
    assert_eq!(totals, Totals { accepted: 3, duplicates: 1, ..Totals::default() });
}
