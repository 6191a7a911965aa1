//! Responses that are made piece by piece, as long as somebody asks for more: [`Job`].

use super::maildrop::Maildrop;
use crate::access::{About, Says};
use crate::mime::Content;
use crate::octets::{Chunk, write_decimal};
use crate::smtp::data::Stuffer;

/// About how many octets are made at a time.
pub(super) const PIECE_BYTES: usize = 1 << 16;
/// Pieces are gathered up to this size: what a segment carries on Ethernet (RFC 879 §3: 1500 less 40).
const SMALL_BYTES: usize = 1460;

/// A response that is being made.
#[derive(Clone, Debug)]
pub(super) enum Job {
    /// LIST or UIDL of all mails.
    Listing {
        /// Whether unique-ids are asked for, and not sizes.
        unique_ids: bool,
        /// The place of the mail that comes next.
        next: usize,
    },
    /// RETR or TOP.
    Mail(Box<Mail>),
}

/// A mail that is being sent.
#[derive(Clone, Debug)]
pub(super) struct Mail {
    /// Its place in the maildrop.
    pub(super) place: usize,
    /// Whether all of it is sent.
    pub(super) whole: bool,
    pub(super) about: Option<About>,
    content: Content,
    /// Octets of the content that are sent.
    pub(super) size_bytes: u64,
    left: u64,
    /// The chunk that is being sent, and how far.
    chunk: usize,
    at: usize,
    stuffer: Stuffer,
}

impl Mail {
    /// So many octets of this mail.
    pub(super) fn new(place: usize, content: Content, about: Option<About>, end: Option<u64>) -> Mail {
        let size_bytes = end.unwrap_or(content.size_bytes()).min(content.size_bytes());
        Mail {
            place,
            whole: end.is_none(),
            about,
            content,
            size_bytes,
            left: size_bytes,
            chunk: 0,
            at: 0,
            // RFC 1939 §3: a line ends with CRLF.
            stuffer: Stuffer::strict(),
        }
    }

    /// Gives `emit` the next pieces. Whether they were the last.
    pub(super) fn next(&mut self, mut emit: impl FnMut(Chunk, Says)) -> bool {
        let mut window = Vec::new();
        let mut room = PIECE_BYTES;
        while room > 0
            && self.left > 0
            && let Some(chunk) = self.content.rope().chunks().get(self.chunk)
        {
            let most = room.min(usize::try_from(self.left).unwrap_or(usize::MAX));
            let end = chunk.len().min(self.at.saturating_add(most));
            let piece = chunk.slice(self.at..end);
            (room, self.left) = (room - piece.len(), self.left - piece.len() as u64);
            window.push(piece);
            (self.chunk, self.at) = if end == chunk.len() { (self.chunk + 1, 0) } else { (self.chunk, end) };
        }
        // Small pieces are gathered, the end among them: they would be a send each.
        let mut small: Vec<u8> = Vec::new();
        self.stuffer.stuff(&window, !self.content.has_leading_dot(), |piece| {
            if small.len() + piece.len() <= SMALL_BYTES {
                small.extend_from_slice(&piece);
            } else {
                if !small.is_empty() {
                    emit(Chunk::text(std::mem::take(&mut small)), Says::Content);
                }
                emit(piece, Says::Content);
            }
        });
        let is_last = self.left == 0;
        if is_last {
            small.extend_from_slice(&self.stuffer.end());
            emit(Chunk::text(small), Says::EndOfContent { size_bytes: self.size_bytes });
        } else if !small.is_empty() {
            emit(Chunk::text(small), Says::Content);
        }
        is_last
    }
}

/// Octets of a mail that TOP sends: the header section, the empty line behind it, and so many lines of the body (RFC 1939 §7).
pub(super) fn top(content: &Content, lines: u64) -> u64 {
    let header = content.header_end() as u64;
    // One line more: the empty one.
    let mut wanted = lines.saturating_add(1);
    let mut base = 0;
    for chunk in content.rope().chunks() {
        let from = usize::try_from(header.saturating_sub(base)).unwrap_or(usize::MAX).min(chunk.len());
        for found in memchr::memchr_iter(b'\n', &chunk[from..]) {
            wanted -= 1;
            if wanted == 0 {
                return base + (from + found) as u64 + 1;
            }
        }
        base += chunk.len() as u64;
    }
    // There are fewer lines.
    content.size_bytes()
}

/// Writes the next lines of a listing. Whether they were the last.
pub(super) fn list(maildrop: &Maildrop, unique_ids: bool, next: &mut usize, out: &mut Vec<u8>) -> bool {
    while let Some(entry) = maildrop.entries.get(*next) {
        if out.len() >= PIECE_BYTES {
            return false;
        }
        *next += 1;
        if entry.deleted {
            continue;
        }
        write_decimal(out, *next as u64);
        out.push(b' ');
        if unique_ids {
            out.extend_from_slice(maildrop.unique_id(*next - 1).as_bytes());
        } else {
            write_decimal(out, entry.size_bytes);
        }
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    true
}
