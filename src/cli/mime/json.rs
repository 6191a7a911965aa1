//! A mail as JSON. Places and sizes are in bytes; parts are numbered from 1, the message itself.

use serde::Serialize;

use super::mail::{Mail, Written};
use crate::cli::document::escape_controls;
use crate::cli::failure::Failure;
use crate::mime::read::{Holds, Overhead, beginning};

#[derive(Serialize)]
struct Document<'a> {
    header: Header,
    parts: Vec<Part<'a>>,
    totals: Totals,
    defects: Vec<Defect>,
    more_defects: u64,
    extracted: Vec<Extracted>,
    /// Which of the mails in its file it is, from 1 on, and how many there are. Places are those in this mail.
    mail: usize,
    mails: usize,
}

/// The fields that people look at first, decoded.
#[derive(Serialize)]
struct Header {
    from: Option<String>,
    to: Option<String>,
    cc: Option<String>,
    subject: Option<String>,
    date: Option<String>,
    message_id: Option<String>,
}

#[derive(Serialize)]
struct Part<'a> {
    part: usize,
    parent: Option<usize>,
    depth: usize,
    media_type: &'a str,
    charset: Option<&'a str>,
    boundary: Option<String>,
    encoding: &'a str,
    disposition: Option<&'a str>,
    file_name: Option<&'a str>,
    content_id: Option<&'a str>,
    /// `nothing`, `parts` or `message`.
    holds: &'static str,
    header: Place,
    body: Place,
    preamble: Option<Place>,
    epilogue: Option<Place>,
    wire_bytes: u64,
    decoded_bytes: u64,
    lines: u64,
    longest_line: usize,
    beginning: Option<String>,
}

#[derive(Serialize)]
struct Place {
    start: usize,
    end: usize,
}

impl Place {
    fn of(range: &std::ops::Range<usize>) -> Place {
        Place { start: range.start, end: range.end }
    }
    fn of_some(range: &std::ops::Range<usize>) -> Option<Place> {
        (!range.is_empty()).then(|| Place::of(range))
    }
}

#[derive(Serialize)]
struct Totals {
    wire_bytes: u64,
    header_bytes: u64,
    decoded_bytes: u64,
    parts: usize,
    leaves: u64,
    lines: u64,
    base64: Cost,
    quoted_printable: Cost,
}

#[derive(Serialize)]
struct Cost {
    wire_bytes: u64,
    decoded_bytes: u64,
}

impl From<Overhead> for Cost {
    fn from(cost: Overhead) -> Cost {
        Cost { wire_bytes: cost.wire_bytes, decoded_bytes: cost.decoded_bytes }
    }
}

#[derive(Serialize)]
struct Defect {
    part: usize,
    at: usize,
    line: u64,
    code: &'static str,
    text: String,
    rfc: Option<&'static str>,
}

#[derive(Serialize)]
struct Extracted {
    part: usize,
    file: String,
    bytes: u64,
}

/// Characters of a text part that are shown.
const BEGINNING: usize = 200;

pub(super) fn json(mail: &Mail<'_>, written: &[Written]) -> Result<String, Failure> {
    let totals = mail.tree.totals;
    let document = Document {
        header: Header {
            from: mail.field("From"),
            to: mail.field("To"),
            cc: mail.field("Cc"),
            subject: mail.field("Subject"),
            date: mail.field("Date"),
            message_id: mail.field("Message-ID"),
        },
        parts: parts(mail),
        totals: Totals {
            wire_bytes: totals.wire_bytes,
            header_bytes: totals.header_bytes,
            decoded_bytes: totals.decoded_bytes,
            parts: mail.tree.parts.len(),
            leaves: totals.leaves,
            lines: totals.lines,
            base64: totals.base64.into(),
            quoted_printable: totals.quoted_printable.into(),
        },
        defects: defects(mail),
        more_defects: mail.tree.more_defects,
        extracted: written
            .iter()
            .map(|w| Extracted { part: w.part + 1, file: w.path.display().to_string(), bytes: w.bytes })
            .collect(),
        mail: mail.number,
        mails: mail.of,
    };
    let mut json = serde_json::to_string_pretty(&document).map_err(|e| Failure::said(e.to_string()))?;
    json.push('\n');
    Ok(escape_controls(&json))
}

fn parts<'a>(mail: &'a Mail<'_>) -> Vec<Part<'a>> {
    let told = mail.tree.parts.iter().enumerate().map(|(index, part)| {
        let beginning = part
            .is_leaf()
            .then(|| beginning(part, &mail.bytes[part.body.clone()], BEGINNING))
            .filter(|b| !b.is_empty());
        Part {
            part: index + 1,
            parent: part.parent.map(|parent| parent + 1),
            depth: part.depth,
            media_type: &part.media_type,
            charset: part.charset.as_deref(),
            boundary: part.boundary.as_deref().map(|b| String::from_utf8_lossy(b).into_owned()),
            encoding: part.encoding.as_str(),
            disposition: part.disposition.as_deref(),
            file_name: part.file_name.as_deref(),
            content_id: part.content_id.as_deref(),
            holds: match part.holds {
                Holds::Nothing => "nothing",
                Holds::Parts => "parts",
                Holds::Message => "message",
            },
            header: Place::of(&part.header),
            body: Place::of(&part.body),
            preamble: Place::of_some(&part.preamble),
            epilogue: Place::of_some(&part.epilogue),
            wire_bytes: part.wire_bytes(),
            decoded_bytes: part.decoded_bytes,
            lines: part.lines,
            longest_line: part.longest_line,
            beginning,
        }
    });
    told.collect()
}

fn defects(mail: &Mail<'_>) -> Vec<Defect> {
    let told = mail.tree.defects.iter().zip(&mail.lines).map(|(defect, line)| {
        let rfc = defect.what.rfc();
        Defect {
            part: defect.part + 1,
            at: defect.at,
            line: *line,
            code: defect.what.code(),
            text: defect.what.sentence(),
            rfc: (!rfc.is_empty()).then_some(rfc),
        }
    });
    told.collect()
}
