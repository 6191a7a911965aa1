//! Traces for the tests of the pictures, as a run would write them.

use std::sync::Arc;

use crate::octets::Chunk;
use crate::sim::{Duration, Instant};
use crate::trace::{
    Change, ConditionStep, ConnId, ConnectionState, Direction, HostEntry, HostId, LinkEntry, LossReason, MailId,
    Octets, PacketStep, QueueName, Record, RecordId, Roster, Server, Side, Transport, Verdict, What,
};

/// Builds a trace.
pub(crate) struct Story {
    pub(crate) roster: Roster,
    pub(crate) records: Vec<Record>,
    pub(crate) now: Instant,
    pub(crate) mail: Option<MailId>,
    pub(crate) hop: Option<u16>,
    conns: u64,
    packets: u64,
    conditions: u32,
    /// The mail for which something is asked.
    pub(crate) asks_for: Option<MailId>,
    /// Where the next connections lead.
    pub(crate) port: u16,
}

pub(crate) fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn octets(text: &str) -> Octets {
    Octets(Chunk::copy_from(text.as_bytes()))
}

impl Story {
    pub(crate) fn new(title: &str) -> Story {
        let roster = Roster { title: title.into(), seed: 1, start_unix_secs: 1_767_603_600, ..Roster::default() };
        Story {
            roster,
            records: vec![],
            now: Instant::ZERO,
            mail: None,
            hop: None,
            conns: 0,
            packets: 0,
            conditions: 0,
            asks_for: None,
            port: 25,
        }
    }

    pub(crate) fn host(&mut self, name: &str, role: &str) -> HostId {
        let n = self.roster.hosts.len() as u32;
        self.roster.hosts.push(HostEntry {
            name: name.into(),
            role: role.into(),
            addresses: vec![format!("10.0.{}.{}", n / 250, n % 250 + 1).into()],
            notes: vec![],
            implied: false,
        });
        HostId(n)
    }

    /// Calls it something else.
    pub(crate) fn title(&mut self, title: &str) {
        self.roster.title = title.into();
    }

    pub(crate) fn implied(&mut self, host: HostId) {
        self.roster.hosts[host.0 as usize].implied = true;
    }

    pub(crate) fn link(&mut self, a: HostId, b: HostId, latency: Duration, label: &str) {
        let implied = label == "implied";
        let label = if implied { "lan" } else { label };
        self.roster.links.push(LinkEntry { a, b, latency_ns: latency.as_nanos(), label: label.into(), implied });
    }

    pub(crate) fn at(&mut self, host: HostId, conn: Option<ConnId>, what: What) {
        let id = Some(RecordId(self.records.len() as u64 + 1));
        let (at, mail, hop) = (self.now, self.mail, self.hop);
        // What is asked goes on from question to answer; the first question is because of the last mail that did something
        // (or of the one that `asks_for` says), and what comes after the last answer is because of that.
        let before = self.records.last().filter(|before| before.mail.is_none()).and_then(|before| before.id);
        let of = |mail| self.records.iter().rev().find(|r| r.mail == mail).and_then(|r| r.id);
        let cause = before.or_else(|| of(mail.or(self.asks_for)));
        self.records.push(Record { id, at, host, conn, mail, hop, cause, what });
    }

    pub(crate) fn wait(&mut self, length: Duration) {
        self.now += length;
    }

    pub(crate) fn composed(&mut self, host: HostId, mail: u64, from: &str, to: &str, subject: &str) {
        self.mail = Some(MailId(mail));
        self.hop = None;
        let what = What::Composed {
            from: from.into(),
            to: vec![to.into()],
            subject: subject.into(),
            size_bytes: 4_312,
            header: vec![],
            parts: vec![],
        };
        self.at(host, None, what);
    }

    fn connection(&mut self, conn: ConnId, host: HostId, peer: HostId, side: Side, state: ConnectionState) {
        self.at(host, Some(conn), What::Connection { state, side, peer, port: self.port });
    }

    pub(crate) fn connect(&mut self, client: HostId, server: HostId, latency: Duration) -> ConnId {
        self.conns += 1;
        let conn = ConnId(self.conns);
        self.connection(conn, client, server, Side::Client, ConnectionState::Connecting);
        self.wait(latency.times(2));
        self.connection(conn, client, server, Side::Client, ConnectionState::Open);
        self.wait(latency);
        self.connection(conn, server, client, Side::Server, ConnectionState::Open);
        conn
    }

