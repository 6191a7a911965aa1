//! Shared bytes: [`Chunk`], a window into bytes that never change, and [`Rope`], a sequence of chunks.
//!
//! Message content is written once and then travels as windows: a TCP segment, a spooled message and a delivered
//! copy all point at the same memory. What sets this apart from `bytes::Bytes` is [`Chunk::try_merge`]: windows that
//! were cut apart by segmentation grow together again on the far side, so a message that crossed five hops is still
//! one chunk and not thousands.
//!
//! This module knows no protocol.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

use smallvec::SmallVec;

#[derive(Clone)]
enum Storage {
    Static(&'static [u8]),
    Shared(Arc<[u8]>),
    Text(Arc<Text>),
}

/// Bytes that were looked at when they were written. They never change, so nobody needs to look again.
struct Text {
    bytes: Box<[u8]>,
    is_tidy: bool,
    is_in_short_lines: bool,
    is_ascii: bool,
}

/// A window into immutable, shared bytes. Cloning and cutting cost a reference count, never a copy.
#[derive(Clone)]
pub struct Chunk {
    storage: Storage,
    start: u32,
    end: u32,
}

impl Chunk {
    /// The empty chunk.
    pub const EMPTY: Chunk = Chunk { storage: Storage::Static(&[]), start: 0, end: 0 };

    /// The longest run of bytes that one chunk can hold (4 GiB less one).
    pub const MAX_LEN: usize = u32::MAX as usize;

    /// A window onto bytes that live as long as the program. Costs nothing.
    ///
    /// # Panics
    /// When `bytes` is longer than [`Chunk::MAX_LEN`].
    #[must_use]
    pub const fn from_static(bytes: &'static [u8]) -> Chunk {
        assert!(bytes.len() <= Chunk::MAX_LEN, "a chunk holds less than 4 GiB");
        Chunk { storage: Storage::Static(bytes), start: 0, end: bytes.len() as u32 }
    }

    /// Copies `bytes` once into shared memory.
    ///
    /// # Panics
    /// When `bytes` is longer than [`Chunk::MAX_LEN`].
    #[must_use]
    pub fn copy_from(bytes: &[u8]) -> Chunk {
        assert!(bytes.len() <= Chunk::MAX_LEN, "a chunk holds less than 4 GiB");
        Chunk { storage: Storage::Shared(Arc::from(bytes)), start: 0, end: bytes.len() as u32 }
    }

    /// Takes bytes over as they are, and looks at them once: [`is_tidy`](Chunk::is_tidy) and
    /// [`is_ascii`](Chunk::is_ascii) then cost nothing, however often and for however small a window they are asked.
    /// For what is large and travels far.
    ///
    /// # Panics
    /// When `bytes` is longer than [`Chunk::MAX_LEN`].
    #[must_use]
    pub fn text(bytes: Vec<u8>) -> Chunk {
        assert!(bytes.len() <= Chunk::MAX_LEN, "a chunk holds less than 4 GiB");
        let end = bytes.len() as u32;
        let text = Text {
            is_tidy: find_untidy(&bytes).is_none(),
            is_in_short_lines: !has_long_line(&bytes),
            is_ascii: bytes.is_ascii(),
            bytes: bytes.into_boxed_slice(),
        };
        Chunk { storage: Storage::Text(Arc::new(text)), start: 0, end }
    }

    /// Whether it is known that no two neighbouring bytes in here are special: CR and LF come only as CRLF, and no LF
    /// has a dot behind it. `false` may also mean that nobody has looked. A window may still begin with LF or end with
    /// CR.
    #[must_use]
    #[inline]
    pub fn is_tidy(&self) -> bool {
        matches!(&self.storage, Storage::Text(text) if text.is_tidy)
    }

    /// Whether it is known that each run of [`LONGEST_LINE`] bytes has a line feed in it. `false` may also mean that
    /// nobody has looked.
    #[must_use]
    #[inline]
    pub fn is_in_short_lines(&self) -> bool {
        matches!(&self.storage, Storage::Text(text) if text.is_in_short_lines)
    }

