//! Commands in octets. Their syntax is that of `imap-codec`, but for two that it cannot write.

use std::num::{NonZeroU32, NonZeroU64};

use imap_codec::CommandCodec;
use imap_codec::encode::{Encoder, Fragment};
use imap_codec::imap_types::auth::AuthMechanism;
use imap_codec::imap_types::command::{Command, CommandBody, FetchModifier, SelectParameter};
use imap_codec::imap_types::core::{AString, Literal, LiteralMode, NString, Vec1};
use imap_codec::imap_types::extensions::binary::LiteralOrLiteral8;
use imap_codec::imap_types::extensions::enable::CapabilityEnable;
use imap_codec::imap_types::fetch::{MessageDataItemName, Part as PartNumber, Section};
use imap_codec::imap_types::flag::{Flag, StoreResponse, StoreType};
use imap_codec::imap_types::mailbox::{ListMailbox, Mailbox};
use imap_codec::imap_types::secret::Secret;
use imap_codec::imap_types::sequence::SequenceSet;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::flags::FlagList;
use super::request::What;
use super::sets::Range;
use crate::access::{About, Says};
use crate::octets::{Chunk, Rope};
use crate::store::{Flags, GivenDate};

/// What stands behind the tag of a command.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// What the codec writes.
    Codec(CommandBody<'static>),
    /// The folders and what they are for (RFC 6154 §2).
    ListSpecialUse,
    /// A mail for a folder.
    Append(Box<Append>),
}

/// See [`Body::Append`].
#[derive(Clone, Debug)]
pub(super) struct Append {
    pub(super) folder: Mailbox<'static>,
    pub(super) flags: Vec<Flag<'static>>,
    pub(super) date: Option<GivenDate>,
    pub(super) content: Rope,
    pub(super) about: Option<About>,
    /// Whether the content goes out without waiting (RFC 7888).
    pub(super) at_once: bool,
}

/// Part of a command.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) data: Chunk,
    pub(super) about: Option<About>,
    pub(super) says: Says,
    /// Whether the server must ask for it first (RFC 9051 §4.3).
    pub(super) waits: bool,
}

impl Piece {
    pub(super) fn new(data: impl Into<Chunk>, says: Says) -> Piece {
        Piece { data: data.into(), about: None, says, waits: false }
    }
}

/// A command in the pieces in which it is sent. `says` is what its lines are.
pub(super) fn write(tag: &str, body: Body, says: Says) -> Vec<Piece> {
    match body {
        Body::Codec(body) => encode(tag, body, says),
        Body::ListSpecialUse => vec![Piece::new(format!("{tag} LIST \"\" \"*\" RETURN (SPECIAL-USE)\r\n"), says)],
        Body::Append(append) => append.write(tag),
    }
}

fn encode(tag: &str, body: CommandBody<'static>, says: Says) -> Vec<Piece> {
    let Ok(command) = Command::new(tag.to_owned(), body) else { return Vec::new() };
    let mut pieces: Vec<Piece> = Vec::new();
    for fragment in CommandCodec::default().encode(&command) {
        match (fragment, pieces.last_mut()) {
            // What stands behind a literal goes out with it.
            (Fragment::Line { data }, Some(literal)) => literal.data = Chunk::from([&literal.data[..], &data].concat()),
            (Fragment::Line { data }, None) => pieces.push(Piece::new(data, says)),
            (Fragment::Literal { data, mode }, _) => {
                pieces.push(Piece { waits: mode == LiteralMode::Sync, ..Piece::new(data, says) });
            }
        }
    }
    pieces
}

impl Append {
    /// The codec would have the content copied, so it writes the command with an empty one.
    fn write(self, tag: &str) -> Vec<Piece> {
        let size = self.content.len();
        let empty = LiteralOrLiteral8::Literal(Literal::unvalidated(&b""[..]));
        let body = CommandBody::Append { mailbox: self.folder, flags: self.flags, date: None, message: empty };
        let mut pieces = encode(tag, body, Says::Lines);
        pieces.truncate(1);
        if let Some(line) = pieces.first_mut() {
            let head = line.data.strip_suffix(b"{0}\r\n").unwrap_or(&line.data);
            let date = self.date.map_or_else(String::new, |date| format!("\"{}\" ", date_time(date)));
            let tail = format!("{date}{{{size}{}}}\r\n", if self.at_once { "+" } else { "" });
            line.data = Chunk::from([head, tail.as_bytes()].concat());
        }
        let count = self.content.chunks().len();
        for (i, data) in self.content.into_chunks().enumerate() {
            let says = if i + 1 == count { Says::EndOfContent { size_bytes: size as u64 } } else { Says::Content };
            pieces.push(Piece { data, about: self.about, says, waits: i == 0 && !self.at_once });
        }
        pieces.push(Piece::new("\r\n", Says::Lines));
        pieces
    }
}

/// `date-time` of RFC 9051 §9, without its quotes.
fn date_time(date: GivenDate) -> String {
    let offset = Offset::from_seconds(i32::from(date.offset_minutes) * 60).unwrap_or(Offset::UTC);
    let stamp = Timestamp::from_second(date.unix_secs).unwrap_or(Timestamp::MAX);
    stamp.to_zoned_datetime(TimeZone::fixed(offset)).strftime("%d-%b-%Y %H:%M:%S %z").to_string()
}

