//! Status responses (RFC 9051 §7.1), read by hand: `imap-codec` knows no text that is empty or not ASCII, and a client that does not
//! see how its command ended waits for ever.

use super::capabilities::Capabilities;
use super::sets::{self, Range};

/// The longest text that is told.
const TEXT_OCTETS: usize = 1_000;

/// A status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) kind: Kind,
    /// The first word of the response code, in capitals.
    pub(super) word: Option<String>,
    /// What the code says, where the client cares.
    pub(super) code: Option<Code>,
    pub(super) text: String,
}

/// How it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Ok,
    No,
    Bad,
    Bye,
    PreAuth,
}

/// A response code that the client cares about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Code {
    Alert,
    Capability(Capabilities),
    UidValidity(u32),
    UidNext(u32),
    HighestModSeq(u64),
    ReadOnly,
    ReadWrite,
    Closed,
    AppendUid { uid_validity: u32, uid: u32 },
    CopyUid { uid_validity: u32, from: Vec<Range>, to: Vec<Range> },
}

impl Status {
    /// Reads what stands behind the tag or the star, with or without its line end. `None`: it is no status.
    pub(super) fn read(line: &[u8]) -> Option<Status> {
        let line = line.strip_suffix(b"\r\n").unwrap_or(line);
        let (word, rest) = split(line);
        let kinds: [(&[u8], Kind); 5] = [
            (b"OK", Kind::Ok),
            (b"NO", Kind::No),
            (b"BAD", Kind::Bad),
            (b"BYE", Kind::Bye),
            (b"PREAUTH", Kind::PreAuth),
        ];
        let (_, kind) = kinds.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name))?;
        let coded = rest.strip_prefix(b"[").and_then(|inside| {
            let end = memchr::memchr(b']', inside)?;
            Some((&inside[..end], &inside[end + 1..]))
        });
        let Some((code, text)) = coded else {
            return Some(Status { kind, word: None, code: None, text: lossy(rest) });
        };
        let (word, arguments) = split(code);
        let word = lossy(word).to_ascii_uppercase();
        let code = Code::read(&word, &String::from_utf8_lossy(arguments));
        Some(Status { kind, word: Some(word), code, text: lossy(text.strip_prefix(b" ").unwrap_or(text)) })
    }
}

impl Code {
    fn read(word: &str, arguments: &str) -> Option<Code> {
        let words: Vec<&str> = arguments.split(' ').collect();
        Some(match (word, &words[..]) {
            ("ALERT", _) => Code::Alert,
            ("CAPABILITY", _) => Code::Capability(Capabilities::read(arguments)),
            ("UIDVALIDITY", [number]) => Code::UidValidity(number.parse().ok()?),
            ("UIDNEXT", [number]) => Code::UidNext(number.parse().ok()?),
            ("HIGHESTMODSEQ", [number]) => Code::HighestModSeq(number.parse().ok()?),
            ("READ-ONLY", _) => Code::ReadOnly,
            ("READ-WRITE", _) => Code::ReadWrite,
            ("CLOSED", _) => Code::Closed,
            ("APPENDUID", [uid_validity, uid]) => {
                Code::AppendUid { uid_validity: uid_validity.parse().ok()?, uid: uid.parse().ok()? }
            }
            ("COPYUID", [uid_validity, from, to]) => {
                Code::CopyUid { uid_validity: uid_validity.parse().ok()?, from: sets::read(from)?, to: sets::read(to)? }
            }
            _ => return None,
        })
    }
}

/// The first word, and what stands behind the space behind it.
pub(super) fn split(line: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b' ', line) {
        Some(at) => (&line[..at], &line[at + 1..]),
        None => (line, b""),
    }
}

/// Octets as a text for people.
pub(super) fn lossy(octets: &[u8]) -> String {
    String::from_utf8_lossy(&octets[..octets.len().min(TEXT_OCTETS)]).into_owned()
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
