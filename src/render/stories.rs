//! Every story for the tests of the pictures, and the one of a mail that is read.

use crate::sim::Duration;
use crate::trace::{ConnId, Deed, Direction, HostId, MailId, Side, What};

use super::synthetic::{Story, bounce, eight, first_message, internet, ms, packets, retries};

/// Every story, with a name for its files.
pub(crate) fn all() -> Vec<(&'static str, Story)> {
    vec![
        ("first", first_message()),
        ("retries", retries()),
        ("bounce", bounce()),
        ("eight", eight()),
        ("packets", packets()),
        ("internet", internet(100)),
        ("town", internet(9)),
        ("reading", reading()),
    ]
}

const BOB: &str = "bob@blue.example";

/// Something about mail 1, which was on its second hop.
fn about(s: &mut Story, what: impl FnOnce(&mut Story)) {
    (s.mail, s.hop) = (Some(MailId(1)), Some(2));
    what(s);
    (s.mail, s.hop) = (None, None);
}

/// Mail 1 as content of this size, between a server and a machine.
fn content(s: &mut Story, conn: ConnId, [server, device]: [HostId; 2], size_bytes: u64, latency: Duration) {
    let what = |direction, side, peer| What::Content { direction, side, peer, size_bytes };
    about(s, |s| s.at(server, Some(conn), what(Direction::Sent, Side::Server, device)));
    s.wait(latency);
    about(s, |s| s.at(device, Some(conn), what(Direction::Received, Side::Client, server)));
}

fn fetched(s: &mut Story, device: HostId, conn: ConnId, protocol: &str, size_bytes: u64, whole: bool) {
    let (mailbox, protocol, folder) = (BOB.into(), protocol.into(), "INBOX".into());
    about(s, |s| s.at(device, Some(conn), What::Fetched { mailbox, protocol, folder, size_bytes, whole }));
}

fn deed(s: &mut Story, server: HostId, conn: ConnId, client: HostId, deed: Deed) {
    let what = What::Mailbox { mailbox: BOB.into(), folder: "INBOX".into(), uid: 1, client, deed };
    about(s, |s| s.at(server, Some(conn), what));
}

fn read(s: &mut Story, device: HostId) {
    about(s, |s| s.at(device, None, What::Read { mailbox: BOB.into(), folder: "INBOX".into() }));
}

/// A mail goes to a mailbox that a telephone looks into by IMAP and a computer by POP3: it is read on the telephone, and fetched and
/// removed by the computer, where it is read again.
pub(crate) fn reading() -> Story {
    let mut s = first_message();
    s.title("A mail that is read");
    let (blue, phone, computer) = (HostId(2), s.host("phone", "user"), s.host("computer", "user"));
    s.link(phone, blue, ms(30), "mobile");
    s.link(computer, blue, ms(10), "dsl");
    (s.mail, s.hop) = (None, None);
    let (cl, sv) = (Side::Client, Side::Server);

    // The telephone was connected all the time, and is told.
    s.wait(ms(100_000));
    s.port = 143;
    let conn = s.connect(phone, blue, ms(30));
    let asks = |s: &mut Story, line: &str| s.say(conn, phone, blue, cl, &[line], ms(30));
    let hears = |s: &mut Story, lines: &[&str]| s.say(conn, blue, phone, sv, lines, ms(30));
    hears(&mut s, &["* OK ready"]);
    asks(&mut s, "A1 LOGIN bob ***");
    hears(&mut s, &["A1 OK Logged in."]);
    asks(&mut s, "A2 SELECT INBOX");
    hears(&mut s, &["* FLAGS (\\Seen \\Answered)", "* 1 EXISTS", "A2 OK [READ-WRITE] Select completed."]);
    asks(&mut s, "A3 UID FETCH 1:* (FLAGS)");
    hears(&mut s, &["* 1 FETCH (UID 1 FLAGS ())", "* 2 FETCH (UID 2 FLAGS (\\Seen))", "A3 OK Fetch completed."]);
    asks(&mut s, "A4 UID FETCH 1 BODY.PEEK[HEADER]");
    deed(&mut s, blue, conn, phone, Deed::GivenOut { whole: false, size_bytes: 900 });
    about(&mut s, |s| hears(s, &["* 1 FETCH (UID 1 BODY[HEADER] {900}"]));
    content(&mut s, conn, [blue, phone], 900, ms(30));
    about(&mut s, |s| hears(s, &[")"]));
    hears(&mut s, &["A4 OK Fetch completed."]);
    fetched(&mut s, phone, conn, "IMAP", 900, false);
    s.wait(ms(60_000));
    asks(&mut s, "A5 UID FETCH 1 BODY.PEEK[]");
    deed(&mut s, blue, conn, phone, Deed::GivenOut { whole: true, size_bytes: 4_500 });
    about(&mut s, |s| hears(s, &["* 1 FETCH (UID 1 BODY[] {4500}"]));
    content(&mut s, conn, [blue, phone], 4_500, ms(35));
    about(&mut s, |s| hears(s, &[")"]));
    fetched(&mut s, phone, conn, "IMAP", 4_500, true);
    read(&mut s, phone);
    asks(&mut s, "A6 UID STORE 1 +FLAGS (\\Seen)");
    deed(&mut s, blue, conn, phone, Deed::Flagged { set: vec!["Seen".into()], cleared: vec![] });
    hears(&mut s, &["A6 NO [NOPERM] nobody says so here"]);

    // The computer is switched on in the evening.
    s.wait(Duration::from_hours(8));
    s.port = 110;
    let conn = s.connect(computer, blue, ms(10));
    let asks = |s: &mut Story, line: &str| s.say(conn, computer, blue, cl, &[line], ms(10));
    let hears = |s: &mut Story, lines: &[&str]| s.say(conn, blue, computer, sv, lines, ms(10));
    hears(&mut s, &["+OK ready"]);
    asks(&mut s, "USER bob");
    hears(&mut s, &["-ERR [AUTH] not in plain text"]);
    asks(&mut s, "AUTH CRAM-MD5 ***");
    hears(&mut s, &["+OK Logged in."]);
    asks(&mut s, "UIDL");
    hears(&mut s, &["+OK", "1 0001", "2 0002", "."]);
    let (mailbox, protocol, folder) = (BOB.into(), "POP3".into(), "INBOX".into());
    s.at(computer, Some(conn), What::Checked { mailbox, protocol, folder, there: 2, new: 1 });
    asks(&mut s, "RETR 1");
    about(&mut s, |s| hears(s, &["+OK 4500 octets"]));
    content(&mut s, conn, [blue, computer], 4_500, ms(12));
    about(&mut s, |s| hears(s, &["."]));
    fetched(&mut s, computer, conn, "POP3", 4_500, true);
    asks(&mut s, "DELE 1");
    hears(&mut s, &["+OK"]);
    asks(&mut s, "QUIT");
    deed(&mut s, blue, conn, computer, Deed::Removed);
    hears(&mut s, &["+OK bye"]);
    s.wait(ms(45_000));
    read(&mut s, computer);
    s
}
