//! The ladder as text: a column for every host, a row for every arrow and note.

use crate::trace::transcript::span;

use super::super::text_width::{columns, elide_columns, thousands};
use super::super::time_axis::Gap;
use super::model::{Arrow, ArrowKind, Model, Moment, Note, NoteKind};

/// The narrowest distance of two lifelines; below it the ladder becomes a list.
const NARROWEST: usize = 16;

/// Longer words than this are cut even where they have room.
const LONGEST: usize = 48;

/// The strokes that arrows are made of.
struct Pen {
    lifeline: char,
    solid: char,
    reply: char,
    dns: char,
    light: char,
    /// Of what is said through TLS.
    sealed: char,
    right: char,
    left: char,
    lost: char,
    wave: char,
    good: &'static str,
    wait: &'static str,
    bad: &'static str,
    plain: &'static str,
    /// In a list, between the two hosts.
    to: &'static str,
}

const UNICODE: Pen = Pen {
    lifeline: '│',
    solid: '─',
    reply: '╌',
    dns: '┈',
    light: '·',
    sealed: '═',
    right: '▶',
    left: '◀',
    lost: '✗',
    wave: '≈',
    good: "●",
    wait: "◷",
    bad: "◆",
    plain: "○",
    to: "→",
};
const ASCII: Pen = Pen {
    lifeline: '|',
    solid: '-',
    reply: '=',
    dns: '.',
    light: '.',
    sealed: '#',
    right: '>',
    left: '<',
    lost: 'x',
    wave: '~',
    good: "*",
    wait: "~",
    bad: "!",
    plain: "o",
    to: "->",
};

enum Row<'a> {
    Arrow(&'a Arrow),
    Note(&'a Note),
}

impl Row<'_> {
    fn at(&self) -> Moment {
        match self {
            Row::Arrow(arrow) => arrow.sent,
            Row::Note(note) => note.at,
        }
    }
}

/// The ladder, at most `width` columns wide.
pub(super) fn text(model: &Model, ascii: bool, width: usize) -> String {
    let pen = if ascii { &ASCII } else { &UNICODE };
    let mut rows: Vec<Row<'_>> = model.arrows.iter().map(Row::Arrow).collect();
    rows.extend(model.notes.iter().map(Row::Note));
    rows.sort_by_key(Row::at);
    let times: Vec<String> = rows.iter().map(|row| model.axis.relative(row.at().0)).collect();
    let time_width = times.iter().map(|t| columns(t)).max().unwrap_or(0);
    let page = Page::new(model, pen, time_width, width);

    let mut out = String::new();
    for line in [&model.title, &model.subtitle] {
        put_line(&mut out, &elide_columns(line, width));
    }
    out.push('\n');
    page.heads(&mut out);
    let (mut before, mut reached): (Option<Moment>, Option<Moment>) = (None, None);
    for (row, time) in rows.iter().zip(&times) {
        // A fold counts from whatever happened last, an arrival included.
        if let Some(last) = reached
            && let Gap::Fold(length) = model.axis.gap(last.0, row.at().0)
        {
            page.fold(&mut out, &span(length), &model.axis.civil(row.at().0));
        }
        let shown = if before.is_some_and(|b| b.0 == row.at().0) { "" } else { time };
        page.row(&mut out, row, shown);
        let end = match row {
            Row::Arrow(arrow) => arrow.end(),
            Row::Note(note) => note.at,
        };
        before = Some(row.at());
        reached = reached.max(Some(end));
    }
    if rows.is_empty() {
        put_line(&mut out, "Nothing happens in this part.");
    }
    if model.more > 0 {
        put_line(&mut out, &elide_columns(&format!("… {} more events", thousands(model.more as u64)), width));
    }
    if ascii {
        return out.chars().map(to_ascii).collect();
    }
    out
}

fn to_ascii(c: char) -> char {
    match c {
        '\n' | ' '..='~' => c,
        '…' => '.',
        '·' => '-',
        '“' | '”' => '"',
        'µ' => 'u',
        _ => '?',
    }
}

fn put_line(out: &mut String, line: &str) {
    out.push_str(line.trim_end());
    out.push('\n');
}

struct Page<'a> {
    model: &'a Model,
    pen: &'a Pen,
    time_width: usize,
    width: usize,
    /// The column of each lifeline; empty where the ladder is a list.
    lifelines: Vec<usize>,
}

