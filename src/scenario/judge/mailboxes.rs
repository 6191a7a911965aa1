//! What lies in the mailboxes that claims speak of, as the records tell it: filed mail, and what was done with it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::scenario::expect::{Claim, Expectation};
use crate::sim::Instant;
use crate::store::INBOX;
use crate::trace::{Deed, HostId, Record, What};

/// Names a mail: the server, the folder, and the number there. What was filed where no mail program looks has none, and gets one
/// that no mail can have.
type Place = (HostId, Arc<str>, u64);

/// A mail that lies in a mailbox.
#[derive(Clone, Debug)]
struct Lying {
    subject: Option<Arc<str>>,
    /// What is said about it.
    flags: BTreeSet<Arc<str>>,
}

/// Mails that were removed for good: enough for the sentence about what happened.
#[derive(Clone, Copy, Debug)]
struct Gone {
    count: u64,
    /// When the last of them was, and for which client.
    last: (Instant, HostId),
}

/// Of which mails more is remembered than that they are there.
#[derive(Clone, Debug, Default)]
struct Wanted {
    all: bool,
    /// Those with these subjects.
    subjects: BTreeSet<Arc<str>>,
}

impl Wanted {
    fn has(&self, subject: Option<&Arc<str>>) -> bool {
        self.all || self.names(subject)
    }

    /// Whether a claim is about mails with this subject, and no others.
    fn names(&self, subject: Option<&Arc<str>>) -> bool {
        subject.is_some_and(|subject| self.subjects.contains(subject))
    }

    fn add(&mut self, subject: Option<&Arc<str>>) {
        match subject {
            Some(subject) => {
                self.subjects.insert(Arc::clone(subject));
            }
            None => self.all = true,
        }
    }
}

/// A mailbox that claims speak of.
#[derive(Clone, Debug, Default)]
struct Watched {
    wanted: Wanted,
    /// How many mails there are, by folder.
    counts: BTreeMap<Arc<str>, u64>,
    lying: BTreeMap<Place, Lying>,
    /// What was removed, by subject where a claim names it.
    gone: BTreeMap<Option<Arc<str>>, Gone>,
    /// How many have no number of their own.
    unnumbered: u64,
}

/// Mails of a mailbox that a claim speaks of.
pub(super) struct Asked<'a> {
    pub(super) mailbox: &'a str,
    pub(super) subject: Option<&'a Arc<str>>,
    pub(super) has: &'a [Arc<str>],
    pub(super) hasnt: &'a [Arc<str>],
}

/// What has become of mails.
#[derive(Default)]
pub(super) struct Found {
    /// How many lie in each folder.
    pub(super) folders: BTreeMap<Arc<str>, u64>,
    /// What is said about those that lie there and have not the flags that are asked for: the folder and the flags of the first few.
    pub(super) others: Vec<(Arc<str>, Vec<Arc<str>>)>,
    /// How many were removed, and when the last of them was, by whom.
    pub(super) removed: u64,
    pub(super) last_removed: Option<(Instant, HostId)>,
}

/// So many mails are told of that are not what was asked for.
const FEW: usize = 4;

/// All mailboxes that claims speak of, by address in lower case.
pub(super) struct Mailboxes(HashMap<String, Watched>);

impl Mailboxes {
    /// For those claims; none where none of them asks what lies where.
    pub(super) fn new(expectations: &[Expectation]) -> Option<Mailboxes> {
        let mut all: HashMap<String, Watched> = HashMap::new();
        for expectation in expectations {
            let (mailbox, wants) = match &expectation.claim {
                Claim::InFolder { mailbox, subject, .. } | Claim::Flags { mailbox, subject, .. } => {
                    (mailbox, Some(subject))
                }
                Claim::MailboxCount { mailbox, .. } => (mailbox, None),
                _ => continue,
            };
            let watched = all.entry(mailbox.as_str().to_ascii_lowercase()).or_default();
            if let Some(subject) = wants {
                watched.wanted.add(subject.as_ref());
            }
        }
        (!all.is_empty()).then_some(Mailboxes(all))
    }

    /// `subject` is that of the record's mail.
    pub(super) fn record(&mut self, record: &Record, subject: Option<&Arc<str>>) {
        match &record.what {
            What::Delivered { mailbox, uid, .. } => {
                let Some(watched) = self.0.get_mut(&mailbox.to_ascii_lowercase()) else { return };
                let number = if *uid == 0 { watched.new_number() } else { u64::from(*uid) };
                watched.add(
                    (record.host, INBOX.into(), number),
                    Lying { subject: subject.cloned(), flags: BTreeSet::new() },
                );
            }
            What::Mailbox { mailbox, folder, uid, client, deed } => {
                let Some(watched) = self.0.get_mut(&mailbox.to_ascii_lowercase()) else { return };
                let place = (record.host, Arc::clone(folder), u64::from(*uid));
                watched.done(record, place, *client, deed, subject);
            }
            _ => {}
        }
    }

