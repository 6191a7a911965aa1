//! A folder as its client knows it: [`View`].
//!
//! A client knows mails by sequence numbers, which are places in a list that only untagged responses change (RFC 9051 §2.3.1.2,
//! §5.2). The folder changes meanwhile; [`View::catch_up`] finds what the client has not been told, and says what to tell it.

use std::collections::BTreeSet;

use super::numbers::Numbers;
use crate::store::{Changed, Folder, Message};

/// What a client knows of a folder.
#[derive(Clone, Debug)]
pub(super) struct View {
    /// The mail of each sequence number, from 1: in order.
    uids: Vec<u32>,
    /// The mails that are recent in this session (RFC 3501 §2.3.2).
    recent: Numbers,
    /// Mails that are gone, and have a sequence number until the client is told so.
    gone: BTreeSet<u32>,
    /// The changes up to this one were looked at.
    modseq: u64,
    /// Later changes that the client knows because it has made them, without being told what came of them.
    own: BTreeSet<u64>,
    /// Later changes behind which the client has been shown what is said about the mail.
    shown: BTreeSet<u64>,
    /// How many keywords it has been told of.
    keywords: usize,
    /// How many recent mails it has been told of.
    told_recent: u64,
}

/// What a client is to be told (RFC 9051 §7.4), in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    /// Whether the folder has learned keywords.
    pub(super) keywords: bool,
    /// Of which mails something else is said, by sequence numbers before anything below.
    pub(super) flags: Numbers,
    /// Which mails are gone, by the same numbers. Told from the last to the first, so that each number is right when it is told.
    pub(super) gone: Numbers,
    /// How many there are, if some are new.
    pub(super) exists: Option<u32>,
    /// How many are recent, if that is different.
    pub(super) recent: Option<u64>,
}

impl News {
    /// Whether there is nothing to tell.
    pub(super) fn is_empty(&self) -> bool {
        *self == News::default()
    }
}

impl View {
    /// A folder that has just been opened, where mails from `recent_from` on are recent.
    pub(super) fn open(folder: &Folder, recent_from: u32) -> View {
        let uids: Vec<u32> = folder.messages().iter().map(Message::uid).collect();
        let mut view = View {
            recent: uids.iter().copied().filter(|uid| *uid >= recent_from).collect(),
            uids,
            gone: BTreeSet::new(),
            modseq: folder.modseq(),
            own: BTreeSet::new(),
            shown: BTreeSet::new(),
            keywords: folder.keywords().len(),
            told_recent: 0,
        };
        view.told_recent = view.count_recent();
        view
    }

