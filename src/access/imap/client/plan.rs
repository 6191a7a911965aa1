//! What is said for a request: its [`Step`]s, as data.

use std::collections::VecDeque;

use imap_codec::imap_types::command::CommandBody;
use imap_codec::imap_types::flag::{Flag, StoreType};
use imap_codec::imap_types::mailbox::Mailbox;
use imap_codec::imap_types::sequence::SequenceSet;

use super::capabilities::{Capabilities, Capability};
use super::commands::{self, Append, Body, Changes};
use super::config::Config;
use super::event::Refusal;
use super::folders::write_name;
use super::request::Request;
use super::sets::batches;

/// The largest literal that LITERAL- sends without waiting (RFC 7888 §5), in octets.
const SMALL_LITERAL: u64 = 4096;

/// A command that a request needs.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// What it is called where somebody asks what the session waits for.
    pub(super) name: &'static str,
    pub(super) body: Body,
    pub(super) kind: Kind,
}

/// What its end means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// OK leads to the next step; anything else is the end.
    Plain,
    /// Whatever comes leads to the next step.
    Optional,
    /// A folder is open, or none.
    Select,
    /// All that has changed in the folder has been told.
    Changes,
    /// Where the last mail is that was known before has been told.
    LastOfOld,
    /// All news of the folder have been told.
    News,
}

/// What a plan depends on.
pub(super) struct Means<'a> {
    pub(super) config: &'a Config,
    pub(super) offer: &'a Capabilities,
    /// Whether QRESYNC is enabled.
    pub(super) qresync: bool,
    /// The folder that is open.
    pub(super) folder: Option<&'a Mailbox<'static>>,
}

impl Means<'_> {
    fn has(&self, capability: Capability) -> bool {
        self.offer.has(capability)
    }

    /// Whether the server numbers changes, and the client cares.
    pub(super) fn numbers_changes(&self) -> bool {
        self.config.uses_condstore && self.has(Capability::CondStore)
    }
}

impl Step {
    pub(super) fn new(name: &'static str, body: Body, kind: Kind) -> Step {
        Step { name, body, kind }
    }

    fn plain(name: &'static str, body: Body) -> Step {
        Step::new(name, body, Kind::Plain)
    }
}

