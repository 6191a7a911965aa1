//! Asking a run: which records match, and what they say.

use serde_json::{Map, Value};

use super::directive::Directive;
use super::press::{Run, bytes, visible};
use crate::render::page::thousands;
use crate::sim::{Duration, Instant};
use crate::trace::transcript::{span, words as say};
use crate::trace::{ConnId, HostId, Kind, MailId, Query, Record, What};

/// Keys of a directive that do not choose records.
pub(super) const OTHER_KEYS: &[&str] = &["change", "show", "nth", "lines", "caption", "per", "rows"];

/// Which records are meant.
pub(super) struct Question<'d> {
    /// What is cheap to know: a trace of days has many records.
    query: Query,
    /// Fields and what they say, or something else about the record.
    filters: Vec<(&'d str, &'d str)>,
}

/// Keys that are neither names of fields nor part of a [`Query`].
const SPECIAL: &[&str] = &["match", "begins", "recipient-is", "code", "subject-is"];

impl<'d> Question<'d> {
    /// What a directive asks of this run; what is not among `other` keys chooses records.
    pub(super) fn new(run: &Run, directive: &'d Directive, other: &[&str]) -> Result<Question<'d>, String> {
        let mut query = Query::default();
        let mut filters = Vec::new();
        for (key, value) in directive.pairs.iter().filter(|(key, _)| !other.contains(&key.as_str())) {
            match key.as_str() {
                "mail" => query = query.of(directive.number("mail")?.map(MailId)),
                "hop" => query.hop = directive.number("hop")?,
                "conn" => query.conn = directive.number("conn")?.map(ConnId),
                "since" => query.since = Some(time(value)?),
                "before" => query.before = Some(time(value)?),
                "host" => query.hosts = value.split(',').map(|name| run.id(name)).collect::<Result<_, _>>()?,
                "kind" => query.kinds = value.split(',').map(kind).collect::<Result<_, _>>()?,
                key if !SPECIAL.contains(&key) && !is_field(key) => {
                    return Err(format!("no record has a field `{key}`"));
                }
                key => {
                    if key == "peer" {
                        value.split(',').try_for_each(|name| run.id(name).map(drop))?;
                    }
                    filters.push((key, value.as_str()));
                }
            }
        }
        Ok(Question { query, filters })
    }

    /// The records that match; packets only when they are asked for.
    pub(super) fn find<'r>(&self, run: &'r Run) -> Vec<&'r Record> {
        self.query.find(&run.records).filter(|r| self.filters.is_empty() || self.matches(run, r)).collect()
    }

    fn matches(&self, run: &Run, record: &Record) -> bool {
        let fields = fields(run, record);
        self.filters.iter().all(|(key, value)| match *key {
            "match" => fields.values().any(|v| text(v).contains(value)),
            "begins" => {
                ["text", "reply", "reason"].iter().any(|k| fields.get(*k).is_some_and(|v| text(v).starts_with(value)))
            }
            "code" => {
                ["text", "reply", "reason"].iter().any(|k| fields.get(*k).is_some_and(|v| is_code(&text(v), value)))
            }
            "recipient-is" => recipients(&fields).iter().any(|r| r == value),
            "subject-is" => subject(run, record).is_some_and(|s| s == *value),
            key => match fields.get(key) {
                Some(v) => value.split(',').any(|wanted| text(v) == wanted),
                // What is not the case is not written down.
                None => *value == "false" && is_flag(key),
            },
        })
    }
}

fn kind(word: &str) -> Result<Kind, String> {
    Kind::of(word).ok_or_else(|| format!("there is no kind `{word}` of record"))
}

