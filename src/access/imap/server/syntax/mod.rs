//! Commands (RFC 9051 §6, §9).
//!
//! The syntax is the codec's where it knows it. What it does not know is read here: options of LIST, CREATE and SEARCH, `$`, items of
//! STATUS that came later, quoted strings in UTF-8, and AUTHENTICATE, whose base64 is SASL's business.

pub(super) mod append;
mod cursor;
pub(super) mod list;
pub(super) mod search;
pub(super) mod status;
mod words;

use imap_codec::CommandCodec;
use imap_codec::decode::Decoder;
use imap_codec::imap_types::command::CommandBody;
use imap_codec::imap_types::mailbox::Mailbox;

use super::names::Names;
use super::numbers::Numbers;
use cursor::Cursor;
use list::List;
use search::Search;
use status::StatusItem;

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// One that the codec knows.
    Known {
        /// The command.
        body: CommandBody<'static>,
        /// Whether it is about the mails that SEARCH has kept (RFC 5182): then its set means nothing.
        on_saved: bool,
    },
    /// AUTHENTICATE.
    Authenticate {
        /// By which mechanism.
        mechanism: String,
        /// The initial response as it is written.
        initial: Option<Vec<u8>>,
    },
    /// CREATE.
    Create {
        /// The folder, as it is written.
        name: Vec<u8>,
        /// What it is for, in capitals.
        uses: Vec<String>,
    },
    /// LIST.
    List(List),
    /// LSUB.
    Lsub(List),
    /// STATUS.
    Status {
        /// The folder, as it is written.
        name: Vec<u8>,
        /// What is asked.
        items: Vec<StatusItem>,
    },
    /// SEARCH.
    Search(Search),
}

/// How a command begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head<'a> {
    /// The tag.
    pub(super) tag: &'a str,
    /// The command's name, as it is written; empty if there is none.
    pub(super) verb: &'a [u8],
    /// What stands behind it.
    pub(super) arguments: &'a [u8],
}

impl Head<'_> {
    /// Reads the tag and the name. `None`: there is no tag (RFC 9051 §9, `tag`).
    pub(super) fn read(text: &[u8]) -> Option<Head<'_>> {
        let is_tag = |b: u8| b.is_ascii_graphic() && !b"(){%*\"\\+".contains(&b);
        let end = text.iter().position(|b| !is_tag(*b)).unwrap_or(text.len());
        let tag = std::str::from_utf8(&text[..end]).ok().filter(|tag| !tag.is_empty())?;
        let rest = text[end..].strip_prefix(b" ").unwrap_or(b"");
        let end = rest.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (verb, arguments) = rest.split_at(end);
        Some(Head { tag, verb, arguments })
    }

    /// Whether this is its name.
    pub(super) fn is(&self, verb: &str) -> bool {
        self.verb.eq_ignore_ascii_case(verb.as_bytes())
    }
}

/// Reads a whole command with its literals and its line end. `saved` is what `$` stands for. `None`: it is not well-formed.
pub(super) fn read(text: &[u8], names: Names, saved: &Numbers) -> Option<Command> {
    if names == Names::Utf8 && !text.is_ascii() {
        return read_command(&words::without_eight_bit_quotes(text), saved);
    }
    read_command(text, saved)
}

fn read_command(text: &[u8], saved: &Numbers) -> Option<Command> {
    let head = Head::read(text)?;
    let mut cursor = Cursor::new(head.arguments);
    let verb = head.verb.to_ascii_uppercase();
    match &verb[..] {
        b"AUTHENTICATE" => read_authenticate(&mut cursor),
        b"CREATE" => list::read_create(&mut cursor).map(|(name, uses)| Command::Create { name, uses }),
        b"LIST" => list::read(&mut cursor).map(Command::List),
        b"LSUB" => list::read_lsub(&mut cursor).map(Command::Lsub),
        b"STATUS" => status::read(&mut cursor).map(|(name, items)| Command::Status { name, items }),
        b"SEARCH" => search::read(&mut cursor, false, saved).map(Command::Search),
        b"UID" if cursor.eat(" SEARCH").is_some() => search::read(&mut cursor, true, saved).map(Command::Search),
        _ => read_known(text, head),
    }
}

fn read_authenticate(cursor: &mut Cursor<'_>) -> Option<Command> {
    cursor.eat(" ")?;
    let mechanism = cursor.word()?;
    let initial = cursor.eat(" ").map(|()| cursor.rest().strip_suffix(b"\r\n").unwrap_or_default().to_vec());
    if initial.is_none() {
        cursor.end()?;
    }
    Some(Command::Authenticate { mechanism, initial })
}

fn read_known(text: &[u8], head: Head<'_>) -> Option<Command> {
    // Where `$` stands in the place of a set, the codec is shown another one.
    let in_verb = match head.is("UID") {
        true => head.arguments.get(1..)?.iter().position(|b| *b == b' ').map(|at| at + 1),
        false => None,
    };
    let at = text.len() - head.arguments.len() + in_verb.unwrap_or(0);
    let on_saved = text[at..].starts_with(b" $ ") || text[at..].starts_with(b" $\r\n");
    let shown = on_saved.then(|| [&text[..at], b" 1", &text[at + 2..]].concat());
    let text = shown.as_deref().unwrap_or(text);
    let (_, command) = CommandCodec::default().decode_static(text).ok().filter(|(rest, _)| rest.is_empty())?;
    let takes_saved = matches!(
        command.body,
        CommandBody::Fetch { .. }
            | CommandBody::Store { .. }
            | CommandBody::Copy { .. }
            | CommandBody::Move { .. }
            | CommandBody::ExpungeUid { .. }
    );
    (takes_saved || !on_saved).then_some(Command::Known { body: command.body, on_saved })
}

/// The name of a folder as it is written.
pub(super) fn name_of(mailbox: &Mailbox<'_>) -> Vec<u8> {
    match mailbox {
        Mailbox::Inbox => b"INBOX".to_vec(),
        Mailbox::Other(other) => other.inner().as_ref().to_vec(),
    }
}

#[cfg(test)]
#[path = "syntax_tests.rs"]
mod tests;
