//! From a [`Scene`] to SVG, with plotters.
//!
//! plotters places everything on whole pixels, so the scene is drawn [`SCALE`] times as large and the SVG's `viewBox`
//! shrinks it. It has neither dashes nor tooltips; both are marked in what it is given and put in afterwards. The marks
//! cannot come from a trace: texts are cleaned of private-use letters, and attributes are never a trace's words.

use plotters::element::{Circle, PathElement, Polygon, Text};
use plotters::prelude::{DrawingArea, IntoDrawingArea, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoFont, RGBAColor, ShapeStyle, TextStyle};

use super::palette::Rgb;
use super::scene::{Anchor, Dash, Label, Point, Scene, Shape};
use super::svg;
use super::text_width::Face;

/// Drawing units a pixel.
const SCALE: f64 = 4.0;
/// plotters takes this for the ratio of a font's size to its line and divides by it.
const PLOTTERS_LINE: f64 = 1.24;
/// Opacities that stand for dashes until the picture is finished.
const MARK_DASHED: (f64, &str, &str) = (0.9990, " opacity=\"0.999\"", " stroke-dasharray=\"26 18\"");
const MARK_DOTTED: (f64, &str, &str) = (0.9980, " opacity=\"0.998\"", " stroke-dasharray=\"0.1 20\"");
const OPAQUE: &str = " opacity=\"1\"";
/// Stands before and after the number of a tooltip until the picture is finished.
const MARK_TITLE: char = '\u{e000}';

type Canvas<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// Draws the scene.
pub(crate) fn paint(scene: &Scene) -> String {
    let mut drawn = String::new();
    let mut titles = Vec::new();
    {
        let size = ((scene.width * SCALE) as u32, (scene.height * SCALE) as u32);
        let canvas = SVGBackend::with_string(&mut drawn, size).into_drawing_area();
        for shape in &scene.shapes {
            put(&canvas, shape, &mut titles);
        }
        canvas.present().expect("writing to memory");
    }
    finish(scene, &drawn, &titles)
}

fn at((x, y): Point) -> (i32, i32) {
    ((x * SCALE).round() as i32, (y * SCALE).round() as i32)
}

fn color(Rgb(r, g, b): Rgb, alpha: f64) -> RGBAColor {
    RGBAColor(r, g, b, alpha)
}

fn put(canvas: &Canvas<'_>, shape: &Shape, titles: &mut Vec<String>) {
    let drawn = match shape {
        Shape::Path { points, stroke } => {
            let alpha = match stroke.dash {
                Dash::Solid => 1.0,
                Dash::Dashed => MARK_DASHED.0,
                Dash::Dotted => MARK_DOTTED.0,
            };
            let style = ShapeStyle {
                color: color(stroke.color, alpha),
                filled: false,
                stroke_width: (stroke.width * SCALE).round() as u32,
            };
            canvas.draw(&PathElement::new(points.iter().copied().map(at).collect::<Vec<_>>(), style))
        }
        Shape::Fill { points, color: c } => {
            let style = ShapeStyle { color: color(*c, 1.0), filled: true, stroke_width: 0 };
            canvas.draw(&Polygon::new(points.iter().copied().map(at).collect::<Vec<_>>(), style))
        }
        Shape::Disc { center, radius, color: c } => {
            let style = ShapeStyle { color: color(*c, 1.0), filled: true, stroke_width: 0 };
            canvas.draw(&Circle::new(at(*center), (radius * SCALE).round() as i32, style))
        }
        Shape::Text(label) => canvas.draw(&Text::new(marked(label, titles), at(label.at), style(label))),
    };
    drawn.expect("writing to memory");
}

fn marked(label: &Label, titles: &mut Vec<String>) -> String {
    let text = label.text.replace(MARK_TITLE, "\u{fffd}");
    let Some(full) = &label.full else { return text };
    titles.push(full.clone());
    format!("{text}{MARK_TITLE}{}{MARK_TITLE}", titles.len() - 1)
}

fn style(label: &Label) -> TextStyle<'static> {
    let (family, weight) = match label.face {
        Face::Sans => ("sans-serif", FontStyle::Normal),
        Face::Bold => ("sans-serif", FontStyle::Bold),
        Face::Mono => ("monospace", FontStyle::Normal),
    };
    let side = match label.anchor {
        Anchor::Left => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::Right => HPos::Right,
    };
    TextStyle {
        font: (family, label.size * SCALE * PLOTTERS_LINE, weight).into_font(),
        color: color(label.color, 1.0).to_backend_color(),
        pos: Pos::new(side, VPos::Center),
    }
}

/// Gives the root its size in pixels and puts dashes and tooltips in.
fn finish(scene: &Scene, drawn: &str, titles: &[String]) -> String {
    let (_, body) = drawn.split_once('\n').unwrap_or(("", drawn));
    let mut out = svg::root((scene.width, scene.height), SCALE, &scene.title, &scene.description);
    out.reserve(body.len());
    for line in body.lines() {
        if line.starts_with('<') {
            let line =
                line.replace(OPAQUE, "").replace(MARK_DASHED.1, MARK_DASHED.2).replace(MARK_DOTTED.1, MARK_DOTTED.2);
            out.push_str(&line);
        } else {
            put_text(&mut out, line, titles);
        }
        out.push('\n');
    }
    out
}

/// One line of text, already escaped by plotters, with its tooltip.
fn put_text(out: &mut String, line: &str, titles: &[String]) {
    let mut parts = line.split(MARK_TITLE);
    out.push_str(parts.next().unwrap_or_default());
    if let Some(title) = parts.next().and_then(|number| number.parse::<usize>().ok()).and_then(|n| titles.get(n)) {
        out.push_str("<title>");
        out.push_str(&svg::escape(title));
        out.push_str("</title>");
    }
}
