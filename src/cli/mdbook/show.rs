//! What a run looks like on a page: charts, dialogues, tables, bytes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use super::directive::Directive;
use super::press::{Run, bytes, visible};
use super::query::{OTHER_KEYS, Question, filed, words};
use crate::render::page::{escape, figure, table};
use crate::render::{ladder, map, waterfall};
use crate::sim::{Duration, Instant};
use crate::trace::transcript::{self, Line, Mails, Style, span};
use crate::trace::{ConnId, Direction, Kind, MailId, Query, Record, Side, Sink, What, chain};

/// The columns of text twins.
const WIDTH: usize = 100;

fn instant(directive: &Directive, key: &str) -> Result<Option<Instant>, String> {
    directive
        .get(key)
        .map(|v| v.parse::<Duration>().map(|d| Instant::ZERO + d).map_err(|why| format!("{key}={v}: {why}")))
        .transpose()
}

fn mail(directive: &Directive, run: &Run) -> Result<Option<MailId>, String> {
    let mail = directive.number::<u64>("mail")?;
    match mail {
        Some(n) if n == 0 || n > run.mails => Err(format!("there is no mail {n} in this run")),
        mail => Ok(mail.map(MailId)),
    }
}

/// `ladder`: who said what to whom, and when.
pub(super) fn ladder(run: &Run, directive: &Directive) -> Result<String, String> {
    directive.only(&["packets", "dns", "no-dns"], &["change", "mail", "hosts", "from", "to", "caption", "rows"])?;
    let hosts =
        directive.get("hosts").map_or_else(|| Ok(Vec::new()), |names| names.split(',').map(|n| run.id(n)).collect());
    let options = ladder::Options {
        mail: mail(directive, run)?,
        hosts: hosts?,
        from: instant(directive, "from")?,
        to: instant(directive, "to")?,
        packets: directive.has("packets"),
        dns: match (directive.has("dns"), directive.has("no-dns")) {
            (true, _) => ladder::Dns::Always,
            (_, true) => ladder::Dns::Never,
            _ => ladder::Dns::WhereItFits,
        },
        max_rows: directive.number("rows")?.unwrap_or(120),
        ascii: false,
    };
    let twin = ladder::text(&run.roster, &run.records, &options, WIDTH);
    if twin.contains("Nothing happens in this part.") {
        return Err("nothing happens in this part of the run".into());
    }
    let caption = match (directive.get("caption"), options.mail) {
        (Some(caption), _) => caption.to_owned(),
        (None, Some(mail)) => format!("{}: mail {}", run.roster.title, mail.0),
        (None, None) => run.roster.title.clone(),
    };
    let drawn = ladder::svg(&run.roster, &run.records, &options);
    Ok(figure("ladder", &drawn, &twin, &caption, 0.82))
}

/// `map`: the hosts, their links, and the hops of a mail.
pub(super) fn map(run: &Run, directive: &Directive) -> Result<String, String> {
    directive.only(&["no-hops"], &["change", "mail", "caption"])?;
    let options = map::Options { mail: mail(directive, run)?, hops: !directive.has("no-hops") };
    let caption = directive.get("caption").map_or_else(|| format!("{}: who is there", run.roster.title), str::to_owned);
    let drawn = map::svg(&run.roster, &run.records, &options);
    let twin = map::text(&run.roster, &run.records, &options, WIDTH);
    // The letters of a map are larger.
    Ok(figure("map", &drawn, &twin, caption.as_str(), 0.67))
}

/// `waterfall`: where the time of a mail went.
pub(super) fn waterfall(run: &Run, directive: &Directive) -> Result<String, String> {
    directive.only(&[], &["change", "mail", "caption", "rows"])?;
    let mail = mail(directive, run)?;
    let options = waterfall::Options { mail, max_rows: directive.number("rows")?.unwrap_or(60) };
    let twin = waterfall::text(&run.roster, &run.records, &options, WIDTH);
    if twin.contains("Nothing was sent of this mail.") {
        return Err("nothing was sent of this mail".into());
    }
    let usual = || format!("{}: where the time went", run.roster.title);
    let caption = directive.get("caption").map_or_else(usual, str::to_owned);
    let drawn = waterfall::svg(&run.roster, &run.records, &options);
    Ok(figure("waterfall", &drawn, &twin, &caption, 0.75))
}

