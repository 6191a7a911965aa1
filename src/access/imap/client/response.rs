//! What a response says: [`Response`]. Its syntax is that of `imap-codec`, but for [statuses](super::status).

use imap_codec::ResponseCodec;
use imap_codec::decode::Decoder;
use imap_codec::imap_types::core::{IString, NString, NString8};
use imap_codec::imap_types::fetch::{MessageDataItem, Section};
use imap_codec::imap_types::flag::{Flag, FlagFetch};
use imap_codec::imap_types::response::{Data, Response as Decoded};

use super::capabilities::Capabilities;
use super::flags::FlagList;
use super::folders::Folder;
use super::framing::{Literal, Raw};
use super::request::What;
use super::sets::{self, Range};
use super::status::{Status, lossy, split};
use super::structure::{Part, parts};
use crate::octets::{Chunk, Rope};
use crate::store::{Flags, GivenDate};

/// A response.
#[derive(Debug)]
pub(super) enum Response {
    /// The server waits for the rest of a command; what stands behind the plus.
    Continue(Vec<u8>),
    /// A command has ended.
    Tagged {
        tag: Vec<u8>,
        status: Status,
    },
    /// A status that belongs to no command, or to the one that is under way.
    Untagged(Status),
    Capability(Capabilities),
    Folder(Folder),
    Exists(u32),
    Expunge(u32),
    Vanished {
        earlier: bool,
        uids: Vec<Range>,
    },
    Fetch {
        seq: u32,
        items: Items,
    },
    /// One that the client does not care about.
    Other,
    /// What is no response.
    Unknown(String),
}

/// What FETCH tells of a mail.
#[derive(Debug, Default)]
pub(super) struct Items {
    pub(super) uid: Option<u32>,
    pub(super) flags: Option<FlagList>,
    pub(super) size_bytes: Option<u64>,
    pub(super) internal_date: Option<GivenDate>,
    pub(super) modseq: Option<u64>,
    pub(super) contents: Vec<(What, Literal)>,
    pub(super) structure: Option<Vec<Part>>,
}

/// Reads a response.
pub(super) fn read(raw: Raw) -> Response {
    let Raw { text, contents } = raw;
    let line = text.strip_suffix(b"\r\n").unwrap_or(&text);
    if let Some(rest) = line.strip_prefix(b"+") {
        return Response::Continue(rest.strip_prefix(b" ").unwrap_or(rest).to_vec());
    }
    let (tag, rest) = split(line);
    if tag != b"*" {
        return match Status::read(rest) {
            Some(status) => Response::Tagged { tag: tag.to_vec(), status },
            None => Response::Unknown(lossy(line)),
        };
    }
    if let Some(status) = Status::read(rest) {
        return Response::Untagged(status);
    }
    if let (word, words) = split(rest)
        && word.eq_ignore_ascii_case(b"CAPABILITY")
    {
        return Response::Capability(Capabilities::read(&String::from_utf8_lossy(words)));
    }
    let data = match ResponseCodec::default().decode(&text) {
        Ok((b"", Decoded::Data(data))) => data,
        _ => return Response::Unknown(lossy(line)),
    };
    match data {
        Data::List { items, delimiter, mailbox } => Response::Folder(Folder::read(&items, delimiter, &mailbox)),
        Data::Exists(count) => Response::Exists(count),
        Data::Expunge(seq) => Response::Expunge(seq.get()),
        Data::Vanished { earlier, known_uids } => Response::Vanished { earlier, uids: sets::ranges(&known_uids) },
        Data::Fetch { seq, items } => match Items::read(items.into_iter(), contents) {
            Some(items) => Response::Fetch { seq: seq.get(), items },
            None => Response::Unknown(lossy(line)),
        },
        _ => Response::Other,
    }
}

impl Items {
    /// The items, with the contents in the places of the empty literals. `None`: there are not as many as that.
    fn read<'a>(items: impl Iterator<Item = MessageDataItem<'a>>, contents: Vec<Literal>) -> Option<Items> {
        let mut out = Items::default();
        let mut contents = contents.into_iter();
        for item in items {
            let (what, data) = match item {
                MessageDataItem::Uid(uid) => {
                    out.uid = Some(uid.get());
                    continue;
                }
                MessageDataItem::Flags(flags) => {
                    out.flags = Some(read_flags(&flags));
                    continue;
                }
                MessageDataItem::Rfc822Size(size) => {
                    out.size_bytes = Some(size.into());
                    continue;
                }
                MessageDataItem::InternalDate(date) => {
                    let date = date.as_ref();
                    let offset_minutes = i16::try_from(date.offset().local_minus_utc() / 60).unwrap_or(0);
                    out.internal_date = Some(GivenDate { unix_secs: date.timestamp(), offset_minutes });
                    continue;
                }
                MessageDataItem::ModSeq(modseq) => {
                    out.modseq = Some(modseq.get());
                    continue;
                }
                MessageDataItem::BodyStructure(structure) => {
                    out.structure = Some(parts(&structure));
                    continue;
                }
                MessageDataItem::BodyExt { section, origin, data } => (what(section, origin), data),
                MessageDataItem::Rfc822(data) => (Some(What::Whole), data),
                MessageDataItem::Rfc822Header(data) => (Some(What::Header), data),
                MessageDataItem::Rfc822Text(data) => (None, data),
                MessageDataItem::Binary { value: NString8::NString(data), .. } => (None, data),
                MessageDataItem::Binary { value: NString8::Literal8(_), .. } => {
                    contents.next()?;
                    continue;
                }
                _ => continue,
            };
            let literal = match data {
                NString(None) => continue,
                NString(Some(IString::Literal(_))) => contents.next()?,
                NString(Some(quoted)) => Literal { rope: Rope::from(Chunk::copy_from(quoted.as_ref())), about: None },
            };
            out.contents.extend(what.map(|what| (what, literal)));
        }
        contents.next().is_none().then_some(out)
    }
}

/// Which of the things that are asked for this is.
fn what(section: Option<Section>, origin: Option<u32>) -> Option<What> {
    match (section, origin) {
        (None, None) => Some(What::Whole),
        (Some(Section::Header(None)), None) => Some(What::Header),
        (Some(Section::Part(part)), None) => Some(What::Part(part.0.as_ref().iter().map(|n| n.get()).collect())),
        _ => None,
    }
}

fn read_flags(flags: &[FlagFetch]) -> FlagList {
    let mut list = FlagList::NONE;
    for flag in flags {
        let FlagFetch::Flag(flag) = flag else { continue };
        let system = match flag {
            Flag::Answered => Flags::ANSWERED,
            Flag::Deleted => Flags::DELETED,
            Flag::Draft => Flags::DRAFT,
            Flag::Flagged => Flags::FLAGGED,
            Flag::Seen => Flags::SEEN,
            Flag::Extension(_) => continue,
            Flag::Keyword(name) => {
                if list.keywords.len() < Flags::MOST_KEYWORDS && !list.has_keyword(name.as_ref()) {
                    list.keywords.push(name.as_ref().into());
                }
                continue;
            }
        };
        list.system = list.system.and(system);
    }
    list
}