impl<'a> Page<'a> {
    fn new(model: &'a Model, pen: &'a Pen, time_width: usize, width: usize) -> Page<'a> {
        let hosts = model.columns.len();
        let left = time_width + 3;
        // The rest of the line behind the last lifeline takes the last host's notes.
        let each = width.saturating_sub(left + 1) / hosts.max(1);
        let lifelines = if each >= NARROWEST || hosts == 1 {
            let distance = (width - left - 1 - NARROWEST.min(each)) / hosts.saturating_sub(1).max(1);
            (0..hosts).map(|i| left + i * distance.min(44)).collect()
        } else {
            Vec::new()
        };
        Page { model, pen, time_width, width, lifelines }
    }

    /// An empty row: lifelines and the time.
    fn blank(&self, time: &str) -> Vec<char> {
        let mut line = vec![' '; self.width];
        for x in &self.lifelines {
            line[*x] = self.pen.lifeline;
        }
        let start = self.time_width.saturating_sub(columns(time));
        for (place, c) in time.chars().enumerate().take(self.time_width) {
            line[start + place] = c;
        }
        line
    }

    fn heads(&self, out: &mut String) {
        if self.lifelines.is_empty() {
            return;
        }
        let room = |i: usize| self.lifelines.get(i + 1).map_or(self.width, |next| *next) - self.lifelines[i] - 1;
        let names: Vec<(&str, &str)> = (self.model.columns.iter().enumerate())
            .map(|(i, column)| match column.name.find('.') {
                // A host above its domain, where both do not fit side by side.
                Some(dot) if columns(&column.name) > room(i) => column.name.split_at(dot + 1),
                _ => ("", column.name.as_str()),
            })
            .collect();
        for row in [names.iter().map(|n| n.0).collect::<Vec<_>>(), names.iter().map(|n| n.1).collect()] {
            if row.iter().all(|name| name.is_empty()) {
                continue;
            }
            let mut line = vec![' '; self.width];
            for (i, name) in row.iter().enumerate() {
                write(&mut line, self.lifelines[i], &elide_columns(name, room(i)));
            }
            put_line(out, &read(&line));
        }
    }

    fn fold(&self, out: &mut String, length: &str, civil: &str) {
        let words = format!(" {length} later, {civil} ");
        let words = elide_columns(&words, self.width.saturating_sub(self.time_width + 6));
        let mut line = vec![' '; self.width];
        let left = self.time_width + 1;
        let end = self.lifelines.last().map_or(left + 60, |x| x + 1).max(left + columns(&words) + 6).min(self.width);
        for c in &mut line[left..end] {
            *c = self.pen.wave;
        }
        write(&mut line, left + (end - left - columns(&words)) / 2, &words);
        put_line(out, &read(&line));
    }

    fn row(&self, out: &mut String, row: &Row<'_>, time: &str) {
        if self.lifelines.is_empty() {
            return self.list_row(out, row, time);
        }
        let mut line = self.blank(time);
        match row {
            Row::Arrow(arrow) => {
                if let Some(above) = self.long_words(arrow) {
                    write(&mut line, above.0, &above.1);
                    put_line(out, &read(&line));
                    line = self.blank("");
                    self.arrow(&mut line, arrow, "");
                } else {
                    self.arrow(&mut line, arrow, &arrow.words);
                }
            }
            Row::Note(note) => match self.below(note) {
                Some((start, took)) => {
                    self.note(&mut line, note, &note.words);
                    put_line(out, &read(&line));
                    line = self.blank("");
                    write(&mut line, start, took);
                }
                None => self.note(&mut line, note, &note.said()),
            },
        }
        put_line(out, &read(&line));
    }

    /// Words that have no room in their arrow stand above it, over other lifelines: where they begin, and what fits.
    fn long_words(&self, arrow: &Arrow) -> Option<(usize, String)> {
        let (from, to) = (self.model.column(arrow.from)?, self.model.column(arrow.to)?);
        let (a, b) = (self.lifelines[from], self.lifelines[to]);
        let (low, room) = (a.min(b), a.abs_diff(b).saturating_sub(6));
        if columns(&arrow.words) <= room {
            return None;
        }
        // Only if that gains anything.
        let start = low + 2;
        let words = elide_columns(&arrow.words, (self.width - start).min(LONGEST));
        (columns(&words) > room).then_some((start, words))
    }

    fn arrow(&self, line: &mut [char], arrow: &Arrow, words: &str) {
        let (Some(from), Some(to)) = (self.model.column(arrow.from), self.model.column(arrow.to)) else { return };
        let (a, b) = (self.lifelines[from], self.lifelines[to]);
        let stroke = match arrow.kind {
            _ if arrow.sealed => self.pen.sealed,
            ArrowKind::Command | ArrowKind::Content => self.pen.solid,
            ArrowKind::Reply | ArrowKind::Refusal => self.pen.reply,
            ArrowKind::Question | ArrowKind::Answer => self.pen.dns,
            ArrowKind::Connect | ArrowKind::Refused | ArrowKind::Packet => self.pen.light,
        };
        let (low, high) = (a.min(b), a.max(b));
        for c in &mut line[low + 1..high] {
            *c = stroke;
        }
        let lost = arrow.received.is_none();
        let tip = if to > from { high - 1 } else { low + 1 };
        line[tip] = match (lost, to > from) {
            (true, _) => self.pen.lost,
            (false, true) => self.pen.right,
            (false, false) => self.pen.left,
        };
        if words.is_empty() || high - low < 6 {
            return;
        }
        let words = elide_columns(words, high - low - 6);
        let words = format!(" {words} ");
        // At the sender, as in the picture.
        let start = if to > from { low + 2 } else { high - 1 - columns(&words) };
        write(line, start, &words);
    }

    /// What it took stands below a note that would have no room beside its lifeline otherwise.
    fn below<'n>(&self, note: &'n Note) -> Option<(usize, &'n str)> {
        let start = self.lifelines[self.model.column(note.host)?] + 2;
        let fits = |words: &str| start + columns(words) <= self.width;
        let took = note.took.as_deref()?;
        (fits(&note.words) && fits(took) && !fits(&note.said())).then_some((start, took))
    }

    fn note(&self, line: &mut [char], note: &Note, said: &str) {
        let Some(column) = self.model.column(note.host) else { return };
        let x = self.lifelines[column];
        let words = format!("{} {said}", self.sign(note.kind));
        // To the right over other lifelines, or to the left where there is more room.
        if x + 1 + columns(&words) <= self.width || self.width - x >= x - self.time_width {
            write(line, x, &elide_columns(&words, self.width - x));
        } else {
            let words = format!("{said} {}", self.sign(note.kind));
            let room = x + 1 - self.time_width - 2;
            let cut = elide_columns(said, room.saturating_sub(2));
            let words = if columns(&words) <= room { words } else { format!("{cut} {}", self.sign(note.kind)) };
            write(line, x + 1 - columns(&words), &words);
        }
    }

    fn sign(&self, kind: NoteKind) -> &'static str {
        match kind {
            NoteKind::Good => self.pen.good,
            NoteKind::Wait => self.pen.wait,
            NoteKind::Bad => self.pen.bad,
            NoteKind::Plain => self.pen.plain,
        }
    }

    fn list_row(&self, out: &mut String, row: &Row<'_>, time: &str) {
        let name = |host| self.model.column(host).map_or("?", |c| self.model.columns[c].name.as_str());
        let words = match row {
            Row::Arrow(arrow) if arrow.words.is_empty() => return,
            Row::Arrow(arrow) => {
                let lost = if arrow.received.is_none() { " (never arrives)" } else { "" };
                format!("{} {} {}{lost}: {}", name(arrow.from), self.pen.to, name(arrow.to), arrow.words)
            }
            Row::Note(note) => format!("{} {}: {}", self.sign(note.kind), name(note.host), note.said()),
        };
        let width = self.time_width;
        put_line(out, &elide_columns(&format!("{time:>width$}  {words}"), self.width));
    }
}

/// Stands for the second column of a wide letter.
const WIDE: char = '\0';

/// Writes over a row of columns. Letters without width are left out: a row has one letter a column.
fn write(line: &mut [char], start: usize, text: &str) {
    let mut x = start;
    for c in text.chars() {
        let wide = columns(c.encode_utf8(&mut [0; 4]));
        if wide == 0 || x + wide > line.len() {
            continue;
        }
        line[x] = c;
        if wide == 2 {
            line[x + 1] = WIDE;
        }
        x += wide;
    }
}

fn read(line: &[char]) -> String {
    line.iter().filter(|c| **c != WIDE).collect()
}
