//! A run beside the same run with a change.

use std::fmt::Write as _;

use super::directive::Directive;
use super::press::Run;
use super::show::{dialogue_lines, mail_rows, story_lines, timeline_rows};
use crate::render::page::escape;
use crate::trace::transcript;

/// Two lists of lines, told apart: what went away, what came.
pub(super) fn differences(old: &[String], new: &[String], around: usize) -> String {
    // The longest common subsequence, by the table.
    let (n, m) = (old.len(), new.len());
    let mut best = vec![vec![0_u32; m + 1]; n + 1];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            best[i][j] = if old[i] == new[j] { best[i + 1][j + 1] + 1 } else { best[i + 1][j].max(best[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut rows: Vec<(char, &str)> = Vec::new();
    while i < n || j < m {
        if i < n && j < m && old[i] == new[j] {
            rows.push((' ', &old[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < n && (j == m || best[i + 1][j] >= best[i][j + 1]) {
            rows.push(('-', &old[i]));
            i += 1;
        } else {
            rows.push(('+', &new[j]));
            j += 1;
        }
    }
    let near = |at: usize| {
        let from = at.saturating_sub(around);
        rows[from..(at + around + 1).min(rows.len())].iter().any(|(sign, _)| *sign != ' ')
    };
    let mut out = String::from("<pre class=\"pr-dialogue pr-diff\" tabindex=\"0\">");
    let mut skipped = false;
    for (at, (sign, text)) in rows.iter().enumerate() {
        if !near(at) {
            skipped = true;
            continue;
        }
        if std::mem::take(&mut skipped) {
            out.push_str("<span class=\"pr-time\">  ⋯&#10;</span>");
        }
        let _ = match sign {
            '-' => write!(out, "<del>- {}&#10;</del>", escape(text)),
            '+' => write!(out, "<ins>+ {}&#10;</ins>", escape(text)),
            _ => write!(out, "<span>  {}&#10;</span>", escape(text)),
        };
    }
    out.push_str("</pre>");
    out
}

/// `compare`: the same part of the run without and with a change.
pub(super) fn compare(plain: &Run, changed: &Run, directive: &Directive) -> Result<String, String> {
    let mut inner = directive.clone();
    inner.pairs.retain(|(k, _)| k != "show");
    let lines = |run: &Run| -> Result<Vec<String>, String> {
        Ok(match directive.get("show").unwrap_or("mails") {
            "mails" => mail_rows(run)
                .into_iter()
                // Without the number: one report more or less renumbers all mails behind it.
                .map(|[_, from, to, subject, fate]| format!("{from} → {to}, “{subject}”: {fate}"))
                .filter(|row| directive.get("match").is_none_or(|wanted| row.contains(wanted)))
                .collect(),
            "dialogue" => match dialogue_lines(run, &inner) {
                Ok(lines) => lines.into_iter().map(|s| format!("{}: {}", s.who, s.words)).collect(),
                // One of the two may not have that connection at all.
                Err(_) => Vec::new(),
            },
            "timeline" => timeline_rows(run, &inner)
                .unwrap_or_default()
                .into_iter()
                .map(|[when, place, what]| format!("{when}  {place}  {what}"))
                .collect(),
            "transcript" => story_lines(run, &inner).unwrap_or_default().iter().map(transcript::Line::text).collect(),
            "expectations" => run
                .judgements
                .iter()
                .map(|j| format!("{} {}: {}", if j.met { "✓" } else { "✗" }, j.expected, j.happened))
                .collect(),
            other => {
                return Err(format!("show={other}: expected mails, dialogue, timeline, transcript or expectations"));
            }
        })
    };
    let (old, new) = (lines(plain)?, lines(changed)?);
    if old == new {
        return Err("nothing differs with this change".into());
    }
    Ok(differences(&old, &new, directive.number("around")?.unwrap_or(1)))
}