/// One line of a dialogue.
pub(super) struct Said {
    pub(super) at: Instant,
    /// `C`, `S`, or nothing.
    pub(super) who: &'static str,
    pub(super) words: String,
}

/// The lines that a client said and heard on one connection.
pub(super) fn dialogue_lines(run: &Run, directive: &Directive) -> Result<Vec<Said>, String> {
    let mail = directive.number("mail")?.map(MailId);
    let conn = match directive.number::<u64>("conn")? {
        Some(n) => ConnId(n),
        None => {
            let nth = directive.number::<usize>("nth")?.unwrap_or(1);
            let mut conns: Vec<ConnId> = Vec::new();
            let hosts = directive.get("host").map(|name| run.id(name)).transpose()?.into_iter().collect();
            let query = Query { hop: directive.number("hop")?, hosts, ..Query::kinds(&[Kind::Connection, Kind::Line]) }
                .of(mail);
            for r in query.find(&run.records) {
                let is_client = matches!(
                    r.what,
                    What::Connection { side: Side::Client, .. } | What::Line { side: Side::Client, .. }
                );
                if let (true, Some(conn)) = (is_client, r.conn)
                    && !conns.contains(&conn)
                {
                    conns.push(conn);
                }
            }
            *conns.get(nth.wrapping_sub(1)).ok_or_else(|| format!("there are only {} such connections", conns.len()))?
        }
    };
    let mut said = Vec::new();
    for r in (Query { conn: Some(conn), ..Query::default() }).find(&run.records) {
        if mail.is_some_and(|m| r.mail.is_some_and(|of| of != m)) {
            continue;
        }
        let at = r.at;
        match &r.what {
            What::Line { direction, side: Side::Client, text, .. } => {
                let who = if *direction == Direction::Sent { "C" } else { "S" };
                said.push(Said { at, who, words: text.visible() });
            }
            What::Content { direction: Direction::Sent, side: Side::Client, size_bytes, .. } => {
                let words = format!("… {} …", transcript::words::content(*size_bytes, run.makeup.of(r)));
                said.push(Said { at, who: "C", words });
            }
            What::Connection { side: Side::Client, .. } if directive.has("connection") => {
                said.push(Said { at, who: "", words: words(run, r) });
            }
            _ => {}
        }
    }
    let from = said.iter().position(|s| directive.get("from").is_none_or(|f| s.words.starts_with(f)));
    let from = from.ok_or("no line of the dialogue begins like `from`")?;
    let to = match directive.get("to") {
        Some(to) => said[from..].iter().position(|s| s.words.starts_with(to)).ok_or("no line begins like `to`")? + from,
        None => said.len().saturating_sub(1),
    };
    if said.is_empty() {
        return Err("nothing is said on this connection".into());
    }
    Ok(said.into_iter().skip(from).take(to - from + 1).collect())
}

/// `dialogue`: what client and server say, as `C:` and `S:` lines.
pub(super) fn dialogue(run: &Run, directive: &Directive) -> Result<String, String> {
    directive.only(&["times", "connection"], &["change", "mail", "hop", "host", "nth", "conn", "from", "to"])?;
    let lines = dialogue_lines(run, directive)?;
    let mut out = String::from("<pre class=\"pr-dialogue\" tabindex=\"0\">");
    let mut before = None;
    for line in &lines {
        out.push_str("<span class=\"pr-line\">");
        if directive.has("times") {
            let clock = transcript::clock(line.at);
            let shown = if before == Some(line.at) { String::new() } else { clock };
            let _ = write!(out, "<span class=\"pr-time\">{shown:>9}</span> ");
            before = Some(line.at);
        }
        let class = match (line.who, line.words.as_bytes().first()) {
            ("C", _) => "pr-c",
            (_, Some(b'2' | b'3')) => "pr-s pr-good",
            (_, Some(b'4')) => "pr-s pr-wait",
            (_, Some(b'5')) => "pr-s pr-bad",
            _ => "pr-note",
        };
        let who = if line.who.is_empty() { String::new() } else { format!("<b>{}:</b> ", line.who) };
        let _ = write!(out, "<span class=\"{class}\">{who}{}</span>&#10;</span>", escape(&line.words));
    }
    out.push_str("</pre>");
    Ok(out)
}

