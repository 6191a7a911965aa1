//! A picture before it is drawn: shapes at exact places, with the boxes that their words take.
//!
//! Layouts fill a [`Scene`]; [`super::paint`] draws it with plotters. Between the two stands the promise that tests hold:
//! no two texts overlap and none leaves the picture.

use super::palette::{FRAME, INK, MUTED, PAPER, Rgb};
use super::text_width::{Face, elide, pixels};

/// A place in pixels, from the top left corner.
pub(crate) type Point = (f64, f64);

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rect {
    pub(crate) x0: f64,
    pub(crate) y0: f64,
    pub(crate) x1: f64,
    pub(crate) y1: f64,
}

impl Rect {
    pub(crate) fn new(x0: f64, y0: f64, x1: f64, y1: f64) -> Rect {
        Rect { x0, y0, x1, y1 }
    }
    pub(crate) fn around((x, y): Point, half_width: f64, half_height: f64) -> Rect {
        Rect::new(x - half_width, y - half_height, x + half_width, y + half_height)
    }
    pub(crate) fn meets(&self, other: &Rect) -> bool {
        self.x0 < other.x1 && other.x0 < self.x1 && self.y0 < other.y1 && other.y0 < self.y1
    }
    pub(crate) fn within(&self, outer: &Rect) -> bool {
        self.x0 >= outer.x0 && self.y0 >= outer.y0 && self.x1 <= outer.x1 && self.y1 <= outer.y1
    }
    /// Whether the straight line from `a` to `b` crosses it.
    pub(crate) fn is_crossed(&self, a: Point, b: Point) -> bool {
        // Liang and Barsky: the part of the line that lies between both pairs of edges.
        let (mut from, mut to) = (0.0_f64, 1.0_f64);
        for (start, delta, low, high) in [(a.0, b.0 - a.0, self.x0, self.x1), (a.1, b.1 - a.1, self.y0, self.y1)] {
            if delta.abs() < 1e-9 {
                if start < low || start > high {
                    return false;
                }
                continue;
            }
            let (enter, leave) = ((low - start) / delta, (high - start) / delta);
            from = from.max(enter.min(leave));
            to = to.min(enter.max(leave));
        }
        from <= to
    }
    pub(crate) fn grown(&self, by: f64) -> Rect {
        Rect::new(self.x0 - by, self.y0 - by, self.x1 + by, self.y1 + by)
    }
}

/// Which end of a text stands at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Left,
    Middle,
    Right,
}

/// One line of text, vertically centred on its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Label {
    pub(crate) at: Point,
    pub(crate) anchor: Anchor,
    pub(crate) face: Face,
    pub(crate) size: f64,
    pub(crate) color: Rgb,
    pub(crate) text: String,
    /// The whole text where `text` is cut: shown when the pointer rests on it.
    pub(crate) full: Option<String>,
}

impl Label {
    pub(crate) fn new(at: Point, text: impl Into<String>, face: Face, size: f64) -> Label {
        Label { at, anchor: Anchor::Left, face, size, color: INK, text: text.into(), full: None }
    }
    pub(crate) fn anchor(mut self, anchor: Anchor) -> Label {
        self.anchor = anchor;
        self
    }
    pub(crate) fn color(mut self, color: Rgb) -> Label {
        self.color = color;
        self
    }
    /// Cuts the text to `room` pixels and keeps the whole for the tooltip.
    pub(crate) fn fit(mut self, room: f64) -> Label {
        let cut = elide(&self.text, self.face, self.size, room);
        if cut != self.text {
            let whole = std::mem::replace(&mut self.text, cut);
            self.full.get_or_insert(whole);
        }
        self
    }
    pub(crate) fn width(&self) -> f64 {
        pixels(&self.text, self.face, self.size)
    }
    /// The room it takes.
    pub(crate) fn rect(&self) -> Rect {
        let (x, y, width) = (self.at.0, self.at.1, self.width());
        let x0 = match self.anchor {
            Anchor::Left => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::Right => x - width,
        };
        Rect::new(x0, y - 0.6 * self.size, x0 + width, y + 0.6 * self.size)
    }
}

/// How a line looks, its colour aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dash {
    Solid,
    Dashed,
    Dotted,
}

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stroke {
    pub(crate) color: Rgb,
    pub(crate) width: f64,
    pub(crate) dash: Dash,
}

impl Stroke {
    pub(crate) const fn solid(color: Rgb, width: f64) -> Stroke {
        Stroke { color, width, dash: Dash::Solid }
    }
    pub(crate) fn dash(self, dash: Dash) -> Stroke {
        Stroke { dash, ..self }
    }
}

/// One thing to draw.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Path { points: Vec<Point>, stroke: Stroke },
    Fill { points: Vec<Point>, color: Rgb },
    Disc { center: Point, radius: f64, color: Rgb },
    Text(Label),
}

/// The two kinds of arrowhead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    Filled,
    Open,
    None,
}

/// A picture.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scene {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) title: String,
    /// What the picture shows, for those who cannot see it.
    pub(crate) description: String,
    pub(crate) shapes: Vec<Shape>,
}

impl Scene {
    /// An empty sheet with a frame.
    pub(crate) fn sheet(width: f64, height: f64, title: &str) -> Scene {
        let mut scene = Scene {
            width: width.ceil(),
            height: height.ceil(),
            title: title.into(),
            description: String::new(),
            shapes: Vec::new(),
        };
        let all = Rect::new(0.5, 0.5, scene.width - 0.5, scene.height - 0.5);
        scene.card(all, 14.0, PAPER, Some(Stroke::solid(FRAME, 1.0)));
        scene
    }

