//! What is taken from the content of a mail.

use std::num::NonZeroU32;

use imap_codec::imap_types::body::{BasicFields, Body, BodyStructure, SpecificFields};
use imap_codec::imap_types::core::{IString, NString};
use imap_codec::imap_types::envelope::Envelope;
use imap_codec::imap_types::fetch::Section;
use imap_codec::imap_types::search::SearchKey;

use crate::mime::Content;
use crate::octets::Rope;
use crate::store::{Flags, GivenDate};

/// Part of what could be given out: from where, and how many octets at most (RFC 9051 §6.4.5.1).
pub(super) type Partial = Option<(u32, NonZeroU32)>;

/// A mail that may be what somebody looks for.
pub(super) struct Candidate<'a> {
    pub(super) seq: u32,
    pub(super) uid: u32,
    pub(super) flags: Flags,
    pub(super) keywords: &'a [Box<str>],
    pub(super) is_recent: bool,
    pub(super) modseq: u64,
    pub(super) date: GivenDate,
    pub(super) now_unix_secs: i64,
    pub(super) content: &'a Content,
}

pub(super) fn envelope(_content: &Content) -> Envelope<'static> {
    let none = || NString(None);
    Envelope {
        date: none(),
        subject: none(),
        from: Vec::new(),
        sender: Vec::new(),
        reply_to: Vec::new(),
        to: Vec::new(),
        cc: Vec::new(),
        bcc: Vec::new(),
        in_reply_to: none(),
        message_id: none(),
    }
}

pub(super) fn body_structure(content: &Content, _extensible: bool) -> BodyStructure<'static> {
    let text = |text: &'static str| IString::try_from(text).expect("plain");
    BodyStructure::Single {
        body: Body {
            basic: BasicFields {
                parameter_list: Vec::new(),
                id: NString(None),
                description: NString(None),
                content_transfer_encoding: text("7BIT"),
                size: content.size_bytes() as u32,
            },
            specific: SpecificFields::Text { subtype: text("PLAIN"), number_of_lines: 0 },
        },
        extension_data: None,
    }
}

fn cut(rope: Rope, partial: Partial) -> Rope {
    let Some((from, most)) = partial else { return rope };
    let from = (from as usize).min(rope.len());
    let to = from.saturating_add(most.get() as usize).min(rope.len());
    rope.slice(from..to)
}

pub(super) fn section(content: &Content, section: Option<&Section<'_>>, partial: Partial) -> Option<Rope> {
    let rope = content.rope();
    let body = (content.header_end() + 2).min(rope.len());
    let whole = match section {
        None => rope.clone(),
        Some(Section::Header(None)) => rope.slice(0..body),
        Some(Section::Text(None) | Section::Part(_)) => rope.slice(body..rope.len()),
        Some(_) => return None,
    };
    Some(cut(whole, partial))
}

/// `None`: there is no such part; an error: its encoding is not known (RFC 3516 §4.3).
pub(super) fn binary(content: &Content, part: &[NonZeroU32], partial: Partial) -> Option<Result<Rope, ()>> {
    let body = if part.is_empty() { 0 } else { (content.header_end() + 2).min(content.rope().len()) };
    Some(Ok(cut(content.rope().slice(body..content.rope().len()), partial)))
}

pub(super) fn matches(mail: &Candidate<'_>, key: &SearchKey<'_>) -> bool {
    use SearchKey as Key;
    let has = |flag| mail.flags.has(flag);
    let keyword = |name: &str| {
        mail.flags.keywords().any(|place| mail.keywords.get(place).is_some_and(|k| k.eq_ignore_ascii_case(name)))
    };
    let contains = |text: &[u8]| {
        let all = mail.content.rope().to_vec().to_ascii_lowercase();
        memchr::memmem::find(&all, &text.to_ascii_lowercase()).is_some()
    };
    let numbers = |set, number| super::numbers::Numbers::of(set, u32::MAX).contains(number);
    let age = mail.now_unix_secs - mail.date.unix_secs;
    match key {
        Key::And(keys) => keys.as_ref().iter().all(|key| matches(mail, key)),
        Key::Or(a, b) => matches(mail, a) || matches(mail, b),
        Key::Not(key) => !matches(mail, key),
        Key::SequenceSet(set) => numbers(set, mail.seq),
        Key::Uid(set) => numbers(set, mail.uid),
        Key::All => true,
        Key::Answered => has(Flags::ANSWERED),
        Key::Deleted => has(Flags::DELETED),
        Key::Draft => has(Flags::DRAFT),
        Key::Flagged => has(Flags::FLAGGED),
        Key::Seen => has(Flags::SEEN),
        Key::Unanswered => !has(Flags::ANSWERED),
        Key::Undeleted => !has(Flags::DELETED),
        Key::Undraft => !has(Flags::DRAFT),
        Key::Unflagged => !has(Flags::FLAGGED),
        Key::Unseen => !has(Flags::SEEN),
        Key::Keyword(name) => keyword(name.inner()),
        Key::Unkeyword(name) => !keyword(name.inner()),
        Key::Recent => mail.is_recent,
        Key::Old => !mail.is_recent,
        Key::New => mail.is_recent && !has(Flags::SEEN),
        Key::Larger(size) => mail.content.size_bytes() > u64::from(*size),
        Key::Smaller(size) => mail.content.size_bytes() < u64::from(*size),
        Key::Older(secs) => age >= i64::from(secs.get()),
        Key::Younger(secs) => age <= i64::from(secs.get()),
        Key::ModSequence { modseq, .. } => mail.modseq >= *modseq,
        Key::Bcc(text)
        | Key::Body(text)
        | Key::Cc(text)
        | Key::From(text)
        | Key::Header(_, text)
        | Key::Subject(text)
        | Key::Text(text)
        | Key::To(text) => contains(text.as_ref()),
        _ => false,
    }
}
