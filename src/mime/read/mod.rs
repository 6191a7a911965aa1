//! Reading mail, however broken: which parts it has, what they say of themselves, and what is wrong with them (RFC 5322,
//! RFC 2045 to 2047, RFC 2183, RFC 2231).
//!
//! Reading never fails. It goes through the mail once, line by line; what it costs grows with the length of the mail and
//! with nothing else, whoever wrote it. Where that could not be kept otherwise, there are bounds ([`MOST_PARTS`],
//! [`MOST_DEPTH`], and 1 MiB of a header section), and what lies beyond them is told as a [`Defect`].
//!
//! A line ends with CRLF, and with a bare LF or CR too where a mail has them; those are told. Nothing is decoded and kept:
//! parts are ranges of bytes, and [`Encoding::decode`] gives what they stand for piece by piece.

mod addresses;
mod base64;
mod charsets;
mod encoding;
mod faults;
mod fields;
mod flaw;
mod header;
mod lines;
mod mailbox;
mod notice;
mod parameters;
mod part;
mod placing;
mod preview;
mod quoted;
mod tally;
mod told;
mod walk;
pub mod words;
mod written;

pub use encoding::{Decoder, Encoding};
pub use faults::{Count, Faults};
pub use fields::MOST_HEADER_BYTES;
pub use flaw::{Defect, Flaw};
pub use header::{HeaderField, fields, header_end};
pub use lines::line_numbers;
pub use mailbox::mails;
pub use notice::notices;
pub use parameters::{WithParameters, with_parameters};
pub use part::{Holds, Overhead, Part, Totals, Tree};
pub use preview::beginning;
pub use walk::{MOST_DEPTH, MOST_PARTS};

use super::content::Content;

/// Reads a whole mail. Never fails; takes time in proportion to the length.
#[must_use]
pub fn read(bytes: &[u8]) -> Tree {
    walk::walk(bytes, &[])
}

/// The same for content on its way. The header section is copied; the body is not where it lies in one chunk, as it does
/// unless the mail was put together from pieces.
#[must_use]
pub fn read_content(content: &Content) -> Tree {
    let rope = content.rope();
    if let [only] = rope.chunks() {
        return read(only);
    }
    let body = content.body();
    let head = rope.slice(0..rope.len() - body.len()).to_vec();
    match body.chunks() {
        // Where the header section has bare CRs, it may end earlier than the content thinks.
        [only] if !has_bare_cr(&head) => walk::walk(&head, only),
        _ => read(&rope.to_vec()),
    }
}

fn has_bare_cr(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'\r', bytes).any(|at| bytes.get(at + 1) != Some(&b'\n'))
}

#[cfg(test)]
mod tests;
