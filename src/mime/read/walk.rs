//! From the first line of a mail to the last, once: which part each belongs to (RFC 2046 §5).
//!
//! The parts that are open lie on a stack. Their boundaries are in a map by their text, so a line costs one look-up,
//! however many are open and however alike they are.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::charsets::{Text, is_ascii};
use super::encoding::{Decoder, Encoding};
use super::faults::Count;
use super::fields::{self, Length, MOST_HEADER_BYTES, Said, Section};
use super::flaw::{Defects, Flaw};
use super::header;
use super::lines::{Line, line_at};
use super::mailbox::{begins_mailbox, is_separator};
use super::part::{Holds, Overhead, Part, Totals, Tree};
use super::tally::Tally;

/// So many parts are read of a mail. No honest mail has a thousand; a part costs some 300 bytes of memory.
pub const MOST_PARTS: usize = 200_000;

/// So deep parts may lie inside each other. A mail that was forwarded ten times has twenty or thirty; many programs take
/// less than a hundred.
pub const MOST_DEPTH: usize = 100;

/// A boundary has at most so many characters (RFC 2046 §5.1.1).
const LONGEST_BOUNDARY: usize = 70;

/// So many of the innermost parts are asked whether a line looks like their boundary.
const LOOKALIKES: usize = 8;

/// Reads a mail that lies in two pieces, of which the second begins at the start of a line.
pub(super) fn walk(head: &[u8], rest: &[u8]) -> Tree {
    let mut walker = Walker {
        head,
        rest,
        parts: Vec::new(),
        defects: Defects::default(),
        totals: Totals { wire_bytes: (head.len() + rest.len()) as u64, ..Totals::default() },
        open: Vec::new(),
        boundaries: FxHashMap::default(),
        longest_boundary: 0,
        text_end: 0,
        was_empty: false,
        bare_lf: (Count::default(), 0),
        bare_cr: (Count::default(), 0),
        is_mailbox: begins_mailbox(if head.is_empty() { rest } else { head }),
        more_mails: Count::default(),
        too_many: false,
    };
    walker.begin(None, 0, "text/plain", true);
    for (piece, base) in [(head, 0), (rest, head.len())] {
        let mut at = 0;
        while let Some(line) = line_at(piece, at) {
            at = line.end;
            let text = &piece[line.start..line.text_end];
            walker.line(
                &Line { start: base + line.start, text_end: base + line.text_end, end: base + line.end, ..line },
                text,
            );
        }
    }
    walker.finish()
}

struct Walker<'a> {
    head: &'a [u8],
    rest: &'a [u8],
    parts: Vec<Part>,
    defects: Defects,
    totals: Totals,
    /// The parts that have begun and not ended, each inside the one before.
    open: Vec<Open>,
    /// Boundaries that can come, and which of the open parts has them.
    boundaries: FxHashMap<Box<[u8]>, usize>,
    /// No boundary is longer, dashes included.
    longest_boundary: usize,
    /// Where the text of the line before ends, and whether it had any.
    text_end: usize,
    was_empty: bool,
    /// Line ends of the whole mail, and the part where they are first.
    bare_lf: (Count, usize),
    bare_cr: (Count, usize),
    /// Whether it begins as a mailbox file does, in which others may follow (RFC 4155).
    is_mailbox: bool,
    more_mails: Count,
    too_many: bool,
}

/// A part that has not ended.
struct Open {
    part: usize,
    is_message: bool,
    /// Its type where none is said.
    default: &'static str,
    state: State,
    tally: Tally,
    /// Lines read when its body began.
    lines_before: u64,
    lengths: Vec<Length>,
    /// Where its encoding is said.
    encoding_at: usize,
    /// Whether its header section may be in UTF-8 (RFC 6532 §3.7).
    is_global: bool,
    /// That something inside has more bits than it says has been told.
    told_eight_bit: bool,
}

enum State {
    Header,
    Leaf,
    Message,
    Multipart(Multipart),
}

