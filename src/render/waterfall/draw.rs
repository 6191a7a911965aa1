//! Draws a waterfall.

use super::super::palette::{
    BAND, BLUE, FAINT, FRAME, GREEN, INK, LIFELINE, MUTED, ORANGE, PAPER, PURPLE, Rgb, SKY, TUBE, VERMILLION, YELLOW,
};
use super::super::scene::{Anchor, Dash, Label, Rect, Scene, Stroke};
use super::super::text_width::{Face, pixels, thousands};
use super::axis::Axis;
use super::parts::{Fall, Phase, Row, Sum, wrapped};
use crate::trace::transcript::span;

const WIDTH: f64 = 1080.0;
/// Where bars begin and end.
const BARS: (f64, f64) = (342.0, 982.0);
const TOP: f64 = 84.0;
const ROW: f64 = 46.0;
/// Each further line of words below the bars of a row.
const LINE: f64 = 14.0;
/// Size of these words.
const SMALL: f64 = 10.5;
const BAR: f64 = 14.0;

fn color(phase: Phase) -> Rgb {
    match phase {
        Phase::Names => PURPLE,
        Phase::Place | Phase::Queue => ORANGE,
        Phase::Connect => FAINT,
        Phase::Tls => INK,
        Phase::Dialogue => BLUE,
        Phase::Content => GREEN,
        Phase::Reply => TUBE,
        Phase::Mailbox => SKY,
        Phase::Unread => YELLOW,
    }
}

pub(super) fn draw(fall: &Fall) -> Scene {
    let axis = Axis::new(fall);
    let words: Vec<Vec<String>> =
        fall.rows.iter().map(|row| wrapped(row.phases(), ["", ""], fits(SMALL, BARS.1 - BARS.0))).collect();
    let high = |words: &Vec<String>| ROW + LINE * words.len().saturating_sub(1) as f64;
    let rows: f64 = words.iter().map(high).sum();
    let more = if fall.more > 0 { 26.0 } else { 0.0 };
    let sums = wrapped(fall.sums().iter().map(Sum::words).collect(), ["In all: ", ""], fits(12.0, WIDTH - 60.0));
    let bottom = TOP + rows.max(ROW);
    let height = bottom + more + 30.0 + 18.0 * sums.len() as f64 + 44.0;
    let mut scene = Scene::sheet(WIDTH, height, &fall.title);
    scene.heading(&fall.subtitle);
    scene.description = description(fall);
    let x = |at: f64| BARS.0 + at * (BARS.1 - BARS.0);
    for (from, to, _) in &axis.folds {
        scene.card(Rect::new(x(*from) + 2.0, TOP - 8.0, x(*to) - 2.0, bottom), 4.0, BAND, None);
    }
    if fall.rows.is_empty() {
        let words = Label::new((24.0, TOP + 14.0), "Nothing was sent of this mail.", Face::Sans, 14.0);
        scene.text(words.color(MUTED));
    }
    let mut top = TOP;
    for (row, words) in fall.rows.iter().zip(&words) {
        one(&mut scene, (row, words), top, &axis, &x);
        top += high(words);
    }
    if fall.more > 0 {
        let words = format!("… {} more rows", thousands(fall.more as u64));
        let at = (WIDTH / 2.0, bottom + 12.0);
        scene.text(Label::new(at, words, Face::Bold, 13.0).anchor(Anchor::Middle).color(MUTED));
    }
    let mut y = bottom + more + 14.0;
    scene.line((24.0, y - 6.0), (WIDTH - 24.0, y - 6.0), Stroke::solid(FRAME, 1.0));
    y += 10.0;
    for line in sums {
        scene.text(Label::new((24.0, y), line, Face::Sans, 12.0).fit(WIDTH - 48.0));
        y += 18.0;
    }
    legend(&mut scene, fall, y + 12.0);
    scene
}

/// Whether a line has room.
fn fits(size: f64, room: f64) -> impl Fn(&str) -> bool {
    move |line| pixels(line, Face::Sans, size) < room
}

fn one(scene: &mut Scene, (row, words): (&Row, &Vec<String>), top: f64, axis: &Axis, x: &dyn Fn(f64) -> f64) {
    let middle = top + BAR / 2.0 + 2.0;
    let left = BARS.0 - 24.0 - 14.0;
    scene.text(Label::new((24.0, middle), row.title.as_str(), Face::Bold, 12.5).fit(left));
    scene.text(Label::new((24.0, middle + 17.0), row.about.as_str(), Face::Sans, 11.0).color(MUTED).fit(left));
    scene.line((BARS.0, middle), (BARS.1, middle), Stroke::solid(LIFELINE, 1.0).dash(Dash::Dotted));
    for part in &row.spans {
        let (from, to) = (x(axis.at(part.from)), x(axis.at(part.to)));
        // What takes next to no time is there all the same.
        let to = to.max(from + 1.0);
        let bar = Rect::new(from, middle - BAR / 2.0, to, middle + BAR / 2.0);
        scene.card(bar, 0.0, color(part.phase), None);
        if part.phase.waits() || part.phase == Phase::Place {
            stripes(scene, bar);
        }
    }
    let begin = row.spans.first().map_or(BARS.0, |part| x(axis.at(part.from)));
    let line = |text: &String| Label::new((begin, middle), text.as_str(), Face::Sans, SMALL).color(MUTED);
    let widest = words.iter().map(|text| line(text).width()).fold(0.0, f64::max);
    // At the beginning of its bars, or as far left as they must stand to be read whole.
    let start = begin.min(BARS.1 - widest).max(BARS.0);
    for (place, text) in words.iter().enumerate() {
        let y = middle + 17.0 + LINE * place as f64;
        scene.text(Label { at: (start, y), ..line(text) }.fit(BARS.1 - start));
    }
    let at = (WIDTH - 24.0, middle);
    let ink = if row.went_well { INK } else { VERMILLION };
    let ink = if row.spans.iter().all(|part| part.phase.waits()) { MUTED } else { ink };
    scene.text(Label::new(at, span(row.length()), Face::Sans, 12.0).anchor(Anchor::Right).color(ink));
}

/// Waiting is known by its shape, too.
fn stripes(scene: &mut Scene, bar: Rect) {
    let mut x = bar.x0 + 5.0;
    while x + 5.0 < bar.x1 {
        scene.line((x, bar.y1 - 1.0), (x + 5.0, bar.y0 + 1.0), Stroke::solid(PAPER, 1.5));
        x += 10.0;
    }
}

fn legend(scene: &mut Scene, fall: &Fall, y: f64) {
    let mut x = 24.0;
    let has = |phase: Phase| fall.rows.iter().flat_map(|row| &row.spans).any(|part| part.phase == phase);
    for phase in Phase::ALL.into_iter().filter(|phase| has(*phase)) {
        let bar = Rect::new(x, y - 6.0, x + 18.0, y + 6.0);
        scene.card(bar, 0.0, color(phase), None);
        if phase.waits() || phase == Phase::Place {
            stripes(scene, bar);
        }
        let label = Label::new((x + 24.0, y), phase.words(), Face::Sans, 11.5).color(MUTED);
        x += 24.0 + label.width() + 20.0;
        scene.text(label);
    }
}

/// What a screen reader says of the chart; its words are in the text twin.
fn description(fall: &Fall) -> String {
    let sums: Vec<String> = fall.sums().iter().map(Sum::words).collect();
    format!("A waterfall chart, {}. In all: {}.", fall.subtitle, sums.join(", "))
}
