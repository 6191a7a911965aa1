//! APPEND (RFC 9051 §6.3.12).

use super::command::{Mail, Refusal};
use super::extension::Extension;
use super::flags::Named;
use super::intake::Announced;
use super::jobs::Telling;
use super::syntax::Head;
use super::syntax::append::Append;
use super::{Session, storing};
use crate::access::{Event, Output};
use crate::identity::ReversePath;
use crate::mime::Content;
use crate::sim::Instant;
use crate::store::{Deed, Desk, Done, Letter};

/// RFC 9051 §6.3.12: what a client that creates the folder can do about it.
const TRY_CREATE: &str = "[TRYCREATE] Mailbox doesn't exist.";
/// RFC 5530 §3.
const OVER_QUOTA: &str = "[OVERQUOTA] Quota exceeded.";

impl Session {
    /// Whether a mail that was announced may come.
    pub(super) fn may_append(&self, append: &Append, announced: Announced, desk: &mut Desk<'_>) -> Result<(), Refusal> {
        let bad = |why: &str| Refusal::Bad(format!("Error in IMAP command APPEND: {why}"));
        let head = Head { tag: "", verb: b"APPEND", arguments: b"" };
        self.may(&head).map_err(Refusal::Bad)?;
        let may_be_binary = self.server.offers(Extension::Binary) || append.is_utf8;
        if announced.is_binary && !may_be_binary || append.is_utf8 && !announced.is_binary {
            return Err(bad("Invalid arguments."));
        }
        if append.is_utf8 && !self.enabled.utf8 {
            return Err(bad("UTF8=ACCEPT is not enabled."));
        }
        Named::of(&append.flags).map_err(|flag| bad(&format!("Invalid system flag {flag}.")))?;
        let no = |why: &str| Refusal::No(why.to_owned());
        let Some(mailbox) = self.state.mailbox() else { return Err(bad("Please login first.")) };
        let mailbox = desk.store.mailbox(mailbox);
        let name = self.enabled.names().read(&append.name).ok_or_else(|| no("[CANNOT] Invalid mailbox name."))?;
        mailbox.find(&name).filter(|folder| folder.is_selectable()).ok_or_else(|| no(TRY_CREATE))?;
        if announced.octets > self.server.config.max_append_bytes {
            return Err(no("[TOOBIG] The mail is larger than APPENDLIMIT."));
        }
        mailbox.has_room(announced.octets).map_err(|_| no(OVER_QUOTA))
    }

    /// Puts the mail where it is to go: it is there.
    pub(super) fn append(&mut self, text: &[u8], mail: Mail, now: Instant, desk: &mut Desk<'_>) {
        let Some(tag) = Head::read(text).map(|head| head.tag) else { return };
        let (Mail { append, is_binary, before, octets: Some(octets) }, Some(mailbox)) = (mail, self.state.mailbox())
        else {
            return self.blame(tag, "Error in IMAP command APPEND: Invalid arguments.");
        };
        let end: &[u8] = if append.is_utf8 { b")" } else { b"" };
        if &text[before..] != end {
            return self.blame(tag, "Error in IMAP command APPEND: Invalid arguments.");
        }
        if !is_binary && octets.chunks().iter().any(|chunk| memchr::memchr(0, chunk).is_some()) {
            // RFC 9051 §9, `CHAR8`.
            return self.blame(tag, "Error in IMAP command APPEND: Octets of value zero in a literal.");
        }
        self.bad_commands = 0;
        let name = self.enabled.names().read(&append.name).unwrap_or_default();
        let found = desk.store.mailbox(mailbox).find(&name).filter(|folder| folder.is_selectable());
        let Some((id, uid_validity)) = found.map(|folder| (folder.id(), folder.uid_validity())) else {
            return self.complete(tag, Telling::ALL, format!("NO {TRY_CREATE}"));
        };
        let named = Named::of(&append.flags).unwrap_or_default();
        let flags = match storing::learn(&named, mailbox, id, desk) {
            Ok(flags) => flags,
            Err(why) => return self.complete(tag, Telling::ALL, why),
        };
        let bytes = octets.len() as u64;
        let to = desk.store.mailbox(mailbox).address().clone();
        let letter = Letter { from: ReversePath::Null, to, content: Content::scan(octets), mail: None };
        let appended = desk.store.append(mailbox, id, now, flags, append.date, letter);
        let text = match appended {
            Err(_) => format!("NO {OVER_QUOTA}"),
            Ok(None) => format!("NO {TRY_CREATE}"),
            Ok(Some(uid)) => {
                self.has_changed = true;
                let deed = Deed { mailbox, folder: id, uid, mail: None, done: Done::Appended { bytes } };
                self.outputs.push_back(Output::Event(Event::Deed(deed)));
                match self.server.offers(Extension::UidPlus) {
                    true => format!("OK [APPENDUID {uid_validity} {uid}] Append completed."),
                    false => "OK Append completed.".into(),
                }
            }
        };
        self.complete(tag, Telling::ALL, text);
    }
}
