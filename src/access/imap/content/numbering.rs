//! How IMAP numbers the parts of a mail (RFC 3501 §6.4.5).

use std::num::NonZeroU32;

use crate::mime::read::{Holds, Part, Tree};

/// So many parts IMAP tells of, as Dovecot does; those behind them in the mail are not there for it.
pub const MOST_TOLD_PARTS: usize = 10_000;

/// The parts of a mail by number.
#[derive(Clone, Debug)]
pub(super) struct Numbering {
    /// Where in `children` those of a part begin; one more than there are parts.
    starts: Vec<usize>,
    children: Vec<usize>,
    shapes: Vec<Shape>,
}

/// What a part is to IMAP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// It holds none that IMAP tells of.
    Leaf,
    /// A multipart with parts.
    Multipart,
    /// A multipart that could not be taken apart. What it has stands in one part, which is all of its body.
    Whole,
    /// A multipart without any part. IMAP wants one, and it is empty.
    Empty,
    /// A message with another one inside.
    Message(usize),
    /// The same, but it cannot be seen, as in base64 (which RFC 2046 §5.2.1 forbids): what is inside is empty.
    Closed,
}

/// A part that a section names. Those that hold a message or parts lead further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A part with a header section of its own, as an index into the tree.
    Part(usize),
    /// Part 1 of a message that is no multipart: its body.
    Body(usize),
    /// What stands in a multipart that could not be taken apart: its body.
    Whole(usize),
    /// An empty part.
    Nothing,
}

impl Numbering {
    /// Of a mail that was read.
    pub(super) fn of(tree: &Tree) -> Numbering {
        let parts = &tree.parts[..tree.parts.len().min(MOST_TOLD_PARTS)];
        let mut starts = vec![0; parts.len() + 1];
        for parent in parts.iter().filter_map(|part| part.parent) {
            starts[parent + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut children = vec![0; starts[parts.len()]];
        for (i, part) in parts.iter().enumerate() {
            if let Some(parent) = part.parent {
                children[next[parent]] = i;
                next[parent] += 1;
            }
        }
        let first = |i: usize| children[starts[i]..starts[i + 1]].first().copied();
        let shapes = parts.iter().enumerate().map(|(i, part)| shape(part, first(i))).collect();
        Numbering { starts, children, shapes }
    }

    /// What a part is.
    pub(super) fn shape(&self, part: usize) -> Shape {
        self.shapes[part]
    }

    /// The parts directly inside of one.
    pub(super) fn children(&self, of: usize) -> &[usize] {
        &self.children[self.starts[of]..self.starts[of + 1]]
    }

    /// The part that a section names; `None` where there is none.
    pub(super) fn find(&self, path: &[NonZeroU32]) -> Option<Found> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.in_message(0, *first)?, |found, number| self.in_part(found, *number))
    }

    /// A part of a message.
    fn in_message(&self, message: usize, number: NonZeroU32) -> Option<Found> {
        match self.shape(message) {
            Shape::Multipart | Shape::Whole | Shape::Empty => self.in_multipart(message, number),
            Shape::Leaf | Shape::Message(_) | Shape::Closed => only(number, Found::Body(message)),
        }
    }

    fn in_part(&self, found: Found, number: NonZeroU32) -> Option<Found> {
        let (Found::Part(part) | Found::Body(part)) = found else { return None };
        match self.shape(part) {
            Shape::Message(inside) => self.in_message(inside, number),
            Shape::Closed => only(number, Found::Nothing),
            _ => self.in_multipart(part, number),
        }
    }

    fn in_multipart(&self, part: usize, number: NonZeroU32) -> Option<Found> {
        match self.shape(part) {
            Shape::Multipart => {
                let place = usize::try_from(number.get() - 1).ok()?;
                self.children(part).get(place).copied().map(Found::Part)
            }
            Shape::Whole => only(number, Found::Whole(part)),
            Shape::Empty => only(number, Found::Nothing),
            Shape::Leaf | Shape::Message(_) | Shape::Closed => None,
        }
    }
}

fn shape(part: &Part, first: Option<usize>) -> Shape {
    match (part.holds, first) {
        (Holds::Parts, Some(_)) => Shape::Multipart,
        (Holds::Parts, None) => Shape::Empty,
        (Holds::Message, Some(inside)) => Shape::Message(inside),
        _ if part.top_type() == "multipart" => Shape::Whole,
        _ if part.media_type == "message/rfc822" => Shape::Closed,
        _ => Shape::Leaf,
    }
}

fn only(number: NonZeroU32, found: Found) -> Option<Found> {
    (number.get() == 1).then_some(found)
}
