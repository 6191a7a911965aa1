use super::super::{Options, story};
use crate::octets::Chunk;
use crate::sim::{Duration, Instant};
use crate::trace::{ConnId, ConnectionState, Direction, HostEntry, HostId, MailId, Octets, Record, Roster, Side, What};

const PHONE: HostId = HostId(0);
const SERVER: HostId = HostId(1);
const BOB: &str = "bob@blue.example";

#[derive(Default)]
struct Trace {
    now: u64,
    conns: u64,
    records: Vec<Record>,
}

impl Trace {
    fn push(&mut self, conn: Option<u64>, mail: Option<u64>, what: What) {
        let at = Instant::ZERO + Duration::from_millis(self.now);
        let (conn, mail) = (conn.map(ConnId), mail.map(MailId));
        self.records.push(Record { id: None, at, host: PHONE, conn, mail, hop: None, cause: None, what });
        self.now += 10;
    }

    fn state(&mut self, state: ConnectionState) {
        let (side, peer, port) = (Side::Client, SERVER, 143);
        self.push(Some(self.conns), None, What::Connection { state, side, peer, port });
    }

    fn line(&mut self, direction: Direction, text: &str) {
        let text = Octets(Chunk::copy_from(text.as_bytes()));
        let (side, peer, sealed) = (Side::Client, SERVER, false);
        self.push(Some(self.conns), None, What::Line { direction, side, peer, sealed, text });
    }

    fn says(&mut self, asks: &str, answers: &[&str]) {
        self.line(Direction::Sent, asks);
        answers.iter().for_each(|answer| self.line(Direction::Received, answer));
    }

    fn begin(&mut self, wait_secs: u64) {
        self.now += wait_secs * 1000;
        self.conns += 1;
        let (name, rtype, result) = ("mx.blue.example".into(), "A".into(), "192.0.2.1".into());
        self.push(None, None, What::Lookup { name, rtype, result, cached: true });
        self.state(ConnectionState::Connecting);
    }

    /// A look that finds so many new mails.
    fn look(&mut self, wait_secs: u64, new: u64) {
        self.begin(wait_secs);
        self.state(ConnectionState::Open);
        self.line(Direction::Received, "* OK ready");
        self.says("A1 LOGIN bob ***", &["A1 OK Logged in."]);
        self.says("A2 SELECT INBOX", &["* FLAGS ()", "* 1 EXISTS", "* OK [UIDNEXT 2]", "A2 OK Select completed."]);
        let (mailbox, protocol, folder) = (BOB.into(), "IMAP".into(), "INBOX".into());
        self.push(Some(self.conns), None, What::Checked { mailbox, protocol, folder, there: 1, new });
        if new > 0 {
            let (mailbox, protocol, folder) = (BOB.into(), "IMAP".into(), "INBOX".into());
            let what = What::Fetched { mailbox, protocol, folder, size_bytes: 500, whole: true };
            self.push(Some(self.conns), Some(1), what);
        }
        self.says("A3 LOGOUT", &["* BYE", "A3 OK Logout completed."]);
        self.state(ConnectionState::PeerClosed);
    }

    /// A look that nobody answers.
    fn in_vain(&mut self, wait_secs: u64) {
        self.begin(wait_secs);
        self.state(ConnectionState::Refused);
        let reason = Octets("mx.blue.example: connection refused".into());
        self.push(None, None, What::Unfetched { mailbox: BOB.into(), protocol: "IMAP".into(), reason });
    }

    fn lines(&self, short: bool) -> Vec<String> {
        let host = |name: &str, role: &str, address: &str| HostEntry {
            name: name.into(),
            role: role.into(),
            addresses: vec![address.into()],
            notes: vec![],
            implied: false,
        };
        let hosts = vec![host("phone", "user", "192.0.2.2"), host("mx.blue.example", "mta", "192.0.2.1")];
        let roster = Roster { hosts, ..Roster::default() };
        let lines = story(&roster, &self.records, &Options { short, ..Options::default() });
        lines.iter().map(|line| line.text().trim().to_owned()).collect()
    }
}

#[test]
fn a_session_is_an_item_like_a_hop() {
    let mut trace = Trace::default();
    trace.look(0, 1);
    let lines = trace.lines(false);
    let begins = |begin: &str| lines.iter().filter(|line| line.contains(begin)).count();
    assert!(lines[2].ends_with("IMAP  phone → mx.blue.example [192.0.2.1]:143"), "{lines:#?}");
    for said in ["connected", "S: * OK ready", "C: A1 LOGIN bob ***", "✉ fetched from bob@blue.example by IMAP, 500 B"]
    {
        assert_eq!(begins(said), 1, "{said}: {lines:#?}");
    }
}

#[test]
fn of_many_looks_that_find_nothing_the_first_is_told() {
    let mut trace = Trace::default();
    (0..13).for_each(|_| trace.look(300, 0));
    trace.look(300, 1);
    (0..2).for_each(|_| trace.look(300, 0));
    (0..4).for_each(|_| trace.in_vain(60));
    trace.look(300, 0);
    let all = trace.lines(false);
    assert_eq!(all.iter().filter(|line| line.contains("C: A1 LOGIN")).count(), 17);
    let short = trace.lines(true);
    let told: Vec<&str> =
        short.iter().filter(|l| l.contains("more time")).map(|l| l.split_once("… ").unwrap().1).collect();
    let nothing = "phone looks into bob@blue.example by IMAP: 1 mail, nothing new";
    assert_eq!(
        told,
        [
            format!("{nothing} (12 more times, the last at 1:05:01.930) …"),
            format!("{nothing} (2 more times, the last at 1:20:02.420) …"),
            "phone cannot look into bob@blue.example by IMAP — mx.blue.example: connection refused (3 more times, the last at \
             1:24:02.720) …"
                .to_owned(),
            format!("{nothing} (1 more time) …"),
        ]
    );
    let count = |part: &str| short.iter().filter(|line| line.contains(part)).count();
    // The first look, the one that found something, and the first that was in vain; nobody remembers names for what is not told.
    assert_eq!((count("IMAP  phone →"), count("connection refused: nobody")), (3, 1), "{short:#?}");
    assert!(count(" remembers ") <= 3, "{short:#?}");
    assert!(short.last().unwrap().contains("18 looks"), "{short:#?}");
}

#[test]
fn whoever_only_waits_is_told_once() {
    let mut trace = Trace::default();
    trace.begin(0);
    trace.state(ConnectionState::Open);
    trace.line(Direction::Received, "* OK ready");
    trace.says("A1 LOGIN bob ***", &["A1 OK Logged in."]);
    trace.says("A2 IDLE", &["+ idling"]);
    for n in 0..60 {
        trace.now += 29 * 60_000;
        // Something else happens meanwhile, so that the session is taken up again each time.
        let (policy, decision, detail) = ("x".into(), "y".into(), "z".into());
        trace.push(None, None, What::Policy { policy, decision, detail });
        trace.records.last_mut().unwrap().host = SERVER;
        trace.now += 20_000;
        trace.says("DONE", &[&format!("A{n} OK Idle completed.")]);
        trace.says(&format!("B{n} IDLE"), &["+ idling"]);
    }
    let short = trace.lines(true);
    let count = |part: &str| short.iter().filter(|line| line.contains(part)).count();
    assert_eq!(
        (count("C: DONE"), count("phone is told nothing new, and goes on waiting (59 more times")),
        (1, 1),
        "{short:#?}"
    );
}
