//! What servers noted on a mail.

use super::paragraph::{broken, cut_to};
use super::table::cut;
use crate::mime::trail::{AuthResult, Mark, MarkKind, Trail, Trust};
use crate::trace::transcript::{Line, Style};

/// So many results of one field are told, and so many properties of one result.
const MOST: usize = 10;

/// What servers noted, in the order in which the mail came by them.
pub(super) fn marks(trail: &Trail, verbose: bool, columns: usize) -> Vec<Line> {
    if trail.marks.is_empty() {
        return Vec::new();
    }
    // What a server noted stands with its hop, and all else behind the hop that it stands above.
    let place = |mark: &Mark| match mark.by_hop {
        Some(hop) => 2 * hop,
        None => 2 * mark.after_hop + 1,
    };
    let mut marks: Vec<&Mark> = trail.marks.iter().rev().collect();
    marks.sort_by_key(|mark| place(mark));
    let told = |mark: &Mark| match (mark.by_hop, mark.after_hop) {
        (Some(hop), _) => format!("hop {hop}"),
        (None, 0) => "before hop 1".to_owned(),
        (None, hop) => format!("after hop {hop}"),
    };
    let width = marks.iter().map(|mark| told(mark).len()).max().unwrap_or(0);
    let mut lines = vec![Line::of(Style::Heading, "What was noted on the way")];
    for mark in marks {
        let (head, results) = noted(&mark.what, if verbose { 1000 } else { 60 });
        let mut line = Line::of(Style::Faint, format!("  {:<width$}  ", told(mark)));
        line.append(head);
        if let Some(words) = mark.trust.and_then(|trust| trusted(trust, verbose)) {
            line.push(Style::Warning, words);
        }
        lines.extend(broken(line, columns, width + 6));
        for result in results {
            let mut line = Line::new().and(" ".repeat(width + 6));
            line.append(result);
            lines.extend(broken(line, columns, width + 8));
        }
    }
    lines.push(Line::new());
    lines
}

/// Whether to believe it.
fn trusted(trust: Trust, verbose: bool) -> Option<&'static str> {
    match trust {
        Trust::OwnSide => None,
        Trust::OwnName if verbose => {
            Some(" (below its own field: true if that server removes what others write in its name, RFC 8601 §5)")
        }
        Trust::OwnName => None,
        Trust::Stranger => Some(" (not to be trusted: no server of the reader's own side says so, RFC 8601 §1.6)"),
    }
}

/// A mark in one line, and results in one line each. No text is longer than `most`.
fn noted(what: &MarkKind, most: usize) -> (Line, Vec<Line>) {
    let named = |name: &str, rest: &str| (Line::new().and(name).and(": ").and(cut_to(rest, most)), Vec::new());
    let parts = |parts: &[(&str, &Option<String>)]| {
        let said = parts.iter().filter_map(|(key, value)| Some(format!("{key}{}", cut(value.as_deref()?))));
        said.collect::<Vec<String>>().join(", ")
    };
    match what {
        MarkKind::ReturnPath { path } if path.is_empty() => named("Return-Path", "<> (not to be answered)"),
        MarkKind::ReturnPath { path } => named("Return-Path", path),
        MarkKind::DeliveredTo { name, address } => named(name, address),
        MarkKind::OriginatingIp { address } => named("X-Originating-IP", address),
        MarkKind::DkimSignature { domain, selector } => {
            named("DKIM-Signature", &parts(&[("of ", domain), ("by the key ", selector)]))
        }
        MarkKind::ArcSeal { instance, chain, domain } => {
            named("ARC-Seal", &parts(&[("number ", instance), ("of ", domain), ("cv=", chain)]))
        }
        MarkKind::ReceivedSpf { server, result, comment, properties } => {
            let head = of_server(Line::new().and("Received-SPF"), server.as_deref());
            (head, vec![told(result.clone(), result, comment.as_deref(), properties, most)])
        }
        MarkKind::AuthenticationResults { server, results } => {
            let head = of_server(Line::new().and("Authentication-Results"), server.as_deref());
            (head, all(results, most))
        }
        MarkKind::ArcAuthenticationResults { instance, server, results } => {
            let mut head = Line::new().and("ARC-Authentication-Results");
            if let Some(number) = instance {
                head = head.and(" number ").and(cut(number));
            }
            (of_server(head, server.as_deref()), all(results, most))
        }
    }
}

fn of_server(line: Line, server: Option<&str>) -> Line {
    match server {
        Some(server) => line.and(" of ").with(Style::Host, cut(server)),
        None => line,
    }
}

fn all(results: &[AuthResult], most: usize) -> Vec<Line> {
    if results.is_empty() {
        return vec![Line::new().and("none")];
    }
    let one = |auth: &AuthResult| {
        let said = format!("{}={}", cut(&auth.method), cut(&auth.result));
        let reason = auth.reason.as_ref().map(|reason| format!("reason {reason}"));
        let why: Vec<&str> = [&reason, &auth.comment].into_iter().flatten().map(String::as_str).collect();
        let why = Some(why.join("; ")).filter(|why| !why.is_empty());
        told(said, &auth.result, why.as_deref(), &auth.properties, most)
    };
    let mut lines: Vec<Line> = results.iter().take(MOST).map(one).collect();
    if results.len() > MOST {
        lines.push(Line::new().and(format!("and {} more", results.len() - MOST)));
    }
    lines
}

/// A result, why, and what it is about.
fn told(said: String, result: &str, why: Option<&str>, about: &[(String, String)], most: usize) -> Line {
    let mut line = Line::of(verdict(result), cut(&said));
    if let Some(why) = why {
        // Longer than other texts: it is a sentence, which can be broken.
        line = line.and(": ").and(cut_to(why, 3 * most));
    }
    let shown = about.iter().take(MOST).map(|(key, value)| format!("{}={}", cut(key), cut_to(value, most)));
    let mut shown: Vec<String> = shown.collect();
    if about.len() > MOST {
        shown.push("…".into());
    }
    if shown.is_empty() { line } else { line.with(Style::Faint, format!(" ({})", shown.join(", "))) }
}

fn verdict(result: &str) -> Style {
    match result {
        "pass" => Style::Good,
        "fail" | "permerror" | "hardfail" => Style::Bad,
        "softfail" | "temperror" => Style::Warning,
        _ => Style::Plain,
    }
}
