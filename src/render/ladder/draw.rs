//! Draws a ladder whose parts have their places.

use super::super::icons;
use super::super::palette::{
    BAND, BLUE, CARD, FAINT, FRAME, GREEN, INK, LIFELINE, MUTED, ORANGE, PAPER, PURPLE, Rgb, TUBE, VERMILLION,
};
use super::super::scene::{Anchor, Dash, Head, Label, Point, Rect, Scene, Stroke};
use super::super::text_width::{Face, thousands};
use super::layout::HEADS;
use super::model::{ArrowKind, Column, Model, NoteKind};
use super::placed::Layout;
use super::sizes::{BESIDE, NAME_SIZE};
use super::spacing::ICON_ROOM;

pub(super) fn draw(model: &Model, layout: &Layout) -> Scene {
    let entries = legend_entries(model);
    let (rows, legend_height) = legend_places(&entries, layout.spacing.width);
    let tall = layout.bottom - layout.top > 700.0;
    let feet = if tall { layout.head_height } else { 8.0 };
    let more = if model.more > 0 { 30.0 } else { 0.0 };
    let height = layout.bottom + feet + more + 26.0 + legend_height;
    let mut scene = Scene::sheet(layout.spacing.width, height, &model.title);
    // Letters need room, whatever time it takes to send them.
    scene.heading(&format!("not to scale · {}", model.subtitle));
    scene.description = description(model);

    folds_below(&mut scene, layout);
    lifelines(&mut scene, model, layout);
    for (index, column) in model.columns.iter().enumerate() {
        head(&mut scene, column, layout, index, HEADS);
        if tall {
            head(&mut scene, column, layout, index, layout.bottom);
        }
    }
    if model.columns.is_empty() {
        let words = Label::new((24.0, HEADS + 20.0), "Nothing happens in this part of the trace.", Face::Sans, 14.0);
        scene.text(words.color(MUTED));
    }
    arrows(&mut scene, model, layout);
    folds_above(&mut scene, layout);
    words(&mut scene, model, layout);
    for label in &layout.times {
        scene.text(label.clone().color(MUTED));
    }
    if model.more > 0 {
        let at = (layout.spacing.width / 2.0, layout.bottom + feet + 18.0);
        let words = format!("… {} more events", thousands(model.more as u64));
        scene.text(Label::new(at, words, Face::Bold, 13.0).anchor(Anchor::Middle).color(MUTED));
    }
    let top = layout.bottom + feet + more + 14.0;
    legend(&mut scene, &entries, &rows, top);
    scene
}

/// What a screen reader says of the chart; its words are in the text twin.
fn description(model: &Model) -> String {
    let hosts: Vec<&str> = model.columns.iter().map(|c| c.name.as_str()).collect();
    format!(
        "A ladder chart, time downwards. Lifelines from left to right: {}. {} arrows, {} notes.",
        hosts.join(", "),
        thousands(model.arrows.len() as u64),
        thousands(model.notes.len() as u64)
    )
}

fn lifelines(scene: &mut Scene, model: &Model, layout: &Layout) {
    for (index, x) in layout.spacing.xs.iter().enumerate() {
        let stroke = Stroke::solid(LIFELINE, 1.5);
        let stroke = if model.columns[index].implied { stroke.dash(Dash::Dashed) } else { stroke };
        let mut y = layout.top;
        for fold in &layout.folds {
            scene.line((*x, y), (*x, fold.top), stroke);
            scene.path(zigzag(*x, fold.top, fold.bottom), stroke.dash(Dash::Solid));
            y = fold.bottom;
        }
        scene.line((*x, y), (*x, layout.bottom), stroke);
    }
    for bar in &layout.bars {
        let x = layout.spacing.xs[bar.column];
        if let Some(side) = bar.side {
            link_bar(scene, x + side * 6.0, bar.from, bar.to);
            continue;
        }
        let (from, to) = (&bar.from, &bar.to);
        scene.card(Rect::new(x - 4.0, *from, x + 4.0, *to), 4.0, VERMILLION, None);
        let mut y = from + 8.0;
        // Stripes: the bar is known by its shape too.
        while y < to - 4.0 {
            scene.line((x - 2.5, y), (x + 2.5, y - 5.0), Stroke::solid(PAPER, 1.25));
            y += 9.0;
        }
    }
}

