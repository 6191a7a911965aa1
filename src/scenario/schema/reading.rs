//! How people take mail out of mailboxes, as a file says it.

use std::sync::Arc;

use super::declare::shape;
use crate::agent::reader::{Account, Answer, Keeps, Looks};
use crate::scenario::read::{Reader, flag, length, some};
use crate::scenario::tree::{Kind, Node};
use crate::sim::Duration;

const SECOND: Duration = Duration::from_secs(1);
/// How often a program looks, where nothing else is said (Thunderbird: every ten minutes, Outlook and K-9 vary).
const USUAL_WAIT: Duration = Duration::from_mins(5);
const YEAR: Duration = Duration::from_hours(365 * 24);

/// How long a person may take.
fn patience(r: &mut Reader, node: &Node) -> Option<Option<Duration>> {
    if matches!(&node.kind, Kind::Name(name) if name == "Never") {
        return Some(None);
    }
    length(Duration::ZERO, YEAR)(r, node).map(Some)
}

/// What somebody writes.
fn words(r: &mut Reader, node: &Node) -> Option<Arc<str>> {
    r.text(node).map(Arc::from)
}

/// The name of a folder.
pub(crate) fn folder(r: &mut Reader, node: &Node) -> Option<Arc<str>> {
    let name = r.line(node, 200)?;
    if name.split('/').any(str::is_empty) {
        return r.bad_value(
            &node.span,
            "this is no name of a folder",
            "expected a name such as \"Work\" or \"Work/2026\"",
        );
    }
    Some(Arc::from(name))
}

/// How often a program looks.
fn every(r: &mut Reader, node: &Node) -> Option<Looks> {
    length(SECOND, YEAR)(r, node).map(Looks::Every)
}

/// How often a program looks, or that it is told.
fn looks(r: &mut Reader, node: &Node) -> Option<Looks> {
    match &node.kind {
        Kind::Text(_) => every(r, node),
        _ => r.choice(
            node,
            "a way to look (a time is written in quotes)",
            &[("Idle", Looks::Idle { otherwise: USUAL_WAIT })],
        ),
    }
}

/// What becomes of mail on the server.
fn keeps(r: &mut Reader, node: &Node) -> Option<Keeps> {
    match &node.kind {
        Kind::Text(_) => length(SECOND, YEAR)(r, node).map(Keeps::For),
        _ => r.choice(
            node,
            "what becomes of fetched mail (a time is written in quotes)",
            &[("Leave", Keeps::Leave), ("Delete", Keeps::Delete)],
        ),
    }
}

shape! {
    /// What a person does with mail that has come into a mailbox, without being told.
    ACCOUNT "every mailbox that is looked into" into account_settings(account: Account) {
        /// The server. `Discover` looks it up: the domain of the mailbox names its servers in SRV records (RFC 6186): `_imaps._tcp`
        /// and `_pop3s._tcp` those with TLS from the first byte on, `_imap._tcp` and `_pop3._tcp` those with STARTTLS.
        from: "host, or Discover",
        /// Whose mailbox.
        mailbox: "mailbox" = "the first of the User's own",
        /// The port there.
        port: "whole number" = "993 or 995 where the server serves that, else 143 or 110",
        /// The name to log in with.
        login: "login name" = "the User's `login`, else the mailbox",
        /// The password.
        password: "password" = "the User's `password`",
        /// The person reads each mail so long after it is here, if it was not read anywhere yet as far as this machine knows.
        reads: "duration, or Never" = "Never" => account.habits.reads_after, patience,
        /// The person answers each mail that was read, once, with this text; reports and mail from lists get no answer.
        answers: "Answers" = "none",
        /// The person deletes each mail so long after it was read.
        deletes: "duration, or Never" = "Never" => account.habits.deletes_after, patience,
    }
}

shape! {
    /// What a person writes back to every mail.
    ANSWERS "Answers" into answer_settings(answer: Answer) {
        /// So long after it was read.
        after: "duration" = "\"1min\"" => answer.after, length(Duration::ZERO, YEAR),
        /// What it says.
        text: "text" = "\"Thank you!\"" => answer.text, words,
    }
}

shape! {
    /// A mailbox that is looked into by POP3 (RFC 1939): the program asks what is there, fetches what it does not know, and
    /// leaves.
    POP3 "Pop3" also [&ACCOUNT] into pop3_settings(account: Account) {
        /// How long after a look it looks again.
        every: "duration" = "\"5min\"" => account.looks, every,
        /// What becomes of a mail on the server that has been fetched: it is left there, deleted, or deleted so long after it was
        /// fetched.
        keeps: "Leave, Delete or duration" = "Leave" => account.keeps, keeps,
    }
}

shape! {
    /// A mailbox that is looked into by IMAP (RFC 9051): mail stays on the server, and every machine shows what is there.
    IMAP "Imap" also [&ACCOUNT] into imap_settings(account: Account) {
        /// How long after a look it looks again, or `Idle`: it stays connected and is told of changes (RFC 2177).
        looks: "duration, or Idle" = "Idle" => account.looks, looks,
        /// The folders that it shows.
        folders: "list of texts" = "[\"INBOX\"]",
        /// Whether it fetches all of a mail at once. Otherwise it fetches the header section, and the rest when somebody reads it, as
        /// phones do.
        whole: "bool" = "true" => account.whole, flag,
        /// The folder to which the person moves each mail that was read (and answered, where mail is answered). It is made if need be.
        files: "text" = "none" => account.habits.files_in, some(folder),
    }
}

shape! {
    /// Reads the mails with a subject. Where none is there yet, it happens as soon as one is.
    READ "Read" also [&ACT] {}
}
shape! {
    /// Says that they have not been read.
    UNREAD "Unread" also [&ACT] {}
}
shape! {
    /// Marks them with a flag.
    FLAG "Flag" also [&ACT] {}
}
shape! {
    /// Deletes them.
    DELETE "Delete" also [&ACT] {}
}
shape! {
    /// Moves them to another folder, which is made if need be.
    MOVE "Move" also [&ACT] {
        /// The folder.
        to: "text",
    }
}
shape! {
    /// Answers them.
    REPLY_TO "Answer" also [&ACT] {
        /// What the answer says.
        text: "text" = "\"Thank you!\"",
    }
}
shape! {
    /// What somebody does at a time.
    ACT "everything that a person does" {
        /// When.
        at: "time",
        /// With the mails that have this subject.
        subject: "text" = "all that are there",
    }
}

/// What a person can do at a time.
pub(crate) static ACTS: &[&super::Shape] = &[&READ, &UNREAD, &FLAG, &DELETE, &MOVE, &REPLY_TO];
