//! Files that are good, files that are bad, and files that are nonsense.

mod bad;
mod defaults;
mod good;
mod judging;
mod judging_mailboxes;
mod nonsense;

use super::{Plan, load};
use crate::diag;

/// Loads a text that must be good.
fn good(text: &str) -> Plan {
    load("test.ron", text).unwrap_or_else(|d| panic!("{}", diag::render_all(&d, text, false)))
}

/// The file of the issue: the feel to aim at.
const FIRST: &str = r#"(
    title: "A first message",
    hosts: {
        "laptop":             User(mailbox: "alice@green.example", submits_to: "mail.green.example"),
        "mail.green.example": Mta(domains: ["green.example"], mailboxes: ["alice"]),
        "mx.blue.example":    Mta(domains: ["blue.example"], mailboxes: ["bob"]),
    },
    links: [
        ("laptop", "mail.green.example", Wifi),
        ("mail.green.example", "mx.blue.example", (latency: "40ms", bandwidth: "100Mbit/s")),
    ],
    mail: [ (at: "1s", from: "alice@green.example", to: ["bob@blue.example"], subject: "Hello", text: "Hi Bob!") ],
    expect: [ Delivered(to: "bob@blue.example", copies: 1, within: "2s") ],
)
"#;