/// The lines of the story that match.
pub(super) fn story_lines(run: &Run, directive: &Directive) -> Result<Vec<transcript::Line>, String> {
    let mail = mail(directive, run)?;
    let (since, before) = (instant(directive, "since")?, instant(directive, "before")?);
    let found = Query { since, before, ..Query::default() };
    let found = found.find(&run.records).filter(|r| mail.is_none_or(|m| r.mail.is_none_or(|of| of == m)));
    let records: Vec<Record> = found.cloned().collect();
    let mut lines = transcript::story(&run.roster, &records, &transcript::Options::default());
    if let Some(wanted) = directive.get("match") {
        lines.retain(|line| wanted.split('|').any(|w| line.text().contains(w)));
    }
    if let Some(range) = directive.get("lines") {
        let (a, b) = range.split_once("..").ok_or("lines=a..b")?;
        let a: usize = a.parse().map_err(|_| "lines=a..b".to_owned())?;
        let b: usize = b.parse().map_err(|_| "lines=a..b".to_owned())?;
        if a == 0 || b < a || b > lines.len() {
            return Err(format!("the transcript has {} such lines", lines.len()));
        }
        lines = lines[a - 1..b].to_vec();
    }
    if lines.is_empty() { Err("no line of the transcript matches".into()) } else { Ok(lines) }
}

/// `transcript`: the run as the command line tells it.
pub(super) fn transcript(run: &Run, directive: &Directive) -> Result<String, String> {
    directive.only(&[], &["change", "mail", "match", "lines", "since", "before"])?;
    Ok(styled(&story_lines(run, directive)?))
}

/// Lines as the command line shows them.
pub(super) fn styled(lines: &[Line]) -> String {
    let mut out = String::from("<pre class=\"pr-dialogue pr-story\" tabindex=\"0\">");
    for line in lines {
        out.push_str("<span class=\"pr-line\">");
        for piece in line.pieces() {
            let class = match piece.style {
                Style::Plain => "",
                Style::Title | Style::Heading | Style::Host => "pr-strong",
                Style::Faint | Style::Time => "pr-time",
                Style::Client => "pr-c",
                Style::Server | Style::Good => "pr-good",
                Style::Warning => "pr-wait",
                Style::Bad => "pr-bad",
            };
            let _ = match class {
                "" => write!(out, "{}", escape(&piece.text)),
                class => write!(out, "<span class=\"{class}\">{}</span>", escape(&piece.text)),
            };
        }
        out.push_str("&#10;</span>");
    }
    out.push_str("</pre>");
    out
}

/// Kinds that are seen at one end only.
const TOLD: &[Kind] = &[
    Kind::Composed,
    Kind::Attempt,
    Kind::Outcome,
    Kind::Delivered,
    Kind::Bounced,
    Kind::Discarded,
    Kind::Converted,
    Kind::Duplicate,
    Kind::Unsent,
    Kind::Mailbox,
    Kind::Checked,
    Kind::Fetched,
    Kind::Read,
    Kind::Vanished,
    Kind::Unfetched,
    Kind::Policy,
    Kind::Tls,
    Kind::Condition,
];

/// The rows of a timeline.
pub(super) fn timeline_rows(run: &Run, directive: &Directive) -> Result<Vec<[String; 3]>, String> {
    let mut found = Question::new(run, directive, OTHER_KEYS)?.find(run);
    // What both ends saw is told once where no end is named.
    if directive.get("kind").is_none() {
        found.retain(|r| TOLD.contains(&r.what.kind()));
    }
    if found.is_empty() {
        return Err("no record of the run matches".into());
    }
    Ok(found.into_iter().map(|r| [run.when(r.at), run.host(r.host).to_owned(), words(run, r)]).collect())
}

/// `timeline`: records as a table of when, where and what.
pub(super) fn timeline(run: &Run, directive: &Directive) -> Result<String, String> {
    directive.only(&[], &directive.pairs.iter().map(|(k, _)| k.as_str()).collect::<Vec<_>>())?;
    let mut rows = timeline_rows(run, directive)?;
    if let Some(most) = directive.number::<usize>("rows")?.filter(|most| *most >= 2 && rows.len() > *most + 1) {
        // The beginning and the end tell the story; what is left out between them is counted.
        let hidden = rows.len() - most;
        let first = most - most / 2;
        rows.splice(first..first + hidden, [["⋯".into(), String::new(), format!("{hidden} more like these")]]);
    }
    Ok(table(&["When", "Where", "What"], &rows).replacen("pr-table", "pr-table pr-cards pr-timeline", 1))
}

