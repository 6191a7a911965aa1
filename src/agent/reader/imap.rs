//! Looks by IMAP: folders are brought up to date one after the other, errands are done, and then it waits or leaves.

use super::config::{Account, Looks};
use super::look::{Client, Progress, Request as Asked};
use super::shelf::{Errand, Mail, MailIndex, Name, Shelf};
use super::{Reader, Stage};
use crate::access::imap::client::{
    Event, Failure, FailureKind, FlagList, Got, Known, NoLogin, Refusal, Request, What as Of,
};
use crate::agent::Context;
use crate::mime::Content;
use crate::store::Flags;
use crate::trace::{MailId, What};

impl Reader {
    /// A session tells something.
    pub(super) fn imap_event(&mut self, ctx: &mut Context<'_>, place: usize, event: Event) {
        let progress = &mut self.looks[place].imap;
        match event {
            Event::Ready { .. } => {
                progress.is_ready = true;
                self.go_on(ctx, place);
            }
            Event::Opened { uid_validity, reset, .. } => {
                let Some(Asked::Open(folder)) = progress.asked else { return };
                progress.open = Some(folder);
                progress.unfetched.clear();
                progress.new = 0;
                if reset {
                    let all: Vec<MailIndex> = self.shelves[place].folders[folder].mails.values().copied().collect();
                    all.into_iter().for_each(|mail| self.shelves[place].remove(mail));
                }
                self.shelves[place].folders[folder].uid_validity = uid_validity;
            }
            Event::Mail { uid, flags, .. } => self.new_mail(ctx, place, uid, flags.system),
            Event::Flags { uid, flags, .. } => {
                let Some(mail) = self.mail_at(place, uid) else { return };
                self.shelves[place].mail_mut(mail).flags = flags.system;
            }
            Event::Gone { uid } => {
                let progress = &mut self.looks[place].imap;
                progress.unfetched.remove(&uid);
                let Some(mail) = self.mail_at(place, uid) else { return };
                self.vanished(ctx, place, mail);
            }
            Event::Got { uid, what, content: Got::Content(octets), about } => {
                let content = Content::from(octets);
                let Some(mail) = self.mail_at(place, uid) else { return };
                let size_bytes = content.size_bytes();
                let known = self.shelves[place].mail_mut(mail);
                let was_there = known.content.is_some();
                (known.content, known.about, known.is_whole) = (Some(content), about, what == Of::Whole);
                known.fetched_at = ctx.now;
                self.fetched(ctx, place, mail, size_bytes);
                if !was_there {
                    self.arrived(ctx, place, mail);
                }
                self.opened(ctx, place, mail);
            }
            // Where something else was asked meanwhile, that the waiting is over is no answer to it.
            Event::Done { request, .. } if *request == Request::Idle && !idles(&self.looks[place].imap) => {}
            Event::Done { result, .. } => self.done(ctx, place, result.err().map(why)),
            Event::State(_) | Event::Said { .. } | Event::Got { content: Got::Structure(_), .. } | Event::Closed => {}
            Event::Failed(failure) => self.tell_failure(ctx, place, &told(&failure)),
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
        if idles(&self.looks[place].imap) {
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
                self.note_modseq(place, folder);
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

    /// What has been told of the folder is all up to this change.
    fn note_modseq(&mut self, place: usize, folder: usize) {
        if let Some(line) = &self.looks[place].line
            && let Client::Imap(session) = &line.client
        {
            self.shelves[place].folders[folder].modseq = session.modseq();
        }
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
        let is_idle = idles(&self.looks[place].imap);
        if self.looks[place].stage != Stage::Talking
            || !self.looks[place].imap.is_ready
            || self.looks[place].imap.asked.is_some() && !is_idle
        {
            return;
        }
        let Some((asked, request)) = self.next_request(place) else { return };
        if is_idle && asked == Asked::Idle {
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
            let what = if account.whole { Of::Whole } else { Of::Header };
            return Some((Asked::Fetch(*uid), Request::Fetch { uids: vec![*uid], what }));
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
                return Some((Asked::Make(to.clone()), Request::Create { folder: to.to_string() }));
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

fn idles(progress: &Progress) -> bool {
    progress.asked == Some(Asked::Idle)
}

fn open_request(account: &Account, shelf: &Shelf, folder: usize) -> Request {
    let known = &shelf.folders[folder];
    let flags = |(uid, mail): (&u32, &MailIndex)| (*uid, FlagList::from(shelf.mail(*mail).flags));
    let known = Known {
        uid_validity: known.uid_validity,
        modseq: known.modseq,
        mails: known.mails.iter().map(flags).collect(),
    };
    Request::Open { folder: account.folders[folder].to_string(), known }
}

fn errand_request(errand: Errand, uid: u32) -> Request {
    let uids = vec![uid];
    match errand {
        Errand::Flag { flags, add: true, .. } => Request::Flag { uids, add: flags.into(), remove: FlagList::NONE },
        Errand::Flag { flags, .. } => Request::Flag { uids, add: FlagList::NONE, remove: flags.into() },
        Errand::Fetch(_) => Request::Fetch { uids, what: Of::Whole },
        Errand::Move(_, to) => Request::Move { uids, to: to.to_string() },
        Errand::Delete(_) => Request::Delete { uids },
    }
}

/// Why a session ended, for people.
fn told(failure: &Failure) -> String {
    let why = match &failure.kind {
        FailureKind::Timeout => "the server does not answer",
        FailureKind::Eof => "the connection was lost",
        FailureKind::Bye => "the server has ended the session",
        FailureKind::NoGreeting => "that is no IMAP server",
        FailureKind::NoTls => "TLS is required, and is not to be had",
        FailureKind::NotLoggedIn(NoLogin::NotOffered { in_plain_text: true }) => {
            "no way to log in without showing the password, and the connection is not sealed"
        }
        FailureKind::NotLoggedIn(NoLogin::NotOffered { .. }) => "the server offers no way to log in that is known here",
        FailureKind::NotLoggedIn(NoLogin::Refused) => "the server refuses the login",
        FailureKind::NotLoggedIn(NoLogin::GaveUp(_)) => "the server does not know the password either",
        FailureKind::TooLarge => "the server says too much",
        FailureKind::TooManyMails => "there are too many mails in the folder",
        FailureKind::Numbers => "the server contradicts itself",
    };
    match failure.text.is_empty() {
        true => format!("{why} ({})", failure.stage),
        false => format!("{why} ({}): {}", failure.stage, failure.text),
    }
}

/// Why something was not done, for people.
fn why(refusal: Refusal) -> String {
    match refusal {
        Refusal::No { text, .. } | Refusal::Bad { text } => text,
        Refusal::NoFolder => "no folder is open".into(),
        Refusal::Unsendable(what) => what.into(),
        Refusal::TooMany => "too much is to be done".into(),
        Refusal::Lost => "the session has ended".into(),
    }
}
