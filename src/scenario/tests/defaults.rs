//! Defaults: what the reference says of them is what the machines have.

use super::good;
use crate::scenario::load;
use crate::scenario::schema::{GREYLIST, LINK, MTA, NAME_SERVER, SCENARIO, USER};

/// A file that says nothing that it need not say, but for one field of one group.
fn file(of: &str, more: &str) -> String {
    let more = |group: &str| if group == of { more } else { "" };
    format!(
        r#"(
    {}
    hosts: {{
        "pc.blue.example": User(mailbox: "a@blue.example", {}),
        "mx.blue.example": Mta(domains: ["blue.example"], greylist: Greylist({}), {}),
        "ns.blue.example": NameServer(recursive: true, {}),
    }},
    links: [("pc.blue.example", "mx.blue.example", ({})), ("mx.blue.example", "ns.blue.example")],
)"#,
        more("scenario"),
        more("User"),
        more("Greylist"),
        more("Mta"),
        more("NameServer"),
        more("Link"),
    )
}

/// A default that is written as in a file can be written into one, and changes nothing. Others say where it comes from.
#[test]
fn what_is_written_as_a_default_is_the_default() {
    let plain = good(&file("", ""));
    let mut tried = Vec::new();
    for shape in [&SCENARIO, &USER, &MTA, &NAME_SERVER, &GREYLIST, &LINK] {
        for field in shape.all_fields() {
            let Some(default) = field.default else { continue };
            let text = file(shape.name, &format!("{}: {default},", field.name));
            if let Ok(plan) = load("default.ron", &text) {
                assert_eq!(plan, plain, "{} of {}", field.name, shape.name);
                tried.push(field.name);
            }
        }
    }
    for name in ["seed", "port", "hop_limit", "max_size", "concurrency", "listens", "retry", "remember", "processing"] {
        assert!(tried.contains(&name), "{name} is not among {tried:?}");
    }
}