/// `why`: the way from what began it to the record that is asked for, as a table. Each row is because of the one above.
pub(super) fn why(run: &Run, directive: &Directive) -> Result<String, String> {
    let found = Question::new(run, directive, OTHER_KEYS)?.find(run);
    let nth = directive.number::<usize>("nth")?.unwrap_or(1);
    let record = found.get(nth.saturating_sub(1)).ok_or("no record of the run matches")?;
    let way = record.id.map(|id| chain(&run.records, id)).unwrap_or_default();
    let mut rows: Vec<[String; 3]> = Vec::new();
    for r in way.into_iter().rev() {
        // A line that is heard says nothing new: it was said.
        let is_echo = matches!(
            r.what,
            What::Line { direction: Direction::Received, .. }
                | What::Question { direction: Direction::Received, .. }
                | What::Answer { direction: Direction::Received, .. }
                | What::Content { direction: Direction::Received, .. }
                | What::Session { .. }
        );
        if !is_echo {
            rows.push([run.when(r.at), run.host(r.host).to_owned(), words(run, r)]);
        }
    }
    Ok(table(&["When", "Where", "What"], &rows).replacen("pr-table", "pr-table pr-cards pr-timeline", 1))
}

/// The mails and what became of them.
pub(super) fn mail_rows(run: &Run) -> Vec<[String; 5]> {
    let mut mails = Mails::default();
    mails.begin(&Arc::new(run.roster.clone()));
    run.records.iter().for_each(|record| mails.record(record));
    // What becomes of a copy is told where it was filed; what was filed twice is one copy.
    let mut told: BTreeSet<(MailId, &str)> = BTreeSet::new();
    let mut goes_on = |mail: MailId, mailbox| {
        let line = mails.in_mailbox(mail, mailbox).filter(|_| told.insert((mail, mailbox)));
        line.map(|line| format!(": {}", line.text())).unwrap_or_default()
    };
    let mut rows: Vec<[String; 5]> = Vec::new();
    let mut composed: Vec<(Option<MailId>, Instant)> = Vec::new();
    for r in &run.records {
        if let What::Composed { from, to, subject, .. } = &r.what {
            let from = if from.is_empty() { "<>" } else { from };
            let number = r.mail.map(|m| m.0.to_string()).unwrap_or_default();
            rows.push([number, from.to_owned(), to.join(", "), subject.to_string(), String::new()]);
            composed.push((r.mail, r.at));
            continue;
        }
        let Some(place) = composed.iter().position(|(mail, _)| mail.is_some() && *mail == r.mail) else { continue };
        let age = span(r.at - composed[place].1);
        let fate = match &r.what {
            What::Delivered { mailbox, .. } => {
                let then = r.mail.map(|mail| goes_on(mail, &**mailbox)).unwrap_or_default();
                format!("in the mailbox of {mailbox} after {age}{then}")
            }
            What::Bounced { recipient, status, .. } => format!("bounced for {recipient} after {age} ({status})"),
            What::Discarded { recipient, .. } => format!("discarded for {recipient} after {age}"),
            What::Duplicate { recipient, .. } => format!("no copy of its own for {recipient}"),
            What::Unsent { recipient, .. } => format!("not sent to {recipient}"),
            _ => continue,
        };
        let cell = &mut rows[place][4];
        if !cell.is_empty() {
            cell.push_str("; ");
        }
        cell.push_str(&fate);
    }
    for row in &mut rows {
        if row[4].is_empty() {
            row[4] = "still on its way at the end".into();
        }
    }
    rows
}

/// `mails`: every mail and its fate.
pub(super) fn mails(run: &Run, directive: &Directive) -> Result<String, String> {
    directive.only(&[], &["change"])?;
    let heads = ["Mail", "From", "For", "Subject", "What became of it"];
    Ok(table(&heads, &mail_rows(run)).replacen("pr-table", "pr-table pr-cards pr-mails", 1))
}

