//! APPEND, as far as it is known when its mail is announced (RFC 9051 §6.3.12).

use imap_codec::CommandCodec;
use imap_codec::decode::Decoder;
use imap_codec::imap_types::command::CommandBody;
use imap_codec::imap_types::flag::Flag;

use super::name_of;
use crate::access::imap::content::date;
use crate::store::GivenDate;

/// Where a mail is to be put, and what is said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Append {
    /// The folder, as it is written.
    pub(in super::super) name: Vec<u8>,
    /// Its flags.
    pub(in super::super) flags: Vec<Flag<'static>>,
    /// Its date.
    pub(in super::super) date: Option<GivenDate>,
    /// Whether it stands in `UTF8 (...)` (RFC 6855 §4).
    pub(in super::super) is_utf8: bool,
}

/// Reads a command up to where a literal is announced; `None`: that literal is not the mail of APPEND.
pub(in super::super) fn read(text: &[u8]) -> Option<Append> {
    // RFC 6855 §4. The codec does not know it, so it is taken away.
    let utf8 = text.len().checked_sub(6).filter(|at| text[*at..].eq_ignore_ascii_case(b"UTF8 ("));
    let before = utf8.map_or(text, |at| &text[..at]);
    let text = [before, b"{0}\r\n\r\n"].concat();
    let (_, command) = CommandCodec::default().decode_static(&text).ok().filter(|(rest, _)| rest.is_empty())?;
    let CommandBody::Append { mailbox, flags, date, .. } = command.body else { return None };
    let date = date.as_ref().map(date::from_imap);
    Some(Append { name: name_of(&mailbox), flags, date, is_utf8: utf8.is_some() })
}
