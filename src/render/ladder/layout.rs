//! Gives everything in a ladder its place: columns their distance, moments their height, words their boxes.
//!
//! Moments are placed one after another from the top, each as low as time asks and lower where a box is in the way. So
//! what happens later is never higher, and no two boxes meet.

use std::collections::BTreeMap;

use crate::trace::transcript::span;

use super::super::icons::Role;
use super::super::scene::{Anchor, Label, Point as Spot, Rect};
use super::super::text_width::{Face, wrap};
use super::super::time_axis::Gap;
use super::model::{Arrow, ArrowKind, Model, Moment, Note, Side};
use super::order::{Point, points};
use super::placed::{Fold, Layout, PlacedArrow, PlacedBar, PlacedNote};
use super::sizes::{BESIDE, NOTE_SIZE, TIME_SIZE, face, size};
use super::spacing::Spacing;

/// Top of the heads of the lifelines.
pub(super) const HEADS: f64 = 76.0;
/// How far in the rest of a broken line stands.
const INDENT: f64 = 12.0;
/// From one line of words to the next.
const LINE: f64 = 14.5;
const FOLD_HEIGHT: f64 = 36.0;
/// Notes have this much room even where lifelines stand close.
const NOTE_ROOM: f64 = 250.0;
/// Words of an arrow take two lines at most, so that no address of a command is cut four; those of a note three.
const ARROW_LINES: usize = 2;
const COMMAND_LINES: usize = 4;
/// What a mail is made of is worth its room.
const CONTENT_LINES: usize = 5;
const NOTE_LINES: usize = 3;
const LEAST_DROP: f64 = 9.0;
/// From one line of a bundle to the next.
const LANE: f64 = 7.0;
/// Words are moved this far to keep clear of lines; beyond it they cover them.
const MOST_FOR_LINES: f64 = 36.0;

/// Gives everything its place.
pub(super) fn lay_out(model: &Model) -> Layout {
    let spacing = Spacing::new(model);
    let head_height = if spacing.names.iter().any(|name| name.len() > 1) { 58.0 } else { 46.0 };
    let top = HEADS + head_height;
    let mut pass = Pass {
        model,
        y: top + 14.0,
        floor: top + 6.0,
        boxes: Vec::new(),
        lines: Vec::new(),
        arrivals: vec![top; spacing.xs.len()],
        in_flight: Vec::new(),
        heights: BTreeMap::new(),
        layout: Layout {
            spacing,
            head_height,
            top,
            bottom: top,
            arrows: model.arrows.iter().map(|_| None).collect(),
            notes: model.notes.iter().map(|_| None).collect(),
            folds: Vec::new(),
            times: Vec::new(),
            bars: Vec::new(),
        },
    };
    pass.run();
    pass.layout
}

struct Pass<'a> {
    model: &'a Model,
    /// The height of time: nothing later goes above it.
    y: f64,
    /// No box reaches above this.
    floor: f64,
    /// The latest boxes.
    boxes: Vec<Rect>,
    /// The latest arrows that have arrived.
    lines: Vec<(Spot, Spot)>,
    /// Where the last arrow reached each lifeline.
    arrivals: Vec<f64>,
    /// Bundles that have yet to arrive: their index, and the columns from which and to which they travel.
    in_flight: Vec<(usize, usize, usize)>,
    /// Where each moment went.
    heights: BTreeMap<Moment, f64>,
    layout: Layout,
}

