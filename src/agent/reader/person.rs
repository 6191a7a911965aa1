//! The person in front of the machine: reads, files, deletes and answers mail that is here.

use super::config::{Deed, Protocol};
use super::mind::{Doing, Todo};
use super::shelf::{Errand, Mail, MailIndex, Name};
use super::{Reader, Written, answer};
use crate::agent::Context;
use crate::queue::NextHop;
use crate::sim::Instant;
use crate::store::{Flags, INBOX};
use crate::trace::{At, MailId, What};

impl Reader {
    /// A mail has come.
    pub(super) fn arrived(&mut self, ctx: &mut Context<'_>, account: usize, mail: MailIndex) {
        let is_unread = !self.shelves[account].mail(mail).flags.has(Flags::SEEN);
        if let (Some(after), true) = (self.config.accounts[account].habits.reads_after, is_unread) {
            self.remind(ctx, ctx.now + after, account, mail, Doing::Read);
        }
        // Somebody may have waited for it.
        if self.person.acts.iter().any(|act| self.config.acts[*act].at <= ctx.now) {
            self.person.next_act = Some(ctx.now);
        }
    }

    fn remind(&mut self, ctx: &Context<'_>, at: Instant, account: usize, mail: MailIndex, what: Doing) {
        self.person.last += 1;
        let cause = ctx.tracer.last();
        self.person.todos.insert((at, self.person.last), Todo { account, mail, what, cause });
    }

    /// Does what is due.
    pub(super) fn act(&mut self, ctx: &mut Context<'_>) {
        if self.person.poll_timeout().is_none_or(|at| at > ctx.now) {
            return;
        }
        if let Some(until) = self.is_away(ctx.now) {
            return self.put_off(until);
        }
        if self.person.next_act.is_some_and(|at| at <= ctx.now) {
            self.act_by_file(ctx);
        }
        while let Some(entry) = self.person.todos.first_entry() {
            if entry.key().0 > ctx.now {
                break;
            }
            let Todo { account, mail, what, cause } = entry.remove();
            if self.shelves[account].mail(mail).is_gone {
                continue;
            }
            ctx.tracer.because(cause);
            match what {
                Doing::Read if self.shelves[account].mail(mail).flags.has(Flags::SEEN) => {}
                Doing::Read => self.read(ctx, account, mail),
                Doing::Answer => self.answer_by_habit(ctx, account, mail),
                Doing::Delete => self.delete(ctx, account, mail),
            }
        }
        for account in 0..self.looks.len() {
            self.go_on_talking(ctx, account);
        }
    }

    /// The machine is away: everything waits until it is back.
    fn put_off(&mut self, until: Instant) {
        let due = std::mem::take(&mut self.person.todos);
        self.person.todos = due.into_iter().map(|((at, number), todo)| ((at.max(until), number), todo)).collect();
        self.person.next_act = self.person.next_act.map(|at| at.max(until));
    }

    /// What the file says that the person does now.
    fn act_by_file(&mut self, ctx: &mut Context<'_>) {
        ctx.tracer.because(None);
        let config = self.config.clone();
        let acts = std::mem::take(&mut self.person.acts);
        let mut left = Vec::new();
        for place in acts {
            let act = &config.acts[place];
            if act.at > ctx.now || !self.act_on(ctx, act.subject.as_deref(), &act.what) {
                left.push(place);
            }
        }
        let next = left.iter().map(|place| config.acts[*place].at).filter(|at| *at > ctx.now).min();
        (self.person.acts, self.person.next_act) = (left, next);
    }

    /// Does something with the mails of a subject. Whether there were any, or all were meant.
    fn act_on(&mut self, ctx: &mut Context<'_>, subject: Option<&str>, what: &Deed) -> bool {
        let is_meant = |mail: &Mail| {
            mail.content.is_some() && subject.is_none_or(|subject| mail.subject().eq_ignore_ascii_case(subject))
        };
        let meant: Vec<(usize, MailIndex)> = self
            .shelves
            .iter()
            .enumerate()
            .flat_map(|(account, shelf)| shelf.shown().filter(|(_, m)| is_meant(m)).map(move |(m, _)| (account, m)))
            .collect();
        for (account, mail) in &meant {
            let (account, mail) = (*account, *mail);
            match what {
                Deed::Read => self.read(ctx, account, mail),
                Deed::Unread => self.flag(account, mail, Flags::SEEN, false),
                Deed::Flag => self.flag(account, mail, Flags::FLAGGED, true),
                Deed::Move(to) => self.errand(account, Errand::Move(mail, to.clone())),
                Deed::Delete => self.delete(ctx, account, mail),
                Deed::Answer(text) => {
                    self.answer(ctx, account, mail, |content, author| answer::to(content, author, text))
                }
            }
        }
        subject.is_none() || !meant.is_empty()
    }

