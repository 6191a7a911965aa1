//! What FETCH says of a mail (RFC 9051 §7.5.2).

use std::cell::OnceCell;

use imap_codec::imap_types::fetch::MessageDataItem;

use super::flags;
use super::items::{Item, Part, written};
use crate::access::imap::content::{self, Reading, UnknownEncoding, date};
use crate::mime::Content;
use crate::octets::{Rope, write_decimal};
use crate::sim::calendar::Calendar;
use crate::store::Message;

/// A mail that is given out.
pub(super) struct Mail<'a> {
    /// The mail.
    pub(super) message: &'a Message,
    /// Its content.
    pub(super) content: &'a Content,
    /// The keywords of its folder.
    pub(super) keywords: &'a [Box<str>],
    /// Whether it is to be told as recent.
    pub(super) is_recent: bool,
    /// What the host's clock shows.
    pub(super) calendar: Calendar,
    /// What was found in the content, once something was asked of it.
    pub(super) reading: OnceCell<Reading>,
}

/// What is said of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    /// Octets of its content, each with what stands before them.
    pub(super) pieces: Vec<(Vec<u8>, Rope)>,
    /// What stands behind those.
    pub(super) end: Vec<u8>,
    /// How many octets of content that are.
    pub(super) bytes: u64,
    /// Whether all of its content is among them, in one piece.
    pub(super) is_whole: bool,
    /// Whether something was left out because its encoding is not known (RFC 3516 §4.3).
    pub(super) is_undecodable: bool,
}

impl Mail<'_> {
    fn reading(&self) -> &Reading {
        self.reading.get_or_init(|| Reading::new(self.content))
    }

    /// Says all this of the mail that has this sequence number.
    pub(super) fn give<'a>(&self, seq: u32, items: impl Iterator<Item = &'a Item>) -> Given {
        let mut given = Given::default();
        let mut line = Vec::new();
        number(&mut line, "* ", seq.into());
        line.extend_from_slice(b" FETCH (");
        let mut separator: &[u8] = b"";
        for item in items {
            let start = line.len();
            line.extend_from_slice(separator);
            match self.write(&mut line, item) {
                Err(UnknownEncoding) => {
                    given.is_undecodable = true;
                    line.truncate(start);
                    continue;
                }
                Ok(None) => {}
                Ok(Some(octets)) => {
                    given.bytes += octets.len() as u64;
                    let is_all = matches!(item, Item::Octets { part: Part::Section(None), .. });
                    given.is_whole |= is_all && octets.len() as u64 == self.content.size_bytes();
                    given.pieces.push((std::mem::take(&mut line), octets));
                }
            }
            separator = b" ";
        }
        line.extend_from_slice(b")\r\n");
        given.end = line;
        given
    }

    /// Writes an item; what it gives back are octets that stand behind what was written.
    fn write(&self, out: &mut Vec<u8>, item: &Item) -> Result<Option<Rope>, UnknownEncoding> {
        match item {
            Item::Flags => {
                out.extend_from_slice(b"FLAGS ");
                let recent: &[&str] = if self.is_recent { &["\\Recent"] } else { &[] };
                flags::write(out, self.message.flags(), self.keywords, recent);
            }
            Item::Uid => number(out, "UID ", self.message.uid().into()),
            Item::InternalDate => {
                let shown = date::written(date::internal(self.message, &self.calendar));
                out.extend_from_slice(format!("INTERNALDATE \"{shown}\"").as_bytes());
            }
            Item::Size => number(out, "RFC822.SIZE ", content::size(self.content).into()),
            Item::ModSeq => {
                number(out, "MODSEQ (", self.message.modseq());
                out.push(b')');
            }
            Item::Envelope => out.extend(written(MessageDataItem::Envelope(content::envelope(self.reading())))),
            Item::Structure { is_extensible: true } => {
                let structure = content::body_structure(self.reading(), true);
                out.extend(written(MessageDataItem::BodyStructure(structure)));
            }
            Item::Structure { is_extensible: false } => {
                out.extend(written(MessageDataItem::Body(content::body_structure(self.reading(), false))));
            }
            Item::BinarySize { label, part } => {
                let size = content::binary_size(self.reading(), part)?;
                out.extend_from_slice(label);
                number(out, " ", size.into());
            }
            Item::Octets { label, part, partial } => {
                let (octets, is_binary) = match part {
                    Part::Section(section) => (content::section(self.reading(), section.as_ref(), *partial), false),
                    Part::Binary(part) => (content::binary(self.reading(), part, *partial)?, true),
                };
                out.extend_from_slice(label);
                let Some(octets) = octets else {
                    out.extend_from_slice(b" NIL");
                    return Ok(None);
                };
                // RFC 3516 §4.2.2, as Dovecot has it: only where it must be.
                let has_nul = || octets.chunks().iter().any(|chunk| memchr::memchr(0, chunk).is_some());
                number(out, if is_binary && has_nul() { " ~{" } else { " {" }, octets.len() as u64);
                out.extend_from_slice(b"}\r\n");
                return Ok(Some(octets));
            }
        }
        Ok(None)
    }
}

fn number(out: &mut Vec<u8>, label: &str, number: u64) {
    out.extend_from_slice(label.as_bytes());
    write_decimal(out, number);
}
