//! What is known of a mail when it has been read.

use std::ops::Range;

use super::encoding::Encoding;
use super::flaw::Defect;

/// A mail taken apart. Ranges and places are offsets in bytes into the mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The parts in the order of the mail. The first one is the message itself, so there is always one.
    pub parts: Vec<Part>,
    /// What is wrong, in the order of the mail.
    pub defects: Vec<Defect>,
    /// How many more defects there are than are kept.
    pub more_defects: u64,
    /// Sums.
    pub totals: Totals,
}

impl Tree {
    /// The parts that hold no others, with their indices.
    pub fn leaves(&self) -> impl Iterator<Item = (usize, &Part)> {
        self.parts.iter().enumerate().filter(|(_, part)| part.is_leaf())
    }

    /// The parts directly inside of a part, as indices.
    pub fn children(&self, of: usize) -> impl Iterator<Item = usize> + '_ {
        let depth = self.parts.get(of).map_or(usize::MAX, |part| part.depth);
        let inside = (of + 1..self.parts.len()).take_while(move |i| self.parts[*i].depth > depth);
        inside.filter(move |i| self.parts[*i].parent == Some(of))
    }
}

/// A message, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The part that this one is inside of, as an index.
    pub parent: Option<usize>,
    /// How many parts this one is inside of.
    pub depth: usize,
    /// The header section with its last line end, without the empty line. Where a boundary follows without an empty line,
    /// that line end belongs to the boundary (RFC 2046 §5.1.1).
    pub header: Range<usize>,
    /// The body as it stands there, without the line end that belongs to the boundary behind it (RFC 2046 §5.1.1).
    pub body: Range<usize>,
    /// Type and subtype in lower case, with the defaults of RFC 2045 §5.2 and RFC 2046 §5.1.5.
    pub media_type: String,
    /// The charset in lower case, where the mail names one. For text where it does not, it is `us-ascii` (RFC 2046 §4.1.2).
    pub charset: Option<String>,
    /// The boundary of a multipart, where it has one.
    pub boundary: Option<Vec<u8>>,
    /// How the body is encoded.
    pub encoding: Encoding,
    /// `inline`, `attachment` or another word, in lower case (RFC 2183 §2).
    pub disposition: Option<String>,
    /// The name of the file that it was or shall be, decoded (RFC 2183 §2.3, RFC 2231; else `name` of the Content-Type). It
    /// may hold anything, path separators too.
    pub file_name: Option<String>,
    /// The Content-ID without its angle brackets (RFC 2045 §7).
    pub content_id: Option<String>,
    /// Whether other parts are inside, or could be.
    pub holds: Holds,
    /// Multiparts: what stands in front of the first boundary (RFC 2046 §5.1.1).
    pub preamble: Range<usize>,
    /// Multiparts: what stands behind the last boundary.
    pub epilogue: Range<usize>,
    /// How many bytes the body stands for when its encoding is undone. As many as it has, where it holds other parts.
    pub decoded_bytes: u64,
    /// Lines of the body.
    pub lines: u64,
    /// The longest line of header and body, parts inside left out, without its line end; in bytes.
    pub longest_line: usize,
}

impl Part {
    /// Whether it holds no other parts: it is what a mail is sent for.
    #[must_use]
    pub fn is_leaf(&self) -> bool {
        self.holds == Holds::Nothing
    }

    /// Bytes of the body as it stands there.
    #[must_use]
    pub fn wire_bytes(&self) -> u64 {
        self.body.len() as u64
    }

    /// `text` of `text/plain`.
    #[must_use]
    pub fn top_type(&self) -> &str {
        self.media_type.split('/').next().unwrap_or_default()
    }
}

/// What a part holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// No other part, or none that could be found.
    Nothing,
    /// Parts between boundaries (RFC 2046 §5.1).
    Parts,
    /// A message (RFC 2046 §5.2.1).
    Message,
}

/// Sums over a mail, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The whole mail.
    pub wire_bytes: u64,
    /// Header sections, of parts too.
    pub header_bytes: u64,
    /// What the leaves stand for.
    pub decoded_bytes: u64,
    /// Parts that hold no others.
    pub leaves: u64,
    /// Bodies in base64 as they stand there, and what they stand for.
    pub base64: Overhead,
    /// The same for quoted-printable.
    pub quoted_printable: Overhead,
    /// Lines that were read.
    pub lines: u64,
}

/// What an encoding costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overhead {
    /// Bytes of bodies as they stand there.
    pub wire_bytes: u64,
    /// Bytes that they stand for.
    pub decoded_bytes: u64,
}

impl Overhead {
    /// How much longer the encoding makes it, in tenths of a percent; none where there is nothing.
    #[must_use]
    pub fn per_mille(&self) -> Option<u64> {
        let more = u128::from(self.wire_bytes.saturating_sub(self.decoded_bytes)) * 1000;
        let decoded = u128::from(self.decoded_bytes);
        (decoded > 0).then(|| u64::try_from((more + decoded / 2) / decoded).unwrap_or(u64::MAX))
    }
}