    /// Opens a mail: at once where all of it is here.
    fn read(&mut self, ctx: &mut Context<'_>, account: usize, mail: MailIndex) {
        let known = self.shelves[account].mail_mut(mail);
        known.opens = true;
        if known.is_whole {
            return self.opened(ctx, account, mail);
        }
        self.errand(account, Errand::Fetch(mail));
    }

    /// All of a mail is here. If somebody wants to read it, it is read now.
    pub(super) fn opened(&mut self, ctx: &mut Context<'_>, account: usize, mail: MailIndex) {
        let known = self.shelves[account].mail_mut(mail);
        if !known.opens || !known.is_whole {
            return;
        }
        (known.opens, known.is_read) = (false, true);
        let (at, folder) = (self.at(ctx, account, mail), self.folder(account, mail));
        let mailbox = self.config.accounts[account].mailbox.clone();
        ctx.ledger.read();
        ctx.record(at, || What::Read { mailbox: mailbox.as_str().into(), folder });
        self.flag(account, mail, Flags::SEEN, true);
        let habits = self.config.accounts[account].habits.clone();
        match (habits.answers, habits.files_in) {
            (Some(answer), _) => self.remind(ctx, ctx.now + answer.after, account, mail, Doing::Answer),
            (None, Some(to)) => self.errand(account, Errand::Move(mail, to)),
            (None, None) => {}
        }
        if let Some(after) = habits.deletes_after {
            self.remind(ctx, ctx.now + after, account, mail, Doing::Delete);
        }
    }

    fn answer_by_habit(&mut self, ctx: &mut Context<'_>, account: usize, mail: MailIndex) {
        let habits = self.config.accounts[account].habits.clone();
        let known = self.shelves[account].mail_mut(mail);
        if let (Some(habit), false) = (habits.answers, std::mem::replace(&mut known.is_answered, true)) {
            self.answer(ctx, account, mail, |content, author| answer::by_habit(content, author, &habit.text));
        }
        if let Some(to) = habits.files_in {
            self.errand(account, Errand::Move(mail, to));
        }
    }

    fn answer(
        &mut self,
        _: &mut Context<'_>,
        account: usize,
        mail: MailIndex,
        write: impl FnOnce(
            &crate::mime::Content,
            &crate::identity::Mailbox,
        ) -> Option<(crate::mime::Draft, crate::identity::Mailbox)>,
    ) {
        let author = self.config.accounts[account].mailbox.clone();
        let known = self.shelves[account].mail(mail);
        let Some((draft, recipient)) = known.content.as_ref().and_then(|content| write(content, &author)) else {
            return;
        };
        // RFC 6186: whoever names no server asks the author's domain.
        let submit_to = self.submit_to.clone().unwrap_or_else(|| NextHop::Submission(author.to_domain()));
        self.written.push_back(Written { draft, author, recipient, submit_to });
        self.flag(account, mail, Flags::ANSWERED, true);
    }

    fn delete(&mut self, _: &mut Context<'_>, account: usize, mail: MailIndex) {
        self.errand(account, Errand::Delete(mail));
        if self.config.accounts[account].protocol == Protocol::Pop3 {
            // It is thrown away here; the server hears of it with the next look.
            self.shelves[account].mail_mut(mail).content = None;
        }
    }

    /// Says something about a mail, here and, by IMAP, at the server.
    fn flag(&mut self, account: usize, mail: MailIndex, flags: Flags, add: bool) {
        let known = self.shelves[account].mail_mut(mail);
        known.flags = if add { known.flags.and(flags) } else { known.flags.without(flags) };
        if self.config.accounts[account].protocol == Protocol::Imap {
            self.errand(account, Errand::Flag { mail, flags, add });
        }
    }

    fn errand(&mut self, account: usize, errand: Errand) {
        self.shelves[account].errands.push_back(errand);
    }

    /// Whoever waits on an open connection hears of new errands.
    fn go_on_talking(&mut self, ctx: &mut Context<'_>, account: usize) {
        if self.config.accounts[account].protocol == Protocol::Imap && !self.shelves[account].errands.is_empty() {
            self.go_on(ctx, account);
            self.drain(ctx, account);
        }
    }

    fn at(&self, ctx: &Context<'_>, account: usize, mail: MailIndex) -> At {
        let about = self.shelves[account].mail(mail).about;
        about.map_or(ctx.at(), |(mail, hop)| ctx.at().mail(MailId(mail), hop))
    }

    fn folder(&self, account: usize, mail: MailIndex) -> std::sync::Arc<str> {
        match self.shelves[account].mail(mail).name {
            Name::Unique(_) => INBOX.into(),
            Name::Uid { folder, .. } => self.config.accounts[account].folders[folder].clone(),
        }
    }
}
