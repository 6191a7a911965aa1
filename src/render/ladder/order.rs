//! In which order a ladder's parts are given their places.

use super::model::{Arrow, Model, Moment};
use crate::trace::HostId;

/// What has to be placed, by the index of the bundle or the note.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Point {
    Receive(usize),
    Note(usize),
    Send(usize),
}

/// Everything that has to be placed, in order.
pub(super) fn points(model: &Model) -> Vec<(Moment, Point)> {
    let mut points: Vec<(Moment, Point)> = Vec::new();
    for (i, bundle) in model.bundles.iter().enumerate() {
        let arrows = bundle.iter().map(|a| &model.arrows[*a]);
        let sent = arrows.clone().map(|a| a.sent).min().unwrap_or_default();
        points.push((sent, Point::Send(i)));
        if let Some(received) = arrows.filter(|a| a.received.is_some()).map(Arrow::end).min() {
            points.push((received.max((sent.0, sent.1 + 1)), Point::Receive(i)));
        }
    }
    points.extend(model.notes.iter().enumerate().map(|(i, note)| (note.at, Point::Note(i))));
    points.sort_unstable();
    // What a host notes in the instant in which it speaks goes first: below, it would cover what is said.
    let says = |point: &Point, host: HostId| matches!(point, Point::Send(b) if model.arrows[model.bundles[*b][0]].from == host);
    let hears = |point: &Point, host: HostId| matches!(point, Point::Receive(b) if model.arrows[model.bundles[*b][0]].to == host);
    for place in 1..points.len() {
        let (at, Point::Note(note)) = points[place] else { continue };
        let host = model.notes[note].host;
        let same = (0..place).rev().take_while(|i| points[*i].0.0 == at.0 && !hears(&points[*i].1, host));
        if let Some(first) = same.filter(|i| says(&points[*i].1, host)).min() {
            points[first..=place].rotate_right(1);
        }
    }
    points
}
