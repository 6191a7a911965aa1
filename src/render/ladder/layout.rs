//! Gives everything in a ladder its place: columns their distance, moments their height, words their boxes.
//!
//! Moments are placed one after another from the top, each as low as time asks and lower where a box is in the way. So
//! what happens later is never higher, and no two boxes meet.

use std::collections::BTreeMap;

use super::super::scene::{Anchor, Label, Point as Spot, Rect};
use super::super::text_width::{Face, pixels};
use super::super::time_axis::{Gap, wait};
use super::model::{Arrow, ArrowKind, Model, Moment};

pub(super) const WORDS_SIZE: f64 = 13.0;
pub(super) const NOTE_SIZE: f64 = 12.5;
pub(super) const TIME_SIZE: f64 = 12.0;
pub(super) const SMALL_SIZE: f64 = 12.0;
pub(super) const NAME_SIZE: f64 = 14.0;
/// Top of the heads of the lifelines.
pub(super) const HEADS: f64 = 82.0;
pub(super) const HEAD_HEIGHT: f64 = 50.0;
/// Room for times at the left, before the first lifeline and what hangs on it.
const LEFT: f64 = 140.0;
/// From the times to the end of their room.
const AFTER_TIMES: f64 = 14.0;
const NARROWEST: f64 = 190.0;
/// Enough for `MAIL FROM` with an address of usual length. Three lifelines then need little more than a page is wide.
const WIDEST: f64 = 356.0;
/// From a lifeline to the words beside it.
pub(super) const BESIDE: f64 = 13.0;
const FOLD_HEIGHT: f64 = 40.0;
/// Notes have this much room even where lifelines stand close.
const NOTE_ROOM: f64 = 330.0;
const LEAST_DROP: f64 = 9.0;
/// Words are moved this far to keep clear of lines; beyond it they cover them.
const MOST_FOR_LINES: f64 = 36.0;

/// An arrow with its place; the end of a lost one is where its cross stands.
pub(super) struct PlacedArrow {
    pub(super) start: (f64, f64),
    pub(super) end: (f64, f64),
    pub(super) label: Option<Label>,
}

/// A fold of the time axis.
pub(super) struct Fold {
    pub(super) top: f64,
    pub(super) bottom: f64,
    pub(super) label: Label,
}

