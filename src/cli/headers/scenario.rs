//! A scenario in which a mail takes the way of another one, with its delays.
//!
//! Nothing of the mail gets into the file but names and mailboxes that have been checked, and numbers: whatever else a stranger
//! wrote stays outside.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::table::utc;
use super::wait::{DAY_SECS, Wait, length};
use crate::identity::{Domain, Mailbox};
use crate::mime::trail::{Encrypted, Hop, MarkKind, Trail};

/// An outbox gives up after a day.
const LONGEST_OUTBOX_SECS: u64 = 20 * 3600;
/// Schedules go up to a year.
const LONGEST_WAIT_SECS: u64 = 300 * DAY_SECS;
/// Where a date is none that a scenario could begin at, it begins as scenarios do.
const DATES: std::ops::Range<i64> = 0..16_000_000_000;

/// A host of the scenario and the hop that it stands for.
struct Step<'a> {
    hop: &'a Hop,
    name: String,
    /// Whether the name is that of the field.
    is_named: bool,
    /// How long the mail takes to here from the host before.
    wait_secs: u64,
    wait: Wait,
    /// The original delay was longer than can be simulated.
    is_cut: bool,
    is_sealed: bool,
}

/// The text of the scenario; none where there are no hops.
pub(super) fn scenario(trail: &Trail) -> Option<String> {
    let steps = steps(trail);
    let first = steps.first()?;
    let mut names: BTreeSet<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    let helo = first.hop.from.as_ref().and_then(|client| client.helo.as_deref()).and_then(name);
    let laptop = helo.filter(|name| !names.contains(name.as_str()));
    let laptop = laptop.unwrap_or_else(|| free("author", &names));
    names.insert(&laptop);
    let author = trail.from_written.as_deref().and_then(mailbox);
    let author = author.unwrap_or_else(|| format!("author@{}", free("home", &names)));
    let reader = reader(trail).unwrap_or_else(|| format!("reader@{}", free("away", &names)));

    let total: u64 = steps.iter().map(|step| step.wait_secs).sum();
    let mut out = String::new();
    about(&mut out, trail, &steps, &laptop);
    let _ = writeln!(out, "(\n    title: \"The way of a mail\",");
    let start = trail.time.filter(|_| !first.is_cut).or(steps.iter().find_map(|step| step.hop.time));
    if let Some(start) = start.filter(|start| DATES.contains(&start.unix_secs)) {
        let _ = writeln!(out, "    start: \"{}\",", utc(start));
    }
    if total > 8 * DAY_SECS {
        let _ = writeln!(out, "    run_for: \"{}\",", length(total + 2 * DAY_SECS));
    }
    hosts(&mut out, &steps, &laptop, &author, &reader);
    links(&mut out, &steps, &laptop);
    let _ = write!(
        out,
        "    mail: [\n        (from: \"{author}\", to: [\"{reader}\"], subject: \"On its way\", text: \"Where have I been so \
         long?\"),\n    ],\n"
    );
    // A second or two for the network at each hop, and some for the many attempts of an outbox.
    let within = total + total / 20 + 2 * (steps.len() as u64 + 1);
    let after = (total - total / 20).saturating_sub(2);
    let path = std::iter::once(&laptop).chain(steps.iter().map(|step| &step.name));
    let path: Vec<String> = path.map(|name| format!("\"{name}\"")).collect();
    let _ = writeln!(out, "    expect: [");
    let _ = writeln!(
        out,
        "        // The delays above together are {}; give or take one part in twenty and two seconds a hop.",
        length(total)
    );
    let _ = writeln!(
        out,
        "        Delivered(to: \"{reader}\", copies: 1, after: \"{}\", within: \"{}\"),",
        length(after),
        length(within)
    );
    list(&mut out, &format!("Hops(to: \"{reader}\", hosts: ["), &path, "]),");
    let _ = write!(out, "        QueueEmpty,\n        NothingLost,\n    ],\n)\n");
    Some(out)
}

/// The domain of the reader's own side: what stands behind the first label of its last server.
fn home(trail: &Trail) -> Option<String> {
    let mut own = trail.hops.iter().rev().filter(|hop| hop.is_own);
    let last = own.find_map(|hop| name(hop.by.as_deref()?))?;
    last.split_once('.').map(|(_, domain)| domain.to_owned()).filter(|domain| domain.contains('.'))
}