    pub(crate) fn path(&mut self, points: Vec<Point>, stroke: Stroke) {
        self.shapes.push(Shape::Path { points, stroke });
    }
    pub(crate) fn line(&mut self, a: Point, b: Point, stroke: Stroke) {
        self.path(vec![a, b], stroke);
    }
    pub(crate) fn fill(&mut self, points: Vec<Point>, color: Rgb) {
        self.shapes.push(Shape::Fill { points, color });
    }
    pub(crate) fn disc(&mut self, center: Point, radius: f64, color: Rgb) {
        self.shapes.push(Shape::Disc { center, radius, color });
    }
    pub(crate) fn text(&mut self, label: Label) {
        if !label.text.is_empty() {
            self.shapes.push(Shape::Text(label));
        }
    }

    /// Text on a patch of paper, so that a line behind it does not disturb.
    pub(crate) fn text_on_paper(&mut self, label: Label, paper: Rgb) {
        if !label.text.is_empty() {
            let r = label.rect().grown(2.0);
            self.fill(vec![(r.x0, r.y0), (r.x1, r.y0), (r.x1, r.y1), (r.x0, r.y1)], paper);
            self.text(label);
        }
    }

    /// A filled rectangle with round corners and perhaps an outline.
    pub(crate) fn card(&mut self, rect: Rect, radius: f64, color: Rgb, outline: Option<Stroke>) {
        let mut points = rounded(rect, radius);
        self.fill(points.clone(), color);
        if let Some(stroke) = outline {
            points.push(points[0]);
            self.path(points, stroke);
        }
    }

    /// A line with a head at its end.
    pub(crate) fn arrow(&mut self, points: &[Point], stroke: Stroke, head: Head) {
        let mut points = points.to_vec();
        let [.., before, tip] = points[..] else { return };
        let (dx, dy) = (tip.0 - before.0, tip.1 - before.1);
        let length = (dx * dx + dy * dy).sqrt().max(0.001);
        let (ux, uy) = (dx / length, dy / length);
        let (long, wide) = (8.0 + stroke.width, 3.0 + stroke.width * 0.75);
        let wing = |sign: f64| (tip.0 - ux * long - sign * uy * wide, tip.1 - uy * long + sign * ux * wide);
        if head == Head::Filled
            && let Some(last) = points.last_mut()
        {
            *last = (tip.0 - ux * long * 0.7, tip.1 - uy * long * 0.7);
        }
        self.path(points, stroke);
        match head {
            Head::Filled => self.fill(vec![tip, wing(1.0), wing(-1.0)], stroke.color),
            Head::Open => self.path(vec![wing(1.0), tip, wing(-1.0)], Stroke { dash: Dash::Solid, ..stroke }),
            Head::None => {}
        }
    }

    /// A cross where something ended.
    pub(crate) fn cross(&mut self, (x, y): Point, half: f64, color: Rgb) {
        for sign in [1.0, -1.0] {
            self.line((x - half, y - sign * half), (x + half, y + sign * half), Stroke::solid(color, 2.5));
        }
    }

    /// Title and subtitle at the top left, cut to the sheet. Of the subtitle, whose parts stand between dots, those that
    /// come last go first, and stay in the tooltip.
    pub(crate) fn heading(&mut self, subtitle: &str) {
        let room = self.width - 48.0;
        let title = if self.title.is_empty() { "Postroad".into() } else { self.title.clone() };
        self.text(Label::new((24.0, 32.0), title, Face::Bold, 20.0).fit(room));
        let whole = Label::new((24.0, 56.0), subtitle, Face::Sans, 12.0).color(MUTED);
        let mut label = whole.clone();
        while label.width() > room
            && let Some((head, _)) = label.text.rsplit_once(" · ")
        {
            label = Label { text: head.to_owned(), full: Some(whole.text.clone()), ..whole.clone() };
        }
        self.text(label.fit(room));
    }

    /// The boxes of all texts.
    #[cfg(test)]
    pub(crate) fn text_rects(&self) -> Vec<(Rect, String)> {
        let text = |shape: &Shape| match shape {
            Shape::Text(label) => Some((label.rect(), label.text.clone())),
            _ => None,
        };
        self.shapes.iter().filter_map(text).collect()
    }

    /// Fails when two texts overlap or one leaves the picture.
    #[cfg(test)]
    pub(crate) fn assert_legible(&self) {
        let sheet = Rect::new(0.0, 0.0, self.width, self.height);
        let mut rects = self.text_rects();
        rects.sort_by(|a, b| a.0.y0.total_cmp(&b.0.y0));
        for (place, (rect, text)) in rects.iter().enumerate() {
            assert!(rect.within(&sheet), "{text:?} at {rect:?} leaves {sheet:?}");
            for (other, other_text) in rects[place + 1..].iter().take_while(|(o, _)| o.y0 < rect.y1) {
                assert!(!rect.meets(other), "{text:?} at {rect:?} overlaps {other_text:?} at {other:?}");
            }
        }
    }
}

fn rounded(r: Rect, radius: f64) -> Vec<Point> {
    let radius = radius.min((r.x1 - r.x0) / 2.0).min((r.y1 - r.y0) / 2.0).max(0.0);
    let corners = [
        (r.x1 - radius, r.y0 + radius, -90.0),
        (r.x1 - radius, r.y1 - radius, 0.0),
        (r.x0 + radius, r.y1 - radius, 90.0),
        (r.x0 + radius, r.y0 + radius, 180.0),
    ];
    let mut points = Vec::with_capacity(28);
    for (x, y, start) in corners {
        for step in 0..=6 {
            let angle = (start + 15.0 * f64::from(step)) * std::f64::consts::PI / 180.0;
            points.push((x + radius * libm::cos(angle), y + radius * libm::sin(angle)));
        }
    }
    points
}