impl Pass<'_> {
    fn run(&mut self) {
        let mut before: Option<Moment> = None;
        for (at, point) in points(self.model) {
            let mut folded = false;
            if let Some(before) = before {
                match self.model.axis.gap(before.0, at.0) {
                    Gap::Flow(room) => self.y += room,
                    Gap::Fold(length) => {
                        self.fold(&span(length), at);
                        folded = true;
                    }
                }
            }
            let height = match point {
                Point::Send(bundle) => self.send(bundle),
                Point::Receive(bundle) => self.receive(bundle),
                Point::Note(note) => self.note(note),
            };
            let Some(height) = height else { continue };
            self.heights.entry(at).or_insert(height);
            if folded || before.is_none_or(|before| before.0 != at.0) {
                self.time(at, height);
            }
            before = Some(at);
        }
        self.layout.bottom = self.y.max(self.lowest()) + 22.0;
        self.bars();
    }

    /// The lower edge of everything placed so far.
    fn lowest(&self) -> f64 {
        self.boxes.iter().map(|b| b.y1).fold(self.y, f64::max)
    }

    fn fold(&mut self, length: &str, at: Moment) {
        let top = self.lowest() + 12.0;
        let bottom = top + FOLD_HEIGHT;
        let words = format!("{length} later · {}", self.model.axis.civil(at.0));
        let middle = (self.layout.spacing.width / 2.0, (top + bottom) / 2.0);
        let label = Label::new(middle, words, Face::Bold, 12.0).anchor(Anchor::Middle);
        self.layout.folds.push(Fold { top, bottom, label });
        self.y = bottom + 10.0;
        self.floor = bottom + 4.0;
        self.boxes.clear();
        self.lines.clear();
    }

    /// Lowers the time until `place(y)` is free of boxes (and of lines, if that is not far), and takes that place.
    fn settle(&mut self, place: impl Fn(f64) -> Rect) {
        let patience = self.y + MOST_FOR_LINES;
        loop {
            let rect = place(self.y);
            if rect.y0 < self.floor {
                self.y += (self.floor - rect.y0).max(0.25);
                continue;
            }
            match self.boxes.iter().filter(|b| b.meets(&rect)).map(|b| b.y1).reduce(f64::max) {
                Some(bottom) => self.y += (bottom - rect.y0).max(1.0),
                None if self.y < patience && self.lines.iter().any(|(a, b)| rect.is_crossed(*a, *b)) => self.y += 3.0,
                None => break,
            }
        }
        self.boxes.push(place(self.y));
        // Only what was placed lately can be in the way.
        let done = self.y - 200.0;
        self.boxes.retain(|b| b.y1 > done);
        self.lines.retain(|(_, end)| end.1 > done);
    }

    fn ends(&self, arrow: &Arrow) -> Option<(usize, usize)> {
        Some((self.model.column(arrow.from)?, self.model.column(arrow.to)?))
    }

    /// The words of an arrow, from the sender to the room that they have.
    fn words(&self, arrow: &Arrow, from: usize, to: usize) -> Vec<Label> {
        let (face, size, right) = (face(arrow.kind), size(arrow.kind), to > from);
        let xs = &self.layout.spacing.xs;
        let near = self.layout.gap(from, !right) - 2.0 * BESIDE - 8.0;
        let far = (xs[to] - xs[from]).abs() - 2.0 * BESIDE - 8.0;
        // In a bundle, the rest of a line must not be taken for a line of its own: it stands a little further in.
        let indent = if right { INDENT } else { 0.0 };
        let most = match arrow.kind {
            ArrowKind::Command => COMMAND_LINES,
            ArrowKind::Content => CONTENT_LINES,
            _ => ARROW_LINES,
        };
        let broken = |room: f64| match wrap(&arrow.words, face, size, room, 1) {
            whole if !whole.1 => whole,
            _ => wrap(&arrow.words, face, size, room - indent, most),
        };
        let (mut lines, is_cut) = broken(near);
        if is_cut && far > near {
            lines = broken(far).0;
        }
        let x = if right { xs[from] + BESIDE } else { xs[from] - BESIDE };
        let anchor = if right { Anchor::Left } else { Anchor::Right };
        let mut words = labels(lines, &arrow.words, |line| Label::new((x, 0.0), line, face, size).anchor(anchor));
        for rest in words.iter_mut().skip(1) {
            rest.at.0 += indent;
        }
        words
    }

    fn send(&mut self, bundle: usize) -> Option<f64> {
        let members = &self.model.bundles[bundle];
        let first = &self.model.arrows[*members.first()?];
        let (from, to) = self.ends(first)?;
        let x = self.layout.spacing.xs[from];
        let right = to > from;
        let gap = self.layout.gap(from, !right);
        let mut words: Vec<Vec<Label>> = members.iter().map(|i| self.words(&self.model.arrows[*i], from, to)).collect();
        let count = words.iter().flatten().count();
        if count > 0 {
            let high = LINE * count as f64;
            // Words stand above what arrives later and below what arrived before.
            let below = self.arrivals[from] + high + 6.0;
            self.y = self.y.max(below);
            let rects = words.iter().flatten().map(Label::rect);
            let (x0, x1) = rects.fold((x, x), |(x0, x1), r| (x0.min(r.x0), x1.max(r.x1)));
            let (x0, x1) = if right { (x + BESIDE - 4.0, x1 + 4.0) } else { (x0 - 4.0, x - BESIDE + 4.0) };
            let lanes = LANE * (members.len() - 1) as f64;
            self.clear_departures(from, !right, (x1 - x0) + BESIDE, high + 5.0);
            self.settle(|y| Rect::new(x0, y - high - 4.0, x1, y + lanes + 2.0));
            let mut line = self.y - high - 3.0 + 0.5 * LINE;
            for label in words.iter_mut().flatten() {
                label.at.1 = line;
                line += LINE;
            }
        } else {
            self.y = self.y.max(self.floor).max(self.arrivals[from] + 3.0);
        }
        let side = if right { 1.0 } else { -1.0 };
        for (lane, (member, words)) in members.iter().zip(words).enumerate() {
            let y = self.y + LANE * lane as f64;
            let lost = (x + side * gap * 0.55, y + 16.0);
            self.layout.arrows[*member] = Some(PlacedArrow { start: (x, y), end: lost, words });
            if self.model.arrows[*member].received.is_none() {
                self.boxes.push(Rect::around(lost, 8.0, 8.0));
            } else if lane == 0 {
                self.in_flight.push((bundle, from, to));
            }
        }
        Some(self.y)
    }

    fn receive(&mut self, bundle: usize) -> Option<f64> {
        let members = &self.model.bundles[bundle];
        let (_, to) = self.ends(&self.model.arrows[*members.first()?])?;
        let start = self.layout.arrows[members[0]].as_ref()?.start;
        self.in_flight.retain(|(b, ..)| *b != bundle);
        let x = self.layout.spacing.xs[to];
        let lanes = LANE * (members.len() - 1) as f64;
        self.y = self.y.max(start.1 + lanes + LEAST_DROP).max(self.floor);
        // The tips must not end in words that stand beside the lifeline.
        let tip_x = if start.0 < x { x - 16.0 } else { x + 16.0 };
        self.settle_tip(tip_x, lanes);
        let y = self.y;
        // All at the same slope: they travel together.
        for (lane, member) in members.iter().enumerate() {
            if let Some(placed) = &mut self.layout.arrows[*member] {
                placed.end = (x, y + LANE * lane as f64);
                self.lines.push((placed.start, placed.end));
            }
        }
        self.y += lanes;
        self.arrivals[to] = self.y;
        Some(y)
    }

    fn settle_tip(&mut self, x: f64, lanes: f64) {
        let (mut y, boxes) = (self.y, &self.boxes);
        loop {
            let tip = Rect::new(x - 8.0, y - 5.0, x + 8.0, y + lanes + 5.0);
            match boxes.iter().filter(|b| b.meets(&tip)).map(|b| b.y1).reduce(f64::max) {
                Some(bottom) => y += (bottom - tip.y0).max(1.0),
                None => break,
            }
        }
        self.y = y;
    }

    /// Lowers the time until words of this size beside a lifeline would stand below what has left it on the same side and
    /// has not arrived: its end is not known yet, but not far where a dialogue goes on.
    fn clear_departures(&mut self, column: usize, on_left: bool, wide: f64, high: f64) {
        let xs = &self.layout.spacing.xs;
        for (bundle, from, to) in &self.in_flight {
            let Some(placed) = self.layout.arrows[self.model.bundles[*bundle][0]].as_ref() else { continue };
            let part = wide / (xs[*to] - xs[*from]).abs().max(1.0);
            if *from == column && (to < from) == on_left && part < 0.8 {
                let lanes = LANE * self.model.bundles[*bundle].len() as f64;
                let below = (high + part * LEAST_DROP) / (1.0 - part);
                self.y = self.y.max(placed.start.1 + lanes + below);
            }
        }
    }

    /// Whether a note stands on the left of its lifeline: at the last one that handles mail, for there the picture ends, and
    /// where something is under way on the right that it would cover.
    fn is_on_left(&self, column: usize) -> bool {
        let next = self.model.columns.get(column + 1);
        let busy =
            |gap: usize| self.in_flight.iter().any(|(_, from, to)| (*from.min(to)..*from.max(to)).contains(&gap));
        if column == 0 || next.is_none() {
            return column > 0;
        }
        let (left, right) = (busy(column - 1), busy(column));
        if next.is_some_and(|next| next.role == Role::NameServer) { !left || right } else { right && !left }
    }

    fn note(&mut self, index: usize) -> Option<f64> {
        let note = &self.model.notes[index];
        let column = self.model.column(note.host)?;
        let on_left = self.is_on_left(column);
        let x = self.layout.spacing.xs[column];
        let near = self.layout.gap(column, on_left) - 2.0 * BESIDE - 18.0;
        // A note may pass the neighbour's lifeline, not the edge of the picture.
        let edge = if on_left { x - self.layout.spacing.times } else { self.layout.spacing.width - x };
        let far = near.max((edge - BESIDE - 40.0).min(NOTE_ROOM));
        let (mut lines, is_cut) = wrap(&note.words, Face::Sans, NOTE_SIZE, near, NOTE_LINES);
        if is_cut || near < 100.0 {
            lines = wrap(&note.words, Face::Sans, NOTE_SIZE, far, NOTE_LINES).0;
        }
        let room = if lines.len() > 1 || near < 100.0 { far } else { near };
        let anchor = if on_left { Anchor::Right } else { Anchor::Left };
        let at = if on_left { x - BESIDE - 8.0 } else { x + BESIDE + 8.0 };
        let mut words =
            labels(lines, &note.words, |line| Label::new((at, 0.0), line, Face::Sans, NOTE_SIZE).anchor(anchor));
        let mut took = took(note).map(|t| Label::new((at, 0.0), t, Face::Sans, 11.0).anchor(anchor).fit(room));
        self.y = self.y.max(self.arrivals[column] + 13.0);
        let count = words.len() + usize::from(took.is_some());
        let below = LINE * count.saturating_sub(1) as f64 + 0.6 * NOTE_SIZE + 3.0;
        let rects = words.iter().chain(&took).map(Label::rect);
        let (x0, x1) = rects.fold((at, at), |(x0, x1), r| (x0.min(r.x0), x1.max(r.x1)));
        let card = |y: f64| Rect::new(x0 - 8.0, y - 0.6 * NOTE_SIZE - 3.0, x1 + 8.0, y + below);
        self.clear_departures(column, on_left, (x1 - x0) + BESIDE + 16.0, 0.6 * NOTE_SIZE + 5.0);
        self.settle(|y| card(y).grown(2.0));
        for (line, label) in words.iter_mut().chain(&mut took).enumerate() {
            label.at.1 = self.y + LINE * line as f64;
        }
        let y = self.y;
        self.layout.notes[index] = Some(PlacedNote { words, took, card: card(y), on_left });
        self.y += LINE * count.saturating_sub(1) as f64;
        Some(y)
    }

    fn time(&mut self, at: Moment, height: f64) {
        let spot = (self.layout.spacing.times, height);
        let label = Label::new(spot, self.model.axis.relative(at.0), Face::Mono, TIME_SIZE).anchor(Anchor::Right);
        let before = self.layout.times.last();
        let free = before.is_none_or(|last| last.rect().y1 + 2.0 <= label.rect().y0 && last.text != label.text);
        if free {
            self.layout.times.push(label);
        }
    }

    fn bars(&mut self) {
        for bar in &self.model.bars {
            let Some(column) = self.model.column(bar.host) else { continue };
            let height = |at: Moment| self.heights.range(at..).next().map(|(_, y)| *y);
            let from = height(bar.from).unwrap_or(self.layout.bottom);
            let to = bar.to.and_then(height).unwrap_or(self.layout.bottom);
            let from = if self.heights.first_key_value().is_some_and(|(first, _)| bar.from < *first) {
                self.layout.top
            } else {
                from
            };
            if to > from && bar.link_to != Some(bar.host) {
                let side = bar.link_to.map(|_| if bar.side == Some(Side::Left) { -1.0 } else { 1.0 });
                self.layout.bars.push(PlacedBar { column, side, from, to });
            }
        }
    }
}

fn took(note: &Note) -> Option<&str> {
    note.took.as_deref()
}

/// Labels for lines; where words are missing, each of them shows all of them.
fn labels(lines: Vec<String>, words: &str, label: impl Fn(String) -> Label) -> Vec<Label> {
    let is_cut = lines.last().is_some_and(|last| last.ends_with('…') && !words.ends_with('…'));
    let full = |l: Label| Label { full: is_cut.then(|| words.to_owned()), ..l };
    lines.into_iter().map(|line| full(label(line))).collect()
}
