//! Claims about what becomes of mail in its mailbox, up to the person who reads it.

use std::sync::Arc;

use super::Checker;
use super::names::HostKind;
use crate::identity::Mailbox;
use crate::scenario::expect::Claim;
use crate::scenario::limits::LONGEST_RUN;
use crate::scenario::read::Fields;
use crate::scenario::tree::Node;
use crate::sim::Duration;
use crate::store::{self, INBOX, SpecialUse};
use crate::trace::HostId;

impl Checker {
    pub(super) fn mailbox_claim(&mut self, fields: &Fields<'_>) -> Option<Claim> {
        match fields.shape.name {
            "Fetched" => {
                let by = fields.get("by").and_then(|n| self.device(n));
                let to = fields.get("to").map(|n| self.mailbox_of_its_own(n));
                let subject = self.subject(fields);
                let protocols = [("Pop3", "POP3"), ("Imap", "IMAP")];
                let protocol = fields.opt("protocol", |n| self.r.choice(n, "a way to fetch mail", &protocols));
                let whole = fields.opt("whole", |n| self.r.bool(n));
                let within = self.soon(fields);
                let count = self.count(fields, "count")?;
                let to = to.map_or(Some(None), |to| to.map(Some))?;
                Some(Claim::Fetched { by: by?, to, subject, protocol, whole, within, count })
            }
            "Seen" => {
                let by = fields.get("by").map(|n| self.device(n));
                let to = fields.get("to").and_then(|n| self.mailbox_of_its_own(n));
                let subject = self.subject(fields);
                let within = self.soon(fields);
                let count = self.count(fields, "count")?;
                let by = by.map_or(Some(None), |by| by.map(Some))?;
                Some(Claim::Seen { by, to: to?, subject, within, count })
            }
            "InFolder" => {
                let mailbox = fields.get("mailbox").and_then(|n| self.mailbox_of_its_own(n));
                let folder = fields.get("folder").and_then(|n| self.folder(n));
                let subject = self.subject(fields);
                let count = self.count(fields, "count")?;
                Some(Claim::InFolder { mailbox: mailbox?, folder: folder?, subject, count })
            }
            "Flags" => self.flags(fields),
            _ => {
                let mailbox = fields.get("mailbox").and_then(|n| self.mailbox_of_its_own(n));
                let folder = fields.get("folder").map_or_else(|| Some(INBOX.into()), |n| self.folder(n));
                let count = self.required_count(fields)?;
                Some(Claim::MailboxCount { mailbox: mailbox?, folder: folder?, count })
            }
        }
    }

    fn flags(&mut self, fields: &Fields<'_>) -> Option<Claim> {
        let mailbox = fields.get("mailbox").and_then(|n| self.mailbox_of_its_own(n));
        let subject = self.subject(fields);
        let folder = fields.get("folder").map(|n| self.folder(n));
        let has = self.flag_list(fields, "has");
        let hasnt = self.flag_list(fields, "hasnt");
        let nodes: &[Node] = fields.items(&mut self.r, "hasnt", "flags");
        if fields.get("has").is_none() && fields.get("hasnt").is_none() {
            let d = self.r.at(&fields.span, "missing-field", "this claim is about no flag");
            self.r.push(d.label("which flags?").help("say has: [\"Seen\"], or hasnt: [\"Seen\"]"));
            return None;
        }
        if let Some(place) = hasnt.iter().position(|flag| has.iter().any(|other| other.eq_ignore_ascii_case(flag)))
            && let Some(node) = nodes.get(place)
        {
            let message = format!("no mail has the flag `{}` and has it not", hasnt[place]);
            let d = self.r.at(&node.span, "contradiction", message).label("it is in `has`, too");
            self.r.push(d);
        }
        let count = self.count(fields, "count")?;
        let folder = folder.map_or(Some(None), |folder| folder.map(Some))?;
        Some(Claim::Flags { mailbox: mailbox?, subject, folder, has, hasnt, count })
    }

