//! Telling a client what has become of its folder (RFC 9051 §7.4, §7.5), and IDLE (RFC 2177).

use super::Session;
use super::jobs::{Job, Tell, Telling};
use super::state::State;
use super::{BATCH, flags};
use crate::octets::write_decimal;
use crate::store::{Desk, Flags, Folder};

impl Session {
    /// Finds what the client has not been told.
    pub(super) fn catch_up(&mut self, telling: Telling, desk: &mut Desk<'_>) {
        let State::Selected(mailbox, selected) = &mut self.state else { return };
        let found = desk.store.mailbox(*mailbox).folder(selected.folder);
        // A folder that only keeps its name, and one that is made again with it, are others: their UIDVALIDITY is new.
        let Some(folder) = found.filter(|folder| folder.uid_validity() == selected.uid_validity) else {
            return self.bye("Selected mailbox was deleted, have to disconnect.");
        };
        let recent_from = match selected.is_read_only {
            true => folder.recent_from(),
            false => desk.store.take_recent(*mailbox, selected.folder),
        };
        let Some(folder) = desk.store.mailbox(*mailbox).folder(selected.folder) else { return };
        let news = selected.view.catch_up(folder, telling.may_expunge, recent_from);
        if !news.is_empty() {
            let tell = Tell {
                flags: news.flags.clone().walk(),
                gone: news.gone.iter().collect(),
                with_uids: telling.with_uids,
                news,
            };
            self.jobs.push_front(Job::Tell(Box::new(tell)));
        }
    }

    /// Tells which keywords there are, if the client does not know: before it is told that a mail has one.
    pub(super) fn tell_keywords(&mut self, desk: &Desk<'_>) {
        let State::Selected(mailbox, selected) = &mut self.state else { return };
        let Some(folder) = desk.store.mailbox(*mailbox).folder(selected.folder) else { return };
        if selected.view.learns(folder) {
            write_flags_lines(&mut self.lines, folder, selected.is_read_only);
        }
    }

    /// Tells it, as much as is sent in one go.
    pub(super) fn tell(&mut self, mut tell: Box<Tell>, desk: &mut Desk<'_>) {
        let (rev2, condstore) = (self.enabled.rev2, self.enabled.condstore);
        let State::Selected(mailbox, selected) = &mut self.state else { return };
        let Some(folder) = desk.store.mailbox(*mailbox).folder(selected.folder) else { return };
        let out = &mut self.lines;
        if std::mem::take(&mut tell.news.keywords) {
            write_flags_lines(out, folder, selected.is_read_only);
        }
        // The numbers below were taken out of the view already, and flags are told by numbers from before.
        while out.len() < BATCH
            && let Some(seq) = tell.flags.next()
        {
            let before = tell.news.gone.count_below(seq);
            let Some(message) = selected.view.uid(seq - before).and_then(|uid| folder.message(uid)) else { continue };
            let is_recent = !rev2 && selected.view.is_recent(message.uid());
            let uid = tell.with_uids.then_some(message.uid());
            let modseq = condstore.then_some(message.modseq());
            write_flags(out, seq, uid, Some((message.flags(), folder.keywords(), is_recent)), modseq);
        }
        while out.len() < BATCH
            && let Some(seq) = tell.gone.pop()
        {
            number_line(out, seq.into(), "EXPUNGE");
        }
        if out.len() >= BATCH {
            return self.jobs.push_front(Job::Tell(tell));
        }
        if let Some(exists) = tell.news.exists {
            number_line(out, exists.into(), "EXISTS");
        }
        if let Some(recent) = tell.news.recent.filter(|_| !rev2) {
            number_line(out, recent, "RECENT");
        }
    }

    /// IDLE: from now on everything is told at once.
    pub(super) fn begin_idle(&mut self, tag: &str) {
        self.lines.extend_from_slice(b"+ idling\r\n");
        self.idling = Some(tag.to_owned());
        self.jobs.push_back(Job::CatchUp(Telling::ALL));
    }

    /// Whatever is said ends IDLE; it ought to be DONE.
    pub(super) fn end_idle(&mut self, tag: &str, line: &[u8]) {
        if line.eq_ignore_ascii_case(b"DONE") {
            self.complete(tag, Telling::ALL, "OK Idle completed.");
        } else {
            self.blame(tag, "Expected DONE.");
        }
    }
}

/// `* 3 EXISTS`.
pub(super) fn number_line(out: &mut Vec<u8>, number: u64, what: &str) {
    out.extend_from_slice(b"* ");
    write_decimal(out, number);
    for part in [" ", what, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// `* 3 FETCH (UID 7 FLAGS (\Seen) MODSEQ (12))`, with what there is of it.
pub(super) fn write_flags(
    out: &mut Vec<u8>,
    seq: u32,
    uid: Option<u32>,
    flags: Option<(Flags, &[Box<str>], bool)>,
    modseq: Option<u64>,
) {
    out.extend_from_slice(b"* ");
    write_decimal(out, seq.into());
    out.extend_from_slice(b" FETCH (");
    let start = out.len();
    if let Some(uid) = uid {
        out.extend_from_slice(b"UID ");
        write_decimal(out, uid.into());
    }
    if let Some((flags, keywords, is_recent)) = flags {
        out.extend_from_slice(if out.len() > start { b" FLAGS " } else { b"FLAGS " });
        let recent: &[&str] = if is_recent { &["\\Recent"] } else { &[] };
        flags::write(out, flags, keywords, recent);
    }
    if let Some(modseq) = modseq {
        out.extend_from_slice(if out.len() > start { b" MODSEQ (" } else { b"MODSEQ (" });
        write_decimal(out, modseq);
        out.push(b')');
    }
    out.extend_from_slice(b")\r\n");
}

/// Which flags there are, and which can be set (RFC 9051 §7.3.5, §7.1: PERMANENTFLAGS).
pub(super) fn write_flags_lines(out: &mut Vec<u8>, folder: &Folder, is_read_only: bool) {
    let all = flags::all(folder);
    out.extend_from_slice(b"* FLAGS ");
    flags::write(out, all, folder.keywords(), &[]);
    out.extend_from_slice(b"\r\n* OK [PERMANENTFLAGS ");
    if is_read_only {
        out.extend_from_slice(b"()] Read-only mailbox.\r\n");
        return;
    }
    let more: &[&str] = if folder.keywords().len() < Flags::MOST_KEYWORDS { &["\\*"] } else { &[] };
    flags::write(out, all, folder.keywords(), more);
    out.extend_from_slice(b"] Flags permitted.\r\n");
}
