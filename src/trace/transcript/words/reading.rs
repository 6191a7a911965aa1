//! What happens to mail that lies in a mailbox, in words.

use std::sync::Arc;

use crate::trace::transcript::size;
use crate::trace::{Deed, HostId, What};

/// How good a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// What was to be done is done.
    Good,
    /// It happens.
    Plain,
    /// It did not work.
    Bad,
}

/// Tone, what happened, and the rest of the sentence; `None` for records of other things. `name` says what a host is called.
#[must_use]
pub fn reading<'a>(what: &What, name: impl Fn(HostId) -> &'a str) -> Option<(Tone, String, String)> {
    let (tone, happened, rest) = match what {
        What::Mailbox { mailbox, folder, uid, client, deed } => {
            let (happened, rest) = done(deed);
            let whose = format!(" {}, uid {uid}, by {}", place(mailbox, folder), name(*client));
            let rest = if rest.is_empty() { format!(" from{whose}") } else { format!("{rest} — {}", whose.trim_start()) };
            (Tone::Plain, happened, rest)
        }
        What::Checked { mailbox, protocol, folder, there, new } => {
            let mails = if *there == 1 { "1 mail".to_owned() } else { format!("{there} mails") };
            let news = match new {
                0 => "nothing new".to_owned(),
                new => format!("{new} new"),
            };
            (Tone::Plain, "looks".into(), format!(" into {} by {protocol}: {mails}, {news}", place(mailbox, folder)))
        }
        What::Fetched { mailbox, protocol, folder, size_bytes, whole } => {
            let what = if *whole { "" } else { " the header" };
            let rest = format!("{what} from {} by {protocol}, {}", place(mailbox, folder), size(*size_bytes));
            (Tone::Good, "fetched".into(), rest)
        }
        What::Read { mailbox, folder } => (Tone::Good, "read".into(), format!(" in {}", place(mailbox, folder))),
        What::Vanished { mailbox, folder } => {
            (Tone::Plain, "not shown any more".into(), format!(": gone from {}", place(mailbox, folder)))
        }
        What::Unfetched { mailbox, protocol, reason } => {
            (Tone::Bad, "no look".into(), format!(" into {mailbox} by {protocol} — {}", reason.visible()))
        }
        _ => return None,
    };
    Some((tone, happened, rest))
}

/// A mailbox and its folder, where it is not that of new mail.
fn place(mailbox: &str, folder: &str) -> String {
    if folder == "INBOX" { mailbox.to_owned() } else { format!("{mailbox}, {folder}") }
}

fn done(deed: &Deed) -> (String, String) {
    match deed {
        Deed::GivenOut { whole: true, size_bytes } => ("given out".into(), format!(", {}", size(*size_bytes))),
        Deed::GivenOut { size_bytes, .. } => ("given out in part".into(), format!(", {}", size(*size_bytes))),
        Deed::Flagged { set, cleared } => ("flags".into(), format!(" {}", flags(set, cleared))),
        Deed::Copied { to, .. } => ("copied".into(), format!(" to {to}")),
        Deed::Moved { to, .. } => ("moved".into(), format!(" to {to}")),
        Deed::Appended { size_bytes } => ("put there".into(), format!(", {}", size(*size_bytes))),
        Deed::Removed => ("removed".into(), String::new()),
    }
}

fn flags(set: &[Arc<str>], cleared: &[Arc<str>]) -> String {
    let with = |sign: &str, flags: &[Arc<str>]| flags.iter().map(|flag| format!("{sign}{flag}")).collect::<Vec<_>>();
    with("+", set).into_iter().chain(with("-", cleared)).collect::<Vec<_>>().join(" ")
}
