//! Where a session stands.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::access::About;
use crate::octets::Chunk;
use crate::sasl::Mechanisms;
use crate::smtp::data::Decoder;

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Unborn,
    /// Responses are awaited.
    Talking,
    /// STLS is agreed on.
    Securing,
    /// The agent is to choose.
    Choosing,
    Closed,
}

/// A response that is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    Greeting,
    Capa,
    Stls,
    Utf8,
    Auth,
    Apop,
    User,
    Pass,
    Stat,
    Uidl,
    List,
    Retr(u32),
    Dele(u32),
    Quit,
}

impl Awaited {
    /// What is waited for, in words.
    pub(super) fn name(self) -> &'static str {
        match self {
            Awaited::Greeting => "the greeting",
            Awaited::Capa => "CAPA",
            Awaited::Stls => "STLS",
            Awaited::Utf8 => "UTF8",
            Awaited::Auth => "AUTH",
            Awaited::Apop => "APOP",
            Awaited::User => "USER",
            Awaited::Pass => "PASS",
            Awaited::Stat => "STAT",
            Awaited::Uidl => "UIDL",
            Awaited::List => "LIST",
            Awaited::Retr(_) => "RETR",
            Awaited::Dele(_) => "DELE",
            Awaited::Quit => "QUIT",
        }
    }
}

/// What follows the first line of the response that is awaited first.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// Lines, up to one with a dot.
    Lines,
    /// A mail.
    Content(Box<Coming>),
}

/// A mail that is coming.
#[derive(Clone, Debug)]
pub(super) struct Coming {
    pub(super) decoder: Decoder,
    pub(super) about: Option<About>,
}

/// What the server offers (RFC 2449 §6).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Capabilities {
    /// Whether the server knows CAPA. One that does not knows USER, as RFC 1939 has it.
    pub(super) known: bool,
    pub(super) stls: bool,
    pub(super) user: bool,
    pub(super) sasl: Mechanisms,
    pub(super) pipelining: bool,
    pub(super) utf8: bool,
    /// Whether names and passwords may be UTF-8 (RFC 6856 §2.2).
    pub(super) utf8_user: bool,
}

impl Capabilities {
    /// Reads a line of the list. What is not known here is passed over.
    pub(super) fn add(&mut self, line: &[u8]) {
        let mut words = line.split(|&b| b == b' ').filter(|word| !word.is_empty());
        let tag = words.next().unwrap_or_default().to_ascii_uppercase();
        match &tag[..] {
            b"STLS" => self.stls = true,
            b"USER" => self.user = true,
            b"PIPELINING" => self.pipelining = true,
            b"UTF8" => {
                self.utf8 = true;
                self.utf8_user |= words.any(|word| word.eq_ignore_ascii_case(b"USER"));
            }
            b"SASL" => {
                let names = words.filter_map(|word| std::str::from_utf8(word).ok()?.parse().ok());
                self.sasl = names.fold(self.sasl, Mechanisms::with);
            }
            _ => {}
        }
    }
}

/// What the server has said about the mails.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    /// By STAT.
    pub(super) count: Option<u64>,
    /// By LIST.
    pub(super) sizes: BTreeMap<u32, u64>,
    /// By UIDL.
    pub(super) names: BTreeMap<u32, Chunk>,
}

/// What is still to be done.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) fetch: VecDeque<u32>,
    /// To be deleted whatever becomes of the others, or because they have come.
    pub(super) delete: BTreeSet<u32>,
    /// To be deleted when they have come.
    pub(super) delete_fetched: BTreeSet<u32>,
    /// What the server has marked.
    pub(super) deleted: Vec<u32>,
}