    /// How many sequence numbers there are.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.uids.len()).unwrap_or(u32::MAX)
    }

    /// How many mails with a sequence number are recent.
    pub(super) fn count_recent(&self) -> u64 {
        let before = |uid: u32| self.uids.partition_point(|known| *known < uid) as u64;
        let each =
            self.recent.ranges().iter().map(|range| before(range.end().saturating_add(1)) - before(*range.start()));
        each.sum()
    }

    /// Whether a mail is recent in this session.
    pub(super) fn is_recent(&self, uid: u32) -> bool {
        self.recent.contains(uid)
    }

    /// The largest unique identifier, or 0.
    pub(super) fn last_uid(&self) -> u32 {
        self.uids.last().copied().unwrap_or(0)
    }

    /// The mail with this sequence number.
    pub(super) fn uid(&self, seq: u32) -> Option<u32> {
        self.uids.get((seq as usize).checked_sub(1)?).copied()
    }

    /// The sequence number of a mail.
    pub(super) fn seq(&self, uid: u32) -> Option<u32> {
        self.uids.binary_search(&uid).ok().map(|place| place as u32 + 1)
    }

    /// The mails by sequence number.
    pub(super) fn uids(&self) -> &[u32] {
        &self.uids
    }

    /// The sequence numbers of those of these mails that have one.
    pub(super) fn seqs(&self, uids: &Numbers) -> Numbers {
        let mut seqs = Numbers::default();
        for range in uids.ranges() {
            let from = self.uids.partition_point(|uid| uid < range.start()) as u32;
            let to = self.uids.partition_point(|uid| uid <= range.end()) as u32;
            if from < to {
                seqs.push_range(from + 1, to);
            }
        }
        seqs
    }

    /// Notes a change of flags that the client has made itself. `shows`: it is told what is said about the mail now.
    pub(super) fn knows(&mut self, modseq: u64, shows: bool) {
        if self.own.is_empty() && self.shown.is_empty() && modseq == self.modseq + 1 {
            self.modseq = modseq;
        } else if shows {
            self.shown.insert(modseq);
        } else {
            self.own.insert(modseq);
        }
    }

    /// Notes that the client is told what is said about a mail that was changed last by the change with this number.
    pub(super) fn shows(&mut self, modseq: u64) {
        if modseq > self.modseq {
            self.shown.insert(modseq);
        }
    }

    /// Whether a mail that has a sequence number is known to be gone.
    pub(super) fn has_gone(&self) -> bool {
        !self.gone.is_empty()
    }

    /// Whether the folder knows keywords that the client has not been told of. It is going to be.
    pub(super) fn learns(&mut self, folder: &Folder) -> bool {
        std::mem::replace(&mut self.keywords, folder.keywords().len()) != folder.keywords().len()
    }

    /// Finds what the client has not been told. Mails that are gone keep their sequence numbers unless `may_expunge`.
    /// `recent_from` is the first mail that no session was told of, and is asked for when there are new ones.
    pub(super) fn catch_up(&mut self, folder: &Folder, may_expunge: bool, recent_from: u32) -> News {
        let (flagged, fresh) = self.compare(folder);
        let mut news = News { flags: flagged.iter().filter_map(|uid| self.seq(*uid)).collect(), ..News::default() };
        news.keywords = self.learns(folder);
        if may_expunge && !self.gone.is_empty() {
            let gone = std::mem::take(&mut self.gone);
            news.gone = gone.iter().filter_map(|uid| self.seq(*uid)).collect();
            self.uids.retain(|uid| !gone.contains(uid));
        }
        if !fresh.is_empty() {
            fresh.iter().filter(|uid| **uid >= recent_from).for_each(|uid| self.recent.push(*uid));
            self.uids.extend(fresh);
            news.exists = Some(self.count());
        }
        let recent = self.count_recent();
        news.recent = (recent != self.told_recent).then_some(recent);
        self.told_recent = recent;
        self.modseq = folder.modseq();
        self.own.clear();
        self.shown.clear();
        news
    }

    /// Notes which mails are gone. Of which ones something else is said, and which are new.
    fn compare(&mut self, folder: &Folder) -> (BTreeSet<u32>, Vec<u32>) {
        let last = self.last_uid();
        let (mut flagged, mut fresh) = (BTreeSet::new(), Vec::new());
        if let Some(changes) = folder.changes_since(self.modseq) {
            for change in changes {
                match change.what {
                    Changed::Arrived => fresh.push(change.uid),
                    Changed::Flags if change.uid <= last && !self.own.contains(&change.modseq) => {
                        flagged.insert(change.uid);
                    }
                    Changed::Flags => {}
                    Changed::Gone if change.uid <= last => {
                        self.gone.insert(change.uid);
                    }
                    Changed::Gone => fresh.retain(|uid| *uid != change.uid),
                }
            }
            let is_shown = |message: &Message| self.shown.contains(&message.modseq());
            flagged.retain(|uid| folder.message(*uid).is_some_and(|message| !is_shown(message)));
            return (flagged, fresh);
        }
        // More than the folder remembers: all mails are looked at, side by side with what the client knows.
        let mut known = self.uids.iter().copied().peekable();
        for message in folder.messages() {
            while let Some(gone) = known.next_if(|uid| *uid < message.uid()) {
                self.gone.insert(gone);
            }
            if known.next_if_eq(&message.uid()).is_none() {
                fresh.push(message.uid());
            } else if message.modseq() > self.modseq && !self.shown.contains(&message.modseq()) {
                flagged.insert(message.uid());
            }
        }
        self.gone.extend(known);
        (flagged, fresh)
    }
}
