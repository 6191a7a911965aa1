//! Looks by IMAP: folders are brought up to date one after the other, errands are done, and then it waits or leaves.

use std::sync::Arc;

use super::config::{Account, Looks, Seals};
use super::connection::Said;
use super::look::Client;
use super::shelf::{Errand, Mail, MailIndex, Name, Shelf};
use super::{Reader, Stage};
use crate::access::imap::client::{Config, Event, Known, Output, Part, Request, Session, StartTls};
use crate::agent::Context;
use crate::sasl::Nonce;
use crate::store::Flags;
use crate::trace::{MailId, What};

/// How far a look has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    /// Whether somebody is logged in.
    is_ready: bool,
    /// What has been asked and not been answered.
    asked: Option<Asked>,
    /// The folder that is open, by its place.
    open: Option<usize>,
    /// Folders that are up to date.
    done: Vec<usize>,
    /// Mails of the open folder that are to be fetched, the first first.
    unfetched: std::collections::BTreeSet<u32>,
    /// What the look into the open folder has brought so far: mails that were not known.
    new: u64,
    /// Folders that were made with this look.
    made: Vec<Arc<str>>,
}

/// What a request was for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked {
    Open(usize),
    Fetch(u32),
    Make(Arc<str>),
    Errand,
    Idle,
    Leave,
}

/// A session for a look.
pub(super) fn session(account: &Account, nonce: Nonce) -> Session {
    let config = Config {
        tls: match account.seals {
            Seals::Never => StartTls::Never,
            Seals::IfOffered => StartTls::IfOffered,
            Seals::Required => StartTls::Required,
        },
        plain_text_logins: account.plain_text_logins,
        uses_idle: matches!(account.looks, Looks::Idle { .. }),
        ..Config::default()
    };
    let (login, password) = account.login.clone();
    Session::new(config, login, password, nonce)
}

/// What a session says, in the words of all.
pub(super) fn said(output: Output) -> Said {
    match output {
        Output::Send { data, about, says } => Said::Send { data, about, says },
        Output::Saw { line } => Said::Saw(line),
        Output::Content { size_bytes, about } => Said::Content { size_bytes, about },
        Output::StartTls { discarded_bytes } => Said::StartTls { discarded_bytes },
        Output::Event(event) => Said::Imap(event),
        Output::Close => Said::Close,
    }
}

impl Reader {
    /// A session tells something.
    pub(super) fn imap_event(&mut self, ctx: &mut Context<'_>, place: usize, event: Event) {
        let progress = &mut self.looks[place].imap;
        match event {
            Event::Ready { .. } => {
                progress.is_ready = true;
                self.go_on(ctx, place);
            }
            Event::Opened { uid_validity, reset, modseq, .. } => {
                let Some(Asked::Open(folder)) = progress.asked else { return };
                progress.open = Some(folder);
                progress.unfetched.clear();
                progress.new = 0;
                if reset {
                    let all: Vec<MailIndex> = self.shelves[place].folders[folder].mails.values().copied().collect();
                    all.into_iter().for_each(|mail| self.shelves[place].remove(mail));
                }
                let known = &mut self.shelves[place].folders[folder];
                (known.uid_validity, known.modseq) = (uid_validity, modseq.unwrap_or(known.modseq));
            }
            Event::Mail { uid, flags, .. } => self.new_mail(ctx, place, uid, flags),
            Event::Flags { uid, flags, .. } => {
                let Some(mail) = self.mail_at(place, uid) else { return };
                self.shelves[place].mail_mut(mail).flags = flags;
            }
            Event::Gone { uid } => {
                let progress = &mut self.looks[place].imap;
                progress.unfetched.remove(&uid);
                let Some(mail) = self.mail_at(place, uid) else { return };
                self.vanished(ctx, place, mail);
            }
            Event::Got { uid, part, content, about } => {
                let Some(mail) = self.mail_at(place, uid) else { return };
                let size_bytes = content.size_bytes();
                let known = self.shelves[place].mail_mut(mail);
                let was_there = known.content.is_some();
                (known.content, known.about, known.is_whole) = (Some(content), about, part == Part::Whole);
                known.fetched_at = ctx.now;
                self.fetched(ctx, place, mail, size_bytes);
                if !was_there {
                    self.arrived(ctx, place, mail);
                }
                self.opened(ctx, place, mail);
            }
            Event::Done { result, .. } => self.done(ctx, place, result.err()),
            Event::Said { .. } | Event::Folder { .. } => {}
            Event::Failed { text, .. } => self.tell_failure(ctx, place, &text),
        }
    }