/// A reply of several lines counts once, at its last.
fn is_code(text: &str, code: &str) -> bool {
    text.strip_prefix(code)
        .is_some_and(|rest| !rest.starts_with('-') && !rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn time(text: &str) -> Result<Instant, String> {
    text.parse::<Duration>().map(|d| Instant::ZERO + d).map_err(|why| format!("{text}: {why}"))
}

/// Whether some record has this field, by the documentation of records.
fn is_field(key: &str) -> bool {
    RECORD_SOURCE.lines().any(|l| l.trim_start().strip_prefix(key).is_some_and(|l| l.starts_with(": ")))
}

/// Whether a field says yes or no.
fn is_flag(key: &str) -> bool {
    RECORD_SOURCE.lines().any(|l| l.trim_start().strip_prefix(key).is_some_and(|l| l.starts_with(": bool")))
}

/// The source that documents all records.
pub(super) const RECORD_SOURCE: &str = include_str!("../../trace/record.rs");

/// The fields of a record as a trace file has them, with hosts by name.
pub(super) fn fields(run: &Run, record: &Record) -> Map<String, Value> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(&record.what) else { return Map::new() };
    let hosts: &[&str] = match record.what {
        What::Packet { .. } => &["from", "to"],
        _ => &["peer"],
    };
    for key in hosts {
        if let Some(id) = fields.get(*key).and_then(Value::as_u64) {
            fields.insert((*key).into(), run.host(HostId(id as u32)).into());
        }
    }
    fields
}

/// A field's value in words.
fn text(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Null => String::new(),
        // A host: its name, and in brackets its address.
        Value::Object(fields) if fields.contains_key("address") => {
            let part = |key: &str| fields.get(key).map(text).unwrap_or_default();
            format!("{} [{}]", part("name"), part("address"))
        }
        other => other.to_string(),
    }
}

fn recipients(fields: &Map<String, Value>) -> Vec<String> {
    ["recipient", "recipients", "to"]
        .iter()
        .filter_map(|key| fields.get(*key))
        .flat_map(|v| match v {
            Value::Array(items) => items.iter().map(text).collect(),
            other => vec![text(other)],
        })
        .collect()
}

/// When the mail of a record was composed.
fn composed<'r>(run: &'r Run, record: &Record) -> Option<&'r Record> {
    let mail = Some(record.mail?);
    Query::kinds(&[Kind::Composed]).of(mail).find(&run.records).next()
}

fn subject<'r>(run: &'r Run, record: &Record) -> Option<&'r str> {
    match &composed(run, record)?.what {
        What::Composed { subject, .. } => Some(subject),
        _ => None,
    }
}

/// What one record says where `show` asks; `before` is the match before it.
fn shown(run: &Run, record: &Record, before: Option<&Record>, show: &str) -> Result<String, String> {
    let fields = fields(run, record);
    Ok(match show {
        "at" => span(record.at - Instant::ZERO),
        "clock" => run.calendar().civil(record.at),
        "time-of-day" => run.calendar().civil(record.at).split(' ').next_back().unwrap_or_default().to_owned(),
        "age" => {
            let composed = composed(run, record).ok_or("nobody composed the mail of this record")?;
            span(record.at - composed.at)
        }
        "gap" => span(record.at - before.ok_or("there is no record before this one: say nth=2 or more")?.at),
        "host" => run.host(record.host).to_owned(),
        "hop" => record.hop.map(|h| h.to_string()).unwrap_or_default(),
        "mail" => record.mail.map(|m| m.0.to_string()).unwrap_or_default(),
        "words" => words(run, record),
        "code" => ["text", "reply", "reason"]
            .iter()
            .find_map(|k| fields.get(*k).map(text))
            .and_then(|t| t.get(..3).map(str::to_owned))
            .ok_or("this record has no reply")?,
        "verb" => {
            let line = fields.get("text").map(text).ok_or("this record is no line")?;
            line.split([' ', ':']).next().unwrap_or_default().to_owned()
        }
        "size" => {
            let size = fields.get("size_bytes").and_then(Value::as_u64).ok_or("this record has no size")?;
            thousands(size)
        }
        field => match fields.get(field) {
            Some(Value::Number(n)) if n.as_u64().is_some() => thousands(n.as_u64().unwrap_or_default()),
            Some(value) => text(value),
            None => return Err(format!("these records have no `{field}`")),
        },
    })
}

