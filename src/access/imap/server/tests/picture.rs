//! What a client knows of a folder from untagged responses alone (RFC 9051 §5.2, §7): slow, and written to be read.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A mail as a client knows it, as far as it has been told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mail {
    pub(super) uid: Option<u32>,
    pub(super) flags: Option<BTreeSet<String>>,
    pub(super) modseq: u64,
}

/// What becomes of flags that a client has changed without wanting to be told.
#[derive(Clone, Debug)]
pub(super) struct Silent {
    /// By sequence number or identifier.
    pub(super) numbers: Vec<u32>,
    pub(super) by_uid: bool,
    /// `+`, `-` or nothing.
    pub(super) sign: &'static str,
    pub(super) flags: BTreeSet<String>,
}

/// A command that has not been answered.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) tag: String,
    /// Whether numbers may change before its end (RFC 9051 §7.5.1).
    pub(super) may_expunge: bool,
    pub(super) silent: Option<Silent>,
}

/// A client.
#[derive(Clone, Debug, Default)]
pub(super) struct Picture {
    pub(super) mails: Vec<Mail>,
    pub(super) open: VecDeque<Open>,
    /// The largest identifier that was ever seen.
    largest: u32,
    /// The largest number of a change.
    modseq: u64,
    /// The mails that are recent here.
    pub(super) recent: BTreeSet<u32>,
    /// How many are, by its own count.
    pub(super) told_recent: Option<usize>,
    unread: Vec<u8>,
    /// How each command ended: tag, and the rest of its line.
    pub(super) ends: BTreeMap<String, String>,
}

impl Picture {
    /// Reads what came.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
        while let Some(response) = self.next_response() {
            self.take(&response);
        }
    }

    /// A whole response, its literals left out.
    fn next_response(&mut self) -> Option<String> {
        let (mut text, mut at) = (String::new(), 0);
        loop {
            let end = at + memchr::memmem::find(&self.unread[at..], b"\r\n")?;
            text.push_str(std::str::from_utf8(&self.unread[at..end]).unwrap());
            at = end + 2;
            let Some(octets) = text.strip_suffix('}').and_then(|t| t.rsplit_once('{')) else { break };
            at += octets.1.parse::<usize>().unwrap();
            if self.unread.len() < at {
                return None;
            }
        }
        self.unread.drain(..at);
        Some(text)
    }

    fn take(&mut self, response: &str) {
        let mut words = response.split(' ');
        let (first, second, third) = (words.next().unwrap(), words.next().unwrap_or(""), words.next().unwrap_or(""));
        let number = second.parse::<u32>().ok();
        match (first, number, third) {
            ("+", ..) => {}
            ("*", Some(count), "EXISTS") => {
                assert!(count as usize >= self.mails.len(), "mails do not vanish by EXISTS: {response}");
                self.mails.resize(count as usize, Mail::default());
            }
            ("*", Some(seq), "EXPUNGE") => {
                let open = self.open.front().expect("RFC 9051 §7.5.1: not when no command is in progress");
                assert!(open.may_expunge, "not while the client counts on its numbers");
                assert!(seq >= 1 && seq as usize <= self.mails.len(), "{response}: there is no such mail");
                let gone = self.mails.remove(seq as usize - 1);
                gone.uid.into_iter().for_each(|uid| {
                    self.recent.remove(&uid);
                });
            }
            ("*", Some(count), "RECENT") => self.told_recent = Some(count as usize),
            ("*", Some(seq), "FETCH") => self.take_fetch(seq, response),
            ("*", None, _) => {
                if let Some(modseq) = inside(response, "[HIGHESTMODSEQ ", "]") {
                    let modseq = modseq.parse().unwrap();
                    assert!(modseq >= self.modseq, "numbers of changes ascend: {response}");
                    self.modseq = modseq;
                }
            }
            ("*", Some(_), _) => panic!("what is {response}?"),
            (tag, ..) => {
                let open = self.open.pop_front().unwrap_or_else(|| panic!("nothing was asked: {response}"));
                assert_eq!(open.tag, tag, "commands are answered in order");
                let end = response[tag.len() + 1..].to_owned();
                if let Some(silent) = open.silent.filter(|_| end.starts_with("OK") || end.contains("[EXPUNGEISSUED]")) {
                    self.apply(silent, inside(&end, "[MODIFIED ", "]"));
                }
                self.ends.insert(tag.to_owned(), end);
            }
        }
    }

    fn take_fetch(&mut self, seq: u32, response: &str) {
        assert!(seq >= 1 && seq as usize <= self.mails.len(), "{response}: there is no such mail");
        let mail = &mut self.mails[seq as usize - 1];
        if let Some(uid) = inside(response, "UID ", " )") {
            let uid: u32 = uid.parse().unwrap();
            assert!(mail.uid.is_none_or(|known| known == uid), "{response}: it was {:?}", mail.uid);
            mail.uid = Some(uid);
            self.largest = self.largest.max(uid);
        }
        if let Some(flags) = inside(response, "FLAGS (", ")") {
            let mut flags: BTreeSet<String> =
                flags.split(' ').filter(|flag| !flag.is_empty()).map(Into::into).collect();
            let is_recent = flags.remove("\\Recent");
            if let Some(uid) = mail.uid.filter(|_| is_recent) {
                self.recent.insert(uid);
            }
            mail.flags = Some(flags);
            // Who is told need not guess.
            if let Some(silent) = self.open.front_mut().and_then(|open| open.silent.as_mut()) {
                let number = if silent.by_uid { mail.uid } else { Some(seq) };
                silent.numbers.retain(|silent| Some(*silent) != number);
            }
        }
        if let Some(modseq) = inside(response, "MODSEQ (", ")") {
            let modseq = modseq.parse().unwrap();
            assert!(modseq >= mail.modseq, "numbers of changes ascend: {response}, it was {}", mail.modseq);
            mail.modseq = modseq;
            self.modseq = self.modseq.max(modseq);
        }
        let uids: Vec<u32> = self.mails.iter().filter_map(|mail| mail.uid).collect();
        assert!(uids.is_sorted_by(|a, b| a < b), "identifiers ascend: {uids:?}");
    }

    /// What a client knows by itself: what it has changed in silence.
    fn apply(&mut self, silent: Silent, modified: Option<&str>) {
        let refused: Vec<u32> = modified.map(numbers).unwrap_or_default();
        for (mail, seq) in self.mails.iter_mut().zip(1..) {
            let number = if silent.by_uid { mail.uid } else { Some(seq) };
            let is_meant = number.is_some_and(|number| silent.numbers.contains(&number) && !refused.contains(&number));
            let Some(flags) = mail.flags.as_mut().filter(|_| is_meant) else { continue };
            match silent.sign {
                "+" => flags.extend(silent.flags.iter().cloned()),
                "-" => flags.retain(|flag| !silent.flags.contains(flag)),
                _ => *flags = silent.flags.clone(),
            }
        }
    }
}

/// What stands between `before` and the first of `ends`.
pub(super) fn inside<'a>(text: &'a str, before: &str, ends: &str) -> Option<&'a str> {
    let rest = &text[text.find(before)? + before.len()..];
    Some(&rest[..rest.find(|c| ends.contains(c))?])
}

/// `1:3,5`.
pub(super) fn numbers(set: &str) -> Vec<u32> {
    let range = |range: &str| {
        let (from, to) = range.split_once(':').unwrap_or((range, range));
        from.parse::<u32>().unwrap()..=to.parse().unwrap()
    };
    set.split(',').flat_map(range).collect()
}