    fn flag_list(&mut self, fields: &Fields<'_>, name: &str) -> Vec<Arc<str>> {
        let nodes = fields.items(&mut self.r, name, "flags");
        if let (true, Some(node)) = (nodes.is_empty(), fields.get(name)) {
            let message = "a list without flags says nothing";
            let _: Option<()> = self.r.bad_value(&node.span, message, "expected flags such as \"Seen\"");
        }
        nodes.iter().filter_map(|node| self.flag(node)).collect()
    }

    /// A flag without its backslash, or a keyword (RFC 9051 §9, `flag`).
    fn flag(&mut self, node: &Node) -> Option<Arc<str>> {
        let word = self.r.line(node, 100)?;
        let system = store::Flags::SYSTEM.map(|(_, name)| &name[1..]);
        if let Some(known) = system.iter().find(|known| known.eq_ignore_ascii_case(word)) {
            return Some(Arc::from(*known));
        }
        if let Some(bare) = word.strip_prefix('\\') {
            let d = self.r.at(&node.span, "bad-value", "flags are written without a backslash here");
            let near = crate::diag::nearest(bare, system.iter().copied()).unwrap_or(bare);
            self.r.push(d.label("begins with a backslash").help(format!("say \"{near}\"")));
            return None;
        }
        let is_atom = |b: u8| b.is_ascii_graphic() && !b"(){%*\"\\]".contains(&b);
        if word.is_empty() || !word.bytes().all(is_atom) {
            let message = format!("`{word}` is no name of a flag");
            return self.r.bad_value(&node.span, message, "expected \"Seen\", or a keyword such as \"$Forwarded\"");
        }
        // Keywords begin with `$` by custom only, so a word that is near a flag is taken for a mistake, and no other.
        if let Some(near) = crate::diag::nearest(word, system.iter().copied()) {
            let d = self.r.at(&node.span, "unknown-flag", format!("there is no flag `{word}`"));
            self.r.push(d.label("no flag of RFC 9051").help(format!("did you mean `{near}`?")));
            return None;
        }
        Some(Arc::from(word))
    }

    /// `within`, which nothing can be below.
    fn soon(&mut self, fields: &Fields<'_>) -> Option<Duration> {
        fields.opt("within", |n| self.r.duration_in(n, Duration::ZERO, LONGEST_RUN))
    }

    /// A machine of a person.
    fn device(&mut self, node: &Node) -> Option<HostId> {
        self.host_that(node, "a User", |kind| kind == HostKind::User)
    }

    /// A mailbox that mail lies in: not one whose mail goes on to others.
    fn mailbox_of_its_own(&mut self, node: &Node) -> Option<Mailbox> {
        let mailbox = self.filed(node)?;
        let local = mailbox.local_part().to_lowercase();
        let lies = self.names.domains.get(mailbox.domain()).is_some_and(|d| d.catch_all || d.locals.contains(&local));
        if !lies && self.names.exists(&mailbox) && !self.names.holes {
            let message = format!("nothing lies in a mailbox `{mailbox}`: its mail goes on to others");
            let d = self.r.at(&node.span, "unknown-mailbox", message).label("an alias");
            self.r.push(d.help("name the mailbox that its mail ends in"));
            return None;
        }
        Some(mailbox)
    }

    /// A folder that somebody can have put mail in.
    fn folder(&mut self, node: &Node) -> Option<Arc<str>> {
        let name = self.r.line(node, 200)?;
        if name.eq_ignore_ascii_case(INBOX) {
            return Some(INBOX.into());
        }
        let known = SpecialUse::ALL.map(SpecialUse::name);
        if !known.contains(&name) && !self.names.holes && !self.r.is_full() {
            let d = self.r.at(&node.span, "unknown-folder", format!("no mailbox has a folder `{name}`"));
            let d = d.label("nobody puts mail there");
            let all = || std::iter::once(INBOX).chain(known);
            let d = match crate::diag::nearest(name, all()) {
                Some(near) => d.help(format!("did you mean `{near}`?")),
                None => d.note(format!("the folders are {}", super::names::some(all()))),
            };
            self.r.push(d);
        }
        Some(Arc::from(name))
    }
}