    pub(crate) fn unanswered(&mut self, client: HostId, server: HostId, patience: Duration) {
        self.conns += 1;
        let conn = ConnId(self.conns);
        self.connection(conn, client, server, Side::Client, ConnectionState::Connecting);
        self.wait(patience);
        self.connection(conn, client, server, Side::Client, ConnectionState::TimedOut);
    }

    pub(crate) fn timed_out(&mut self, conn: ConnId, client: HostId, server: HostId) {
        self.connection(conn, client, server, Side::Client, ConnectionState::TimedOut);
    }

    pub(crate) fn refused(&mut self, client: HostId, server: HostId, latency: Duration) {
        self.conns += 1;
        let conn = ConnId(self.conns);
        self.connection(conn, client, server, Side::Client, ConnectionState::Connecting);
        self.wait(latency.times(2));
        self.connection(conn, client, server, Side::Client, ConnectionState::Refused);
    }

    /// Lines of one side, all sent now; they arrive after `latency`.
    pub(crate) fn say(
        &mut self,
        conn: ConnId,
        from: HostId,
        to: HostId,
        side: Side,
        lines: &[&str],
        latency: Duration,
    ) {
        let other = if side == Side::Client { Side::Server } else { Side::Client };
        for text in lines {
            let text = octets(text);
            self.at(from, Some(conn), What::Line { direction: Direction::Sent, side, peer: to, sealed: false, text });
        }
        self.wait(latency);
        for text in lines {
            let text = octets(text);
            self.at(
                to,
                Some(conn),
                What::Line { direction: Direction::Received, side: other, peer: from, sealed: false, text },
            );
        }
    }

    /// A question and its answer.
    pub(crate) fn ask(
        &mut self,
        host: HostId,
        server: HostId,
        name: &str,
        rtype: &str,
        answer: &[&str],
        latency: Duration,
    ) {
        self.packets += 1;
        let query = self.packets as u16;
        self.asks(host, server, query, name, rtype, latency);
        self.answers(server, host, query, name, rtype, answer, latency);
    }

    /// A question that arrives.
    pub(crate) fn asks(
        &mut self,
        host: HostId,
        server: HostId,
        query: u16,
        name: &str,
        rtype: &str,
        latency: Duration,
    ) {
        let (name, rtype): (Arc<str>, Arc<str>) = (name.into(), rtype.into());
        let question = |direction, peer| What::Question {
            direction,
            peer,
            query,
            name: name.clone(),
            rtype: rtype.clone(),
            transport: Transport::Udp,
        };
        self.at(host, None, question(Direction::Sent, server));
        self.wait(latency);
        self.at(server, None, question(Direction::Received, host));
    }

    #[allow(clippy::too_many_arguments)]
    /// An answer that arrives.
    pub(crate) fn answers(
        &mut self,
        server: HostId,
        host: HostId,
        query: u16,
        name: &str,
        rtype: &str,
        answer: &[&str],
        latency: Duration,
    ) {
        let (name, rtype): (Arc<str>, Arc<str>) = (name.into(), rtype.into());
        let reply = |direction, peer| What::Answer {
            direction,
            peer,
            query,
            name: name.clone(),
            rtype: rtype.clone(),
            rcode: "NOERROR".into(),
            records: answer.iter().map(|r| (*r).into()).collect(),
            transport: Transport::Udp,
            truncated: false,
        };
        self.at(server, None, reply(Direction::Sent, host));
        self.wait(latency);
        self.at(host, None, reply(Direction::Received, server));
    }

    /// What a look-up came to.
    pub(crate) fn lookup(&mut self, host: HostId, name: &str, rtype: &str, result: &str, cached: bool) {
        self.at(host, None, What::Lookup { name: name.into(), rtype: rtype.into(), result: result.into(), cached });
    }

