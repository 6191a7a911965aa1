//! From where a capture looks.

use std::fmt;
use std::str::FromStr;

use crate::diag::nearest;
use crate::net::topology::{LinkId, Node};
use crate::trace::{LinkEntry, Roster};

/// A view as somebody asks for it: `all`, `host:NAME`, `link:A-B`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// Every packet once: at the host that sent it, when it left.
    #[default]
    All,
    /// What passes one host.
    Host(String),
    /// What is put on the links between two hosts, whose names stand with a `-` between them.
    Link(String),
}

impl FromStr for Choice {
    type Err = String;
    fn from_str(text: &str) -> Result<Choice, String> {
        match text.split_once(':') {
            None if text == "all" => Ok(Choice::All),
            Some(("host", name)) if !name.is_empty() => Ok(Choice::Host(name.into())),
            Some(("link", ends)) if !ends.is_empty() => Ok(Choice::Link(ends.into())),
            _ => Err("it is all, host:NAME or link:A-B".into()),
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Choice::All => f.write_str("all"),
            Choice::Host(name) => write!(f, "host:{name}"),
            Choice::Link(ends) => write!(f, "link:{ends}"),
        }
    }
}

/// A view of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// Every packet once: at the host that sent it, when it left.
    All,
    /// What passes one host, as a tcpdump on it would show.
    Host(Node),
    /// What is put on these links, in both directions.
    Links(Vec<LinkId>),
}

/// Nothing in the run is called so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSuchPlace {
    /// What was asked for.
    pub asked: String,
    /// What may have been meant.
    pub meant: Option<String>,
}

impl fmt::Display for NoSuchPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = self.asked.split_once(':').unwrap_or(("host", &self.asked));
        write!(f, "the scenario has no {kind} {name}")?;
        match &self.meant {
            Some(meant) => write!(f, "; did you mean {meant}?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for NoSuchPlace {}

impl Choice {
    /// The places that are meant.
    ///
    /// # Errors
    /// There is no such host or link; says which one is called nearly so.
    pub fn find(&self, roster: &Roster) -> Result<View, NoSuchPlace> {
        let no_such = |meant: Option<String>| NoSuchPlace { asked: self.to_string(), meant };
        match self {
            Choice::All => Ok(View::All),
            Choice::Host(name) => {
                // RFC 4343 §3: names of hosts are the same in upper and lower case.
                let place = roster.hosts.iter().position(|host| host.name.eq_ignore_ascii_case(name));
                let near = || nearest(name, roster.hosts.iter().map(|host| &*host.name)).map(|n| format!("host:{n}"));
                place.map(|place| View::Host(Node(place as u32))).ok_or_else(|| no_such(near()))
            }
            Choice::Link(ends) => {
                // Names have dashes of their own, so the whole is compared.
                let between = |link: &LinkEntry| both_ways(roster, link).iter().any(|n| n.eq_ignore_ascii_case(ends));
                let found: Vec<_> = (0_u32..).zip(&roster.links).filter(|(_, l)| between(l)).collect();
                if found.is_empty() {
                    let known: Vec<String> = roster.links.iter().flat_map(|link| both_ways(roster, link)).collect();
                    let near = nearest(ends, known.iter().map(String::as_str));
                    return Err(no_such(near.map(|n| format!("link:{n}"))));
                }
                Ok(View::Links(found.into_iter().map(|(place, _)| LinkId(place)).collect()))
            }
        }
    }
}

/// The names of a link: from either end.
fn both_ways(roster: &Roster, link: &LinkEntry) -> [String; 2] {
    let (a, b) = (&roster.hosts[link.a.0 as usize].name, &roster.hosts[link.b.0 as usize].name);
    [format!("{a}-{b}"), format!("{b}-{a}")]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{HostEntry, HostId};

    fn roster() -> Roster {
        let host = |name: &str| HostEntry {
            name: name.into(),
            role: "mta".into(),
            addresses: Vec::new(),
            notes: Vec::new(),
            implied: false,
        };
        let link = |a, b| LinkEntry { a: HostId(a), b: HostId(b), latency_ns: 1, label: "".into(), implied: false };
        Roster {
            hosts: vec![host("pc"), host("mx-1.blue.example"), host("core")],
            links: vec![link(0, 2), link(2, 1), link(1, 2)],
            ..Roster::default()
        }
    }

    fn find(text: &str) -> Result<View, String> {
        text.parse::<Choice>()?.find(&roster()).map_err(|e| e.to_string())
    }

    #[test]
    fn places_by_their_names() {
        assert_eq!(find("all"), Ok(View::All));
        assert_eq!(find("host:PC"), Ok(View::Host(Node(0))));
        assert_eq!(find("link:core-pc"), Ok(View::Links(vec![LinkId(0)])));
        // Parallel links are seen together.
        assert_eq!(find("link:mx-1.blue.example-core"), Ok(View::Links(vec![LinkId(1), LinkId(2)])));
    }

    #[test]
    fn what_is_not_there_is_said_with_what_may_be_meant() {
        for (text, said) in [
            (
                "host:mx1.blue.example",
                "the scenario has no host mx1.blue.example; did you mean host:mx-1.blue.example?",
            ),
            ("host:zebra", "the scenario has no host zebra"),
            ("link:cor-pc", "the scenario has no link cor-pc; did you mean link:core-pc?"),
            (
                "link:pc-mx-1.blue.example",
                "the scenario has no link pc-mx-1.blue.example; did you mean link:core-mx-1.blue.example?",
            ),
            ("link:core", "the scenario has no link core"),
            ("hosts:pc", "it is all, host:NAME or link:A-B"),
            ("host:", "it is all, host:NAME or link:A-B"),
            ("ALL", "it is all, host:NAME or link:A-B"),
        ] {
            assert_eq!(find(text), Err(said.into()), "{text}");
        }
    }
}
