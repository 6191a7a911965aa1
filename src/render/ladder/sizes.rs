//! How large the letters of a ladder are.

use super::super::text_width::Face;
use super::model::ArrowKind;

pub(super) const WORDS_SIZE: f64 = 11.5;
pub(super) const NOTE_SIZE: f64 = 12.0;
pub(super) const TIME_SIZE: f64 = 11.0;
pub(super) const NAME_SIZE: f64 = 12.5;
/// From a lifeline to the words beside it.
pub(super) const BESIDE: f64 = 11.0;

/// The letters of an arrow's words.
pub(super) fn face(kind: ArrowKind) -> Face {
    if matches!(kind, ArrowKind::Connect | ArrowKind::Refused | ArrowKind::Content) { Face::Sans } else { Face::Mono }
}

/// The size of an arrow's words.
pub(super) fn size(kind: ArrowKind) -> f64 {
    match kind {
        ArrowKind::Packet | ArrowKind::Connect | ArrowKind::Question | ArrowKind::Answer => 11.0,
        _ => WORDS_SIZE,
    }
}
