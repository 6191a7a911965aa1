//! The few lines of a text that a diagnostic shows, made safe to look at.

use std::ops::Range;

use super::Diagnostic;

/// Stands for a character that is not shown.
const HIDDEN: char = '\u{fffd}';

/// Whether a character may reach a terminal: no control characters, nothing that is invisible or that reorders text.
fn is_shown(c: char) -> bool {
    match c {
        ' '..='~' => true,
        _ if c.is_control() => false,
        // Format characters: soft hyphen, Arabic letter mark, joiners and bidirectional marks, separators, word
        // joiners, byte order mark, interlinear marks, tags, variation selectors.
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' => false,
        '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' => false,
        _ => true,
    }
}

/// A text in one line in which every character that could steer a terminal is replaced.
#[must_use]
pub fn safe(text: &str) -> String {
    text.chars()
        .map(|c| {
            if is_shown(c) {
                c
            } else if c == '\n' || c == '\t' {
                ' '
            } else {
                HIDDEN
            }
        })
        .collect()
}

/// How many bytes the byte order mark takes with which a text begins: 3, or 0 where there is none.
#[must_use]
pub fn byte_order_mark(text: &str) -> usize {
    text.strip_prefix('\u{feff}').map_or(0, |rest| text.len() - rest.len())
}

/// The lines around a diagnostic, with its spans moved to match.
pub(super) struct Window<'d> {
    pub(super) text: String,
    /// The number of the first line in `text`.
    pub(super) first_line: usize,
    /// Line and column of the place.
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) span: Range<usize>,
    pub(super) also: Vec<(Range<usize>, &'d str)>,
    pub(super) longest_line: usize,
}

/// More lines than this are not shown for one span; its first line is.
const MOST_LINES: usize = 6;

impl<'d> Window<'d> {
    pub(super) fn around(source: &str, diagnostic: &'d Diagnostic) -> Window<'d> {
        let main = one_place(source, &diagnostic.span);
        let mut also: Vec<(Range<usize>, &str)> =
            diagnostic.also.iter().map(|(span, label)| (one_place(source, span), label.as_str())).collect();
        // Another place far away would bring the whole text between with it: keep it near enough to copy.
        also.retain(|(span, _)| span.start.abs_diff(main.start) < 200_000);
        let from = also.iter().map(|(s, _)| s.start).fold(main.start, usize::min);
        let to = also.iter().map(|(s, _)| s.end).fold(main.end, usize::max);
        let start = source[..from].rfind('\n').map_or(byte_order_mark(source), |i| i + 1);
        let end = source[to..].find('\n').map_or(source.len(), |i| to + i);
        let piece = &source[start..end];

        // Replace character by character, and remember where each byte went.
        let mut text = String::with_capacity(piece.len());
        let mut moved = Vec::with_capacity(piece.len() + 1);
        for (at, c) in piece.char_indices() {
            let ends_line = c == '\r' && source[start + at + 1..].starts_with('\n');
            for _ in 0..c.len_utf8() {
                moved.push(text.len());
            }
            text.push(if is_shown(c) || c == '\n' {
                c
            } else if c == '\t' || ends_line {
                ' '
            } else {
                HIDDEN
            });
        }
        moved.push(text.len());
        let shift = |span: &Range<usize>| moved[span.start - start]..moved[span.end - start];
        let first_line = 1 + source[..start].bytes().filter(|b| *b == b'\n').count();
        let before = &source[start..main.start];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        Window {
            first_line,
            line: first_line + before.bytes().filter(|b| *b == b'\n').count(),
            column: 1 + before[line_start..].chars().count(),
            span: shift(&main),
            also: also.iter().map(|(span, label)| (shift(span), *label)).collect(),
            longest_line: piece.split('\n').map(str::len).max().unwrap_or(0),
            text,
        }
    }
}

/// The span held inside the text, on character boundaries, not too many lines.
fn one_place(source: &str, span: &Range<usize>) -> Range<usize> {
    // A byte order mark takes no column.
    let mut start = span.start.clamp(byte_order_mark(source), source.len());
    while !source.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = span.end.clamp(start, source.len());
    while !source.is_char_boundary(end) {
        end += 1;
    }
    let inside = &source[start..end];
    if inside.bytes().filter(|b| *b == b'\n').count() >= MOST_LINES {
        end = start + inside.find('\n').unwrap_or(inside.len());
        if source[..end].ends_with('\r') && end > start {
            end -= 1;
        }
    }
    start..end
}
