//! What a ladder's parts are once they have their places.

use super::super::scene::{Label, Point, Rect};
use super::spacing::Spacing;

/// An arrow with its place; the end of a lost one is where its cross stands.
pub(super) struct PlacedArrow {
    pub(super) start: Point,
    pub(super) end: Point,
    pub(super) words: Vec<Label>,
}

/// A note with its place.
pub(super) struct PlacedNote {
    pub(super) words: Vec<Label>,
    /// What is told in smaller letters below.
    pub(super) took: Option<Label>,
    pub(super) card: Rect,
    /// Whether it stands on the left of its lifeline.
    pub(super) on_left: bool,
}

/// A fold of the time axis.
pub(super) struct Fold {
    pub(super) top: f64,
    pub(super) bottom: f64,
    pub(super) label: Label,
}

/// A bar in its place.
pub(super) struct PlacedBar {
    pub(super) column: usize,
    /// Of a link's bar: on which side of the lifeline it stands, -1 left or 1 right.
    pub(super) side: Option<f64>,
    pub(super) from: f64,
    pub(super) to: f64,
}

/// Everything in its place.
pub(super) struct Layout {
    pub(super) spacing: Spacing,
    pub(super) head_height: f64,
    /// Where the lifelines begin and end.
    pub(super) top: f64,
    pub(super) bottom: f64,
    /// By the index of the arrow.
    pub(super) arrows: Vec<Option<PlacedArrow>>,
    /// By the index of the note.
    pub(super) notes: Vec<Option<PlacedNote>>,
    pub(super) folds: Vec<Fold>,
    pub(super) times: Vec<Label>,
    /// Column, top, bottom.
    pub(super) bars: Vec<PlacedBar>,
}

impl Layout {
    /// The room on one side of a lifeline, up to its neighbour or the edge of the picture.
    pub(super) fn gap(&self, column: usize, on_left: bool) -> f64 {
        let (xs, x) = (&self.spacing.xs, self.spacing.xs[column]);
        match on_left {
            true if column == 0 => x - self.spacing.times,
            true => x - xs[column - 1],
            false => xs.get(column + 1).map_or(self.spacing.width - 16.0, |next| *next) - x,
        }
    }
}