/// `expectations`: what the scenario claims, and whether it came true.
pub(super) fn expectations(run: &Run, directive: &Directive) -> Result<String, String> {
    directive.only(&["unmet"], &["change"])?;
    let rows: Vec<[String; 3]> = run
        .judgements
        .iter()
        .filter(|j| !directive.has("unmet") || !j.met)
        .map(|j| [if j.met { "✓ met" } else { "✗ not met" }.into(), j.expected.clone(), j.happened.clone()])
        .collect();
    if rows.is_empty() {
        return Err("there is no such expectation".into());
    }
    Ok(table(&["Met?", "Expected", "What happened"], &rows))
}

/// `message`: the bytes of a mail as it lies in a mailbox.
pub(super) fn message(run: &Run, directive: &Directive) -> Result<String, String> {
    directive.only(&["header", "body", "ends"], &["change", "to", "nth", "lines", "fields"])?;
    let mail = filed(run, directive)?;
    let all = bytes(&mail.content);
    let end = mail.content.header_end().min(all.len());
    let part = match (directive.has("header"), directive.has("body")) {
        (true, false) => &all[..end],
        (false, true) => &all[end..],
        _ => &all[..],
    };
    let text = String::from_utf8_lossy(part).into_owned();
    let mut lines: Vec<&str> = text.split("\r\n").collect();
    if lines.last() == Some(&"") {
        lines.pop();
    }
    if let Some(fields) = directive.get("fields") {
        let mut keep = false;
        let mut seen = Vec::new();
        lines.retain(|line| {
            if !line.starts_with([' ', '\t']) {
                let name = line.split(':').next().unwrap_or_default();
                keep = fields.split(',').any(|f| f.eq_ignore_ascii_case(name));
                if keep {
                    seen.push(name.to_ascii_lowercase());
                }
            }
            keep
        });
        if let Some(missing) = fields.split(',').find(|f| !seen.contains(&f.to_ascii_lowercase())) {
            return Err(format!("the mail has no field `{missing}`"));
        }
    }
    if let Some(range) = directive.get("lines") {
        let range =
            range.split_once("..").and_then(|(a, b)| Some((a.parse::<usize>().ok()?, b.parse::<usize>().ok()?)));
        let (a, b) = range
            .filter(|(a, b)| *a > 0 && a <= b && *b <= lines.len())
            .ok_or_else(|| format!("lines=a..b: the mail has {} lines", lines.len()))?;
        lines = lines[a - 1..b].to_vec();
    }
    let mut out = String::from("<pre class=\"pr-dialogue pr-message\" tabindex=\"0\">");
    for line in lines {
        let shown: String = line.split('\t').map(|part| visible(part.as_bytes())).collect::<Vec<_>>().join("\t");
        let (name, rest) = match shown.split_once(':') {
            Some((name, rest)) if !name.contains(' ') && !directive.has("body") && !name.is_empty() => (name, rest),
            _ => ("", shown.as_str()),
        };
        if !name.is_empty() {
            let _ = write!(out, "<span class=\"pr-c\">{}:</span>", escape(name));
        }
        out.push_str(&escape(rest));
        if directive.has("ends") {
            out.push_str("<span class=\"pr-time\">␍␊</span>");
        }
        out.push_str("&#10;");
    }
    out.push_str("</pre>");
    Ok(out)
}

/// `hex`: a line of the dialogue, byte by byte, with its line end.
pub(super) fn hex(run: &Run, directive: &Directive) -> Result<String, String> {
    let found = Question::new(run, directive, OTHER_KEYS)?.find(run);
    let line = found.iter().find_map(|r| match &r.what {
        What::Line { text, .. } => Some(text.0.to_vec()),
        _ => None,
    });
    let mut line = line.ok_or("no line of the run matches")?;
    line.extend_from_slice(b"\r\n");
    let mut out = String::from("<pre class=\"pr-dialogue pr-hex\" tabindex=\"0\">");
    for row in line.chunks(16) {
        let numbers: Vec<String> = row.iter().map(|b| format!("{b:02x}")).collect();
        let letters: String = row.iter().map(|b| if (b' '..=b'~').contains(b) { *b as char } else { '·' }).collect();
        let _ = write!(
            out,
            "<span class=\"pr-c\">{:<47}</span>  <span class=\"pr-good\">{}</span>&#10;",
            numbers.join(" "),
            escape(&letters)
        );
    }
    out.push_str("</pre>");
    Ok(out)
}