/// The value that a directive asks for.
pub(super) fn value(run: &Run, directive: &Directive) -> Result<String, String> {
    match directive.words.first().map(String::as_str) {
        Some("packets") => return Ok(thousands(run.packets)),
        Some("connections") => return Ok(thousands(run.connections)),
        Some("mails") => return Ok(thousands(run.mails)),
        Some("events") => return Ok(thousands(run.events)),
        Some("end") => return Ok(span(run.end - Instant::ZERO)),
        Some("title") => return Ok(run.roster.title.clone()),
        Some("received") => return received(run, directive),
        Some("header") => return header(run, directive),
        Some("size") => return size(run, directive),
        Some("fields") => return field_count(run, directive),
        Some("met") => {
            return Ok(if run.judgements.iter().all(|j| j.met) { "yes" } else { "no" }.into());
        }
        Some("count" | "all" | "distinct") | None => {}
        Some(other) => return Err(format!("`{}` does not know the word `{other}`", directive.name)),
    }
    let found = Question::new(run, directive, OTHER_KEYS)?.find(run);
    if directive.has("count") {
        return Ok(thousands(found.len() as u64));
    }
    let show = directive.get("show").ok_or("say `count`, or show=... what of the record")?;
    let say = |i: usize| shown(run, found[i], i.checked_sub(1).map(|b| found[b]), show);
    if found.is_empty() {
        return Err("no record of the run matches".into());
    }
    if directive.has("all") || directive.has("distinct") {
        let mut said: Vec<String> = Vec::new();
        for i in 0..found.len() {
            let this = say(i)?;
            if directive.has("all") || !said.contains(&this) {
                said.push(this);
            }
        }
        if directive.has("distinct") {
            said.sort();
        }
        return Ok(said.join(", "));
    }
    let place = match directive.get("nth") {
        Some("last") => found.len(),
        _ => directive.number::<usize>("nth")?.unwrap_or(1),
    };
    if place == 0 || place > found.len() {
        return Err(format!("there are only {} such records", found.len()));
    }
    say(place - 1)
}

/// A mail in a mailbox, chosen by `to=` and `nth=`.
pub(super) fn filed<'r>(run: &'r Run, directive: &Directive) -> Result<&'r super::press::Filed, String> {
    let to = directive.get("to").ok_or("say to=... whose mailbox")?;
    let found: Vec<_> = run.filed.iter().filter(|f| f.to == to).collect();
    let nth = match directive.get("nth") {
        Some("last") => found.len(),
        _ => directive.number::<usize>("nth")?.unwrap_or(1),
    };
    found
        .get(nth.wrapping_sub(1))
        .copied()
        .ok_or_else(|| format!("the mailbox of {to} holds {} mails in this run", found.len()))
}

fn received(run: &Run, directive: &Directive) -> Result<String, String> {
    Ok(filed(run, directive)?.content.received_count().to_string())
}

fn size(run: &Run, directive: &Directive) -> Result<String, String> {
    Ok(thousands(filed(run, directive)?.content.size_bytes()))
}

/// How many fields of a name a mail has.
fn field_count(run: &Run, directive: &Directive) -> Result<String, String> {
    let name = directive.get("name").ok_or("say name=... of the field")?;
    let mail = filed(run, directive)?;
    let header = String::from_utf8_lossy(&bytes(&mail.content)[..mail.content.header_end()]).to_ascii_lowercase();
    let begins = format!("{}:", name.to_ascii_lowercase());
    Ok(header.lines().filter(|line| line.starts_with(&begins)).count().to_string())
}

fn header(run: &Run, directive: &Directive) -> Result<String, String> {
    let name = directive.get("name").ok_or("say name=... of the field")?;
    let mail = filed(run, directive)?;
    let value = mail.content.first(name).ok_or_else(|| format!("the mail has no field `{name}`"))?;
    Ok(visible(String::from_utf8_lossy(&value).trim().as_bytes()))
}

/// What a record tells, in one sentence.
pub(super) fn words(run: &Run, record: &Record) -> String {
    let when = |at| run.when(at);
    say::record(&say::Telling { roster: &run.roster, records: &run.records, makeup: &run.makeup, when: &when }, record)
}