/// Everything in its place.
pub(super) struct Layout {
    /// The lifelines, from left to right.
    pub(super) xs: Vec<f64>,
    /// Half the width of each head.
    pub(super) halves: Vec<f64>,
    pub(super) width: f64,
    /// Where the lifelines begin and end.
    pub(super) top: f64,
    pub(super) bottom: f64,
    /// By the index of the arrow.
    pub(super) arrows: Vec<Option<PlacedArrow>>,
    /// By the index of the note.
    pub(super) notes: Vec<Option<Label>>,
    pub(super) folds: Vec<Fold>,
    pub(super) times: Vec<Label>,
    /// Column, top, bottom.
    pub(super) bars: Vec<(usize, f64, f64)>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Point {
    Receive(usize),
    Note(usize),
    Send(usize),
}

pub(super) fn face(kind: ArrowKind) -> Face {
    if matches!(kind, ArrowKind::Connect | ArrowKind::Refused | ArrowKind::Content) { Face::Sans } else { Face::Mono }
}

pub(super) fn size(kind: ArrowKind) -> f64 {
    match kind {
        ArrowKind::Packet => 11.0,
        ArrowKind::Connect => SMALL_SIZE,
        _ => WORDS_SIZE,
    }
}

impl Layout {
    pub(super) fn new(model: &Model) -> Layout {
        let (xs, halves, width) = columns(model);
        let top = HEADS + HEAD_HEIGHT;
        let mut pass = Pass {
            model,
            y: top + 14.0,
            floor: top + 6.0,
            boxes: Vec::new(),
            lines: Vec::new(),
            arrivals: vec![top; xs.len()],
            heights: BTreeMap::new(),
            layout: Layout {
                xs,
                halves,
                width,
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

    /// The room between lifeline `column` and its neighbour on the right (or the edge of the picture).
    fn gap(&self, column: usize) -> f64 {
        self.xs.get(column + 1).map_or(self.width - 16.0, |next| *next) - self.xs[column]
    }
}

/// Distances that give heads and most words their room.
fn columns(model: &Model) -> (Vec<f64>, Vec<f64>, f64) {
    let heads: Vec<f64> = (model.columns.iter())
        .map(|c| {
            let name = pixels(&c.name, Face::Bold, NAME_SIZE).max(pixels(&c.address, Face::Sans, SMALL_SIZE));
            (name + 56.0).clamp(110.0, 250.0) / 2.0
        })
        .collect();
    let mut gaps: Vec<f64> = (0..heads.len())
        .map(|i| heads.get(i + 1).map_or(140.0, |next| (heads[i] + next + 24.0).max(NARROWEST)))
        .collect();
    // Many hosts stand closer together.
    let widest = (2_600.0 / heads.len().max(1) as f64).clamp(NARROWEST + 60.0, WIDEST);
    for arrow in &model.arrows {
        let (Some(from), Some(to)) = (model.column(arrow.from), model.column(arrow.to)) else { continue };
        // Words of an arrow that passes other lifelines may pass them too.
        if to.abs_diff(from) > 1 {
            continue;
        }
        let gap = from.min(to);
        let wanted = pixels(&arrow.words, face(arrow.kind), size(arrow.kind)) + 2.0 * BESIDE + 16.0;
        gaps[gap] = gaps[gap].max(wanted.min(widest));
    }
    for note in &model.notes {
        let Some(column) = model.column(note.host) else { continue };
        let wanted = pixels(&note.words, Face::Sans, NOTE_SIZE) + 2.0 * BESIDE + 36.0;
        gaps[column] = gaps[column].max(wanted.min(widest * 0.9));
    }
    let mut xs = Vec::with_capacity(heads.len());
    // The head of the first lifeline stands above the times and may reach over them.
    let mut x = (LEFT + 12.0).max(heads.first().copied().unwrap_or(0.0) + 24.0);
    for gap in &gaps {
        xs.push(x);
        x += gap;
    }
    let last_head = xs.last().zip(heads.last()).map_or(0.0, |(x, half)| x + half + 24.0);
    (xs, heads, x.max(last_head).max(640.0).ceil())
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
    /// Where each moment went.
    heights: BTreeMap<Moment, f64>,
    layout: Layout,
}

impl Pass<'_> {
    fn run(&mut self) {
        let mut points: Vec<(Moment, Point)> = Vec::new();
        for (i, arrow) in self.model.arrows.iter().enumerate() {
            points.push((arrow.sent, Point::Send(i)));
            if arrow.received.is_some() {
                points.push((arrow.end().max((arrow.sent.0, arrow.sent.1 + 1)), Point::Receive(i)));
            }
        }
        points.extend(self.model.notes.iter().enumerate().map(|(i, note)| (note.at, Point::Note(i))));
        points.sort_unstable();
        let mut before: Option<Moment> = None;
        for (at, point) in points {
            let mut folded = false;
            if let Some(before) = before {
                match self.model.axis.gap(before.0, at.0) {
                    Gap::Flow(room) => self.y += room,
                    Gap::Fold(length) => {
                        self.fold(&wait(length), at);
                        folded = true;
                    }
                }
            }
            match point {
                Point::Send(arrow) => self.send(arrow),
                Point::Receive(arrow) => self.receive(arrow),
                Point::Note(note) => self.note(note),
            }
            self.heights.entry(at).or_insert(self.y);
            if folded || before.is_none_or(|before| before.0 != at.0) {
                self.time(at);
            }
            before = Some(at);
        }
        self.layout.bottom = self.y.max(self.lowest()) + 26.0;
        self.bars();
    }

    /// The lower edge of everything placed so far.
    fn lowest(&self) -> f64 {
        self.boxes.iter().map(|b| b.y1).fold(self.y, f64::max)
    }

    fn fold(&mut self, length: &str, at: Moment) {
        let top = self.lowest() + 12.0;
        let bottom = top + FOLD_HEIGHT;
        let middle =
            (self.layout.xs.first().copied().unwrap_or(LEFT) + self.layout.xs.last().copied().unwrap_or(LEFT)) / 2.0;
        let words = Label::new((middle, (top + bottom) / 2.0), length, Face::Bold, 13.0).anchor(Anchor::Middle);
        // The date stands in the same band.
        let place = (words.at.0.max(LEFT + words.width() / 2.0 + 20.0), words.at.1);
        let label = Label { at: place, ..words };
        self.layout.folds.push(Fold { top, bottom, label });
        let date = Label::new((LEFT - AFTER_TIMES, bottom - 11.0), self.model.axis.civil(at.0), Face::Sans, 11.0);
        self.layout.times.push(date.anchor(Anchor::Right));
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
        let done = self.y - 120.0;
        self.boxes.retain(|b| b.y1 > done);
        self.lines.retain(|(_, end)| end.1 > done);
    }

    fn ends(&self, arrow: &Arrow) -> Option<(usize, usize)> {
        Some((self.model.column(arrow.from)?, self.model.column(arrow.to)?))
    }

    fn send(&mut self, index: usize) {
        let arrow = &self.model.arrows[index];
        let Some((from, to)) = self.ends(arrow) else { return };
        let x = self.layout.xs[from];
        let (size, right) = (size(arrow.kind), to > from);
        let gap = self.layout.gap(if right { from } else { from - 1 });
        let side = if right { 1.0 } else { -1.0 };
        let mut label = None;
        if !arrow.words.is_empty() {
            let words = Label::new((x + side * BESIDE, 0.0), arrow.words.as_str(), face(arrow.kind), size)
                .anchor(if right { Anchor::Left } else { Anchor::Right })
                .fit((self.layout.xs[to] - x).abs().max(gap) - 2.0 * BESIDE - 8.0);
            // Words stand above what arrives later and below what arrived before.
            self.floor_below_arrival(from, size * 1.2 + 9.0);
            let above = 0.6 * size + 3.0;
            let rect = words.rect();
            self.settle(|y| Rect::new(rect.x0 - 4.0, y - 2.0 * above - 1.0, rect.x1 + 4.0, y + 2.0));
            label = Some(Label { at: (words.at.0, self.y - above), ..words });
        } else {
            self.y = self.y.max(self.floor);
        }
        let start = (x, self.y);
        let lost = (x + side * gap * 0.55, self.y + 16.0);
        self.layout.arrows[index] = Some(PlacedArrow { start, end: lost, label });
        if arrow.received.is_none() {
            self.boxes.push(Rect::around(lost, 8.0, 8.0));
        }
    }

    fn floor_below_arrival(&mut self, column: usize, room: f64) {
        let below = self.arrivals[column] + room;
        if self.y < below {
            self.y = below;
        }
    }

    fn receive(&mut self, index: usize) {
        let Some((_, to)) = self.ends(&self.model.arrows[index]) else { return };
        let Some(placed) = &self.layout.arrows[index] else { return };
        let (start, x) = (placed.start, self.layout.xs[to]);
        self.y = self.y.max(start.1 + LEAST_DROP).max(self.floor);
        self.y = self.y.max(self.beside_the_one_before(index, start.1));
        // The tip must not end in words that stand beside the lifeline.
        let tip_x = if start.0 < x { x - 16.0 } else { x + 16.0 };
        self.settle_tip(tip_x);
        if let Some(placed) = &mut self.layout.arrows[index] {
            placed.end = (x, self.y);
            self.lines.push((placed.start, placed.end));
        }
        self.arrivals[to] = self.y;
    }

    /// Lines that travel together go side by side: with one slope, for they are equally fast. Where this arrow should end
    /// for that; nowhere special if it travels alone.
    fn beside_the_one_before(&self, index: usize, start: f64) -> f64 {
        let arrow = &self.model.arrows[index];
        let Some(before) = index.checked_sub(1) else { return 0.0 };
        let other = &self.model.arrows[before];
        let together = (other.from, other.to, other.sent.0) == (arrow.from, arrow.to, arrow.sent.0)
            && other.received.map(|r| r.0) == arrow.received.map(|r| r.0);
        match &self.layout.arrows[before] {
            Some(placed) if together => placed.end.1 + (start - placed.start.1),
            _ => 0.0,
        }
    }

    fn settle_tip(&mut self, x: f64) {
        let (mut y, boxes) = (self.y, &self.boxes);
        loop {
            let tip = Rect::around((x, y), 8.0, 5.0);
            match boxes.iter().filter(|b| b.meets(&tip)).map(|b| b.y1).reduce(f64::max) {
                Some(bottom) => y += (bottom - tip.y0).max(1.0),
                None => break,
            }
        }
        self.y = y;
    }

    fn note(&mut self, index: usize) {
        let note = &self.model.notes[index];
        let Some(column) = self.model.column(note.host) else { return };
        let gap = self.layout.gap(column);
        let x = self.layout.xs[column] + BESIDE + 8.0;
        // A note may pass the neighbour's lifeline, not the edge of the picture.
        let room = (gap - 2.0 * BESIDE - 18.0).max((self.layout.width - x - 32.0).min(NOTE_ROOM));
        let label = Label::new((x, 0.0), note.words.as_str(), Face::Sans, NOTE_SIZE).fit(room);
        self.floor_below_arrival(column, 15.0);
        let (rect, half) = (label.rect(), 0.6 * NOTE_SIZE + 5.0);
        self.settle(|y| Rect::new(rect.x0 - 10.0, y - half, rect.x1 + 8.0, y + half));
        self.layout.notes[index] = Some(Label { at: (x, self.y), ..label });
    }

    fn time(&mut self, at: Moment) {
        let label = Label::new((LEFT - AFTER_TIMES, self.y), self.model.axis.relative(at.0), Face::Mono, TIME_SIZE)
            .anchor(Anchor::Right);
        let free = self.layout.times.last().is_none_or(|last| last.rect().y1 + 3.0 <= label.rect().y0);
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
            if to > from {
                self.layout.bars.push((column, from, to));
            }
        }
    }
}
