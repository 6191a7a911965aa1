//! One queued mail: envelope, content, and what became of each recipient.

use std::net::IpAddr;
use std::sync::Arc;

use smallvec::SmallVec;

use super::DestinationId;
use crate::identity::{Domain, Mailbox, ReversePath};
use crate::mime::Content;
use crate::octets::Chunk;
use crate::sim::{Duration, Instant};

/// Names a queued mail for as long as it is queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u32);

/// Who wrote a mail, as far as it matters when it cannot be delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Somebody else.
    #[default]
    Elsewhere,
    /// This host, to the sender of a mail that failed or is late.
    Report,
    /// This host, to its postmaster. It is the last word: nobody is told when it fails.
    Notice,
}

/// What is handed to a queue.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The mail's number in the run, for observers.
    pub mail: u64,
    /// The hops it has made, for observers.
    pub hops: u16,
    /// The host's own number for it, from which its queue id is made.
    pub serial: u64,
    /// Who wrote it.
    pub origin: Origin,
    /// Where to report failure.
    pub reverse_path: ReversePath,
    /// Who it is for.
    pub recipients: SmallVec<[(Mailbox, DestinationId); 1]>,
    /// Places of the recipients that an alias of this host has put in, and the address that the sender wrote.
    pub aliases: Vec<(u32, Mailbox)>,
    /// Whether it goes on behind TLS only (RFC 8689).
    pub require_tls: bool,
    /// The content.
    pub content: Content,
}

/// Why a recipient was not reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The enhanced status code (RFC 3463), such as `5.1.1` or `4.4.1`.
    pub status: Arc<str>,
    /// The reply of the other host, or the failure in words.
    pub text: Chunk,
    /// Who said so: name and address; `None` when nobody was reached.
    pub by: Option<(Domain, IpAddr)>,
    /// Whether `text` is an SMTP reply (RFC 3464 calls it a diagnostic code of type `smtp`).
    pub is_reply: bool,
}

/// What has become of a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Still to be reached.
    Waiting,
    /// Another host took responsibility.
    Relayed,
    /// Never to be reached; the report is due.
    Failed,
    /// Never to be reached; the caller has been told to report it.
    Reported,
}

/// A recipient of a queued mail.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// Where it is to go.
    pub mailbox: Mailbox,
    /// The destination that leads there.
    pub destination: DestinationId,
    /// What has become of it.
    pub fate: Fate,
    /// Why the last attempt failed.
    pub last_failure: Option<Failure>,
}

impl Recipient {
    /// The mail was kept for too long. The status stays that of the last trouble: RFC 3463 §3.5 wants the actual problem
    /// rather than X.4.7, and its class 4 says what is true of a mail that was given up, too: a later one may get
    /// through. That it is over is said in words, and by the report's Action field.
    pub(super) fn expire(&mut self, why: &str) {
        let last = self.last_failure.take();
        let mut text = why.as_bytes().to_vec();
        if let Some(last) = &last {
            text.extend_from_slice(b"; last: ");
            text.extend_from_slice(&last.text);
        }
        let (status, by) = last.map_or_else(|| ("4.4.7".into(), None), |last| (last.status, last.by));
        self.fate = Fate::Failed;
        self.last_failure = Some(Failure { status, text: Chunk::from(text), by, is_reply: false });
    }
}

/// One queued mail.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Counts the mails of this queue from 1.
    pub number: u64,
    /// The mail's number in the run.
    pub mail: u64,
    /// The hops it has made.
    pub hops: u16,
    /// The host's own number for it.
    pub serial: u64,
    /// Who wrote it.
    pub origin: Origin,
    /// Where to report failure.
    pub reverse_path: ReversePath,
    /// Who it is for.
    pub recipients: SmallVec<[Recipient; 1]>,
    /// Whether it goes on behind TLS only (RFC 8689).
    pub require_tls: bool,
    /// See [`Mail::aliases`].
    pub aliases: Vec<(u32, Mailbox)>,
    /// The content.
    pub content: Content,
    /// When the host took responsibility.
    pub arrived: Instant,
    /// Attempts begun.
    pub attempts: u32,
    /// When it is tried again; `None` while it is active.
    pub due: Option<Instant>,
    /// The record that says why it waits, for observers; 0 is none.
    pub cause: u64,
    pub(super) last_gap: Duration,
    pub(super) open_jobs: u32,
    pub(super) warned: bool,
}

impl Entry {
    pub(super) fn new(number: u64, now: Instant, mail: Mail) -> Entry {
        let recipients = mail
            .recipients
            .into_iter()
            .map(|(mailbox, destination)| Recipient { mailbox, destination, fate: Fate::Waiting, last_failure: None })
            .collect();
        Entry {
            number,
            mail: mail.mail,
            hops: mail.hops,
            serial: mail.serial,
            origin: mail.origin,
            reverse_path: mail.reverse_path,
            recipients,
            require_tls: mail.require_tls,
            aliases: mail.aliases,
            content: mail.content,
            arrived: now,
            attempts: 0,
            due: None,
            cause: 0,
            last_gap: Duration::ZERO,
            open_jobs: 0,
            warned: false,
        }
    }

    /// The address that the sender wrote for the recipient at `place`, where an alias has put another in its place.
    #[must_use]
    pub fn expanded_from(&self, place: usize) -> Option<&Mailbox> {
        self.aliases.iter().find(|(p, _)| *p as usize == place).map(|(_, written)| written)
    }

    /// Number of recipients that the host still owes something: those that wait for their verdict, and those whose
    /// failure is not reported yet because other jobs of the mail are under way.
    #[must_use]
    pub fn owed(&self) -> usize {
        self.recipients.iter().filter(|r| matches!(r.fate, Fate::Waiting | Fate::Failed)).count()
    }
}
