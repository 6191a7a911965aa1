//! Requests as cases have them.

use crate::access::imap::client::{FlagList, Known, Request, What};
use crate::octets::{Chunk, Rope};
use crate::store::{Flags, GivenDate};

/// `{x*20}` stands for twenty times `x`; then `\r`, `\n`, `\xNN` for bytes. Any other backslash is one.
pub(super) fn unescape(text: &str) -> Vec<u8> {
    let mut text = text.to_owned();
    let mut from = 0;
    while let Some(open) = text[from..].find('{').map(|at| from + at) {
        let Some(close) = text[open..].find('}').map(|at| open + at) else { break };
        match text[open + 1..close].rsplit_once('*').and_then(|(piece, n)| Some((piece.to_owned(), n.parse().ok()?))) {
            Some((piece, times)) => text.replace_range(open..=close, &piece.repeat(times)),
            None => from = close,
        }
    }
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let (byte, taken) = match (first, behind) {
            (b'\\', [b'r', ..]) => (b'\r', 2),
            (b'\\', [b'n', ..]) => (b'\n', 2),
            (b'\\', [b'x', digits @ ..]) => {
                (u8::from_str_radix(std::str::from_utf8(&digits[..2]).unwrap(), 16).unwrap(), 4)
            }
            (byte, _) => (*byte, 1),
        };
        out.push(byte);
        rest = &rest[taken..];
    }
    out
}

pub(super) fn read_flag(name: &str) -> FlagList {
    match Flags::SYSTEM.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)) {
        Some((flag, _)) => FlagList::from(*flag),
        None => FlagList { system: Flags::NONE, keywords: vec![name.into()] },
    }
}

fn read_flags<'a>(names: impl Iterator<Item = &'a str>) -> FlagList {
    names.map(read_flag).fold(FlagList::NONE, |mut all, one| {
        all.system = all.system.and(one.system);
        all.keywords.extend(one.keywords);
        all
    })
}

/// `1,2,5:7`
fn read_uids(text: &str) -> Vec<u32> {
    let range = |part: &str| {
        let (from, to) = part.split_once(':').unwrap_or((part, part));
        from.parse::<u32>().unwrap()..=to.parse().unwrap()
    };
    text.split(',').filter(|part| !part.is_empty()).flat_map(range).collect()
}

/// `7 [modseq 12]: 1 \Seen; 2; 5 $Junk`
fn read_known(text: &str) -> Known {
    let (head, mails) = text.split_once(':').expect("what is known: mails");
    let mut words = head.split(' ');
    let uid_validity = words.next().unwrap().parse().unwrap();
    let modseq = head.split_once("modseq ").map(|(_, number)| number.trim().parse().unwrap());
    let mails = mails.split(';').filter(|mail| !mail.trim().is_empty()).map(|mail| {
        let mut words = mail.trim().split(' ');
        (words.next().unwrap().parse().unwrap(), read_flags(words))
    });
    Known { uid_validity, modseq, mails: mails.collect() }
}

fn read_what(text: &str) -> What {
    match text {
        "header" => What::Header,
        "whole" => What::Whole,
        "structure" => What::Structure,
        _ => What::Part(text.strip_prefix("part:").unwrap().split('.').map(|n| n.parse().unwrap()).collect()),
    }
}

/// `Sent (\Seen $X) [at 12345+60] [about 7/2] | content || more`
fn read_append(text: &str) -> Request {
    let (head, content) = text.split_once(" | ").expect("folder | content");
    let (folder, rest) = head.split_once(" (").expect("folder (flags)");
    let (flags, rest) = rest.split_once(')').expect("(flags)");
    let date = rest.split_once("at ").map(|(_, date)| {
        let (unix_secs, zone) = date.split(' ').next().unwrap().split_once('+').unwrap();
        GivenDate { unix_secs: unix_secs.parse().unwrap(), offset_minutes: zone.parse().unwrap() }
    });
    let about = rest.split_once("about ").map(|(_, about)| {
        let (mail, hops) = about.trim().split_once('/').unwrap();
        (mail.parse().unwrap(), hops.parse().unwrap())
    });
    let mut rope = Rope::new();
    content.split(" || ").for_each(|piece| rope.push(Chunk::from(unescape(piece))));
    Request::Append {
        folder: folder.into(),
        flags: read_flags(flags.split(' ').filter(|flag| !flag.is_empty())),
        date,
        content: rope,
        about,
    }
}

pub(super) fn read_request(text: &str) -> Request {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let to = |rest: &str| {
        let (uids, to) = rest.split_once(" -> ").expect("uids -> folder");
        (read_uids(uids), to.to_owned())
    };
    match word {
        "list" => Request::List,
        "create" => Request::Create { folder: rest.into() },
        "open" => {
            let (folder, known) = rest.split_once(" known ").map_or((rest, None), |(f, known)| (f, Some(known)));
            Request::Open { folder: folder.into(), known: known.map(read_known).unwrap_or_default() }
        }
        "sync" => Request::Sync,
        "fetch" => {
            let (what, uids) = rest.split_once(' ').expect("what uids");
            Request::Fetch { uids: read_uids(uids), what: read_what(what) }
        }
        "flag" => {
            let mut words = rest.split(' ');
            let uids = read_uids(words.next().unwrap());
            let words: Vec<&str> = words.collect();
            let with = |sign| read_flags(words.iter().filter_map(move |word| word.strip_prefix(sign)));
            Request::Flag { uids, add: with('+'), remove: with('-') }
        }
        "move" => {
            let (uids, to) = to(rest);
            Request::Move { uids, to }
        }
        "copy" => {
            let (uids, to) = to(rest);
            Request::Copy { uids, to }
        }
        "delete" => Request::Delete { uids: read_uids(rest) },
        "append" => read_append(rest),
        "idle" => Request::Idle,
        "close" => Request::Close,
        "logout" => Request::Logout,
        _ => panic!("unknown request `{text}`"),
    }
}