    /// Whether all bytes are below 128.
    #[must_use]
    #[inline]
    pub fn is_ascii(&self) -> bool {
        matches!(&self.storage, Storage::Text(text) if text.is_ascii) || self[..].is_ascii()
    }

    /// Number of bytes in the window.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether the window is empty.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// A window onto part of this one.
    ///
    /// # Panics
    /// When the range does not lie inside this window.
    #[must_use]
    #[inline]
    pub fn slice(&self, range: Range<usize>) -> Chunk {
        assert!(range.start <= range.end && range.end <= self.len(), "slice outside of the chunk");
        Chunk {
            storage: self.storage.clone(),
            start: self.start + range.start as u32,
            end: self.start + range.end as u32,
        }
    }

    /// Cuts off and returns the first `at` bytes.
    ///
    /// # Panics
    /// When `at` is larger than the length.
    #[inline]
    pub fn split_to(&mut self, at: usize) -> Chunk {
        let head = self.slice(0..at);
        self.start += at as u32;
        head
    }

    /// Cuts off and returns the first `at` bytes, and forgets the `skip` bytes behind them.
    ///
    /// # Panics
    /// When there are fewer bytes than that.
    #[inline]
    pub fn cut(&mut self, at: usize, skip: usize) -> Chunk {
        let len = self.len();
        assert!(at <= len && skip <= len - at, "cut outside of the chunk");
        let end = self.start + at as u32;
        if at + skip == len {
            // The last piece takes the reference over.
            return Chunk { end, ..std::mem::take(self) };
        }
        let head = Chunk { end, ..self.clone() };
        self.start += (at + skip) as u32;
        head
    }

    /// Forgets the first `n` bytes.
    ///
    /// # Panics
    /// When `n` is larger than the length.
    #[inline]
    pub fn advance(&mut self, n: usize) {
        assert!(n <= self.len(), "advance past the end of the chunk");
        self.start += n as u32;
    }

    /// Grows this window over `next` when both lie side by side in the same memory; says whether it did.
    #[inline]
    pub fn try_merge(&mut self, next: &Chunk) -> bool {
        if self.end != next.start {
            return false;
        }
        let same = match (&self.storage, &next.storage) {
            (Storage::Shared(a), Storage::Shared(b)) => Arc::ptr_eq(a, b),
            (Storage::Text(a), Storage::Text(b)) => Arc::ptr_eq(a, b),
            (Storage::Static(a), Storage::Static(b)) => std::ptr::eq(*a, *b),
            _ => false,
        };
        if same {
            self.end = next.end;
        }
        same
    }
}

impl Deref for Chunk {
    type Target = [u8];
    #[inline]
    fn deref(&self) -> &[u8] {
        let all: &[u8] = match &self.storage {
            Storage::Static(bytes) => bytes,
            Storage::Shared(bytes) => bytes,
            Storage::Text(text) => &text.bytes,
        };
        &all[self.start as usize..self.end as usize]
    }
}

/// Whether two neighbouring bytes are special in text of CRLF lines: a CR without LF, an LF without CR, or a dot behind
/// an LF.
#[inline]
fn is_untidy(a: u8, b: u8) -> bool {
    ((a == b'\r') != (b == b'\n')) | ((a == b'\n') & (b == b'.'))
}

/// The length of a line, with its line end, beyond which it counts as long: what RFC 5321 §4.5.3.1.6 lets a line of text have.
pub const LONGEST_LINE: usize = 1000;

/// Whether a line is long. Most text is passed over in long steps.
#[must_use]
pub fn has_long_line(bytes: &[u8]) -> bool {
    let mut start = 0;
    // What is at most this long and has no line end was left open, and has room for one.
    while bytes.len() - start > LONGEST_LINE - 2 {
        let end = bytes.len().min(start + LONGEST_LINE);
        match memchr::memrchr(b'\n', &bytes[start..end]) {
            Some(at) => start += at + 1,
            None => return true,
        }
    }
    false
}

/// The index of the first byte of the first special pair (see [`Chunk::is_tidy`]). Written so that the compiler looks
/// at many bytes at once: the one loop that sees every byte of every message.
#[must_use]
pub fn find_untidy(bytes: &[u8]) -> Option<usize> {
    const LARGE: usize = 128;
    const SMALL: usize = 16;
    let first = bytes.split_last()?.1;
    let second = &bytes[1..];
    let mut from = 0;
    for (a, b) in first.chunks_exact(LARGE).zip(second.chunks_exact(LARGE)) {
        if any_untidy(a, b) {
            break;
        }
        from += LARGE;
    }
    for (a, b) in first[from..].chunks_exact(SMALL).zip(second[from..].chunks_exact(SMALL)) {
        if any_untidy(a, b) {
            break;
        }
        from += SMALL;
    }
    (from..first.len()).find(|&i| is_untidy(first[i], second[i]))
}

/// Whether any pair is special, without stopping at the first one.
#[inline(always)]
fn any_untidy(first: &[u8], second: &[u8]) -> bool {
    first.iter().zip(second).fold(0_u8, |any, (a, b)| any | u8::from(is_untidy(*a, *b))) != 0
}

/// Writes a number in decimal digits.
pub fn write_decimal(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

impl Default for Chunk {
    fn default() -> Chunk {
        Chunk::EMPTY
    }
}

impl From<&'static str> for Chunk {
    fn from(text: &'static str) -> Chunk {
        Chunk::from_static(text.as_bytes())
    }
}

impl From<Vec<u8>> for Chunk {
    fn from(bytes: Vec<u8>) -> Chunk {
        Chunk::copy_from(&bytes)
    }
}

impl From<String> for Chunk {
    fn from(text: String) -> Chunk {
        Chunk::copy_from(text.as_bytes())
    }
}

impl PartialEq for Chunk {
    fn eq(&self, other: &Chunk) -> bool {
        self[..] == other[..]
    }
}

impl Eq for Chunk {}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.escape_ascii())
    }
}