fn steps(trail: &Trail) -> Vec<Step<'_>> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut steps = Vec::new();
    let mut late_ms = 0;
    let home = home(trail);
    for hop in &trail.hops {
        let own = hop.by.as_deref().and_then(name).filter(|name| !names.contains(name));
        let is_named = own.is_some();
        let name = own.unwrap_or_else(|| {
            // A name of the reader's own side, where it stands for a machine there.
            let home = home.as_deref().filter(|_| hop.is_own);
            let own = home.and_then(|home| self::name(&format!("hop{}.{home}", hop.number)));
            let taken: BTreeSet<&str> = names.iter().map(String::as_str).collect();
            own.filter(|name| !taken.contains(name.as_str()))
                .unwrap_or_else(|| free(&format!("hop{}", hop.number), &taken))
        });
        names.insert(name.clone());
        let wait = hop.delay_secs.unwrap_or(0).max(0) as u64;
        let most = if hop.number == 1 { LONGEST_OUTBOX_SECS } else { LONGEST_WAIT_SECS };
        let is_cut = wait > most;
        // The author's wait is left out where no outbox waits so long.
        let wait_secs = if is_cut && hop.number == 1 { 0 } else { wait.min(most) };
        let is_sealed = cfg!(feature = "tls") && hop.encrypted == Encrypted::Yes;
        let wait = Wait::of(wait_secs, hop.number == 1, is_sealed, &mut late_ms);
        steps.push(Step { hop, name, is_named, wait_secs, wait, is_cut, is_sealed });
    }
    steps
}

/// A name below `example` that nobody has yet.
fn free(name: &str, taken: &BTreeSet<&str>) -> String {
    let mut found = format!("{name}.example");
    let mut number = 2;
    while taken.contains(found.as_str()) {
        found = format!("{name}-{number}.example");
        number += 1;
    }
    found
}

/// The name as a host of a scenario can have it: a name of the DNS with a dot, and no address.
fn name(text: &str) -> Option<String> {
    let domain: Domain = text.parse().ok()?;
    let name = domain.as_str();
    let is_name = !domain.is_literal() && name.contains('.') && name.parse::<std::net::IpAddr>().is_err();
    // Underscores are for services.
    (is_name && !name.contains('_')).then(|| name.to_owned())
}

/// The first mailbox in a field, where it is one that needs no quotes.
fn mailbox(field: &str) -> Option<String> {
    let inside = field.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(inside, _)| inside);
    let text = inside.unwrap_or(field.split(',').next().unwrap_or_default()).trim();
    let mailbox: Mailbox = text.parse().ok()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+');
    let domain = name(mailbox.domain())?;
    mailbox.local_part().bytes().all(plain).then(|| format!("{}@{domain}", mailbox.local_part()))
}

/// Whom the mail was for: what the last server says, or who filed it, or else the To field.
fn reader(trail: &Trail) -> Option<String> {
    let said = trail.hops.iter().rev().find_map(|hop| hop.for_.as_deref().and_then(mailbox));
    let filed = || {
        trail.marks.iter().find_map(|mark| match &mark.what {
            MarkKind::DeliveredTo { address, .. } => mailbox(address),
            _ => None,
        })
    };
    said.or_else(filed).or_else(|| mailbox(trail.to_written.as_deref()?))
}

/// What is original, and what was guessed.
fn about(out: &mut String, trail: &Trail, steps: &[Step<'_>], laptop: &str) {
    out.push_str(
        "// The way of a mail, as its Received fields tell it: `postroad headers --scenario` wrote this file.\n//\n\
         // From the header: the date, the names of servers where they are names of the DNS, the delays between them, author and\n\
         //                  recipient where they are plain mailboxes, and which hops were sealed by TLS.\n\
         // Guessed: the links, and why the mail waited, of which a header says nothing. What is done here stands with each hop below.\n\
         // Left out: clocks that are wrong (a hop that seems to be before the one below takes no time), the time for which a person\n\
         //           kept the mail before sending it again, logins, filters.\n//\n",
    );
    let original = |step: &Step<'_>| match step.hop.delay_secs {
        None => "no time".to_owned(),
        Some(secs) if secs < 0 => format!("-{}", length(secs.unsigned_abs())),
        Some(secs) => length(secs.unsigned_abs()),
    };
    let _ = writeln!(out, "// from {laptop}, then");
    let delays: Vec<String> = steps.iter().map(original).collect();
    let width = delays.iter().map(String::len).max().unwrap_or(0);
    for (step, delay) in steps.iter().zip(delays) {
        let number = step.hop.number;
        let mut notes = Vec::new();
        if !step.is_named {
            notes.push("a name of ours".to_owned());
        }
        match (step.is_cut, number) {
            (true, 1) => notes.push("longer than an outbox waits: left out".into()),
            (true, _) => notes.push("longer than a schedule goes: 300 days here".into()),
            (false, _) => {}
        }
        if step.hop.delay_secs.is_some_and(|secs| secs < 0) {
            notes.push("a wrong clock: taken as 0s".into());
        }
        if let Some(kept) = step.hop.kept_secs {
            let kept = length(kept.unsigned_abs());
            notes.push(format!("a person kept the mail for {kept} before that: left out"));
        }
        let notes = if notes.is_empty() { String::new() } else { format!("  ({})", notes.join("; ")) };
        let _ = writeln!(out, "// hop {number:>3}  {delay:>width$}  {}{notes}", step.name);
        if let Some(told) = step.wait.told() {
            let _ = writeln!(out, "//          {:>width$}  {told}", "");
        }
    }
    let total: u64 = steps.iter().map(|step| step.wait_secs).sum();
    if let Some(by_clocks) = trail.total_secs.filter(|secs| u64::try_from(*secs) != Ok(total)) {
        let sign = if by_clocks < 0 { "-" } else { "" };
        let by_clocks = length(by_clocks.unsigned_abs());
        let _ = writeln!(
            out,
            "// Together these are {}, where the original took {sign}{by_clocks} by its first and last time.",
            length(total)
        );
    }
}

