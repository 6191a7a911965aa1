//! TRANSACTION (RFC 1939 §5, §7).

use super::job::{self, Job, Mail};
use super::maildrop::Maildrop;
use super::{Session, command, replies};
use crate::access::{Event, Output};
use crate::store::{Deed, Desk, Done, FlagChange, Flags};

impl Session {
    pub(super) fn do_stat(&mut self, arguments: Option<&[u8]>) -> Option<()> {
        command::nothing(arguments)?;
        let (count, bytes) = self.maildrop.as_ref()?.count();
        self.answer(&format!("+OK {count} {bytes}"))
    }

    /// LIST and UIDL.
    pub(super) fn do_list(&mut self, arguments: Option<&[u8]>, unique_ids: bool, desk: &mut Desk<'_>) -> Option<()> {
        if let Some(number) = command::optional_number(arguments)? {
            let Some(place) = self.mail(number, desk) else { return Some(()) };
            let maildrop = self.maildrop.as_ref()?;
            let what =
                if unique_ids { maildrop.unique_id(place) } else { maildrop.entries[place].size_bytes.to_string() };
            return self.answer(&format!("+OK {} {what}", place + 1));
        }
        let (count, bytes) = self.maildrop.as_ref()?.count();
        self.job = Some(Job::Listing { unique_ids, next: 0 });
        let size = if unique_ids { String::new() } else { format!(" ({bytes} octets)") };
        self.answer(&format!("+OK {}{size}", replies::messages(count)))
    }

    pub(super) fn do_retr(&mut self, arguments: Option<&[u8]>, desk: &mut Desk<'_>) -> Option<()> {
        let [number] = command::numbers(arguments)?;
        self.send(number, None, desk)
    }

    pub(super) fn do_top(&mut self, arguments: Option<&[u8]>, desk: &mut Desk<'_>) -> Option<()> {
        let [number, lines] = command::numbers(arguments)?;
        self.send(number, Some(lines), desk)
    }

    /// All of a mail, or its header and so many lines of its body.
    fn send(&mut self, number: u64, lines: Option<u64>, desk: &mut Desk<'_>) -> Option<()> {
        let Some(place) = self.mail(number, desk) else { return Some(()) };
        let maildrop = self.maildrop.as_ref()?;
        let Some(letter) = maildrop.letter(desk.store, place) else {
            self.blame(replies::EXPUNGED, desk);
            return Some(());
        };
        let content = letter.content.clone();
        if self.server.config.utf8 && !self.utf8 && is_internationalised(&content) {
            return self.answer(replies::NEEDS_UTF8);
        }
        let end = lines.map(|lines| job::top(&content, lines));
        let size_bytes = maildrop.entries[place].size_bytes;
        self.job = Some(Job::Mail(Box::new(Mail::new(place, content, letter.mail, end))));
        match lines {
            None => self.answer(&format!("+OK {size_bytes} octets")),
            Some(_) => self.answer("+OK"),
        }
    }

    pub(super) fn do_dele(&mut self, arguments: Option<&[u8]>, desk: &mut Desk<'_>) -> Option<()> {
        let [number] = command::numbers(arguments)?;
        let Some(place) = self.mail(number, desk) else { return Some(()) };
        self.maildrop.as_mut()?.entries[place].deleted = true;
        self.answer("+OK Marked to be deleted")
    }

    pub(super) fn do_noop(&mut self, arguments: Option<&[u8]>) -> Option<()> {
        command::nothing(arguments)?;
        self.answer("+OK")
    }

    pub(super) fn do_rset(&mut self, arguments: Option<&[u8]>) -> Option<()> {
        command::nothing(arguments)?;
        let maildrop = self.maildrop.as_mut()?;
        maildrop.entries.iter_mut().for_each(|entry| entry.deleted = false);
        let (count, bytes) = maildrop.count();
        self.answer(&format!("+OK Maildrop has {} ({bytes} octets)", replies::messages(count)))
    }

    /// The place of a mail that is there; otherwise says why not.
    fn mail(&mut self, number: u64, desk: &mut Desk<'_>) -> Option<usize> {
        let maildrop = self.maildrop.as_ref()?;
        let place = maildrop.place(number);
        let why = match place {
            None => replies::NO_MESSAGE,
            Some(place) if maildrop.entries[place].deleted => replies::DELETED,
            Some(place) => return Some(place),
        };
        self.blame(why, desk);
        None
    }

    /// Makes the next piece of a response.
    pub(super) fn go_on(&mut self, mut job: Job, desk: &mut Desk<'_>) {
        let is_over = match &mut job {
            Job::Listing { unique_ids, next } => {
                let Some(maildrop) = &self.maildrop else { return };
                let is_over = job::list(maildrop, *unique_ids, next, &mut self.said);
                if !is_over {
                    self.flush();
                }
                is_over
            }
            Job::Mail(mail) => {
                self.flush();
                let about = mail.about;
                mail.next(|data, says| self.outputs.push_back(Output::Send { data, about, says }))
            }
        };
        match job {
            job if !is_over => self.job = Some(job),
            Job::Mail(mail) => self.was_sent(&mail, desk),
            Job::Listing { .. } => {}
        }
    }

    /// A mail was given out.
    fn was_sent(&mut self, mail: &Mail, desk: &mut Desk<'_>) {
        let Some(maildrop) = &self.maildrop else { return };
        let (mailbox, uid) = (maildrop.mailbox, maildrop.entries[mail.place].uid);
        let deed =
            |done| Output::Event(Event::Deed(Deed { mailbox, folder: Maildrop::FOLDER, uid, mail: mail.about, done }));
        self.outputs.push_back(deed(Done::Fetched { whole: mail.whole, bytes: mail.size_bytes }));
        // Dovecot does this at UPDATE, and also where the connection breaks before that.
        if mail.whole
            && self.server.config.marks_seen
            && desk.store.change_flags(mailbox, Maildrop::FOLDER, uid, FlagChange::Add(Flags::SEEN)) == Some(true)
        {
            self.outputs.push_back(deed(Done::Flagged { set: Flags::SEEN, cleared: Flags::NONE }));
            self.outputs.push_back(Output::Event(Event::Changed));
        }
    }
}

/// Whether the header section of a mail is UTF-8 beyond ASCII (RFC 6532 §3). What is neither is a mail of old, and nobody's promise
/// is broken by passing it on.
fn is_internationalised(content: &crate::mime::Content) -> bool {
    if !content.is_8bit() {
        return false;
    }
    let header = content.header().to_vec();
    !header.is_ascii() && std::str::from_utf8(&header).is_ok()
}