/// A sequence of chunks that reads as one run of bytes. Neighbours that belong together are merged when pushed;
/// empty chunks are never kept.
#[derive(Clone, Default)]
pub struct Rope {
    chunks: SmallVec<[Chunk; 2]>,
    len: usize,
}

impl Rope {
    /// The empty rope. Does not allocate.
    #[must_use]
    pub fn new() -> Rope {
        Rope::default()
    }

    /// Number of bytes.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no bytes.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends a chunk, merging it with the last one where they lie side by side.
    #[inline]
    pub fn push(&mut self, chunk: Chunk) {
        if chunk.is_empty() {
            return;
        }
        self.len += chunk.len();
        if let Some(last) = self.chunks.last_mut()
            && last.try_merge(&chunk)
        {
            return;
        }
        self.chunks.push(chunk);
    }

    /// Puts a chunk in front. It is not merged with what is there.
    pub fn push_front(&mut self, chunk: Chunk) {
        if !chunk.is_empty() {
            self.len += chunk.len();
            self.chunks.insert(0, chunk);
        }
    }

    /// Room for this many chunks.
    #[must_use]
    pub fn with_capacity(chunks: usize) -> Rope {
        Rope { chunks: SmallVec::with_capacity(chunks), len: 0 }
    }

    /// Appends all of `other`.
    pub fn append(&mut self, other: Rope) {
        for chunk in other.chunks {
            self.push(chunk);
        }
    }

    /// Appends all of `other` without taking it.
    pub fn extend_from(&mut self, other: &Rope) {
        for chunk in &other.chunks {
            self.push(chunk.clone());
        }
    }

    /// The chunks in order; none is empty.
    #[inline]
    pub fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    /// Takes all chunks out, in order.
    #[inline]
    pub fn take_chunks(&mut self, each: impl FnMut(Chunk)) {
        self.len = 0;
        if self.chunks.len() == 1 {
            // As in most segments. Draining costs more.
            self.chunks.pop().into_iter().for_each(each);
        } else {
            self.chunks.drain(..).for_each(each);
        }
    }

    /// Takes the rope apart.
    pub fn into_chunks(self) -> impl Iterator<Item = Chunk> {
        self.chunks.into_iter()
    }