    /// A whole SMTP session that hands the current mail over, or fails with `verdict` at RCPT.
    pub(crate) fn hand_over(
        &mut self,
        client: HostId,
        server: HostId,
        latency: Duration,
        from: &str,
        to: &str,
        verdict: Option<&str>,
    ) {
        self.hop = Some(self.hop.unwrap_or(0) + 1);
        let name = |s: &Story, h: HostId| s.roster.hosts[h.0 as usize].name.to_string();
        let (c, s) = (name(self, client), name(self, server));
        let conn = self.connect(client, server, latency);
        let (cl, sv) = (Side::Client, Side::Server);
        self.say(conn, server, client, sv, &[&format!("220 {s} ESMTP Postroad")], latency);
        self.say(conn, client, server, cl, &[&format!("EHLO {c}")], latency);
        let keywords =
            [format!("250-{s}"), "250-PIPELINING".into(), "250-SIZE 10485760".into(), "250 ENHANCEDSTATUSCODES".into()];
        let keywords: Vec<&str> = keywords.iter().map(String::as_str).collect();
        self.say(conn, server, client, sv, &keywords, latency);
        self.say(conn, client, server, cl, &[&format!("MAIL FROM:<{from}> SIZE=4312")], latency);
        self.say(conn, server, client, sv, &["250 2.1.0 Ok"], latency);
        self.say(conn, client, server, cl, &[&format!("RCPT TO:<{to}>")], latency);
        if let Some(verdict) = verdict {
            self.say(conn, server, client, sv, &[verdict], latency);
        } else {
            self.say(conn, server, client, sv, &["250 2.1.5 Ok"], latency);
            self.say(conn, client, server, cl, &["DATA"], latency);
            self.say(conn, server, client, sv, &["354 End data with <CR><LF>.<CR><LF>"], latency);
            let content = |direction, side, peer| What::Content { direction, side, peer, size_bytes: 4_096 };
            self.at(client, Some(conn), content(Direction::Sent, cl, server));
            self.wait(latency + ms(1));
            self.at(server, Some(conn), content(Direction::Received, sv, client));
            let accepted = What::Accepted {
                queue_id: "4F2A1C".into(),
                reverse_path: from.into(),
                recipients: vec![to.into()],
                size_bytes: 4_400,
                added: vec![],
            };
            self.at(server, Some(conn), accepted);
            self.say(conn, server, client, sv, &["250 2.0.0 Ok: queued as 4F2A1C"], latency);
        }
        self.say(conn, client, server, cl, &["QUIT"], latency);
        self.say(conn, server, client, sv, &["221 2.0.0 Bye"], latency);
    }

    pub(crate) fn deferred(&mut self, host: HostId, reason: &str, wait: Duration) {
        let until = Some(self.now + wait);
        let what = What::Queue { queue_id: "4F2A1C".into(), queue: QueueName::Deferred, reason: reason.into(), until };
        self.at(host, None, what);
    }

    pub(crate) fn attempt(&mut self, host: HostId, next: &str, number: u32) {
        let what = What::Attempt {
            queue_id: "4F2A1C".into(),
            recipients: vec!["bob@blue.example".into()],
            next_hop: Server { name: next.into(), address: "10.0.0.3".into() },
            number,
        };
        self.at(host, None, what);
    }

    pub(crate) fn delivered(&mut self, host: HostId, to: &str) {
        let what = What::Delivered {
            queue_id: "4F2A1C".into(),
            recipient: to.into(),
            mailbox: to.into(),
            uid: 0,
            size_bytes: 4_500,
            added: vec![],
            parts: vec![],
        };
        self.at(host, None, what);
    }

    /// A condition that begins for good, or mends.
    pub(crate) fn condition(&mut self, host: HostId, change: Change) {
        let mail = self.mail.take();
        self.conditions += 1;
        let (number, step) = (self.conditions, ConditionStep::Begins);
        self.at(host, None, What::Condition { number, step, change, until: None, leaves: None });
        self.mail = mail;
    }

    #[allow(clippy::too_many_arguments)]
    /// A packet that arrives after `latency`, or is lost after a third of it.
    pub(crate) fn packet(
        &mut self,
        conn: ConnId,
        from: HostId,
        to: HostId,
        flags: &str,
        bytes: u32,
        latency: Duration,
        lost: bool,
        again: bool,
    ) {
        self.packets += 1;
        let packet = self.packets;
        let what = |step, reason| What::Packet {
            packet,
            step,
            from,
            to,
            transport: Transport::Tcp,
            source_port: 49152,
            destination_port: 25,
            flags: flags.into(),
            sequence: 1,
            acknowledgement: 1,
            window_bytes: 65_535,
            payload_bytes: bytes,
            retransmission: again,
            again: None,
            reason,
        };
        self.at(from, Some(conn), what(PacketStep::Sent, None));
        if lost {
            self.wait(latency.over(3));
            self.at(from, Some(conn), what(PacketStep::Lost, Some(LossReason::Noise)));
        } else {
            self.wait(latency);
            self.at(to, Some(conn), what(PacketStep::Arrived, None));
        }
    }
}

/// The hosts of the first scenarios.
pub(crate) fn three(title: &str) -> (Story, [HostId; 4]) {
    let mut s = Story::new(title);
    let laptop = s.host("laptop", "user");
    let green = s.host("mail.green.example", "mta");
    let blue = s.host("mx.blue.example", "mta");
    let names = s.host("ns.internet", "name server");
    s.implied(names);
    s.link(laptop, green, ms(2), "wifi");
    s.link(green, blue, ms(40), "40 ms · 100 Mbit/s");
    s.link(names, green, ms(5), "implied");
    s.now = Instant::ZERO + ms(1000);
    (s, [laptop, green, blue, names])
}