/// A link that is out of order: beside the lifeline, on the link's side, and broken.
fn link_bar(scene: &mut Scene, x: f64, from: f64, to: f64) {
    let mut y = from;
    while y < to {
        scene.card(Rect::new(x - 1.5, y, x + 1.5, (y + 7.0).min(to)), 1.5, ORANGE, None);
        y += 10.0;
    }
}

fn zigzag(x: f64, top: f64, bottom: f64) -> Vec<Point> {
    let step = (bottom - top) / 8.0;
    let mut points = vec![(x, top)];
    for turn in 1..8 {
        let side = if turn % 2 == 1 { 5.0 } else { -5.0 };
        points.push((x + side, top + step * f64::from(turn)));
    }
    points.push((x, bottom));
    points
}

fn folds_below(scene: &mut Scene, layout: &Layout) {
    for fold in &layout.folds {
        let band = Rect::new(16.0, fold.top, layout.spacing.width - 16.0, fold.bottom);
        scene.card(band, 8.0, BAND, None);
    }
}

fn folds_above(scene: &mut Scene, layout: &Layout) {
    for fold in &layout.folds {
        let pill = fold.label.rect();
        let pill = Rect::new(pill.x0 - 16.0, pill.y0 - 4.0, pill.x1 + 16.0, pill.y1 + 4.0);
        scene.card(pill, 13.0, PAPER, Some(Stroke::solid(FAINT, 1.0)));
        scene.text(fold.label.clone());
    }
}

fn head(scene: &mut Scene, column: &Column, layout: &Layout, index: usize, top: f64) {
    let (x, half) = (layout.spacing.xs[index], layout.spacing.halves[index]);
    let card = Rect::new(x - half, top, x + half, top + layout.head_height);
    let outline = Stroke::solid(if column.implied { FAINT } else { column.role.color() }, 2.0);
    let outline = if column.implied { outline.dash(Dash::Dashed) } else { outline };
    scene.card(card, 9.0, CARD, Some(outline));
    let middle = top + layout.head_height / 2.0;
    icons::role(scene, column.role, (x - half + 19.0, middle), column.implied);
    let left = x - half + ICON_ROOM;
    let room = 2.0 * half - ICON_ROOM - 6.0;
    let ink = if column.implied { MUTED } else { INK };
    let name =
        layout.spacing.names[index].iter().map(|line| Label::new((left, 0.0), line.as_str(), Face::Bold, NAME_SIZE));
    let address = Label::new((left, 0.0), column.address.as_str(), Face::Sans, 11.0).color(MUTED);
    let lines: Vec<Label> =
        name.map(|l| l.color(ink)).chain([address].into_iter().filter(|a| !a.text.is_empty())).collect();
    let mut y = middle - 8.0 * (lines.len() - 1) as f64;
    for line in lines {
        scene.text(Label { at: (left, y), ..line }.fit(room));
        y += 16.0;
    }
}

/// How each kind of arrow is drawn.
fn look(kind: ArrowKind) -> (Stroke, Head) {
    match kind {
        ArrowKind::Command => (Stroke::solid(BLUE, 2.0), Head::Filled),
        ArrowKind::Reply => (Stroke::solid(GREEN, 2.0).dash(Dash::Dashed), Head::Open),
        ArrowKind::Refusal => (Stroke::solid(VERMILLION, 2.0).dash(Dash::Dashed), Head::Open),
        ArrowKind::Content => (Stroke::solid(BLUE, 5.0), Head::Filled),
        ArrowKind::Question => (Stroke::solid(PURPLE, 1.75).dash(Dash::Dotted), Head::Filled),
        ArrowKind::Answer => (Stroke::solid(PURPLE, 1.75).dash(Dash::Dotted), Head::Open),
        ArrowKind::Connect => (Stroke::solid(FAINT, 1.25), Head::Open),
        ArrowKind::Refused => (Stroke::solid(VERMILLION, 1.25), Head::Open),
        ArrowKind::Packet => (Stroke::solid(FAINT, 1.0), Head::Filled),
    }
}