    /// A mail of the open folder.
    fn mail_at(&self, place: usize, uid: u32) -> Option<MailIndex> {
        let folder = self.looks[place].imap.open?;
        self.shelves[place].folders[folder].mails.get(&uid).copied()
    }

    fn new_mail(&mut self, ctx: &mut Context<'_>, place: usize, uid: u32, flags: Flags) {
        let progress = &mut self.looks[place].imap;
        let Some(folder) = progress.open else { return };
        progress.new += 1;
        progress.unfetched.insert(uid);
        if !self.shelves[place].folders[folder].mails.contains_key(&uid) {
            self.shelves[place].add(Mail {
                name: Name::Uid { folder, uid },
                about: None,
                content: None,
                is_whole: false,
                flags,
                fetched_at: ctx.now,
                is_read: false,
                opens: false,
                is_answered: false,
                is_gone: false,
            });
        }
        // Whoever idles is told of it, and asks for it at once.
        if progress_idles(&self.looks[place].imap) {
            self.go_on(ctx, place);
        }
    }

    /// A mail is not there any more.
    fn vanished(&mut self, ctx: &mut Context<'_>, place: usize, mail: MailIndex) {
        let account = &self.config.accounts[place];
        let known = self.shelves[place].mail(mail);
        let Name::Uid { folder, .. } = known.name else { return };
        // What this machine has moved or deleted itself is no news to it.
        let at = self.looks[place].line.as_ref().map_or(ctx.at(), |line| line.at(ctx.at()));
        let at = known.about.map_or(at, |(mail, hop)| at.mail(MailId(mail), hop));
        if known.content.is_some() {
            ctx.record(at, || What::Vanished {
                mailbox: account.mailbox.as_str().into(),
                folder: account.folders[folder].clone(),
            });
        }
        self.shelves[place].remove(mail);
    }

    /// A request was answered.
    fn done(&mut self, ctx: &mut Context<'_>, place: usize, refused: Option<String>) {
        let progress = &mut self.looks[place].imap;
        match (progress.asked.take(), &refused) {
            (Some(Asked::Open(folder)), None) => {
                progress.done.push(folder);
                self.checked(ctx, place, folder);
            }
            // A folder that is not there has nothing new.
            (Some(Asked::Open(folder)), Some(_)) => {
                progress.open = None;
                progress.done.push(folder);
                let Shelf { folders, errands, .. } = &mut self.shelves[place];
                let mails: Vec<MailIndex> = folders[folder].mails.values().copied().collect();
                errands.retain(|errand| !mails.contains(&errand.mail()));
            }
            (Some(Asked::Fetch(uid)), _) => {
                progress.unfetched.remove(&uid);
            }
            (Some(Asked::Errand), _) => {
                self.shelves[place].errands.pop_front();
            }
            (Some(Asked::Make(name)), _) => progress.made.push(name),
            (Some(Asked::Idle | Asked::Leave) | None, _) => {}
        }
        if let Some(why) = refused {
            self.complain(ctx, place, &why);
        }
        self.go_on(ctx, place);
    }

    /// The server did not do what it was asked for; the look goes on.
    fn complain(&mut self, ctx: &mut Context<'_>, place: usize, why: &str) {
        let before = self.looks[place].failure.take();
        self.tell_failure(ctx, place, why);
        self.looks[place].failure = before;
    }

