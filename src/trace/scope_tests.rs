//! Sessions in which several mails are fetched, as a run records them: each end records what it says and hears, and every record
//! names the one that brought it about.

use super::*;
use crate::octets::Chunk;
use crate::sim::Duration;
use crate::trace::{Deed, HostId, Octets};

const PHONE: HostId = HostId(0);
const SERVER: HostId = HostId(1);

#[derive(Default)]
struct Trace {
    records: Vec<Record>,
}

impl Trace {
    fn push(&mut self, host: HostId, conn: Option<u64>, mail: Option<u64>, cause: Option<u64>, what: What) -> u64 {
        let id = self.records.len() as u64 + 1;
        self.records.push(Record {
            id: Some(RecordId(id)),
            at: Instant::ZERO + Duration::from_millis(id),
            host,
            conn: conn.map(ConnId),
            mail: mail.map(MailId),
            hop: None,
            cause: cause.map(RecordId),
            what,
        });
        id
    }

    fn looks_up(&mut self, cause: Option<u64>) -> u64 {
        let (name, rtype, result) = ("mx.blue.example".into(), "A".into(), "192.0.2.1".into());
        self.push(PHONE, None, None, cause, What::Lookup { name, rtype, result, cached: true })
    }

    fn state(&mut self, conn: u64, cause: u64, state: ConnectionState) -> u64 {
        let what = What::Connection { state, side: Side::Client, peer: SERVER, port: 110 };
        self.push(PHONE, Some(conn), None, Some(cause), what)
    }

    /// A line of the client and that it is heard. What the server does next is because of the last.
    fn asks(&mut self, conn: u64, cause: u64, text: &'static str) -> u64 {
        let line = |direction, side, peer| What::Line { direction, side, peer, sealed: false, text: said(text) };
        let sent = self.push(PHONE, Some(conn), None, Some(cause), line(Direction::Sent, Side::Client, SERVER));
        self.push(SERVER, Some(conn), None, Some(sent), line(Direction::Received, Side::Server, PHONE))
    }

    /// A line of the server, which may be about a mail, and that it is heard: that end does not know about what.
    fn answers(&mut self, conn: u64, mail: Option<u64>, cause: u64, text: &'static str) -> u64 {
        let line = |direction, side, peer| What::Line { direction, side, peer, sealed: false, text: said(text) };
        let sent = self.push(SERVER, Some(conn), mail, Some(cause), line(Direction::Sent, Side::Server, PHONE));
        self.push(PHONE, Some(conn), None, Some(sent), line(Direction::Received, Side::Client, SERVER))
    }

    fn deed(&mut self, conn: u64, mail: u64, cause: u64) {
        let (mailbox, folder) = ("bob@blue.example".into(), "INBOX".into());
        let what = What::Mailbox { mailbox, folder, uid: mail as u32, client: PHONE, deed: Deed::Removed };
        self.push(SERVER, Some(conn), Some(mail), Some(cause), what);
    }

