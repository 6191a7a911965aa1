//! What an agent has said on a connection and the send buffer has not taken yet.
//!
//! A connection takes no more than its buffer has room for; the rest waits here, as it waits in a real program whose
//! `write` blocks. How much waits is what a client's time-out for a block of content looks at (RFC 5321 §4.5.3.2.5).

use std::collections::VecDeque;

use super::{Action, Context, SEND_BUFFER_BYTES, Says, SocketId};
use crate::octets::Chunk;
use crate::trace::{Because, MailId};

/// See the [module](self).
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    waiting: VecDeque<Piece>,
    unsent: u64,
    /// Room that there is at the least, so that nobody need ask for each line.
    credit: usize,
}

impl Default for Outgoing {
    fn default() -> Outgoing {
        Outgoing { waiting: VecDeque::new(), unsent: 0, credit: SEND_BUFFER_BYTES }
    }
}

#[derive(Clone, Debug)]
struct Piece {
    data: Chunk,
    about: Option<(MailId, u16)>,
    says: Says,
    /// Why it is said.
    because: Because,
}

impl Outgoing {
    /// Bytes that wait.
    #[inline]
    pub(super) fn unsent(&self) -> u64 {
        self.unsent
    }

    /// Sends `data`, now as far as there is room and the rest later.
    #[inline]
    pub(super) fn send(
        &mut self,
        ctx: &mut Context<'_>,
        socket: SocketId,
        data: Chunk,
        about: Option<(MailId, u16)>,
        says: Says,
    ) {
        if data.len() <= self.credit && self.waiting.is_empty() {
            self.credit -= data.len();
            ctx.give(socket, data, about, says);
            return;
        }
        self.queue(ctx, socket, Piece { data, about, says, because: Because::new() });
    }

    #[cold]
    fn queue(&mut self, ctx: &mut Context<'_>, socket: SocketId, mut piece: Piece) {
        if piece.says != Says::Nothing && ctx.tracer.is_on() {
            piece.because = ctx.tracer.take_reasons();
            if piece.because.is_empty() {
                piece.because.extend(ctx.tracer.last());
            }
        }
        let must_ask = self.waiting.is_empty();
        self.unsent += piece.data.len() as u64;
        self.waiting.push_back(piece);
        if must_ask {
            self.resume(ctx, socket);
        }
    }

    /// There may be room again.
    #[cold]
    pub(super) fn resume(&mut self, ctx: &mut Context<'_>, socket: SocketId) {
        while let Some(piece) = self.waiting.front_mut() {
            let room = ctx.room(socket);
            if room == 0 {
                break;
            }
            // Lines and the end of a message are small and leave in one piece; content is cut.
            let cut = if piece.says == Says::Nothing { piece.data.len().min(room) } else { piece.data.len() };
            let data = piece.data.split_to(cut);
            let (about, says, done) = (piece.about, piece.says, piece.data.is_empty());
            self.unsent -= cut as u64;
            if done {
                ctx.tracer.reasons(std::mem::take(&mut piece.because));
            }
            ctx.give(socket, data, about, if done { says } else { Says::Nothing });
            if done {
                self.waiting.pop_front();
            }
        }
        self.credit = ctx.room(socket);
        if !self.waiting.is_empty() {
            ctx.actions.push(Action::WantRoom { socket });
        }
    }
}