    /// Part of the rope, sharing its memory.
    ///
    /// # Panics
    /// When the range does not lie inside the rope.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Rope {
        assert!(range.start <= range.end && range.end <= self.len, "slice outside of the rope");
        let mut out = Rope::new();
        let mut base = 0;
        for chunk in &self.chunks {
            let (from, to) = (range.start.max(base), range.end.min(base + chunk.len()));
            if from < to {
                out.push(chunk.slice(from - base..to - base));
            }
            base += chunk.len();
            if base >= range.end {
                break;
            }
        }
        out
    }

    /// Forgets everything.
    #[inline]
    pub fn clear(&mut self) {
        if self.len > 0 {
            self.chunks.clear();
            self.len = 0;
        }
    }

    /// Copies all bytes into one vector.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.len);
        for chunk in &self.chunks {
            out.extend_from_slice(chunk);
        }
        out
    }

    /// All bytes in order.
    pub fn bytes(&self) -> impl Iterator<Item = u8> + '_ {
        self.chunks.iter().flat_map(|chunk| chunk.iter().copied())
    }
}

impl From<Chunk> for Rope {
    #[inline]
    fn from(chunk: Chunk) -> Rope {
        if chunk.is_empty() {
            return Rope::new();
        }
        Rope { len: chunk.len(), chunks: SmallVec::from_buf_and_len([chunk, Chunk::EMPTY], 1) }
    }
}

impl PartialEq for Rope {
    fn eq(&self, other: &Rope) -> bool {
        self.len == other.len && self.bytes().eq(other.bytes())
    }
}

impl Eq for Rope {}

impl fmt::Debug for Rope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.chunks).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn windows_cut_apart_grow_together_again() {
        let mut whole = Chunk::copy_from(b"hello world");
        let head = whole.split_to(5);
        assert_eq!(&head[..], b"hello");
        assert_eq!(&whole[..], b" world");
        let mut rope = Rope::from(head);
        rope.push(whole);
        assert_eq!(rope.chunks().len(), 1, "neighbours merge");
        assert_eq!(rope.to_vec(), b"hello world");
    }

    #[test]
    fn equal_bytes_in_other_memory_do_not_merge() {
        let mut a = Chunk::copy_from(b"ab");
        assert!(!a.try_merge(&Chunk::copy_from(b"abcd").slice(2..4)));
        assert_eq!(&a[..], b"ab");
    }

    #[test]
    fn slices_of_ropes_cross_chunks() {
        let mut rope = Rope::from(Chunk::from("abc"));
        rope.push(Chunk::from("def"));
        assert_eq!(rope.slice(1..5).to_vec(), b"bcde");
        assert_eq!(rope.slice(3..3).len(), 0);
        assert_eq!(rope.slice(0..6), rope);
    }

    #[test]
    fn what_was_looked_at_is_known_of_every_window() {
        let text = Chunk::text(b"a\r\nb.\r\n".to_vec());
        assert!(text.is_tidy() && text.slice(2..5).is_tidy() && text.is_ascii());
        for untidy in ["a\nb", "a\rb", "a\r\n.b", "a\r\r\n"] {
            assert!(!Chunk::text(untidy.into()).is_tidy(), "{untidy:?}");
        }
        assert!(!Chunk::copy_from(b"a").is_tidy(), "nobody looked");
        let eight_bit = Chunk::text("aé".into());
        assert!(!eight_bit.is_ascii() && eight_bit.slice(0..1).is_ascii());
        let mut head = text.slice(0..3);
        assert!(head.try_merge(&text.slice(3..6)) && head.len() == 6);
    }

    proptest! {
        #[test]
        fn the_quick_search_finds_what_the_slow_one_does(data in "[ab]{0,600}[a.\r\n]{0,20}[ab]{0,150}[a.\r\n]{0,4}") {
            let bytes = data.as_bytes();
            let slow = bytes.windows(2).position(|w| is_untidy(w[0], w[1]));
            prop_assert_eq!(find_untidy(bytes), slow);
        }
    }
}
