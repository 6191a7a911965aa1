//! What a session does, as cases have it.

use crate::access::imap::client::{
    Event, FailureKind, FlagList, Folder, Got, NoLogin, Outcome, Refusal, Request, What,
};
use crate::octets::Rope;
use crate::store::GivenDate;

/// Bytes, with everything that is not printable ASCII as an escape.
pub(super) fn visible(bytes: &[u8]) -> String {
    let mut out = String::new();
    for &b in bytes {
        match b {
            b'\r' => out += "\\r",
            b'\n' => out += "\\n",
            b' '..=b'~' => out.push(char::from(b)),
            _ => out += &format!("\\x{b:02x}"),
        }
    }
    out
}

pub(super) fn show_about(about: Option<(u64, u16)>) -> String {
    about.map_or_else(String::new, |(mail, hops)| format!(" about {mail}/{hops}"))
}

fn show_flags(flags: &FlagList) -> String {
    format!("({})", flags.names().join(" "))
}

fn show_date(date: Option<GivenDate>) -> String {
    date.map_or_else(String::new, |date| format!(" at {}{:+}", date.unix_secs, date.offset_minutes))
}

fn show_what(what: &What) -> String {
    match what {
        What::Header => "header".into(),
        What::Whole => "whole".into(),
        What::Structure => "structure".into(),
        What::Part(numbers) => format!("part {}", show_numbers(numbers, ".")),
    }
}

fn show_numbers(numbers: &[u32], between: &str) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(between)
}

fn show_rope(rope: &Rope) -> String {
    let bytes = rope.to_vec();
    if bytes.len() > 200 { format!("{} octets", bytes.len()) } else { format!("\"{}\"", visible(&bytes)) }
}

fn show_got(got: &Got) -> String {
    match got {
        Got::Content(rope) => show_rope(rope),
        Got::Structure(parts) => {
            let parts = parts.iter().map(|part| {
                let name = part.file_name.as_ref().map_or_else(String::new, |name| format!(" \"{name}\""));
                format!("[{}] {} {}{name}", show_numbers(&part.number, "."), part.media_type, part.size_bytes)
            });
            parts.collect::<Vec<_>>().join(", ")
        }
    }
}

fn show_folder(folder: &Folder) -> String {
    let separator = folder.separator.map_or("none".to_owned(), |c| c.to_string());
    let special = folder.special_use.map_or_else(String::new, |special| format!(" {}", special.attribute()));
    let closed = if folder.is_selectable { "" } else { " closed" };
    format!("{} {separator}{special}{closed}", folder.name)
}

fn show_outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done => "ok".into(),
        Outcome::Folders(folders) => {
            let folders: Vec<String> = folders.iter().map(show_folder).collect();
            format!("folders {}", folders.join("; "))
        }
        Outcome::Fetched { missing } if missing.is_empty() => "ok".into(),
        Outcome::Fetched { missing } => format!("missing {}", show_numbers(missing, ",")),
        Outcome::Copied { uid_validity, uids } => {
            let pairs: Vec<String> = uids.iter().map(|(from, to)| format!("{from}->{to}")).collect();
            let folder = uid_validity.map_or_else(String::new, |validity| format!(" in {validity}:"));
            format!("copied{folder} {}", pairs.join(" "))
        }
        Outcome::Appended { place: None } => "appended".into(),
        Outcome::Appended { place: Some((uid_validity, uid)) } => format!("appended in {uid_validity}: {uid}"),
    }
}

fn show_refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::No { code, text } => {
            let code = code.as_ref().map_or_else(String::new, |code| format!("[{code}] "));
            format!("no: {code}{text}")
        }
        Refusal::Bad { text } => format!("bad: {text}"),
        Refusal::NoFolder => "no folder".into(),
        Refusal::Unsendable(why) => format!("unsendable: {why}"),
        Refusal::TooMany => "too many".into(),
        Refusal::Lost => "lost".into(),
    }
}

fn show_request(request: &Request) -> String {
    match request {
        Request::List => "list".into(),
        Request::Create { folder } => format!("create {folder}"),
        Request::Open { folder, known } => {
            assert_eq!(*known, Default::default(), "what was known is not given back");
            format!("open {folder}")
        }
        Request::Sync => "sync".into(),
        Request::Fetch { what, uids } => format!("fetch {} {}", show_what(what), show_numbers(uids, ",")),
        Request::Flag { uids, .. } => format!("flag {}", show_numbers(uids, ",")),
        Request::Move { uids, to } => format!("move {} -> {to}", show_numbers(uids, ",")),
        Request::Copy { uids, to } => format!("copy {} -> {to}", show_numbers(uids, ",")),
        Request::Delete { uids } => format!("delete {}", show_numbers(uids, ",")),
        Request::Append { folder, .. } => format!("append {folder}"),
        Request::Idle => "idle".into(),
        Request::Close => "close".into(),
        Request::Logout => "logout".into(),
    }
}

fn show_failure(kind: &FailureKind) -> String {
    match kind {
        FailureKind::NotLoggedIn(NoLogin::NotOffered { in_plain_text: true }) => "no way to log in without TLS".into(),
        FailureKind::NotLoggedIn(NoLogin::NotOffered { in_plain_text: false }) => "no way to log in".into(),
        FailureKind::NotLoggedIn(NoLogin::Refused) => "not logged in".into(),
        FailureKind::NotLoggedIn(NoLogin::GaveUp(error)) => format!("not logged in: {error}"),
        kind => format!("{kind:?}"),
    }
}

pub(super) fn show_event(event: &Event, modseq: Option<u64>) -> String {
    match event {
        Event::State(name) => format!("state: {name}"),
        Event::Ready { by, .. } => format!("event: ready by {by}"),
        Event::Done { request, result } => {
            let result = match result {
                Ok(outcome) => show_outcome(outcome),
                Err(refusal) => show_refusal(refusal),
            };
            let modseq = match (&**request, modseq) {
                (Request::Open { .. } | Request::Sync | Request::Idle, Some(modseq)) => format!(", modseq {modseq}"),
                _ => String::new(),
            };
            format!("event: done {}: {result}{modseq}", show_request(request))
        }
        Event::Opened { uid_validity, uid_next, count, reset, is_read_only } => {
            let next = uid_next.map_or_else(String::new, |next| format!(", next {next}"));
            let (reset, only) = (if *reset { ", reset" } else { "" }, if *is_read_only { ", read-only" } else { "" });
            format!("event: opened {uid_validity}: {count}{next}{reset}{only}")
        }
        Event::Mail { uid, flags, size_bytes, internal_date } => {
            format!("event: mail {uid} {} {size_bytes}{}", show_flags(flags), show_date(*internal_date))
        }
        Event::Flags { uid, flags } => format!("event: flags {uid} {}", show_flags(flags)),
        Event::Gone { uid } => format!("event: gone {uid}"),
        Event::Got { uid, what, content, about } => {
            format!("event: got {uid} {}: {}{}", show_what(what), show_got(content), show_about(*about))
        }
        Event::Said { kind, text } => format!("event: said {kind:?}: {}", visible(text.as_bytes())),
        Event::Closed => "event: closed".into(),
        Event::Failed(failure) => {
            let text = if failure.text.is_empty() { String::new() } else { format!(": {}", failure.text) };
            format!("event: failed at {}: {}{text}", failure.stage, show_failure(&failure.kind))
        }
    }
}