/// The steps of a request. [`Request::Idle`] and [`Request::Logout`] have none: they are states rather than commands.
pub(super) fn steps(request: &Request, means: &Means) -> Result<VecDeque<Step>, Refusal> {
    let mut steps = VecDeque::new();
    match request {
        Request::Idle | Request::Logout => {}
        Request::List => {
            let extended = means.has(Capability::SpecialUse) && means.has(Capability::ListExtended);
            let body = if extended { Some(Body::ListSpecialUse) } else { commands::list() };
            steps.extend(body.map(|body| Step::plain("LIST", body)));
        }
        Request::Create { folder } => {
            let mailbox = named(folder)?;
            let create = CommandBody::Create { mailbox: mailbox.clone() };
            steps.push_back(Step::plain("CREATE", Body::Codec(create)));
            let subscribe = CommandBody::Subscribe { mailbox };
            steps.push_back(Step::new("SUBSCRIBE", Body::Codec(subscribe), Kind::Optional));
        }
        Request::Open { folder, known } => {
            let uids = known.mails.iter().map(|(uid, _)| *uid);
            let range = uids.clone().min().zip(uids.max());
            let since = known.uid_validity.try_into().ok().zip(known.modseq.and_then(|modseq| modseq.try_into().ok()));
            let changes = match since {
                Some((uid_validity, modseq)) if means.qresync => Changes::Since { uid_validity, modseq, known: range },
                _ if means.numbers_changes() => Changes::Numbers,
                _ => Changes::No,
            };
            steps.push_back(Step::new("SELECT", commands::select(named(folder)?, changes), Kind::Select));
        }
        Request::Sync => steps.push_back(Step::new("NOOP", Body::Codec(CommandBody::Noop), Kind::News)),
        Request::Fetch { uids, what } => {
            in_folder(means)?;
            for set in batches(uids.iter().copied()) {
                let body = commands::fetch_content(set, what).ok_or(Refusal::Unsendable("no part has that number"))?;
                steps.push_back(Step::plain("UID FETCH", body));
            }
        }
        Request::Flag { uids, add, remove } => {
            in_folder(means)?;
            for (kind, list) in [(StoreType::Add, add), (StoreType::Remove, remove)] {
                let flags = commands::flags(list).ok_or(NO_KEYWORD)?;
                if !flags.is_empty() {
                    let store = |set| Step::plain("UID STORE", commands::store(set, kind, flags.clone()));
                    steps.extend(batches(uids.iter().copied()).into_iter().map(store));
                }
            }
        }
        Request::Copy { uids, to } => {
            in_folder(means)?;
            let mailbox = named(to)?;
            steps.extend(batches(uids.iter().copied()).into_iter().map(|set| copy(set, &mailbox)));
        }
        Request::Move { uids, to } => {
            in_folder(means)?;
            let mailbox = named(to)?;
            for set in batches(uids.iter().copied()) {
                if means.config.uses_move && means.has(Capability::Move) {
                    let body = CommandBody::Move { sequence_set: set, mailbox: mailbox.clone(), uid: true };
                    steps.push_back(Step::plain("UID MOVE", Body::Codec(body)));
                } else {
                    // RFC 6851 §3.3: what MOVE stands for.
                    steps.push_back(copy(set.clone(), &mailbox));
                    delete(set, means, &mut steps);
                }
            }
        }
        Request::Delete { uids } => {
            in_folder(means)?;
            batches(uids.iter().copied()).into_iter().for_each(|set| delete(set, means, &mut steps));
        }
        Request::Append { folder, flags, date, content, about } => {
            let size = content.len() as u64;
            if size == 0 || content.chunks().iter().any(|chunk| memchr::memchr(0, chunk).is_some()) {
                // RFC 9051 §9, `CHAR8`; an empty mail is none (RFC 3502 takes it for a change of mind).
                return Err(Refusal::Unsendable("a mail is not empty and has no NUL"));
            }
            if size > u64::from(u32::MAX) || means.offer.append_limit.is_some_and(|limit| size > limit) {
                return Err(Refusal::Unsendable("the mail is larger than the server takes"));
            }
            let at_once =
                means.has(Capability::LiteralPlus) || means.has(Capability::LiteralMinus) && size <= SMALL_LITERAL;
            let append = Append {
                folder: named(folder)?,
                flags: commands::flags(flags).ok_or(NO_KEYWORD)?,
                date: *date,
                content: content.clone(),
                about: *about,
                at_once: at_once && means.config.uses_literal_plus,
            };
            steps.push_back(Step::plain("APPEND", Body::Append(Box::new(append))));
        }
        Request::Close => {
            let folder = in_folder(means)?;
            if means.has(Capability::Unselect) {
                steps.push_back(Step::plain("UNSELECT", Body::Codec(CommandBody::Unselect)));
            } else {
                // RFC 9051 §6.4.1: CLOSE removes what is marked as deleted, but not where EXAMINE has opened the folder.
                let examine = CommandBody::Examine { mailbox: folder.clone(), parameters: Vec::new() };
                steps.push_back(Step::plain("EXAMINE", Body::Codec(examine)));
                steps.push_back(Step::plain("CLOSE", Body::Codec(CommandBody::Close)));
            }
        }
    }
    Ok(steps)
}

const NO_KEYWORD: Refusal = Refusal::Unsendable("a keyword is an atom");

fn named(folder: &str) -> Result<Mailbox<'static>, Refusal> {
    write_name(folder).ok_or(Refusal::Unsendable("no folder has that name"))
}

fn in_folder<'a>(means: &Means<'a>) -> Result<&'a Mailbox<'static>, Refusal> {
    means.folder.ok_or(Refusal::NoFolder)
}

fn copy(set: SequenceSet, to: &Mailbox<'static>) -> Step {
    let body = CommandBody::Copy { sequence_set: set, mailbox: to.clone(), uid: true };
    Step::plain("UID COPY", Body::Codec(body))
}

/// Marks as deleted, and removes.
fn delete(set: SequenceSet, means: &Means, steps: &mut VecDeque<Step>) {
    steps.push_back(Step::plain("UID STORE", commands::store(set.clone(), StoreType::Add, vec![Flag::Deleted])));
    steps.push_back(if means.has(Capability::UidPlus) {
        Step::plain("UID EXPUNGE", Body::Codec(CommandBody::ExpungeUid { sequence_set: set }))
    } else {
        Step::plain("EXPUNGE", Body::Codec(CommandBody::Expunge))
    });
}