/// Logs in by a mechanism, with what the client says first where there is room for it (RFC 4959).
pub(super) fn authenticate(mechanism: &'static str, initial: Option<&[u8]>) -> Option<Body> {
    let mechanism = AuthMechanism::try_from(mechanism).ok()?;
    let initial_response = initial.map(|octets| Secret::new(octets.to_vec().into()));
    Some(Body::Codec(CommandBody::Authenticate { mechanism, initial_response }))
}

/// Logs in by name and password.
pub(super) fn login(user: &str, password: &str) -> Option<Body> {
    let username = AString::try_from(user.to_owned()).ok()?;
    let password = Secret::new(AString::try_from(password.to_owned()).ok()?);
    Some(Body::Codec(CommandBody::Login { username, password }))
}

/// Says who the client is (RFC 2971).
pub(super) fn id(name: &str) -> Option<Body> {
    let (field, name) = ("name".try_into().ok()?, NString(Some(name.to_owned().try_into().ok()?)));
    Some(Body::Codec(CommandBody::Id { parameters: Some(vec![(field, name)]) }))
}

/// Wants VANISHED (RFC 7162 §3.2.3).
pub(super) fn enable_qresync() -> Option<Body> {
    let capabilities = Vec1::from(CapabilityEnable::try_from("QRESYNC").ok()?);
    Some(Body::Codec(CommandBody::Enable { capabilities }))
}

/// Lists all folders.
pub(super) fn list() -> Option<Body> {
    let all = ListMailbox::String("*".try_into().ok()?);
    Some(Body::Codec(CommandBody::List { reference: "".try_into().ok()?, mailbox_wildcard: all }))
}

/// How SELECT tells of changes.
#[derive(Clone, Debug)]
pub(super) enum Changes {
    /// Not at all.
    No,
    /// It tells their numbers (RFC 7162 §3.1.8).
    Numbers,
    /// It tells those since the one with this number (RFC 7162 §3.2.5).
    Since { uid_validity: NonZeroU32, modseq: NonZeroU64, known: Option<Range> },
}

/// Opens a folder.
pub(super) fn select(folder: Mailbox<'static>, changes: Changes) -> Body {
    let parameters = match changes {
        Changes::No => Vec::new(),
        Changes::Numbers => vec![SelectParameter::CondStore],
        Changes::Since { uid_validity, modseq: mod_sequence_value, known } => {
            let known_uids = known.map(|(from, to)| super::sets::range(from, Some(to)));
            vec![SelectParameter::QResync { uid_validity, mod_sequence_value, known_uids, seq_match_data: None }]
        }
    };
    Body::Codec(CommandBody::Select { mailbox: folder, parameters })
}

/// What a UID FETCH asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// What is said about mails, their size and date.
    All,
    /// What is said about them.
    Flags,
    /// Whether they are there.
    Uid,
}

/// Asks about mails; with `since`, only about those that the change with this number did not know (RFC 7162 §3.1.4.1).
pub(super) fn fetch(set: SequenceSet, asked: Asked, since: Option<NonZeroU64>) -> Body {
    let names = match asked {
        Asked::All => {
            vec![MessageDataItemName::Flags, MessageDataItemName::Rfc822Size, MessageDataItemName::InternalDate]
        }
        Asked::Flags => vec![MessageDataItemName::Flags],
        Asked::Uid => vec![MessageDataItemName::Uid],
    };
    uid_fetch(set, names, since.map(FetchModifier::ChangedSince).into_iter().collect())
}

/// Gets something of mails; `None`: a part cannot have that number.
pub(super) fn fetch_content(set: SequenceSet, what: &What) -> Option<Body> {
    let section = match what {
        What::Structure => return Some(uid_fetch(set, vec![MessageDataItemName::BodyStructure], Vec::new())),
        What::Whole => None,
        What::Header => Some(Section::Header(None)),
        What::Part(numbers) => {
            let numbers: Option<Vec<NonZeroU32>> = numbers.iter().map(|number| NonZeroU32::new(*number)).collect();
            Some(Section::Part(PartNumber(Vec1::try_from(numbers?).ok()?)))
        }
    };
    Some(uid_fetch(set, vec![MessageDataItemName::BodyExt { section, partial: None, peek: true }], Vec::new()))
}

fn uid_fetch(set: SequenceSet, names: Vec<MessageDataItemName<'static>>, modifiers: Vec<FetchModifier>) -> Body {
    Body::Codec(CommandBody::Fetch { sequence_set: set, macro_or_item_names: names.into(), uid: true, modifiers })
}

/// Says something about mails. The server answers with what is said about them then.
pub(super) fn store(set: SequenceSet, kind: StoreType, flags: Vec<Flag<'static>>) -> Body {
    let response = StoreResponse::Answer;
    Body::Codec(CommandBody::Store { sequence_set: set, kind, response, flags, uid: true, modifiers: Vec::new() })
}

/// Flags as commands have them; `None`: a keyword cannot be said.
pub(super) fn flags(list: &FlagList) -> Option<Vec<Flag<'static>>> {
    let system = [
        (Flags::ANSWERED, Flag::Answered),
        (Flags::FLAGGED, Flag::Flagged),
        (Flags::DELETED, Flag::Deleted),
        (Flags::SEEN, Flag::Seen),
        (Flags::DRAFT, Flag::Draft),
    ];
    let mut out: Vec<Flag> =
        system.into_iter().filter(|(flag, _)| list.system.has(*flag)).map(|(_, flag)| flag).collect();
    for keyword in &list.keywords {
        out.push(Flag::keyword(keyword.to_string().try_into().ok()?));
    }
    Some(out)
}
