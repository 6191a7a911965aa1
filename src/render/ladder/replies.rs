//! Lines of a server that make one reply, and go on one arrow.

use crate::trace::{Dialect, Reply};

/// What a line is to the reply before it.
pub(super) struct Place {
    /// Whether it goes on with that.
    pub(super) goes_on: bool,
    /// Whether more lines may follow that go on with this.
    pub(super) more: bool,
    pub(super) is_refusal: bool,
    /// What is to be shown of it.
    pub(super) rest: String,
}

/// The place of a line that is shown as `said`. `before` is the reply that may go on: whether it was said at the same instant, and
/// its words.
pub(super) fn place(dialect: Dialect, line: &[u8], said: &str, before: Option<(bool, &str)>) -> Place {
    let is_refusal = dialect.reply(line) != Reply::Good;
    match dialect {
        Dialect::Smtp => smtp(line, said, before.is_some()),
        // RFC 1939 §3: what follows a status indicator belongs to it, up to a dot.
        Dialect::Pop3 => {
            let goes_on = before.is_some() && !line.starts_with(b"+") && !line.starts_with(b"-ERR");
            let more = !(goes_on && line == b".");
            Place { goes_on, more, is_refusal, rest: said.to_owned() }
        }
        // RFC 9051 §7: untagged responses stand by themselves; lists of them are told as one.
        Dialect::Imap => {
            let list = list(said);
            let is_same = |(now, words): (bool, &str)| now && list.is_some() && self::list(words) == list;
            Place { goes_on: before.is_some_and(is_same), more: list.is_some(), is_refusal, rest: said.to_owned() }
        }
    }
}

/// RFC 5321 §4.2.1: all lines but the last have a hyphen behind the code.
fn smtp(line: &[u8], said: &str, goes_on: bool) -> Place {
    let is_reply = line.len() >= 3 && line[..3].iter().all(u8::is_ascii_digit);
    let more = is_reply && line.get(3) == Some(&b'-');
    let is_refusal = is_reply && matches!(line.first(), Some(b'4' | b'5'));
    let rest = match (goes_on, more) {
        (true, _) => said.get(4..).unwrap_or_default().to_owned(),
        (false, true) => said.replacen('-', " ", 1),
        (false, false) => said.to_owned(),
    };
    Place { goes_on, more, is_refusal, rest }
}

/// What an untagged response is one of many of, such as `FETCH` where it says what is known of a mail, and not the mail itself.
fn list(said: &str) -> Option<&str> {
    let rest = said.strip_prefix("* ")?.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    let word = rest.split(' ').next()?;
    (matches!(word, "FETCH" | "LIST" | "EXPUNGE") && !said.ends_with('}')).then_some(word)
}

#[cfg(test)]
#[path = "replies_tests.rs"]
mod tests;