/// What goes through TLS lies in a tube.
const SEALED: Stroke = Stroke::solid(TUBE, 10.0);

fn arrows(scene: &mut Scene, model: &Model, layout: &Layout) {
    for (arrow, placed) in model.arrows.iter().zip(&layout.arrows) {
        let Some(placed) = placed else { continue };
        let (stroke, head) = look(arrow.kind);
        if arrow.sealed {
            scene.line(placed.start, placed.end, SEALED);
        }
        if arrow.received.is_some() {
            // The tip touches the lifeline, not its middle.
            let tip = placed.end.0 + if placed.start.0 < placed.end.0 { -1.0 } else { 1.0 };
            scene.arrow(&[placed.start, (tip, placed.end.1)], stroke, head);
        } else {
            scene.arrow(&[placed.start, placed.end], stroke, Head::None);
            scene.cross(placed.end, 5.5, VERMILLION);
        }
    }
}

fn words(scene: &mut Scene, model: &Model, layout: &Layout) {
    for (arrow, placed) in model.arrows.iter().zip(&layout.arrows) {
        let Some(placed) = placed else { continue };
        let color = match arrow.kind {
            ArrowKind::Connect | ArrowKind::Packet => MUTED,
            _ => INK,
        };
        for label in &placed.words {
            scene.text_on_paper(label.clone().color(color), PAPER);
        }
    }
    for (note, placed) in model.notes.iter().zip(&layout.notes) {
        let Some(placed) = placed else { continue };
        let (Some(column), Some(first)) = (model.column(note.host), placed.words.first()) else { continue };
        let (color, tint) = note_colors(note.kind);
        scene.card(placed.card, 6.0, tint, Some(Stroke::solid(color, 1.0)));
        let (x, y) = (layout.spacing.xs[column], first.at.1);
        note_sign(scene, note.kind, (x, y));
        let side = if placed.on_left { -1.0 } else { 1.0 };
        scene.line((x + side * 6.0, y), (x + side * (BESIDE - 1.0), y), Stroke::solid(color, 1.0));
        for label in &placed.words {
            scene.text(label.clone());
        }
        if let Some(took) = &placed.took {
            scene.text(took.clone().color(MUTED));
        }
    }
}

fn note_colors(kind: NoteKind) -> (Rgb, Rgb) {
    match kind {
        NoteKind::Good => (GREEN, Rgb(0xea, 0xf7, 0xf3)),
        NoteKind::Wait => (ORANGE, Rgb(0xfe, 0xf6, 0xe4)),
        NoteKind::Bad => (VERMILLION, Rgb(0xfd, 0xef, 0xe6)),
        NoteKind::Plain => (FAINT, CARD),
    }
}

/// The sign of a note on its lifeline: its kind by shape.
fn note_sign(scene: &mut Scene, kind: NoteKind, (x, y): Point) {
    let (color, _) = note_colors(kind);
    match kind {
        NoteKind::Good => scene.disc((x, y), 5.5, color),
        NoteKind::Wait => {
            scene.fill(vec![(x - 5.5, y - 6.0), (x + 5.5, y - 6.0), (x - 5.5, y + 6.0), (x + 5.5, y + 6.0)], color);
        }
        NoteKind::Bad => scene.fill(vec![(x, y - 7.0), (x + 7.0, y), (x, y + 7.0), (x - 7.0, y)], color),
        NoteKind::Plain => {
            scene.disc((x, y), 5.0, MUTED);
            scene.disc((x, y), 3.25, PAPER);
        }
    }
}

