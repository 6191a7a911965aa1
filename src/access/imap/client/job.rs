//! A request that is being worked off: [`Job`].

use std::collections::{BTreeSet, VecDeque};

use super::event::Outcome;
use super::folders::Folder;
use super::plan::Step;
use super::request::{Request, What};
use super::sets::{Range, numbers};

/// A request, what is still to be said for it, and what has come of it so far.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) request: Request,
    pub(super) steps: VecDeque<Step>,
    pub(super) folders: Vec<Folder>,
    /// The mails of which nothing was got yet.
    missing: BTreeSet<u32>,
    copied: Vec<(u32, u32)>,
    copied_to: Option<u32>,
    pub(super) appended: Option<(u32, u32)>,
}

impl Job {
    pub(super) fn new(request: Request, steps: VecDeque<Step>) -> Job {
        let missing = match &request {
            Request::Fetch { uids, .. } => uids.iter().copied().collect(),
            _ => BTreeSet::new(),
        };
        Job { request, steps, folders: Vec::new(), missing, copied: Vec::new(), copied_to: None, appended: None }
    }

    /// Whether this was asked for and has not come yet; from now on it has.
    pub(super) fn takes(&mut self, uid: u32, got: &What) -> bool {
        matches!(&self.request, Request::Fetch { what, .. } if what == got) && self.missing.remove(&uid)
    }

    /// The server says what mails are called in another folder (RFC 4315 §3). Nobody asks for more than were named.
    pub(super) fn copied(&mut self, uid_validity: u32, from: &[Range], to: &[Range]) {
        let (Request::Copy { uids, .. } | Request::Move { uids, .. }) = &self.request else { return };
        let room = uids.len().saturating_sub(self.copied.len());
        self.copied_to = Some(uid_validity);
        self.copied.extend(numbers(from).zip(numbers(to)).take(room));
    }

    /// What has come of it where nothing went wrong.
    pub(super) fn outcome(&mut self) -> Outcome {
        match &self.request {
            Request::List => Outcome::Folders(std::mem::take(&mut self.folders)),
            Request::Fetch { .. } => {
                Outcome::Fetched { missing: std::mem::take(&mut self.missing).into_iter().collect() }
            }
            Request::Copy { .. } | Request::Move { .. } => {
                Outcome::Copied { uid_validity: self.copied_to, uids: std::mem::take(&mut self.copied) }
            }
            Request::Append { .. } => Outcome::Appended { place: self.appended },
            _ => Outcome::Done,
        }
    }
}
