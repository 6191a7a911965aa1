//! What FETCH can be asked for (RFC 9051 §6.4.5).

use std::num::NonZeroU32;

use imap_codec::ResponseCodec;
use imap_codec::encode::Encoder;
use imap_codec::imap_types::core::{NString, Vec1};
use imap_codec::imap_types::fetch::{
    Macro, MacroOrMessageDataItemNames, MessageDataItem, MessageDataItemName as Name, Section,
};
use imap_codec::imap_types::response::{Data, Response};

use super::extension::Extension;
use crate::octets::write_decimal;

/// Part of what could be given out: from where, and how many octets at most (RFC 9051 §6.4.5.1).
pub(super) type Partial = Option<(u32, NonZeroU32)>;

/// What is wanted of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// What is said about it.
    Flags,
    /// Its unique identifier.
    Uid,
    /// When it came.
    InternalDate,
    /// How large it is.
    Size,
    /// The number of the change that touched it last.
    ModSeq,
    /// Header fields that lists show.
    Envelope,
    /// Of which parts it consists.
    Structure {
        /// Whether with all that came later (BODYSTRUCTURE).
        is_extensible: bool,
    },
    /// Octets of its content.
    Octets {
        /// What stands before them.
        label: Vec<u8>,
        /// Which ones.
        part: Part,
        /// Only some of them.
        partial: Partial,
    },
    /// How many octets a part has without its encoding.
    BinarySize {
        /// What stands before the number.
        label: Vec<u8>,
        /// The part.
        part: Vec<NonZeroU32>,
    },
}

/// Which octets of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Those of a section; `None`: all.
    Section(Option<Section<'static>>),
    /// Those of a part without its encoding (RFC 3516).
    Binary(Vec<NonZeroU32>),
}

impl Item {
    /// What a server has to offer before it can be asked for.
    pub(super) fn needs(&self) -> Option<Extension> {
        match self {
            Item::ModSeq => Some(Extension::CondStore),
            Item::BinarySize { .. } | Item::Octets { part: Part::Binary(_), .. } => Some(Extension::Binary),
            _ => None,
        }
    }
}

/// What a command wants, in its order; and whether that counts as reading a mail.
pub(super) fn wanted(names: MacroOrMessageDataItemNames<'static>, by_uid: bool) -> (Vec<Item>, bool) {
    let names = match names {
        MacroOrMessageDataItemNames::Macro(one) => expand(&one),
        MacroOrMessageDataItemNames::MessageDataItemNames(names) => names,
    };
    let sets_seen = names.iter().any(|name| {
        matches!(
            name,
            Name::BodyExt { peek: false, .. } | Name::Binary { peek: false, .. } | Name::Rfc822 | Name::Rfc822Text
        )
    });
    let mut items: Vec<Item> = Vec::with_capacity(names.len() + 1);
    // RFC 9051 §6.4.9: told whether it was wanted or not.
    if by_uid {
        items.push(Item::Uid);
    }
    for item in names.into_iter().map(item) {
        // What is wanted twice is given once.
        if !items.contains(&item) {
            items.push(item);
        }
    }
    (items, sets_seen)
}

fn expand(one: &Macro) -> Vec<Name<'static>> {
    match one {
        Macro::Fast => vec![Name::Flags, Name::InternalDate, Name::Rfc822Size],
        Macro::Full => vec![Name::Flags, Name::InternalDate, Name::Rfc822Size, Name::Envelope, Name::Body],
        _ => vec![Name::Flags, Name::InternalDate, Name::Rfc822Size, Name::Envelope],
    }
}

fn item(name: Name<'static>) -> Item {
    let of_section =
        |label: &str, section| Item::Octets { label: label.into(), part: Part::Section(section), partial: None };
    match name {
        Name::Flags => Item::Flags,
        Name::Uid => Item::Uid,
        Name::InternalDate => Item::InternalDate,
        Name::Rfc822Size => Item::Size,
        Name::ModSeq => Item::ModSeq,
        Name::Envelope => Item::Envelope,
        Name::Body => Item::Structure { is_extensible: false },
        Name::BodyStructure => Item::Structure { is_extensible: true },
        Name::Rfc822 => of_section("RFC822", None),
        Name::Rfc822Header => of_section("RFC822.HEADER", Some(Section::Header(None))),
        Name::Rfc822Text => of_section("RFC822.TEXT", Some(Section::Text(None))),
        Name::BodyExt { section, partial, .. } => {
            let shown = MessageDataItem::BodyExt {
                section: section.clone(),
                origin: partial.map(|(from, _)| from),
                data: NString(None),
            };
            Item::Octets { label: label(shown), part: Part::Section(section), partial }
        }
        Name::Binary { section, partial, .. } => {
            let mut label = binary_label("BINARY", &section);
            if let Some((from, _)) = partial {
                label.push(b'<');
                write_decimal(&mut label, from.into());
                label.push(b'>');
            }
            Item::Octets { label, part: Part::Binary(section), partial }
        }
        Name::BinarySize { section } => {
            Item::BinarySize { label: binary_label("BINARY.SIZE", &section), part: section }
        }
    }
}

fn binary_label(word: &str, part: &[NonZeroU32]) -> Vec<u8> {
    let part: Vec<String> = part.iter().map(ToString::to_string).collect();
    format!("{word}[{}]", part.join(".")).into_bytes()
}

/// What the codec writes before ` NIL`.
fn label(item: MessageDataItem<'_>) -> Vec<u8> {
    let mut text = written(item);
    text.truncate(text.len().saturating_sub(" NIL".len()));
    text
}

/// What the codec writes for one item.
pub(super) fn written(item: MessageDataItem<'_>) -> Vec<u8> {
    let response = Response::Data(Data::Fetch { seq: NonZeroU32::MIN, items: Vec1::from(item) });
    let mut text = ResponseCodec::default().encode(&response).dump();
    text.drain(..text.len().min("* 1 FETCH (".len()));
    text.truncate(text.len().saturating_sub(")\r\n".len()));
    text
}
