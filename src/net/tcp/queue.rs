//! Byte queues on both sides of a connection, made of shared [`Chunk`]s.
//!
//! A dialogue has one chunk in flight most of the time, so the first chunk lives in the queue itself and nothing is
//! allocated until there is a second one.

use std::collections::VecDeque;

use crate::octets::{Chunk, Rope};

/// Chunks first-in-first-out, neighbours merged.
#[derive(Clone, Debug, Default)]
pub(super) struct ChunkQueue {
    /// Empty only when the whole queue is.
    front: Chunk,
    rest: VecDeque<Chunk>,
    len: usize,
}

impl ChunkQueue {
    /// Bytes in the queue.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends a chunk.
    #[inline(always)]
    pub(super) fn push(&mut self, chunk: Chunk) {
        if self.len == 0 {
            self.len = chunk.len();
            self.front = chunk;
        } else if !chunk.is_empty() {
            self.push_behind(chunk);
        }
    }

    fn push_behind(&mut self, chunk: Chunk) {
        self.len += chunk.len();
        let last = self.rest.back_mut().unwrap_or(&mut self.front);
        if !last.try_merge(&chunk) {
            self.rest.push_back(chunk);
        }
    }

    /// Takes the first chunk out.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<Chunk> {
        if self.len == 0 {
            return None;
        }
        let next = if self.rest.is_empty() { Chunk::EMPTY } else { self.rest.pop_front().unwrap_or_default() };
        let chunk = std::mem::replace(&mut self.front, next);
        self.len -= chunk.len();
        Some(chunk)
    }

    pub(super) fn clear(&mut self) {
        *self = ChunkQueue::default();
    }

    /// The chunk of this index: the front is 0.
    #[inline]
    fn get(&self, index: usize) -> Option<&Chunk> {
        if index == 0 { Some(&self.front) } else { self.rest.get(index - 1) }
    }
}

/// What waits to be sent or acknowledged: its first byte is the first unacknowledged one (SND.UNA), and a cursor
/// stands on the next byte to send (SND.NXT).
#[derive(Clone, Debug, Default)]
pub(super) struct SendQueue {
    queue: ChunkQueue,
    /// Chunk on which the cursor stands.
    index: u32,
    /// Bytes of that chunk before the cursor. May be its whole length: the chunk may yet grow by merging.
    offset: u32,
}

impl SendQueue {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    #[inline]
    pub(super) fn push(&mut self, chunk: Chunk) {
        self.queue.push(chunk);
    }

    pub(super) fn clear(&mut self) {
        *self = SendQueue::default();
    }

    /// Sets the cursor back to the first byte.
    #[inline]
    pub(super) fn rewind(&mut self) {
        self.index = 0;
        self.offset = 0;
    }

    /// Cuts the next `n` bytes at the cursor and moves it behind them. Fewer where the queue ends.
    #[inline]
    pub(super) fn take(&mut self, n: usize) -> Rope {
        let (from, to) = (self.offset as usize, self.offset as usize + n);
        if n > 0
            && let Some(chunk) = self.queue.get(self.index as usize)
            && to <= chunk.len()
        {
            self.offset = to as u32;
            return chunk.slice(from..to).into();
        }
        self.take_several(n)
    }

    /// The same, where they do not lie in the chunk at the cursor.
    fn take_several(&mut self, mut n: usize) -> Rope {
        let mut out = Rope::new();
        while n > 0 {
            let Some(chunk) = self.queue.get(self.index as usize) else { break };
            let (offset, len) = (self.offset as usize, chunk.len());
            if offset >= len {
                if self.index as usize >= self.queue.rest.len() {
                    break;
                }
                self.index += 1;
                self.offset = 0;
                continue;
            }
            let cut = n.min(len - offset);
            out.push(chunk.slice(offset..offset + cut));
            self.offset += cut as u32;
            n -= cut;
        }
        out
    }

    /// `n` bytes from `offset` on once more, for repeating them; the cursor stays.
    pub(super) fn range(&self, mut offset: usize, mut n: usize) -> Rope {
        let mut out = Rope::new();
        let mut index = 0;
        while n > 0
            && let Some(chunk) = self.queue.get(index)
        {
            if offset < chunk.len() {
                let cut = n.min(chunk.len() - offset);
                out.push(chunk.slice(offset..offset + cut));
                n -= cut;
                offset = 0;
            } else {
                offset -= chunk.len();
            }
            index += 1;
        }
        out
    }

    /// The first `n` bytes once more, for repeating them; the cursor stays.
    pub(super) fn front(&mut self, n: usize) -> Rope {
        let (index, offset) = (self.index, self.offset);
        self.rewind();
        let out = self.take(n);
        (self.index, self.offset) = (index, offset);
        out
    }

    /// Forgets the first `n` bytes: they were acknowledged.
    #[inline]
    pub(super) fn acknowledge(&mut self, n: usize) {
        if n < self.queue.len || !self.queue.rest.is_empty() {
            return self.acknowledge_some(n);
        }
        // All there was, in one chunk.
        self.queue.front = Chunk::EMPTY;
        self.queue.len = 0;
        self.rewind();
    }

    fn acknowledge_some(&mut self, n: usize) {
        let mut n = n.min(self.queue.len);
        while n > 0 {
            let front = self.queue.front.len();
            if n < front {
                self.queue.front.advance(n);
                self.queue.len -= n;
                if self.index == 0 {
                    self.offset = self.offset.saturating_sub(n as u32);
                }
                return;
            }
            n -= front;
            self.queue.pop();
            if self.index == 0 {
                self.offset = 0;
            } else {
                self.index -= 1;
            }
        }
    }
}