pub(crate) fn first_message() -> Story {
    let (mut s, [laptop, green, blue, names]) = three("A first message");
    s.composed(laptop, 1, "alice@green.example", "bob@blue.example", "Hello");
    s.ask(laptop, names, "mail.green.example", "A", &["10.0.0.2"], ms(7));
    s.hand_over(laptop, green, ms(2), "alice@green.example", "bob@blue.example", None);
    s.ask(green, names, "blue.example", "MX", &["10 mx.blue.example."], ms(5));
    s.ask(green, names, "mx.blue.example", "A", &["10.0.0.3"], ms(5));
    s.attempt(green, "mx.blue.example", 1);
    s.hand_over(green, blue, ms(40), "alice@green.example", "bob@blue.example", None);
    s.delivered(blue, "bob@blue.example");
    s
}

/// Six hours of outage, ten retries, then delivery.
pub(crate) fn retries() -> Story {
    let (mut s, [laptop, green, blue, names]) = three("The destination is down for six hours");
    s.condition(blue, Change::Host { host: blue, up: false });
    s.composed(laptop, 1, "alice@green.example", "bob@blue.example", "Patience");
    s.hand_over(laptop, green, ms(2), "alice@green.example", "bob@blue.example", None);
    s.ask(green, names, "blue.example", "MX", &["10 mx.blue.example."], ms(5));
    for number in 1..=10 {
        s.attempt(green, "mx.blue.example", number);
        s.unanswered(green, blue, Duration::from_secs(30));
        let pause = Duration::from_mins([5, 10, 20, 40, 40, 40, 50, 50, 50, 50][number as usize - 1]);
        s.deferred(green, "connection timed out", pause);
        s.wait(pause);
        if number == 9 {
            s.condition(blue, Change::Host { host: blue, up: true });
        }
    }
    s.attempt(green, "mx.blue.example", 11);
    s.hand_over(green, blue, ms(40), "alice@green.example", "bob@blue.example", None);
    s.delivered(blue, "bob@blue.example");
    s
}

/// An unknown user, and the report that comes back.
pub(crate) fn bounce() -> Story {
    let (mut s, [laptop, green, blue, names]) = three("Nobody of that name: a bounce");
    s.composed(laptop, 1, "alice@green.example", "nobody@blue.example", "Are you there?");
    s.hand_over(laptop, green, ms(2), "alice@green.example", "nobody@blue.example", None);
    s.ask(green, names, "blue.example", "MX", &["10 mx.blue.example."], ms(5));
    let verdict = "550 5.1.1 <nobody@blue.example>: Recipient address rejected: User unknown in local mailbox table";
    s.hand_over(green, blue, ms(40), "alice@green.example", "nobody@blue.example", Some(verdict));
    let outcome = What::Outcome {
        queue_id: "4F2A1C".into(),
        recipient: "nobody@blue.example".into(),
        verdict: Verdict::Failed,
        number: 1,
        reply: octets(verdict),
        by: Some(Server { name: "mx.blue.example".into(), address: "10.0.0.3".into() }),
    };
    s.at(green, None, outcome);
    let bounced = What::Bounced {
        queue_id: "4F2A1C".into(),
        recipient: "nobody@blue.example".into(),
        status: "5.1.1".into(),
        reason: octets(verdict),
        report: Some(MailId(2)),
    };
    s.at(green, None, bounced);
    s.composed(green, 2, "", "alice@green.example", "Undelivered Mail Returned to Sender");
    s.delivered(green, "alice@green.example");
    s
}

