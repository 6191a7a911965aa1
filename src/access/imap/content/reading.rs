//! A mail that is being read: [`Reading`].

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use super::numbering::Numbering;
use crate::mime::Content;
use crate::mime::read::{self, MOST_HEADER_BYTES, Tree};
use crate::octets::Rope;

/// A mail, and what is known of it once somebody has asked. To make one costs nothing that grows with the mail.
#[derive(Clone, Debug)]
pub struct Reading {
    content: Content,
    /// Where each chunk of the content begins.
    starts: Vec<usize>,
    /// Where the header section ends, and where the body begins.
    head: OnceCell<(usize, usize)>,
    parts: OnceCell<(Tree, Numbering)>,
}

impl Reading {
    /// Of this mail.
    #[must_use]
    pub fn new(content: &Content) -> Reading {
        let starts = content.rope().chunks().iter().scan(0, |end, chunk| {
            let start = *end;
            *end += chunk.len();
            Some(start)
        });
        let starts = starts.collect();
        Reading { content: content.clone(), starts, head: OnceCell::new(), parts: OnceCell::new() }
    }

    /// The mail.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Its parts. The first who asks has the whole mail read.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        &self.parts().0
    }

    /// How IMAP numbers them.
    pub(super) fn numbering(&self) -> &Numbering {
        &self.parts().1
    }

    fn parts(&self) -> &(Tree, Numbering) {
        self.parts.get_or_init(|| {
            let tree = read::read_content(&self.content);
            let numbering = Numbering::of(&tree);
            (tree, numbering)
        })
    }

    /// The header section with the empty line that ends it (RFC 3501 §6.4.5).
    pub(super) fn header(&self) -> Range<usize> {
        0..self.head().1
    }

    /// The body.
    pub(super) fn body(&self) -> Range<usize> {
        self.head().1..self.content.rope().len()
    }

    fn head(&self) -> (usize, usize) {
        *self.head.get_or_init(|| {
            // A bare CR is a line end to the reader, so the header section may end earlier than the content thinks. It does not
            // end later, and the empty line has two bytes at most.
            let most = self.content.rope().len().min(self.content.header_end() + 2);
            read::header_end(&self.bytes(0..most))
        })
    }

    /// The fields of the header section in so many bytes as the reader takes apart.
    pub(super) fn head_fields(&self) -> Cow<'_, [u8]> {
        self.fields(0..self.head().0)
    }

    /// Of a header section, so many bytes as the reader takes apart.
    pub(super) fn fields(&self, header: Range<usize>) -> Cow<'_, [u8]> {
        self.bytes(header.start..header.end.min(header.start + MOST_HEADER_BYTES))
    }

    /// Bytes of the mail. They are copied only where they lie in several chunks.
    pub(super) fn bytes(&self, range: Range<usize>) -> Cow<'_, [u8]> {
        let Some((first, chunk)) = self.chunk_at(range.start) else { return Cow::Borrowed(b"") };
        match chunk.get(range.start - first..range.end - first) {
            Some(bytes) => Cow::Borrowed(bytes),
            None => Cow::Owned(self.window(range).to_vec()),
        }
    }

    fn chunk_at(&self, at: usize) -> Option<(usize, &[u8])> {
        let place = self.starts.partition_point(|start| *start <= at).checked_sub(1)?;
        Some((self.starts[place], &self.content.rope().chunks()[place]))
    }

    /// A window onto bytes of the mail, which lie inside of it.
    pub(super) fn window(&self, range: Range<usize>) -> Rope {
        let mut rope = Rope::new();
        self.extend(&mut rope, range);
        rope
    }

    /// The same behind what is in `rope`. How many chunks the mail has makes no difference, only in how many the range lies.
    pub(super) fn extend(&self, rope: &mut Rope, range: Range<usize>) {
        let chunks = self.content.rope().chunks();
        let first = self.starts.partition_point(|start| *start <= range.start).saturating_sub(1);
        for (start, chunk) in self.starts.iter().zip(chunks).skip(first) {
            if *start >= range.end {
                break;
            }
            let from = range.start.max(*start) - start;
            rope.push(chunk.slice(from..chunk.len().min(range.end - start)));
        }
    }
}

impl From<&Content> for Reading {
    fn from(content: &Content) -> Reading {
        Reading::new(content)
    }
}