struct Multipart {
    boundary: Box<[u8]>,
    /// Which open part had the same boundary before.
    shadowed: Option<usize>,
    at: usize,
    phase: Phase,
    behind_the_end: Count,
    lookalikes: Count,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Preamble,
    Inside,
    /// Behind a boundary where no more parts are read.
    Beyond,
    Epilogue,
}

impl<'a> Walker<'a> {
    /// Bytes that lie in one of the two pieces.
    fn bytes(&self, range: Range<usize>) -> &'a [u8] {
        let base = self.head.len();
        match range.start.checked_sub(base) {
            Some(start) => self.rest.get(start..range.end.saturating_sub(base)),
            None => self.head.get(range),
        }
        .unwrap_or_default()
    }

    /// A part begins; its header section is next.
    fn begin(&mut self, parent: Option<usize>, at: usize, media_type: &'static str, is_message: bool) {
        let depth = parent.map_or(0, |parent| self.parts[parent].depth + 1);
        // Parts of a message are as it is, whatever is between them.
        let is_global = match parent.map(|parent| &self.parts[parent]) {
            Some(above) if above.holds == Holds::Message => above.media_type == "message/global",
            _ => self.open.last().is_some_and(|above| above.is_global),
        };
        self.open.push(Open {
            part: self.parts.len(),
            is_message,
            default: media_type,
            state: State::Header,
            tally: Tally::default(),
            lines_before: self.totals.lines,
            lengths: Vec::new(),
            encoding_at: at,
            is_global,
            told_eight_bit: false,
        });
        self.parts.push(Part {
            parent,
            depth,
            header: at..at,
            body: at..at,
            media_type: media_type.to_owned(),
            charset: None,
            boundary: None,
            encoding: Encoding::SevenBit,
            disposition: None,
            file_name: None,
            content_id: None,
            holds: Holds::Nothing,
            preamble: at..at,
            epilogue: at..at,
            decoded_bytes: 0,
            lines: 0,
            longest_line: 0,
        });
    }

    fn has_room(&mut self, parent: usize, at: usize) -> bool {
        let has_room = self.parts.len() < MOST_PARTS;
        if !has_room && !self.too_many {
            self.too_many = true;
            self.defects.add(parent, at, Flaw::TooManyParts { most: MOST_PARTS });
        }
        has_room
    }

    fn line(&mut self, line: &Line, text: &[u8]) {
        self.totals.lines += 1;
        let may_be_boundary = text.starts_with(b"--") && !self.boundaries.is_empty();
        if !(may_be_boundary && self.at_boundary(line, text))
            && let Some(top) = self.open.last_mut()
        {
            if let State::Header = top.state {
                top.tally.header_line(line, text, top.is_global);
                if text.is_empty() {
                    self.end_header(line.start, line.end);
                }
            } else {
                top.tally.body_line(line, text, &self.parts[top.part].encoding);
            }
        }
        if self.is_mailbox && self.was_empty && is_separator(text) {
            self.more_mails.add(line.start);
        }
        self.text_end = line.text_end;
        self.was_empty = text.is_empty();
    }

    /// Sees whether a line that begins with two dashes is a boundary, and what follows from it.
    #[inline(never)]
    fn at_boundary(&mut self, line: &Line, text: &[u8]) -> bool {
        if let Some((owner, is_last)) = self.boundary(text) {
            self.delimiter(owner, is_last, line, text);
            return true;
        }
        // Of boundaries that are further out, lines come rarely, and to look for all would cost too much.
        for open in self.open.iter_mut().rev().take(LOOKALIKES) {
            if let State::Multipart(multipart) = &mut open.state
                && multipart.phase != Phase::Epilogue
                && text[2..].starts_with(&multipart.boundary)
            {
                multipart.lookalikes.add(line.start);
                break;
            }
        }
        false
    }

    /// Whose boundary a line is, and whether it is the last one (RFC 2046 §5.1.1: two dashes, the boundary, two more at the
    /// end, and white space that was put there on the way).
    fn boundary(&self, text: &[u8]) -> Option<(usize, bool)> {
        let rest = text.strip_prefix(b"--")?.trim_ascii_end();
        if rest.len() > self.longest_boundary {
            return None;
        }
        let next = self.boundaries.get(rest).map(|owner| (*owner, false));
        let last = rest.strip_suffix(b"--").and_then(|rest| self.boundaries.get(rest)).map(|owner| (*owner, true));
        // One boundary may be another one with two dashes: what was opened last is meant.
        next.into_iter().chain(last).max_by_key(|(owner, _)| *owner)
    }

    /// A boundary of an open part.
    fn delimiter(&mut self, owner: usize, is_last: bool, line: &Line, text: &[u8]) {
        // A message may have no body and no empty line (RFC 5322 §3.5).
        if let Some(Open { state: State::Header, is_message: false, part, .. }) = self.open.last() {
            self.defects.add(*part, line.start, Flaw::NoEmptyLine);
        }
        while self.open.len() > owner + 1 {
            // The line end in front belongs to the boundary (RFC 2046 §5.1.1): behind it is no line. That of the boundary
            // has been counted.
            self.close(self.text_end, self.totals.lines - 1 - u64::from(self.was_empty));
        }
        let end = self.text_end;
        let Some(open) = self.open.last_mut() else { return };
        let part = open.part;
        open.tally.body_line(line, text, &self.parts[part].encoding);
        let State::Multipart(multipart) = &mut open.state else { return };
        let phase = multipart.phase;
        if phase == Phase::Epilogue {
            multipart.behind_the_end.add(line.start);
            return;
        }
        if phase == Phase::Preamble {
            let start = self.parts[part].body.start;
            self.parts[part].preamble = start..end.max(start);
        }
        if is_last {
            multipart.phase = Phase::Epilogue;
            self.parts[part].epilogue = line.end..line.end;
            if phase == Phase::Preamble {
                self.defects.add(part, line.start, Flaw::NoParts);
            }
            if let Some(before) = multipart.shadowed.take() {
                self.boundaries.insert(multipart.boundary.clone(), before);
            }
            return;
        }
        multipart.phase = Phase::Inside;
        let is_digest = self.parts[part].media_type == "multipart/digest";
        if self.has_room(part, line.start) {
            // RFC 2046 §5.1.5.
            let default = if is_digest { "message/rfc822" } else { "text/plain" };
            self.begin(Some(part), line.end, default, false);
        } else if let Some(Open { state: State::Multipart(multipart), .. }) = self.open.last_mut() {
            multipart.phase = Phase::Beyond;
        }
    }

    /// The header section of the part on top ends at `end`, and its body begins at `body`.
    fn end_header(&mut self, end: usize, body: usize) {
        let Some(top) = self.open.last() else { return };
        let (index, is_message) = (top.part, top.is_message);
        let range = self.parts[index].header.start..end;
        self.totals.header_bytes += range.len() as u64;
        let bytes = self.bytes(range.clone());
        let section = Section { bytes, base: range.start, part: index, is_message, default: top.default };
        let said = fields::read(&section, &mut self.defects);
        let part = &mut self.parts[index];
        part.header = range;
        (part.body, part.preamble, part.epilogue) = (body..body, body..body, body..body);
        let state = self.settle(index, &said, body);
        let Said { charset, disposition, file_name, content_id, lengths, encoding_at, .. } = said;
        let part = &mut self.parts[index];
        (part.charset, part.disposition, part.file_name, part.content_id) =
            (charset, disposition, file_name, content_id);
        let is_container = matches!(state, State::Message);
        if let Some(top) = self.open.last_mut() {
            top.state = state;
            top.lengths = lengths;
            top.encoding_at = encoding_at;
            top.lines_before = self.totals.lines;
        }
        if is_container {
            self.begin(Some(index), body, "text/plain", true);
        }
    }

    /// Type and encoding of a part, and what follows from them.
    fn settle(&mut self, index: usize, said: &Said, body: usize) -> State {
        let part = &mut self.parts[index];
        if let Some(media_type) = &said.media_type {
            part.media_type.clone_from(media_type);
        }
        if let Some(encoding) = &said.encoding {
            part.encoding = encoding.clone();
        }
        let encoding = part.encoding.clone();
        let is_multipart = part.top_type() == "multipart";
        let is_message = ["message/rfc822", "message/global"].contains(&part.media_type.as_str());
        // RFC 6532 §3.7 allows any encoding for message/global, and RFC 6533 for its relatives.
        let is_composite = part.top_type() == "message" && !part.media_type.starts_with("message/global");
        if !encoding.is_identity() && (is_multipart || is_composite) {
            let encoding = encoding.as_str().to_owned();
            self.defects.add(index, said.encoding_at, Flaw::EncodingOfContainer { encoding });
        }
        let is_seven_bit_only = ["message/partial", "message/external-body"].contains(&part.media_type.as_str());
        if is_seven_bit_only && matches!(encoding, Encoding::EightBit | Encoding::Binary) {
            let (media_type, encoding) = (part.media_type.clone(), encoding.as_str().to_owned());
            self.defects.add(index, said.encoding_at, Flaw::NotSevenBit { media_type, encoding });
        }
        let can_be_seen = is_multipart || (is_message && encoding.is_identity());
        if !can_be_seen {
            return State::Leaf;
        }
        let boundary = said.boundary.as_deref().map(<[u8]>::trim_ascii_end).filter(|boundary| !boundary.is_empty());
        if is_multipart && boundary.is_none() {
            self.defects.add(index, said.type_at, Flaw::NoBoundary);
            return State::Leaf;
        }
        if self.parts[index].depth >= MOST_DEPTH {
            self.defects.add(index, said.type_at, Flaw::TooDeep { most: MOST_DEPTH });
            return State::Leaf;
        }
        let Some(boundary) = boundary.filter(|_| is_multipart) else {
            if !self.has_room(index, body) {
                return State::Leaf;
            }
            self.parts[index].holds = Holds::Message;
            return State::Message;
        };
        self.parts[index].boundary.clone_from(&said.boundary);
        self.parts[index].holds = Holds::Parts;
        State::Multipart(self.multipart(index, boundary.into(), said))
    }

    /// A multipart with this boundary begins.
    fn multipart(&mut self, index: usize, boundary: Box<[u8]>, said: &Said) -> Multipart {
        let at = said.type_at;
        let written = said.boundary.as_deref().unwrap_or_default();
        if written.len() > LONGEST_BOUNDARY {
            self.defects.add(index, at, Flaw::LongBoundary { length: written.len() });
        }
        if written.ends_with(b" ") || !written.iter().all(|b| is_boundary_byte(*b)) {
            self.defects.add(index, at, Flaw::BadBoundary);
        }
        let mut is_alike = false;
        for open in &self.open {
            // At most `MOST_DEPTH` of them.
            if let State::Multipart(other) = &open.state
                && other.phase != Phase::Epilogue
                && *other.boundary != *boundary
                && (other.boundary.starts_with(&boundary) || boundary.starts_with(&other.boundary))
            {
                is_alike = true;
            }
        }
        if is_alike {
            self.defects.add(index, at, Flaw::BoundaryPrefix);
        }
        // The part itself is on top.
        let owner = self.open.len() - 1;
        let shadowed = self.boundaries.insert(boundary.clone(), owner);
        if shadowed.is_some() {
            self.defects.add(index, at, Flaw::BoundaryTwice);
        }
        self.longest_boundary = self.longest_boundary.max(boundary.len() + 2);
        Multipart {
            boundary,
            shadowed,
            at,
            phase: Phase::Preamble,
            behind_the_end: Count::default(),
            lookalikes: Count::default(),
        }
    }

    /// The part on top ends at `end`, or, where its body has not even begun then, as soon as it can. So many lines have
    /// been read until there.
    fn close(&mut self, end: usize, lines: u64) {
        // Where the header section is that of a message inside, one more begins and ends at once.
        while let Some(Open { state: State::Header, part, .. }) = self.open.last() {
            let end = end.max(self.parts[*part].header.start);
            self.end_header(end, end);
        }
        let Some(top) = self.open.pop() else { return };
        let index = top.part;
        let parent = self.parts[index].parent;
        let end = end.max(self.parts[index].body.end).max(self.parts[index].body.start);
        let part = &mut self.parts[index];
        part.body.end = end;
        part.lines = if part.body.is_empty() { 0 } else { lines.saturating_sub(top.lines_before) };
        part.longest_line = top.tally.longest;
        part.decoded_bytes = part.body.len() as u64;
        top.tally.tell(index, &part.encoding.clone(), &mut self.defects);
        for (sum, found) in [(&mut self.bare_lf, top.tally.bare_lf), (&mut self.bare_cr, top.tally.bare_cr)] {
            if sum.0.merge(found) {
                sum.1 = index;
            }
        }
        let has_high = top.tally.is_eight_bit();
        match top.state {
            State::Multipart(multipart) => self.close_multipart(index, multipart, end, has_high),
            State::Leaf => self.close_leaf(index, has_high),
            State::Message | State::Header => {}
        }
        self.check_lengths(index, &top.lengths);
        // The bytes that a part hides from its own encoding are told there.
        let is_honest = matches!(self.parts[index].encoding, Encoding::EightBit | Encoding::Binary);
        let is_eight_bit =
            is_honest && (top.tally.is_eight_bit() || top.told_eight_bit) || top.tally.has_global_header();
        if let Some(above) = self.open.last_mut() {
            if is_eight_bit && self.parts[above.part].encoding == Encoding::SevenBit && !above.told_eight_bit {
                self.defects.add(above.part, above.encoding_at, Flaw::EightBitInside);
            }
            above.told_eight_bit |= is_eight_bit;
        }
        if let Some(parent) = parent {
            let body = &mut self.parts[parent].body;
            body.end = body.end.max(end);
        }
    }

    fn close_multipart(&mut self, index: usize, multipart: Multipart, end: usize, has_high: bool) {
        // Behind its end, the boundary may be that of another part again.
        let is_own = self.boundaries.get(&multipart.boundary).is_some_and(|owner| *owner >= self.open.len());
        match multipart.shadowed {
            Some(before) => self.boundaries.insert(multipart.boundary, before),
            None if is_own => self.boundaries.remove(&multipart.boundary),
            None => None,
        };
        let part = &mut self.parts[index];
        match multipart.phase {
            Phase::Preamble => {
                // What it has can only be seen as a whole.
                part.preamble = part.body.clone();
                part.holds = Holds::Nothing;
                self.close_leaf(index, has_high);
                self.defects.add(index, multipart.at, Flaw::BoundaryNotFound);
            }
            Phase::Inside | Phase::Beyond => self.defects.add(index, multipart.at, Flaw::BoundaryUnclosed),
            Phase::Epilogue => {
                let start = part.epilogue.start.min(end);
                part.epilogue = start..end;
            }
        }
        let alike = multipart.lookalikes;
        if alike.count > 0 {
            self.defects.add(index, alike.first, Flaw::BoundaryLookalike { count: alike.count });
        }
        let behind = multipart.behind_the_end;
        if behind.count > 0 {
            self.defects.add(index, behind.first, Flaw::BehindTheEnd { count: behind.count });
        }
    }

    /// `has_high` says whether its body has bytes above 127.
    fn close_leaf(&mut self, index: usize, has_high: bool) {
        let part = &self.parts[index];
        let start = part.body.start;
        let (mut decoded, mut decoder) = (0, Decoder::new(&part.encoding));
        let mut text = Text::of(part, has_high);
        let mut count = |piece: &[u8]| {
            decoded += piece.len() as u64;
            if let Some(text) = &mut text {
                text.feed(piece);
            }
        };
        decoder.feed(self.bytes(part.body.clone()), &mut count);
        let faults = decoder.finish(&mut count);
        let part = &mut self.parts[index];
        part.decoded_bytes = decoded;
        let end = part.body.end;
        let cost = Overhead { wire_bytes: part.body.len() as u64, decoded_bytes: decoded };
        self.totals.leaves += 1;
        self.totals.decoded_bytes += decoded;
        let sum = match part.encoding {
            Encoding::Base64 => Some(&mut self.totals.base64),
            Encoding::QuotedPrintable => Some(&mut self.totals.quoted_printable),
            _ => None,
        };
        if let Some(sum) = sum {
            sum.wire_bytes += cost.wire_bytes;
            sum.decoded_bytes += cost.decoded_bytes;
        }
        let mut tell = |found: Count, flaw: fn(u64) -> Flaw| self.defects.add_found(index, start, found, flaw);
        tell(faults.illegal, |count| Flaw::Base64Illegal { count });
        tell(faults.padding, |count| Flaw::Base64Padding { count });
        tell(faults.escapes, |count| Flaw::QuotedEscape { count });
        tell(faults.small, |count| Flaw::QuotedSmall { count });
        if faults.incomplete {
            self.defects.add(index, end, Flaw::Base64Length);
        }
        if faults.ends_with_equals {
            self.defects.add(index, end, Flaw::QuotedEnd);
        }
        if let Some(text) = text {
            self.tell_text(index, text.finish());
        }
        if self.parts[index].media_type == "message/external-body" {
            self.check_external(index);
        }
    }

    /// What its charset does not have was found in a text.
    fn tell_text(&mut self, index: usize, found: Count) {
        if found.count == 0 {
            return;
        }
        let part = &self.parts[index];
        // In what is encoded, places are not those of the mail.
        let at = part.body.start + if part.encoding.is_identity() { found.first } else { 0 };
        let flaw = match &part.charset {
            Some(charset) if !is_ascii(charset) => Flaw::NotInCharset { charset: charset.clone(), count: found.count },
            said => Flaw::NotAscii { count: found.count, is_said: said.is_some() },
        };
        self.defects.add(index, at, flaw);
    }

    /// Looks at the header section that stands for a body which lies elsewhere (RFC 2046 §5.2.3).
    fn check_external(&mut self, index: usize) {
        let range = self.parts[index].body.clone();
        let body = self.bytes(range.start..range.end.min(range.start + MOST_HEADER_BYTES));
        let mut end = 0;
        while let Some(line) = line_at(body, end).filter(|line| line.text_end > line.start) {
            end = line.end;
        }
        if !header::fields(&body[..end]).any(|field| field.is("Content-ID")) {
            self.defects.add(index, range.start, Flaw::ExternalWithoutId);
        }
    }

    fn check_lengths(&mut self, index: usize, lengths: &[Length]) {
        let part = &self.parts[index];
        for Length { said, at, in_lines } in lengths {
            let is = if *in_lines { part.lines } else { part.wire_bytes() };
            if is != *said {
                self.defects.add(index, *at, Flaw::ContentLength { said: *said, is });
            }
        }
    }

    fn finish(mut self) -> Tree {
        let end = self.head.len() + self.rest.len();
        while !self.open.is_empty() {
            self.close(end, self.totals.lines);
        }
        let (lf, part) = self.bare_lf;
        if lf.count > 0 {
            let last = self.rest.last().or(self.head.last());
            let has_last = last.is_some_and(|b| matches!(b, b'\r' | b'\n'));
            let are_all = lf.count + u64::from(!has_last) == self.totals.lines;
            self.defects.add(part, lf.first, Flaw::BareLf { count: lf.count, are_all });
        }
        let (cr, part) = self.bare_cr;
        if cr.count > 0 {
            self.defects.add(part, cr.first, Flaw::BareCr { count: cr.count });
        }
        if self.more_mails.count > 0 {
            self.defects.add(0, self.more_mails.first, Flaw::MoreMails { count: self.more_mails.count });
        }
        // Places of one part are found one after the other, those of several are not.
        self.defects.list.sort_by_key(|defect| defect.at);
        Tree { parts: self.parts, defects: self.defects.list, more_defects: self.defects.more, totals: self.totals }
    }
}

/// A character that a boundary may have (RFC 2046 §5.1.1).
fn is_boundary_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte)
}