/// Eight hosts: submission, gateway, three exchangers of which two fail, a list.
pub(crate) fn eight() -> Story {
    let mut s = Story::new("Through a chain of relays, with two exchangers out of service");
    let names = [
        "laptop",
        "submit.green.example",
        "out.green.example",
        "mx1.blue.example",
        "mx2.blue.example",
        "backup.relay.example",
        "store.blue.example",
        "ns.blue.example",
    ];
    let hosts: Vec<HostId> = names
        .iter()
        .enumerate()
        .map(|(i, n)| {
            s.host(
                n,
                match i {
                    0 => "user",
                    7 => "name server",
                    _ => "mta",
                },
            )
        })
        .collect();
    let core = s.host("core-router", "router");
    s.link(hosts[0], hosts[1], ms(2), "wifi");
    s.link(hosts[1], hosts[2], ms(1), "lan");
    s.link(hosts[2], core, ms(15), "15 ms · 1 Gbit/s");
    for h in [3, 4, 5, 7] {
        s.link(core, hosts[h], ms(10 + h as u64 * 3), ["20 ms · 100 Mbit/s", "dsl"][h % 2]);
    }
    s.link(hosts[5], hosts[6], ms(20), "20 ms");
    s.link(hosts[3], hosts[6], ms(1), "lan");
    s.now = Instant::ZERO + ms(500);
    s.composed(hosts[0], 1, "alice@green.example", "bob@blue.example", "Quarterly figures");
    s.hand_over(hosts[0], hosts[1], ms(2), "alice@green.example", "bob@blue.example", None);
    s.hand_over(hosts[1], hosts[2], ms(1), "alice@green.example", "bob@blue.example", None);
    s.ask(
        hosts[2],
        hosts[7],
        "blue.example",
        "MX",
        &["10 mx1.blue.example.", "20 mx2.blue.example.", "30 backup.relay.example."],
        ms(30),
    );
    s.hop = Some(3);
    s.unanswered(hosts[2], hosts[3], Duration::from_secs(30));
    s.refused(hosts[2], hosts[4], ms(35));
    s.hop = Some(2);
    s.hand_over(hosts[2], hosts[5], ms(40), "alice@green.example", "bob@blue.example", None);
    s.deferred(hosts[5], "blue.example: all exchangers out of service", Duration::from_mins(15));
    s.wait(Duration::from_mins(15));
    s.hand_over(hosts[5], hosts[6], ms(20), "alice@green.example", "bob@blue.example", None);
    s.delivered(hosts[6], "bob@blue.example");
    s
}

/// A dialogue whose packets are seen, two of them lost.
pub(crate) fn packets() -> Story {
    let (mut s, [laptop, green, ..]) = three("Packets, two of them lost");
    s.composed(laptop, 1, "alice@green.example", "bob@blue.example", "Loss");
    let conn = ConnId(1);
    s.hop = Some(1);
    let d = ms(20);
    s.packet(conn, laptop, green, "SYN", 0, d, true, false);
    s.wait(ms(993));
    s.packet(conn, laptop, green, "SYN", 0, d, false, true);
    s.packet(conn, green, laptop, "SYN ACK", 0, d, false, false);
    s.packet(conn, laptop, green, "ACK", 0, d, false, false);
    let begun = s.now;
    s.packet(conn, green, laptop, "PSH ACK", 30, d, false, false);
    let line = "220 mail.green.example ESMTP";
    s.now = begun;
    s.say(conn, green, laptop, Side::Server, &[line], d);
    s.packet(conn, laptop, green, "PSH ACK", 13, d, true, false);
    s.wait(ms(220));
    s.packet(conn, laptop, green, "PSH ACK", 13, d, false, true);
    s.records.sort_by_key(|r| r.at);
    s
}

/// A net of `sites` sites, each with a server and two users, on a ring of routers.
pub(crate) fn internet(sites: usize) -> Story {
    let mut s = Story::new("An internet of many sites");
    let routers: Vec<HostId> = (0..sites.div_ceil(8)).map(|i| s.host(&format!("router-{i}"), "router")).collect();
    for (i, r) in routers.iter().enumerate() {
        for step in [1, 5] {
            s.link(*r, routers[(i + step) % routers.len()], ms(10), "10 ms");
        }
    }
    let mut servers = vec![];
    let mut users = vec![];
    for i in 0..sites {
        let mx = s.host(&format!("mx.site-{i}.example"), "mta");
        s.link(mx, routers[i / 8], ms(5), "dsl");
        for n in 0..2 {
            let user = s.host(&format!("user-{n}.site-{i}.example"), "user");
            s.link(user, mx, ms(1), "lan");
            users.push(user);
        }
        servers.push(mx);
    }
    s.composed(users[0], 1, "a@site-0.example", "b@site.example", "Far away");
    s.hand_over(users[0], servers[0], ms(1), "a@site-0.example", "b@site.example", None);
    s.unanswered(servers[0], servers[sites / 3], Duration::from_secs(30));
    s.hop = Some(1);
    s.hand_over(servers[0], servers[sites / 2], ms(40), "a@site-0.example", "b@site.example", None);
    s.hand_over(servers[sites / 2], servers[sites - 1], ms(40), "a@site-0.example", "b@site.example", None);
    s.delivered(servers[sites - 1], "b@site.example");
    s
}
