use super::*;
use crate::octets::Chunk;
use crate::sim::Instant;
use crate::trace::{Direction, HostId, Octets};

fn record(conn: u64, what: What) -> Record {
    let (at, host) = (Instant::ZERO, HostId(0));
    Record { id: None, at, host, conn: Some(ConnId(conn)), mail: None, hop: None, cause: None, what }
}

fn connects(conn: u64, port: u16) -> Record {
    let (state, side, peer) = (ConnectionState::Connecting, Side::Client, HostId(1));
    record(conn, What::Connection { state, side, peer, port })
}

fn hears(conn: u64, line: &'static str) -> Record {
    let (direction, side, peer, text) = (Direction::Received, Side::Client, HostId(1), Octets(Chunk::from(line)));
    record(conn, What::Line { direction, side, peer, sealed: false, text })
}

#[test]
fn the_port_says_it_and_the_first_line_knows_better() {
    let records = [
        connects(1, 25),
        connects(2, 110),
        connects(3, 993),
        connects(4, 1143),
        hears(4, "* OK ready"),
        connects(5, 2110),
        hears(5, "+OK ready"),
        hears(5, "* is a line of a list"),
        connects(6, 995),
        hears(6, "220 a mail server at a strange port"),
        hears(7, "-ERR too many"),
    ];
    let dialects = Dialects::learn(&records);
    let of = |conn| dialects.of(Some(ConnId(conn))).name();
    assert_eq!([1, 2, 3, 4, 5, 6, 7, 8].map(of), ["SMTP", "POP3", "IMAP", "IMAP", "POP3", "SMTP", "POP3", "SMTP"]);
    assert_eq!(dialects.of(None), Dialect::Smtp);
    let (mut after, looked) = (dialects, |protocol: &str| What::Unfetched {
        mailbox: "bob@blue.example".into(),
        protocol: protocol.into(),
        reason: Octets("no".into()),
    });
    after.see(&record(6, looked("IMAP")));
    after.see(&record(5, looked("SOMETHING")));
    assert_eq!([5, 6].map(|conn| after.of(Some(ConnId(conn)))), [Dialect::Pop3, Dialect::Imap]);
    assert_eq!(after.len(), 7);
    after.forget(ConnId(6));
    assert_eq!((after.len(), after.of(Some(ConnId(6)))), (6, Dialect::Smtp));
}

#[test]
fn replies_are_read_as_their_protocol_means_them() {
    use Reply::{Good, No, NotNow};
    for (dialect, line, meant) in [
        (Dialect::Smtp, "250-PIPELINING", Good),
        (Dialect::Smtp, "451 4.3.0 later", NotNow),
        (Dialect::Smtp, "550 no", No),
        (Dialect::Pop3, "+OK 2 messages", Good),
        (Dialect::Pop3, "-ERR [AUTH] no", No),
        // Numbers of mails, and not reply codes.
        (Dialect::Pop3, "5 1200", Good),
        (Dialect::Pop3, "450 1200", Good),
        (Dialect::Imap, "A1 OK done", Good),
        (Dialect::Imap, "A1 NO [AUTHENTICATIONFAILED] no", No),
        (Dialect::Imap, "* BAD what?", No),
        (Dialect::Imap, "* 5 EXISTS", Good),
        (Dialect::Imap, "+ NO trouble", Good),
        (Dialect::Imap, "", Good),
        (Dialect::Imap, ")", Good),
    ] {
        assert_eq!(dialect.reply(line.as_bytes()), meant, "{line}");
    }
}
