//! Sentences about what becomes of mail in its mailbox.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::mailboxes::{Asked, Found};
use super::words::{about, clock, counted, happened, holds, in_time, limits, number};
use super::{Judge, Seen};
use crate::scenario::expect::Claim;

/// Whether a claim came true, what it says, and what happened.
pub(super) fn sentence(j: &Judge, claim: &Claim, seen: &Seen) -> (bool, String, String) {
    match claim {
        Claim::Fetched { by, to, subject, protocol, whole, within, count } => {
            let met = holds(*count, seen.count) && in_time(seen, *within, None);
            let mut expected = format!("{} fetches mail{}", j.name(*by), about(subject.as_ref()));
            if let Some(to) = to {
                let _ = write!(expected, " of {to}");
            }
            if let Some(protocol) = protocol {
                let _ = write!(expected, " by {protocol}");
            }
            expected.push_str(match whole {
                Some(true) => " as a whole",
                Some(false) => ", only its header section",
                None => "",
            });
            let _ = write!(expected, ", {}", counted(*count, "time", "times"));
            if let Some(within) = within {
                let _ = write!(expected, ", within {within} of being delivered");
            }
            (met, expected, happened(j, seen, "it was fetched", true))
        }
        Claim::Seen { by, to, subject, within, count } => {
            let met = holds(*count, seen.count) && in_time(seen, *within, None);
            let on = by.map_or_else(String::new, |by| format!(" on {}", j.name(by)));
            let times = counted(*count, "time", "times");
            let expected =
                format!("mail{} of {to} is read{on}, {times}{}", about(subject.as_ref()), limits(*within, None));
            (met, expected, happened(j, seen, "it was read", false))
        }
        Claim::InFolder { mailbox, folder, subject, count } => {
            let found = find(j, &Asked { mailbox: mailbox.as_str(), subject: subject.as_ref(), has: &[], hasnt: &[] });
            let there = found.folders.get(folder).copied().unwrap_or(0);
            let mails = counted(*count, "mail", "mails");
            let expected = format!("at the end, {mails}{} in {folder} of {mailbox}", about(subject.as_ref()));
            let said = format!("{}{}{}", lie(there), elsewhere(&found.folders, folder), removed(j, &found));
            (holds(*count, there), expected, said)
        }
        Claim::Flags { mailbox, subject, folder, has, hasnt, count } => {
            let asked = Asked { mailbox: mailbox.as_str(), subject: subject.as_ref(), has, hasnt };
            let found = find(j, &asked);
            let here = |name: &Arc<str>| folder.as_ref().is_none_or(|folder| folder == name);
            let n = found.folders.iter().filter(|(name, _)| here(name)).map(|(_, n)| n).sum();
            let place = folder.as_ref().map_or_else(String::new, |folder| format!(" in {folder}"));
            let mails = counted(*count, "mail", "mails");
            let about = about(subject.as_ref());
            let expected = format!("at the end, {mails}{about}{place} of {mailbox}{}", flags(has, hasnt));
            (holds(*count, n), expected, format!("{}{}{}", has_them(n), others(&found, &here), removed(j, &found)))
        }
        Claim::MailboxCount { mailbox, folder, count } => {
            let boxes = j.mailboxes.as_ref();
            let there = boxes.map_or(0, |boxes| boxes.count(mailbox.as_str(), folder));
            let all = boxes.map(|boxes| boxes.counts(mailbox.as_str())).unwrap_or_default();
            let expected = format!("at the end, {} in {folder} of {mailbox}", counted(*count, "mail", "mails"));
            (holds(*count, there), expected, format!("{}{}", lie(there), elsewhere(&all, folder)))
        }
        _ => (false, String::new(), String::new()),
    }
}

fn find(j: &Judge, asked: &Asked<'_>) -> Found {
    j.mailboxes.as_ref().map(|mailboxes| mailboxes.find(asked)).unwrap_or_default()
}

/// `2 mails lie there`.
fn lie(n: u64) -> String {
    if n == 0 { "no mail lies there".into() } else { number(n, "mail lies there", "mails lie there") }
}

/// `2 mails are like that`.
fn has_them(n: u64) -> String {
    if n == 0 { "no mail is like that".into() } else { number(n, "mail is like that", "mails are like that") }
}

/// `, but 1 in Trash`, or nothing.
fn elsewhere(folders: &BTreeMap<Arc<str>, u64>, here: &Arc<str>) -> String {
    let others = folders.iter().filter(|(name, _)| *name != here).map(|(name, n)| format!("{n} in {name}"));
    let others: Vec<String> = others.collect();
    if others.is_empty() { String::new() } else { format!(", but {}", others.join(", ")) }
}

/// `; others have Seen (Trash)`, or nothing.
fn others(found: &Found, here: &dyn Fn(&Arc<str>) -> bool) -> String {
    let told = found.others.iter().filter(|(folder, _)| here(folder)).map(|(folder, flags)| {
        let flags = if flags.is_empty() { "no flag".into() } else { flags.join(" ") };
        format!("{flags} (in {folder})")
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { String::new() } else { format!("; others have {}", told.join(", ")) }
}

/// `; 1 was removed by phone at 5 min`, or nothing.
fn removed(j: &Judge, found: &Found) -> String {
    let Some((at, client)) = found.last_removed else { return String::new() };
    let last = if found.removed == 1 { "" } else { ", the last of them" };
    let were = number(found.removed, "was removed", "were removed");
    format!("; {were}{last} by {} at {}", j.name(client), clock(at))
}

/// ` that have Seen and have not Deleted`.
fn flags(has: &[Arc<str>], hasnt: &[Arc<str>]) -> String {
    let list = |flags: &[Arc<str>], last: &str| match flags {
        [rest @ .., end] if !rest.is_empty() => format!("{} {last} {end}", rest.join(", ")),
        _ => flags.join(", "),
    };
    match (has.is_empty(), hasnt.is_empty()) {
        (false, true) => format!(" with {}", list(has, "and")),
        (true, _) => format!(" without {}", list(hasnt, "or")),
        (false, false) => format!(" with {} and without {}", list(has, "and"), list(hasnt, "or")),
    }
}
