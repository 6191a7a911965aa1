//! SEARCH (RFC 9051 §6.4.4).

use imap_codec::CommandCodec;
use imap_codec::decode::Decoder;
use imap_codec::imap_types::command::CommandBody;
use imap_codec::imap_types::core::{Charset, Vec1};
use imap_codec::imap_types::search::SearchKey;

use super::super::numbers::Numbers;
use super::cursor::Cursor;
use super::words;

/// What SEARCH asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Search {
    /// Whether it wants unique identifiers.
    pub(in super::super) by_uid: bool,
    /// What it wants to know; `None`: all of them, in the form of RFC 3501.
    pub(in super::super) returns: Option<Returns>,
    /// In which charset it is written.
    pub(in super::super) charset: Option<String>,
    /// What holds for each mail that is wanted: all of them.
    pub(in super::super) keys: Vec1<SearchKey<'static>>,
}

/// What SEARCH is to tell (RFC 4731 §3.1, RFC 5182 §2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Returns {
    /// The first.
    pub(in super::super) min: bool,
    /// The last.
    pub(in super::super) max: bool,
    /// All.
    pub(in super::super) all: bool,
    /// How many.
    pub(in super::super) count: bool,
    /// Nothing: they are kept.
    pub(in super::super) save: bool,
}

/// Reads what stands behind SEARCH. `saved` is what `$` stands for.
pub(super) fn read(cursor: &mut Cursor<'_>, by_uid: bool, saved: &Numbers) -> Option<Search> {
    let returns = if cursor.eat(" RETURN ").is_some() { Some(read_returns(cursor)?) } else { None };
    let text = [b"A SEARCH".as_slice(), &words::with_saved(cursor.rest(), saved)].concat();
    let (_, command) = CommandCodec::default().decode_static(&text).ok().filter(|(rest, _)| rest.is_empty())?;
    let CommandBody::Search { charset, criteria, .. } = command.body else { return None };
    let charset = charset.map(|charset| match charset {
        Charset::Atom(name) => name.inner().to_owned(),
        Charset::Quoted(name) => name.inner().to_owned(),
    });
    Some(Search { by_uid, returns, charset, keys: criteria })
}

fn read_returns(cursor: &mut Cursor<'_>) -> Option<Returns> {
    let mut returns = Returns::default();
    for option in cursor.list(Cursor::word)? {
        match option.as_str() {
            "MIN" => returns.min = true,
            "MAX" => returns.max = true,
            "ALL" => returns.all = true,
            "COUNT" => returns.count = true,
            "SAVE" => returns.save = true,
            _ => return None,
        }
    }
    // RFC 4731 §3.1: an empty list asks for all.
    returns.all |= returns == Returns::default();
    Some(returns)
}
