//! LIST and LSUB (RFC 9051 §6.3.9, RFC 3501 §6.3.9, RFC 5258, RFC 5819, RFC 6154).

use std::collections::BTreeMap;

use super::Session;
use super::extension::Extension;
use super::jobs::Telling;
use super::names::{is_inbox, parents};
use super::pattern::Pattern;
use super::syntax::list::List;
use crate::store::{Desk, Folder, Mailbox, SEPARATOR};

/// How many octets all patterns of a command may have together.
const MOST_PATTERN_BYTES: usize = 4_000;

/// A name that is listed.
#[derive(Clone, Copy, Debug, Default)]
struct Entry<'a> {
    /// The folder with this name; `None`: there are only others in it.
    folder: Option<&'a Folder>,
    /// Whether others lie in it.
    has_children: bool,
    /// Whether one of these is subscribed to.
    has_subscribed_children: bool,
}

/// All names, those of new mail first; and those that only stand before others.
fn entries(mailbox: &Mailbox) -> Vec<(&str, Entry<'_>)> {
    let mut places: BTreeMap<(bool, &str), Entry<'_>> = BTreeMap::new();
    for folder in mailbox.folders() {
        let name = folder.name();
        places.entry((!is_inbox(name), name)).or_default().folder = Some(folder);
        for parent in parents(name) {
            let entry = places.entry((!is_inbox(parent), parent)).or_default();
            entry.has_children = true;
            entry.has_subscribed_children |= folder.is_subscribed();
        }
    }
    places.into_iter().map(|((_, name), entry)| (name, entry)).collect()
}

impl Session {
    /// LIST, or LSUB, which is an older way to ask for subscriptions.
    pub(super) fn list(&mut self, tag: &str, list: &List, is_lsub: bool, desk: &mut Desk<'_>) {
        let Some(mailbox) = self.state.mailbox() else { return };
        let what = if is_lsub { "LSUB" } else { "LIST" };
        let offers = |extension| self.server.offers(extension);
        let needs = [
            (list.is_extended, Extension::ListExtended),
            (!list.status.is_empty(), Extension::ListStatus),
            (list.special_use, Extension::SpecialUse),
        ];
        if needs.into_iter().any(|(is_used, extension)| is_used && !offers(extension)) {
            return self.blame(tag, &format!("Error in IMAP command {what}: Unknown option."));
        }
        if !self.may_ask(&list.status, desk) {
            return self.blame(tag, "Error in IMAP command LIST: Unknown item.");
        }
        if list.patterns.iter().map(Vec::len).sum::<usize>() > MOST_PATTERN_BYTES {
            return self.complete(tag, Telling::ALL, "NO [LIMIT] Patterns are too long.");
        }
        if list.patterns.iter().any(Vec::is_empty) && !list.is_extended {
            // §6.3.9: it asks for the separator.
            self.say(&format!("{what} (\\Noselect) \"/\" \"\""));
        }
        let names = self.enabled.names();
        let patterns = list.patterns.iter().filter(|pattern| !pattern.is_empty());
        let patterns = patterns.filter_map(|pattern| names.read_pattern(&[&list.reference[..], pattern].concat()));
        let patterns: Vec<Pattern> = patterns.map(|pattern| Pattern::new(&pattern)).collect();
        for (name, entry) in entries(desk.store.mailbox(mailbox)) {
            let mut matching = patterns.iter().filter(|pattern| pattern.matches(name)).peekable();
            if matching.peek().is_none() {
                continue;
            }
            let wants_levels = matching.any(Pattern::wants_levels);
            if is_lsub {
                self.say_lsub(name, entry, wants_levels);
            } else {
                self.say_entry(name, entry, wants_levels, list);
            }
        }
        self.complete(tag, Telling::ALL, if is_lsub { "OK Lsub completed." } else { "OK List completed." });
    }

    /// A folder that is subscribed to, or a level above such folders (RFC 3501 §6.3.9).
    fn say_lsub(&mut self, name: &str, entry: Entry<'_>, wants_levels: bool) {
        let is_subscribed = entry.folder.is_some_and(Folder::is_subscribed);
        if is_subscribed || wants_levels && entry.has_subscribed_children {
            let can_be_opened = is_subscribed && entry.folder.is_some_and(Folder::is_selectable);
            self.lines.extend_from_slice(if can_be_opened {
                b"* LSUB () \"/\" "
            } else {
                b"* LSUB (\\Noselect) \"/\" "
            });
            self.enabled.names().write(&mut self.lines, name);
            self.lines.extend_from_slice(b"\r\n");
        }
    }

    fn say_entry(&mut self, name: &str, entry: Entry<'_>, wants_levels: bool, list: &List) {
        let is_subscribed = entry.folder.is_some_and(Folder::is_subscribed);
        let special_use = entry.folder.and_then(Folder::special_use);
        let is_chosen = match entry.folder {
            Some(_) => (!list.subscribed || is_subscribed) && (!list.special_use || special_use.is_some()),
            // §6.3.9: a level that is no folder is told of behind `%`.
            None => wants_levels && !list.subscribed && !list.special_use,
        };
        let tells_children = list.recursive && entry.has_subscribed_children;
        if !is_chosen && !tells_children {
            return;
        }
        let can_be_opened = entry.folder.is_some_and(Folder::is_selectable);
        let offers = |extension| self.server.offers(extension);
        let attributes = [
            special_use.filter(|_| offers(Extension::SpecialUse)).map(|special_use| special_use.attribute()),
            // RFC 5258 §3.1.1: for who asks in the newer form.
            (entry.folder.is_none() && list.is_extended).then_some("\\NonExistent"),
            (!(can_be_opened || entry.folder.is_none() && list.is_extended)).then_some("\\Noselect"),
            (list.tell_subscribed && is_subscribed).then_some("\\Subscribed"),
            offers(Extension::Children).then_some(if entry.has_children { "\\HasChildren" } else { "\\HasNoChildren" }),
        ];
        let attributes: Vec<&str> = attributes.into_iter().flatten().collect();
        self.lines.extend_from_slice(format!("* LIST ({}) \"{SEPARATOR}\" ", attributes.join(" ")).as_bytes());
        self.enabled.names().write(&mut self.lines, name);
        self.lines.extend_from_slice(if tells_children { b" (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n" } else { b"\r\n" });
        if let Some(folder) = entry.folder.filter(|_| can_be_opened && !list.status.is_empty()) {
            self.say_status(folder, &list.status);
        }
    }
}