fn hosts(out: &mut String, steps: &[Step<'_>], laptop: &str, author: &str, reader: &str) {
    let first = &steps[0];
    let sealed = |step: Option<&Step<'_>>| if step.is_some_and(|s| s.is_sealed) { ", tls: IfOffered" } else { "" };
    let _ = writeln!(out, "    hosts: {{");
    let tls = sealed(Some(first));
    let _ = writeln!(out, "        \"{laptop}\": User(mailbox: \"{author}\", submits_to: \"{}\"{tls}),", first.name);
    for (place, step) in steps.iter().enumerate() {
        let next = steps.get(place + 1);
        let mut fields = Vec::new();
        let (mut domains, mut locals) = (Vec::new(), Vec::new());
        // The author's mail is at home where it is handed in, unless the reader's is there.
        for (mailbox, is_here) in
            [(reader, next.is_none()), (author, if same_domain(author, reader) { next.is_none() } else { place == 0 })]
        {
            if let (true, Some((local, domain))) = (is_here, mailbox.rsplit_once('@')) {
                push_new(&mut domains, format!("\"{domain}\""));
                push_new(&mut locals, format!("\"{}\"", local.to_ascii_lowercase()));
            }
        }
        if !domains.is_empty() {
            fields.push(format!("domains: [{}]", domains.join(", ")));
            fields.push(format!("mailboxes: [{}]", locals.join(", ")));
        }
        if step.is_sealed {
            fields.push("certificate: Good".into());
        }
        fields.extend(step.wait.fields());
        if let Some(next) = next {
            fields.push(format!("smarthost: \"{}\"{}", next.name, sealed(Some(next))));
            if let Wait::PutOff(secs) = next.wait {
                fields.push(format!("retry: Custom(delays: [\"{}\"])", length(secs)));
                if next.wait_secs > 4 * DAY_SECS {
                    fields.push(format!("lifetime: \"{}\"", length(next.wait_secs + 2 * DAY_SECS)));
                }
            }
        }
        list(out, &format!("\"{}\": Mta(", step.name), &fields, "),");
    }
    let _ = writeln!(out, "    }},");
}

/// Writes a list, in several lines where one would be too long.
fn list(out: &mut String, start: &str, items: &[String], end: &str) {
    const INDENT: usize = 8;
    const COLUMNS: usize = 120;
    let mut line = " ".repeat(INDENT) + start;
    for (place, item) in items.iter().enumerate() {
        let comma = if place + 1 < items.len() { "," } else { end };
        if line.len() + item.len() + comma.len() > COLUMNS && line.len() > INDENT + 4 {
            let _ = writeln!(out, "{}", line.trim_end());
            line = " ".repeat(INDENT + 4);
        }
        line.push_str(item);
        line.push_str(comma);
        line.push(' ');
    }
    let _ = writeln!(out, "{}", line.trim_end());
}

fn links(out: &mut String, steps: &[Step<'_>], laptop: &str) {
    let _ = writeln!(out, "    links: [");
    let mut before = laptop;
    for step in steps {
        let _ = writeln!(out, "        (\"{before}\", \"{}\", National),", step.name);
        before = &step.name;
    }
    let _ = writeln!(out, "    ],");
}

fn same_domain(one: &str, other: &str) -> bool {
    let domain = |mailbox: &str| mailbox.rsplit_once('@').map(|(_, domain)| domain.to_owned());
    domain(one) == domain(other)
}

fn push_new(list: &mut Vec<String>, text: String) {
    if !list.contains(&text) {
        list.push(text);
    }
}
