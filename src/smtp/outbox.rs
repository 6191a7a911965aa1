//! Bytes waiting to be sent: one constant chunk as it is, several replies copied together.

use crate::octets::Chunk;

/// Collects what is to leave in one go.
#[derive(Clone, Debug, Default)]
pub(super) struct Outbox {
    /// A single chunk that needs no copy, while `buffer` is empty.
    single: Chunk,
    /// Everything, as soon as there is more than one piece. Keeps its memory.
    buffer: Vec<u8>,
}

impl Outbox {
    /// Adds a chunk.
    pub(super) fn push(&mut self, chunk: Chunk) {
        if self.single.is_empty() && self.buffer.is_empty() {
            self.single = chunk;
        } else {
            self.writer().extend_from_slice(&chunk);
        }
    }

    /// The buffer to write into.
    pub(super) fn writer(&mut self) -> &mut Vec<u8> {
        if !self.single.is_empty() {
            self.buffer.extend_from_slice(&self.single);
            self.single = Chunk::EMPTY;
        }
        &mut self.buffer
    }

    /// Forgets everything, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.single = Chunk::EMPTY;
        self.buffer.clear();
    }

    /// Takes everything as one chunk; `None` when there is nothing.
    pub(super) fn take(&mut self) -> Option<Chunk> {
        if !self.single.is_empty() {
            return Some(std::mem::take(&mut self.single));
        }
        if self.buffer.is_empty() {
            return None;
        }
        let chunk = Chunk::copy_from(&self.buffer);
        self.buffer.clear();
        Some(chunk)
    }
}
