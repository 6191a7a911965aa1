//! Data that arrived ahead of a gap (RFC 9293 §3.10.7.4, seventh step).
//!
//! Bounded twice: by the receive window, to which the connection trims every segment before it comes here, and by
//! [`MAX_PIECES`], so that a peer cannot make many tiny pieces dear. What does not fit is dropped; the peer repeats it.

use std::collections::VecDeque;

use super::queue::ChunkQueue;
use super::segment::SackBlocks;
use super::sequence::{after, before, later};
use crate::octets::Rope;
use smallvec::SmallVec;

/// Pieces kept apart at most. 6 MiB of full segments, every one missing its neighbour, need about half of it.
const MAX_PIECES: usize = 4096;
/// Chunks that one piece grows to; beyond, a new piece begins.
const MAX_CHUNKS: usize = 64;

#[derive(Clone, Debug)]
struct Piece {
    seq: u32,
    data: Rope,
}

impl Piece {
    fn end(&self) -> u32 {
        self.seq.wrapping_add(self.data.len() as u32)
    }
}

/// Pieces in order of sequence number, none empty, none overlapping.
#[derive(Clone, Debug, Default)]
pub(super) struct Reassembly {
    pieces: VecDeque<Piece>,
    /// Where the segment began that came last.
    recent: u32,
    /// Where a FIN that came early stands.
    pub(super) fin: Option<u32>,
}

impl Reassembly {
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.fin.is_none()
    }

    /// Bytes held.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.pieces.iter().map(|piece| piece.data.len()).sum()
    }

    /// Keeps `data`, which begins at `seq`. Bytes that are here already stay as they are: the first copy wins.
    /// Says whether anything was new.
    pub(super) fn insert(&mut self, mut seq: u32, mut data: Rope) -> bool {
        self.recent = seq;
        // Most arrive behind all others.
        let mut at = self.pieces.len();
        while at > 0 && after(self.pieces[at - 1].seq, seq) {
            at -= 1;
        }
        if let Some(previous) = at.checked_sub(1).map(|i| &self.pieces[i])
            && after(previous.end(), seq)
        {
            let known = previous.end().wrapping_sub(seq) as usize;
            if known >= data.len() {
                return false;
            }
            data = data.slice(known..data.len());
            seq = previous.end();
        }
        let end = seq.wrapping_add(data.len() as u32);
        while self.pieces.get(at).is_some_and(|next| !after(next.end(), end)) {
            self.pieces.remove(at);
        }
        if let Some(next) = self.pieces.get(at)
            && before(next.seq, end)
        {
            data = data.slice(0..next.seq.wrapping_sub(seq) as usize);
        }
        if data.is_empty() {
            return false;
        }
        if let Some(previous) = at.checked_sub(1).map(|i| &mut self.pieces[i])
            && previous.end() == seq
            && previous.data.chunks().len() < MAX_CHUNKS
        {
            previous.data.append(data);
        } else if self.pieces.len() < MAX_PIECES {
            self.pieces.insert(at, Piece { seq, data });
        }
        true
    }

    /// Adds what is here to a SACK option: the run that grew last, then what was reported before that (RFC 2018 §4), which
    /// here is the runs from the highest down.
    pub(super) fn report(&self, blocks: &mut SackBlocks, most: usize) {
        let mut runs: SmallVec<[(u32, u32); 8]> = SmallVec::new();
        for piece in &self.pieces {
            match runs.last_mut() {
                Some(run) if run.1 == piece.seq => run.1 = piece.end(),
                _ => runs.push((piece.seq, piece.end())),
            }
        }
        let latest = runs.iter().position(|run| !before(self.recent, run.0) && before(self.recent, run.1));
        let others = (0..runs.len()).rev().filter(|place| Some(*place) != latest);
        for place in latest.into_iter().chain(others) {
            if blocks.len() >= most {
                break;
            }
            blocks.push(runs[place]);
        }
    }

    /// Moves everything that follows `next` without a gap into `out`; returns the sequence number behind it.
    pub(super) fn take_from(&mut self, mut next: u32, out: &mut ChunkQueue) -> u32 {
        while let Some(piece) = self.pieces.front() {
            if after(piece.seq, next) {
                break;
            }
            let Some(piece) = self.pieces.pop_front() else { break };
            let end = piece.end();
            let mut known = super::sequence::distance(piece.seq, next) as usize;
            for mut chunk in piece.data.into_chunks() {
                let skip = known.min(chunk.len());
                known -= skip;
                chunk.advance(skip);
                out.push(chunk);
            }
            next = later(next, end);
        }
        next
    }
}
