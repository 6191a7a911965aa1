//! Looks by POP3: what is fetched, and what becomes of it on the server.

use super::Reader;
use super::config::Keeps;
use super::shelf::{Errand, Mail, MailIndex, Name};
use crate::access::pop3::client::{Choice, Event, Item};
use crate::agent::Context;
use crate::agent::reader::look::Client;
use crate::sim::Instant;
use crate::store::{Flags, INBOX};
use crate::trace::{MailId, What};

impl Reader {
    /// A session tells something.
    pub(super) fn pop3_event(&mut self, ctx: &mut Context<'_>, place: usize, event: Event) {
        match event {
            Event::Listed(items) => self.listed(ctx, place, &items),
            Event::Got { uidl, content, about, .. } => {
                let size_bytes = content.size_bytes();
                let mail = Mail {
                    name: Name::Unique(uidl[..].into()),
                    about,
                    content: Some(content),
                    is_whole: true,
                    flags: Flags::NONE,
                    fetched_at: ctx.now,
                    is_read: false,
                    opens: false,
                    is_answered: false,
                    is_gone: false,
                };
                let mail = self.shelves[place].add(mail);
                self.fetched(ctx, place, mail, size_bytes);
                self.arrived(ctx, place, mail);
            }
            Event::Done { .. } => self.shelves[place].errands.clear(),
            Event::Failed { text, .. } => self.tell_failure(ctx, place, &text),
        }
    }

    /// What is there is known: chooses what to fetch, and what to delete.
    fn listed(&mut self, ctx: &mut Context<'_>, place: usize, items: &[Item]) {
        let account = &self.config.accounts[place];
        let shelf = &self.shelves[place];
        let known = |item: &Item| shelf.unique.get(&item.uidl[..]).copied();
        let fetch: Vec<u32> = items.iter().filter(|item| known(item).is_none()).map(|item| item.number).collect();
        let delete = items.iter().filter(|item| goes(account.keeps, shelf, known(item), ctx.now));
        let delete: Vec<u32> = delete.map(|item| item.number).collect();
        let (there, new) = (items.len() as u64, fetch.len() as u64);
        let Some(line) = &mut self.looks[place].line else { return };
        let at = line.at(ctx.at());
        ctx.record(at, || What::Checked {
            mailbox: account.mailbox.as_str().into(),
            protocol: account.protocol.name().into(),
            folder: INBOX.into(),
            there,
            new,
        });
        if let Client::Pop3(session) = &mut line.client {
            session.choose(ctx.now, Choice { fetch, delete });
        }
    }

    /// A mail, or the beginning of one, is here now.
    pub(super) fn fetched(&mut self, ctx: &mut Context<'_>, place: usize, mail: MailIndex, size_bytes: u64) {
        let account = &self.config.accounts[place];
        let mail = self.shelves[place].mail(mail);
        let folder = match mail.name {
            Name::Unique(_) => INBOX.into(),
            Name::Uid { folder, .. } => account.folders[folder].clone(),
        };
        let at = self.looks[place].line.as_ref().map_or(ctx.at(), |line| line.at(ctx.at()));
        let at = mail.about.map_or(at, |(mail, hop)| at.mail(MailId(mail), hop));
        let whole = mail.is_whole;
        if whole {
            ctx.ledger.fetched(ctx.host, mail.about.map_or(0, |(mail, _)| mail));
        }
        ctx.record(at, || What::Fetched {
            mailbox: account.mailbox.as_str().into(),
            protocol: account.protocol.name().into(),
            folder,
            size_bytes,
            whole,
        });
    }
}

/// Whether a mail is deleted on the server with this look.
fn goes(keeps: Keeps, shelf: &super::Shelf, mail: Option<MailIndex>, now: Instant) -> bool {
    let is_unwanted = mail.is_some_and(|mail| shelf.errands.contains(&Errand::Delete(mail)));
    is_unwanted
        || match keeps {
            Keeps::Leave => false,
            Keeps::Delete => true,
            Keeps::For(time) => mail.is_some_and(|mail| shelf.mail(mail).fetched_at + time <= now),
        }
}
