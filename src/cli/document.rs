//! `postroad run --format json`: one document that says who took part, what became of the mails and why, and which
//! expectations came true.

use std::sync::Arc;

use serde::Serialize;

use super::failure::Failure;
use super::simulate::{Run, line_of};
use crate::sim::{Instant, StopReason};
use crate::trace::transcript::{self, Fates, MailSummary, ReadSums, words};
use crate::trace::{MailId, Makeup, Record, RecordId, Roster, chain};

#[derive(Serialize)]
struct Document<'a> {
    roster: &'a Roster,
    stopped: &'static str,
    ended_at: Instant,
    mails: &'a [MailSummary],
    /// What became of each recipient, where people send few mails.
    fates: Vec<Fate<'a>>,
    totals: Totals,
    expectations: Vec<Expected<'a>>,
    /// Faults and scripted replies of the file that did not happen.
    missed: Vec<NotHappened<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    defect: Option<&'a str>,
}

/// What became of a recipient, and why.
#[derive(Serialize)]
struct Fate<'a> {
    mail: Option<MailId>,
    recipient: Arc<str>,
    /// Step by step, from what began it to what became of the recipient. Each is because of the one before.
    why: Vec<Step<'a>>,
}

/// One record, in short.
#[derive(Serialize)]
struct Step<'a> {
    /// Its number, as in the trace.
    id: Option<RecordId>,
    at: Instant,
    host: &'a str,
    kind: &'static str,
    words: String,
}

/// The fates of a run that is short enough to be told.
fn fates(run: &Run) -> Vec<Fate<'_>> {
    let records = &run.collected.records;
    let makeup = Makeup::learn(records);
    let telling = words::Telling { roster: &run.roster, records, makeup: &makeup, when: &transcript::clock };
    let step = |record: &Record| Step {
        id: record.id,
        at: record.at,
        host: run.roster.hosts.get(record.host.0 as usize).map_or("nobody", |h| &h.name),
        kind: record.what.kind().word(),
        words: words::record(&telling, record),
    };
    let mut fates = Vec::new();
    for record in records {
        if let (Some(recipient), Some(id)) = (words::fate_of(&record.what), record.id) {
            let why = chain(records, id).into_iter().rev().map(step).collect();
            fates.push(Fate { mail: record.mail, recipient: recipient.clone(), why });
        }
    }
    fates
}

#[derive(Serialize)]
struct Totals {
    mails: u64,
    #[serde(flatten)]
    fates: Fates,
    /// Mails that still wait, as the table of mails counts them.
    queued: u64,
    /// How far copies have come in mailboxes that mail programs look into.
    #[serde(flatten)]
    reading: Option<ReadSums>,
    connections: u64,
    packets: u64,
    events: u64,
}

#[derive(Serialize)]
struct Expected<'a> {
    met: bool,
    expected: &'a str,
    happened: &'a str,
    line: usize,
}

#[derive(Serialize)]
struct NotHappened<'a> {
    /// `fault` or `reply`.
    kind: &'static str,
    line: usize,
    text: &'a str,
}

pub(super) fn json(run: &Run, source: &str) -> Result<String, Failure> {
    let world = &run.world;
    let document = Document {
        roster: &run.roster,
        stopped: match run.stop {
            StopReason::Idle => "idle",
            StopReason::Deadline => "deadline",
            StopReason::EventLimit => "event_limit",
            StopReason::Halted => "halted",
        },
        ended_at: world.ended_at(),
        mails: run.collected.mails.list(),
        fates: fates(run),
        totals: Totals {
            mails: world.mails(),
            fates: run.collected.mails.fates(),
            queued: run.collected.mails.queued(),
            reading: run.collected.mails.reading(),
            connections: world.connections(),
            packets: world.packets(),
            events: world.events(),
        },
        expectations: run
            .judgements
            .iter()
            .map(|j| Expected {
                met: j.met,
                expected: &j.expected,
                happened: &j.happened,
                line: line_of(source, j.span.start),
            })
            .collect(),
        missed: run
            .missed
            .iter()
            .map(|m| NotHappened {
                kind: if m.is_fault { "fault" } else { "reply" },
                line: line_of(source, m.span.start),
                text: &m.text,
            })
            .collect(),
        defect: run.report.as_ref().err().map(|v| v.text.as_str()),
    };
    let mut text = serde_json::to_string_pretty(&document).map_err(|e| Failure::said(e.to_string()))?;
    text.push('\n');
    Ok(escape_controls(&text))
}

/// JSON escapes the control characters of ASCII but not those above, which some terminals obey as well.
pub(super) fn escape_controls(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let steers = matches!(c, '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}');
        if steers {
            out.push_str(&format!("\\u{:04x}", c as u32));
        } else {
            out.push(c);
        }
    }
    out
}