    /// How many mails lie in a folder.
    pub(super) fn count(&self, mailbox: &str, folder: &str) -> u64 {
        self.0.get(&mailbox.to_ascii_lowercase()).and_then(|w| w.counts.get(folder)).copied().unwrap_or(0)
    }

    /// Which folders have mail, and how much.
    pub(super) fn counts(&self, mailbox: &str) -> BTreeMap<Arc<str>, u64> {
        let watched = self.0.get(&mailbox.to_ascii_lowercase());
        watched.map(|w| w.counts.clone()).unwrap_or_default().into_iter().filter(|(_, n)| *n > 0).collect()
    }

    /// What has become of the mails that a claim speaks of.
    pub(super) fn find(&self, asked: &Asked<'_>) -> Found {
        let mut found = Found::default();
        let Some(watched) = self.0.get(&asked.mailbox.to_ascii_lowercase()) else { return found };
        let is_it = |subject: &Option<Arc<str>>| asked.subject.is_none_or(|wanted| subject.as_ref() == Some(wanted));
        for ((_, folder, _), lying) in watched.lying.iter().filter(|(_, lying)| is_it(&lying.subject)) {
            let said = |flag: &Arc<str>| lying.flags.iter().any(|known| known.eq_ignore_ascii_case(flag));
            if asked.has.iter().all(said) && !asked.hasnt.iter().any(said) {
                *found.folders.entry(Arc::clone(folder)).or_default() += 1;
            } else if found.others.len() < FEW {
                found.others.push((Arc::clone(folder), lying.flags.iter().cloned().collect()));
            }
        }
        for (_, gone) in watched.gone.iter().filter(|(subject, _)| is_it(subject)) {
            found.removed += gone.count;
            found.last_removed = found.last_removed.max(Some(gone.last));
        }
        found
    }
}

impl Watched {
    fn new_number(&mut self) -> u64 {
        self.unnumbered += 1;
        u64::from(u32::MAX) + self.unnumbered
    }

    fn add(&mut self, place: Place, lying: Lying) {
        *self.counts.entry(Arc::clone(&place.1)).or_default() += 1;
        if self.wanted.has(lying.subject.as_ref()) {
            self.lying.insert(place, lying);
        }
    }

    fn take(&mut self, place: &Place, subject: Option<&Arc<str>>) -> Lying {
        let count = self.counts.entry(Arc::clone(&place.1)).or_default();
        *count = count.saturating_sub(1);
        let nothing = || Lying { subject: subject.cloned(), flags: BTreeSet::new() };
        self.lying.remove(place).unwrap_or_else(nothing)
    }

    fn done(&mut self, record: &Record, place: Place, client: HostId, deed: &Deed, subject: Option<&Arc<str>>) {
        match deed {
            Deed::GivenOut { .. } => {}
            Deed::Flagged { set, cleared } => {
                if let Some(lying) = self.lying.get_mut(&place) {
                    lying.flags.retain(|flag| !cleared.iter().any(|gone| bare(gone).eq_ignore_ascii_case(flag)));
                    lying.flags.extend(set.iter().map(bare));
                }
            }
            Deed::Copied { to, to_uid } => {
                let nothing = || Lying { subject: subject.cloned(), flags: BTreeSet::new() };
                let copy = self.lying.get(&place).cloned().unwrap_or_else(nothing);
                self.add((record.host, Arc::clone(to), u64::from(*to_uid)), copy);
            }
            Deed::Moved { to, to_uid } => {
                let moved = self.take(&place, subject);
                self.add((record.host, Arc::clone(to), u64::from(*to_uid)), moved);
            }
            Deed::Appended { .. } => {
                self.add(place, Lying { subject: subject.cloned(), flags: BTreeSet::new() });
            }
            Deed::Removed => {
                let Lying { subject, .. } = self.take(&place, subject);
                if self.wanted.has(subject.as_ref()) {
                    let key = subject.filter(|subject| self.wanted.names(Some(subject)));
                    let last = (record.at, client);
                    let gone = self.gone.entry(key).or_insert(Gone { count: 0, last });
                    (gone.count, gone.last) = (gone.count + 1, last);
                }
            }
        }
    }
}

/// A flag without its backslash.
fn bare(flag: &Arc<str>) -> Arc<str> {
    flag.strip_prefix('\\').map_or_else(|| Arc::clone(flag), Arc::from)
}