    /// A look by POP3 that fetches these mails.
    fn look(&mut self, conn: u64, before: Option<u64>, mails: &[(u64, [&'static str; 2])]) -> u64 {
        let found = self.looks_up(before);
        let opening = self.state(conn, found, ConnectionState::Connecting);
        let open = self.state(conn, opening, ConnectionState::Open);
        let mut heard = self.answers(conn, None, open, "+OK ready");
        let asked = self.asks(conn, heard, "UIDL");
        heard = self.answers(conn, None, asked, "+OK list");
        for (mail, [asks, answers]) in mails {
            let asked = self.asks(conn, heard, asks);
            heard = self.answers(conn, Some(*mail), asked, answers);
        }
        let asked = self.asks(conn, heard, "QUIT");
        heard = self.answers(conn, None, asked, "+OK bye");
        self.state(conn, heard, ConnectionState::Closed)
    }

    /// What belongs to a mail, in words.
    fn of(&self, mail: u64) -> Vec<String> {
        let scope = Scope::of(MailId(mail), &self.records);
        let words = |record: &Record| match &record.what {
            What::Line { direction: Direction::Sent, text, .. } => Some(text.visible()),
            What::Connection { state, .. } => Some(format!("{state:?}")),
            What::Lookup { .. } => Some("looks up".into()),
            What::Mailbox { .. } => Some("removed".into()),
            What::Read { .. } => Some("read".into()),
            _ => None,
        };
        // What is said and what is heard belong together.
        let known = |id: RecordId| self.records.iter().find(|r| r.id == Some(id)).is_some_and(|r| scope.has(r));
        for record in &self.records {
            if let (What::Line { direction: Direction::Received, .. }, Some(cause)) = (&record.what, record.cause) {
                assert_eq!(scope.has(record), known(cause), "{record:?}");
            }
        }
        self.records.iter().filter(|record| scope.has(record)).filter_map(words).collect()
    }
}

fn said(text: &'static str) -> Octets {
    Octets(Chunk::from(text))
}

#[test]
fn of_a_session_with_many_mails_each_gets_its_own_part() {
    let mut trace = Trace::default();
    let first = trace.look(1, None, &[]);
    let second = trace.look(2, Some(first), &[(1, ["RETR 1", "+OK one"]), (2, ["RETR 2", "+OK two"])]);
    trace.look(3, Some(second), &[]);
    let begin = ["looks up", "Connecting", "Open", "+OK ready", "UIDL", "+OK list"];
    assert_eq!(trace.of(1), [&begin[..], &["RETR 1", "+OK one", "Closed"]].concat());
    assert_eq!(trace.of(2), [&begin[..], &["RETR 2", "+OK two", "QUIT", "+OK bye", "Closed"]].concat());
    assert!(trace.of(3).is_empty());
}

#[test]
fn of_a_session_that_stays_open_only_what_has_to_do_with_the_mail() {
    let mut trace = Trace::default();
    let found = trace.looks_up(None);
    let opening = trace.state(1, found, ConnectionState::Connecting);
    let open = trace.state(1, opening, ConnectionState::Open);
    let ready = trace.answers(1, None, open, "* OK ready");
    trace.asks(1, ready, "A1 IDLE");
    let subject = |mail: u64| What::Composed {
        from: "a@x".into(),
        to: vec![],
        subject: format!("{mail}").into(),
        size_bytes: 1,
        header: vec![],
        parts: vec![],
    };
    for (mail, [exists, fetch, body, done]) in [
        (1, ["* 1 EXISTS", "A2 FETCH 1", "* 1 FETCH one", "A2 OK done"]),
        (2, ["* 2 EXISTS", "A3 FETCH 2", "* 2 FETCH two", "A3 OK done"]),
        (3, ["* 3 EXISTS", "A4 FETCH 3", "* 3 FETCH three", "A4 OK done"]),
    ] {
        let delivered = trace.push(SERVER, None, Some(mail), None, subject(mail));
        let heard = trace.answers(1, None, delivered, exists);
        let asked = trace.asks(1, heard, fetch);
        trace.answers(1, Some(mail), asked, body);
        let heard = trace.answers(1, None, asked, done);
        trace.asks(1, heard, "IDLE");
    }
    let (mailbox, folder) = ("bob@blue.example".into(), "INBOX".into());
    let read = trace.push(PHONE, None, Some(2), None, What::Read { mailbox, folder });
    let asked = trace.asks(1, read, "A9 STORE 2");
    trace.deed(1, 2, asked);
    trace.answers(1, None, asked, "A9 OK done");
    assert_eq!(trace.of(1), ["* 1 EXISTS", "A2 FETCH 1", "* 1 FETCH one", "A2 OK done"]);
    let second =
        ["* 2 EXISTS", "A3 FETCH 2", "* 2 FETCH two", "A3 OK done", "read", "A9 STORE 2", "removed", "A9 OK done"];
    assert_eq!(trace.of(2), second);
    assert_eq!(trace.of(3), ["* 3 EXISTS", "A4 FETCH 3", "* 3 FETCH three", "A4 OK done"]);
}

#[test]
fn a_command_about_many_mails_belongs_to_each() {
    let mut trace = Trace::default();
    let found = trace.looks_up(None);
    let opening = trace.state(1, found, ConnectionState::Connecting);
    let ready = trace.answers(1, None, opening, "* OK ready");
    let asked = trace.asks(1, ready, "A1 UID STORE 1:2");
    (1..=2).for_each(|mail| trace.deed(1, mail, asked));
    let heard = trace.answers(1, None, asked, "A1 OK done");
    let asked = trace.asks(1, heard, "A2 UID STORE 1");
    trace.deed(1, 1, asked);
    let both = ["looks up", "Connecting", "* OK ready", "A1 UID STORE 1:2", "removed", "A1 OK done"];
    assert_eq!(trace.of(1), [&both[..], &["A2 UID STORE 1", "removed"]].concat());
    assert_eq!(trace.of(2), both);
}

#[test]
fn packets_belong_to_the_time_of_their_mail() {
    let mut trace = Trace::default();
    trace.look(1, None, &[(1, ["RETR 1", "+OK one"]), (2, ["RETR 2", "+OK two"])]);
    let scope = Scope::of(MailId(2), &trace.records);
    let at = |text: &str| {
        let is_it = |r: &&Record| matches!(&r.what, What::Line { text: said, direction: Direction::Sent, .. } if said.visible() == text);
        trace.records.iter().find(is_it).unwrap().at
    };
    let what = What::Packet {
        packet: 1,
        step: crate::trace::PacketStep::Sent,
        from: PHONE,
        to: SERVER,
        transport: crate::trace::Transport::Tcp,
        source_port: 1,
        destination_port: 110,
        flags: "ACK".into(),
        sequence: 0,
        acknowledgement: 0,
        window_bytes: 0,
        payload_bytes: 0,
        retransmission: false,
        again: None,
        reason: None,
    };
    let packet = |at: Instant| Record { id: None, at, ..Record { what: what.clone(), ..trace.records[3].clone() } };
    assert!(scope.has(&packet(at("+OK two"))));
    assert!(!scope.has(&packet(at("+OK one"))) && !scope.has(&packet(at("UIDL"))));
}