    fn checked(&mut self, ctx: &mut Context<'_>, place: usize, folder: usize) {
        let account = &self.config.accounts[place];
        let there = self.shelves[place].folders[folder].mails.len() as u64;
        let look = &self.looks[place];
        let at = look.line.as_ref().map_or(ctx.at(), |line| line.at(ctx.at()));
        ctx.record(at, || What::Checked {
            mailbox: account.mailbox.as_str().into(),
            protocol: account.protocol.name().into(),
            folder: account.folders[folder].clone(),
            there,
            new: look.imap.new,
        });
    }

    /// Asks for what comes next, if nothing is being asked.
    pub(super) fn go_on(&mut self, ctx: &mut Context<'_>, place: usize) {
        let idles = progress_idles(&self.looks[place].imap);
        if self.looks[place].stage != Stage::Talking
            || !self.looks[place].imap.is_ready
            || self.looks[place].imap.asked.is_some() && !idles
        {
            return;
        }
        let Some((asked, request)) = self.next_request(place) else { return };
        if idles && asked == Asked::Idle {
            return;
        }
        let look = &mut self.looks[place];
        look.imap.asked = Some(asked);
        if let Some(line) = &mut look.line
            && let Client::Imap(session) = &mut line.client
        {
            session.request(ctx.now, request);
        }
    }

    fn next_request(&mut self, place: usize) -> Option<(Asked, Request)> {
        let account = &self.config.accounts[place];
        let progress = &self.looks[place].imap;
        let open = |folder: usize, shelf: &Shelf| (Asked::Open(folder), open_request(account, shelf, folder));
        let shelf = &mut self.shelves[place];
        // What has come into the open folder, then what is to be done, then the other folders.
        if progress.open.is_some()
            && let Some(uid) = progress.unfetched.first()
        {
            let part = if account.whole { Part::Whole } else { Part::Header };
            return Some((Asked::Fetch(*uid), Request::Fetch { uid: *uid, part }));
        }
        while let Some(errand) = shelf.errands.front().cloned() {
            let mail = shelf.mail(errand.mail());
            let (Name::Uid { folder, uid }, false) = (&mail.name, mail.is_gone) else {
                shelf.errands.pop_front();
                continue;
            };
            let (folder, uid) = (*folder, *uid);
            if progress.open != Some(folder) {
                return Some(open(folder, shelf));
            }
            if let Errand::Move(_, to) = &errand
                && !progress.made.contains(to)
                && !account.folders.contains(to)
            {
                // Who asks for one that is there is told so, and no harm is done.
                return Some((Asked::Make(to.clone()), Request::Create { name: to.clone() }));
            }
            return Some((Asked::Errand, errand_request(errand, uid)));
        }
        if let Some(folder) = (0..account.folders.len()).rev().find(|folder| !progress.done.contains(folder)) {
            return Some(open(folder, shelf));
        }
        match account.looks {
            Looks::Every(_) => Some((Asked::Leave, Request::Logout)),
            Looks::Idle { .. } if progress.open != Some(0) => Some(open(0, shelf)),
            Looks::Idle { .. } => Some((Asked::Idle, Request::Idle)),
        }
    }
}

fn progress_idles(progress: &Progress) -> bool {
    progress.asked == Some(Asked::Idle)
}

fn open_request(account: &Account, shelf: &Shelf, folder: usize) -> Request {
    let known = &shelf.folders[folder];
    let flags = |(uid, mail): (&u32, &MailIndex)| (*uid, shelf.mail(*mail).flags);
    let known = Known {
        uid_validity: known.uid_validity,
        modseq: known.modseq,
        mails: known.mails.iter().map(flags).collect(),
    };
    Request::Open { folder: account.folders[folder].clone(), known }
}

fn errand_request(errand: Errand, uid: u32) -> Request {
    match errand {
        Errand::Flag { flags, add, .. } => Request::Flag { uids: vec![uid], flags, add },
        Errand::Fetch(_) => Request::Fetch { uid, part: Part::Whole },
        Errand::Move(_, to) => Request::Move { uids: vec![uid], to },
        Errand::Delete(_) => Request::Delete { uids: vec![uid] },
    }
}