enum Entry {
    Arrow(ArrowKind, &'static str),
    Sealed,
    Lost,
    Note(NoteKind, &'static str),
    Bar,
    LinkBar,
}

impl Entry {
    fn words(&self) -> &'static str {
        match self {
            Entry::Arrow(_, words) | Entry::Note(_, words) => words,
            Entry::Sealed => "behind TLS",
            Entry::Lost => "never arrives",
            Entry::Bar => "out of order",
            Entry::LinkBar => "fault on a link",
        }
    }
}

/// Only what the picture has.
fn legend_entries(model: &Model) -> Vec<Entry> {
    use ArrowKind::{Answer, Command, Connect, Content, Packet, Question, Refusal, Reply};
    let arrow_kinds = [
        (Command, "command"),
        (Reply, "reply: yes (2yz, 3yz)"),
        (Refusal, "reply: no (4yz, 5yz)"),
        (Content, "content"),
        (Question, "DNS question"),
        (Answer, "DNS answer"),
        (Connect, "connection set-up"),
        (Packet, "packet"),
    ];
    let note_kinds = [
        (NoteKind::Good, "accepted, delivered"),
        (NoteKind::Wait, "waits"),
        (NoteKind::Bad, "trouble"),
        (NoteKind::Plain, "event"),
    ];
    let mut entries = Vec::new();
    for (kind, words) in arrow_kinds {
        if model.arrows.iter().any(|a| a.kind == kind) {
            entries.push(Entry::Arrow(kind, words));
        }
    }
    if model.arrows.iter().any(|a| a.sealed) {
        entries.push(Entry::Sealed);
    }
    if model.arrows.iter().any(|a| a.received.is_none()) {
        entries.push(Entry::Lost);
    }
    for (kind, words) in note_kinds {
        if model.notes.iter().any(|n| n.kind == kind) {
            entries.push(Entry::Note(kind, words));
        }
    }
    for (entry, is_link) in [(Entry::Bar, false), (Entry::LinkBar, true)] {
        if model.bars.iter().any(|bar| bar.link_to.is_some() == is_link && model.column(bar.host).is_some()) {
            entries.push(entry);
        }
    }
    entries
}

/// Where each entry stands below the legend's top, and how high the legend is.
fn legend_places(entries: &[Entry], width: f64) -> (Vec<Point>, f64) {
    let (mut x, mut y, mut places) = (24.0, 14.0, Vec::new());
    for entry in entries {
        let wide = Label::new((0.0, 0.0), entry.words(), Face::Sans, 11.5).width() + 72.0;
        if x + wide > width - 16.0 && x > 24.0 {
            (x, y) = (24.0, y + 24.0);
        }
        places.push((x, y));
        x += wide;
    }
    (places, if entries.is_empty() { 0.0 } else { y + 18.0 })
}

fn legend(scene: &mut Scene, entries: &[Entry], places: &[Point], top: f64) {
    if !entries.is_empty() {
        scene.line((24.0, top - 4.0), (scene.width - 24.0, top - 4.0), Stroke::solid(FRAME, 1.0));
    }
    for (entry, (x, below)) in entries.iter().zip(places) {
        let (x, y) = (*x, top + below);
        match entry {
            Entry::Arrow(kind, _) => {
                let (stroke, head) = look(*kind);
                scene.arrow(&[(x, y), (x + 40.0, y)], stroke, head);
            }
            // Its round ends are within the room of an arrow.
            Entry::Sealed => scene.line((x + 5.0, y), (x + 35.0, y), SEALED),
            Entry::Lost => {
                scene.line((x, y), (x + 26.0, y), Stroke::solid(FAINT, 1.5));
                scene.cross((x + 26.0, y), 5.0, VERMILLION);
            }
            Entry::Note(kind, _) => note_sign(scene, *kind, (x + 32.0, y)),
            Entry::Bar => scene.card(Rect::new(x + 28.0, y - 8.0, x + 36.0, y + 8.0), 4.0, VERMILLION, None),
            Entry::LinkBar => link_bar(scene, x + 32.0, y - 8.0, y + 8.0),
        }
        scene.text(Label::new((x + 48.0, y), entry.words(), Face::Sans, 11.5).color(MUTED));
    }
}
