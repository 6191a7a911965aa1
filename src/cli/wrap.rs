//! Long lines on a terminal: broken between words, with the rest below the words and not below the time or the sign in
//! front of them. Only for a terminal: what goes into a file or a pipe stays in whole lines.

use crate::trace::transcript::{Line, width};

/// A letter on the screen, with the escape sequences in front of it.
struct Cell<'t> {
    escapes: &'t str,
    letter: &'t str,
    columns: usize,
}

impl Cell<'_> {
    fn is_space(&self) -> bool {
        self.letter == " "
    }
}

/// Whether a word is a number: `146`, `(1.5`, but not an address.
fn is_number(word: &[Cell<'_>]) -> bool {
    let dots = word.iter().filter(|c| c.letter == ".").count();
    dots <= 1 && word.iter().all(|c| matches!(c.letter.as_bytes(), [b'0'..=b'9' | b'.' | b'(' | b'+']))
}

/// The letters of a line, and the escape sequences at its end.
fn cells(line: &str) -> (Vec<Cell<'_>>, &str) {
    let mut cells = Vec::with_capacity(line.len());
    let (mut from, mut at) = (0, 0);
    while let Some(c) = line[at..].chars().next() {
        if c == '\u{1b}' {
            // Our own, all of one kind: ESC [ ... letter.
            let rest = &line[at + 1..];
            at += 1 + rest.find(|c: char| c.is_ascii_alphabetic()).map_or(rest.len(), |i| i + 1);
            continue;
        }
        let letter = &line[at..at + c.len_utf8()];
        cells.push(Cell { escapes: &line[from..at], letter, columns: width(letter) });
        at += c.len_utf8();
        from = at;
    }
    (cells, &line[from..])
}

/// A line, which may have colours, as lines of at most so many columns, without a line end at the end. A word that is
/// longer stays whole, so that it can be copied.
pub(super) fn wrapped(line: &str, columns: usize) -> String {
    let (cells, end) = cells(line);
    if cells.iter().map(|c| c.columns).sum::<usize>() <= columns {
        return line.to_owned();
    }
    broken(&cells, end, hang(&cells, columns), columns)
}

/// Broken between words; further lines are indented by `hang` columns.
fn broken(cells: &[Cell<'_>], end: &str, hang: usize, columns: usize) -> String {
    let mut out = String::with_capacity(cells.len() + 64);
    let (mut start, mut indent) = (0, 0);
    while start < cells.len() {
        let next = line_end(cells, start, indent, hang, columns);
        for cell in &cells[start..next] {
            out.push_str(cell.escapes);
            out.push_str(cell.letter);
        }
        start = next;
        while let Some(space) = cells.get(start).filter(|c| c.is_space()) {
            out.push_str(space.escapes);
            start += 1;
        }
        if start < cells.len() {
            out.push('\n');
            out.push_str(&" ".repeat(hang));
            indent = hang;
        }
    }
    out.push_str(end);
    out
}

/// Where the line that begins at `start`, behind `indent` columns, ends: at the last gap between words that fits, or at
/// the first one where none does. A gap between columns of the line is better than one between words, if it is not far
/// from the end.
fn line_end(cells: &[Cell<'_>], start: usize, indent: usize, hang: usize, columns: usize) -> usize {
    let (mut column, mut word) = (indent, start);
    let (mut fits, mut fits_best) = (None, None);
    for (i, cell) in cells.iter().enumerate().skip(start) {
        if cell.is_space() && i > start && !cells[i - 1].is_space() {
            let is_wide = cells.get(i + 1).is_some_and(Cell::is_space);
            // `2 000 146` and `10 ms` are not torn apart.
            let is_torn = !is_wide && is_number(&cells[word..i]);
            if column > hang && !is_torn {
                if column > columns {
                    return fits_best.or(fits).unwrap_or(i);
                }
                fits = Some(i);
                if is_wide && column * 3 >= columns * 2 {
                    fits_best = fits;
                }
            }
        }
        if cell.is_space() {
            word = i + 1;
        }
        column += cell.columns;
    }
    if column > columns { fits_best.or(fits).unwrap_or(cells.len()) } else { cells.len() }
}

/// How far further lines are indented: to the last column of the line that begins in its left half (two spaces or more
/// stand in front of a column), and behind a sign or a word such as `S:` that begins it.
fn hang(cells: &[Cell<'_>], columns: usize) -> usize {
    let half = columns / 2;
    let (mut column, mut hang, mut place, mut spaces) = (0, 0, 0, 2);
    for (i, cell) in cells.iter().enumerate() {
        if column > half {
            break;
        }
        if !cell.is_space() {
            if spaces >= 2 {
                (hang, place) = (column, i);
            }
            spaces = 0;
        } else {
            spaces += 1;
        }
        column += cell.columns;
    }
    let word: Vec<&Cell<'_>> = cells[place..].iter().take_while(|c| !c.is_space()).collect();
    let wide: usize = word.iter().map(|c| c.columns).sum();
    let is_sign = wide <= 3 && word.iter().all(|c| !c.letter.chars().all(char::is_alphanumeric));
    let is_speaker = wide <= 5 && word.last().is_some_and(|c| c.letter == ":");
    if (is_sign || is_speaker) && hang + wide < half { hang + wide + 1 } else { hang }
}

/// A diagnostic: its words are wrapped, and the lines of the file with the carets below them are not.
pub(super) fn diagnostic(text: &str, columns: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let plain: String = cells(line).0.iter().map(|c| c.letter).collect();
        let from = plain.trim_start();
        let is_file =
            from.starts_with(|c: char| c.is_ascii_digit()) || from.starts_with(['|', ':', '.', '-', '╭', '│']);
        match from.strip_prefix("= ") {
            _ if is_file => out.push_str(line),
            Some(words) => {
                // `= help: ` is one sign.
                let sign = plain.len() - words.len() + words.find(": ").map_or(0, |i| i + 2);
                let (cells, end) = cells(line);
                out.push_str(&broken(&cells, end, sign, columns));
            }
            None => out.push_str(&wrapped(line, columns)),
        }
        out.push('\n');
    }
    out
}

/// Whether a line is a piece of running text: not indented, and of one kind.
pub(super) fn is_running(line: &Line) -> bool {
    let Some(first) = line.pieces().first() else { return false };
    !first.text.starts_with(' ') && line.pieces().iter().all(|p| p.style == first.style)
}

/// Lines of running text as one, where one of them is too wide: broken anew, they have no short lines between long ones.
pub(super) fn joined(lines: &[&Line], columns: usize) -> Vec<Line> {
    if lines.iter().all(|line| line.width() <= columns) {
        return lines.iter().map(|line| (*line).clone()).collect();
    }
    let Some(style) = lines.first().and_then(|line| line.pieces().first()).map(|piece| piece.style) else {
        return Vec::new();
    };
    let words: Vec<String> = lines.iter().map(|line| line.text()).collect();
    vec![Line::of(style, words.join(" "))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_stands_below_the_words() {
        for (line, columns, expected) in [
            ("short", 20, "short"),
            (
                "   1.000 s  laptop composes the mail of the day",
                28,
                "   1.000 s  laptop composes\n            the mail of the\n            day",
            ),
            ("  ✗ bob gets exactly one copy", 20, "  ✗ bob gets exactly\n    one copy"),
            (
                "        C: RCPT TO:<bob@blue.example> and more",
                40,
                "        C: RCPT TO:<bob@blue.example>\n           and more",
            ),
            ("size 2 000 146 bytes", 12, "size\n2 000 146 bytes"),
            ("  asks the DNS → 10 mx.blue  10 ms", 31, "  asks the DNS → 10 mx.blue\n  10 ms"),
            ("a averyveryverylongword b", 10, "a\naveryveryverylongword\nb"),
            ("  日本 日本 日本", 8, "  日本\n  日本\n  日本"),
            ("To be or not to be", 10, "To be or\nnot to be"),
        ] {
            assert_eq!(wrapped(line, columns), expected, "{line}");
        }
    }

    #[test]
    fn colours_take_no_room_and_none_is_lost() {
        let line = "\u{1b}[35m  +1 s\u{1b}[0m  \u{1b}[1mone two\u{1b}[0m \u{1b}[2mthree\u{1b}[0m";
        let shown = wrapped(line, 16);
        assert_eq!(shown, "\u{1b}[35m  +1 s\u{1b}[0m  \u{1b}[1mone two\u{1b}[0m\n        \u{1b}[2mthree\u{1b}[0m");
        assert_eq!(shown.matches('\u{1b}').count(), line.matches('\u{1b}').count());
    }

    #[test]
    fn files_in_diagnostics_stay_as_they_are() {
        let text = "error[x]: one two three\n --> a/long/name/of/a/file.ron:1:2\n  |\n1 | a line of a file\n  | ^ label of it\n  |\n  = help: one two three\n";
        let shown = diagnostic(text, 16);
        let expected = "error[x]: one\ntwo three\n --> a/long/name/of/a/file.ron:1:2\n  |\n1 | a line of a file\n  | ^ label of it\n  |\n  = help: one\n          two\n          three\n";
        assert_eq!(shown, expected);
    }

    #[test]
    fn running_text_is_broken_anew() {
        let lines = ["one two three", "four", "five"].map(|text| Line::new().and(text));
        let lines: Vec<&Line> = lines.iter().collect();
        assert!(lines.iter().all(|line| is_running(line)) && !is_running(&Line::new().and("  x")));
        assert_eq!(joined(&lines, 13).len(), 3);
        assert_eq!(joined(&lines, 12)[0].text(), "one two three four five");
    }
}
