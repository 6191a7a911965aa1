//! The workloads.
//!
//! Senders hand mail over at a steady pace that the links and twenty connections at a time can take, so that queues
//! stay short unless a workload is about long ones. The workloads that need much memory come last: what they leave to
//! the allocator would be counted for the others.

use super::text::Text;
use super::{Amounts, Workload};

/// A workload of small mails, a connection for each.
const PLAIN: Workload = Workload {
    name: "",
    about: "",
    size_bytes: 4096,
    sites: None,
    divisor: 1,
    mails_per_connection: 1,
    write: single_hop,
};

static ALL: &[Workload] = &[
    Workload {
        name: "single-hop",
        about: "a user hands mail to a server that files it; one connection a message",
        write: single_hop,
        ..PLAIN
    },
    Workload {
        name: "relay",
        about: "a relay between a user and the mailbox, found by MX: two hops, one connection a message",
        write: relay,
        ..PLAIN
    },
    Workload {
        name: "chain",
        about: "five relays between a user and the mailbox: six hops, one connection a message",
        write: chain,
        ..PLAIN
    },
    Workload {
        name: "fan-in",
        about: "many users (--sites, 100) hand mail to one server",
        sites: Some(100),
        write: fan_in,
        ..PLAIN
    },
    Workload {
        name: "fan-out",
        about: "one server relays to many domains (--sites, 200), found by MX",
        sites: Some(200),
        write: fan_out,
        ..PLAIN
    },
    Workload {
        name: "reuse",
        about: "as single-hop, with up to 100 messages on a connection",
        mails_per_connection: 100,
        write: reuse,
        ..PLAIN
    },
    #[cfg(feature = "tls")]
    Workload {
        name: "tls",
        about: "as single-hop, at port 465: a whole handshake of TLS 1.3 for each message",
        write: |a| sealed(a, "Sealed", ", tls_tickets: false"),
        ..PLAIN
    },
    #[cfg(feature = "tls")]
    Workload {
        name: "tls-resumed",
        about: "the same, where each connection goes on with a session of an earlier one",
        write: |a| sealed(a, "Sealed with tickets", ""),
        ..PLAIN
    },
    Workload {
        name: "auth",
        about: "as single-hop, with a login (SCRAM-SHA-256) for each message, and no TLS",
        write: auth,
        ..PLAIN
    },
    Workload {
        name: "pop3",
        about: "as reuse, and then the person's machine fetches everything in one look by POP3",
        mails_per_connection: 100,
        write: |a| fetched(a, "Fetched by POP3", "Pop3(from: \"mx.blue.example\", every: \"1h\", keeps: Delete)"),
        ..PLAIN
    },
    Workload {
        name: "imap",
        about: "as reuse, and then the person's machine fetches everything in one look by IMAP",
        mails_per_connection: 100,
        write: |a| fetched(a, "Fetched by IMAP", "Imap(from: \"mx.blue.example\", looks: \"1h\")"),
        ..PLAIN
    },
    Workload {
        name: "pipelining-off",
        about: "reused connections over 20 ms, a round trip for every command",
        mails_per_connection: 100,
        write: |a| pipelining(a, false),
        ..PLAIN
    },
    Workload {
        name: "pipelining-on",
        about: "the same with PIPELINING",
        mails_per_connection: 100,
        write: |a| pipelining(a, true),
        ..PLAIN
    },
    Workload {
        name: "mixed-sizes",
        about: "relayed mail of Pareto sizes, --size on average",
        write: mixed_sizes,
        ..PLAIN
    },
    Workload { name: "lossy", about: "relayed over a link that loses every fiftieth packet", write: lossy, ..PLAIN },
    Workload {
        name: "outage",
        about: "the destination is down for an hour: everything is deferred, and then sent",
        mails_per_connection: 100,
        write: outage,
        ..PLAIN
    },
    Workload {
        name: "star",
        about: "many sites (--sites, 1000) around one router write to each other",
        sites: Some(1000),
        write: star,
        ..PLAIN
    },
    Workload {
        name: "idle",
        about: "as single-hop, beside many idle servers (--sites, 10 000)",
        sites: Some(10_000),
        write: idle,
        ..PLAIN
    },
    Workload {
        name: "attachment",
        about: "100 MB through five hops; one message for every 10 000 asked for",
        size_bytes: 100_000_000,
        divisor: 10_000,
        write: attachment,
        ..PLAIN
    },
];

/// All workloads, in the order in which they are run.
#[must_use]
pub fn all() -> &'static [Workload] {
    ALL
}

/// The workload of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Workload> {
    ALL.iter().find(|w| w.name == name)
}

const LAN: &str = "(latency: \"1ms\")";
const ALICE: &str = "alice@green.example";
const BOB: &str = "bob@blue.example";

/// A user, the relays `mx1.green.example` to `mxN.green.example`, and the server with the mailbox.
fn line_of(title: &str, a: &Amounts, relays: usize, last_link: &str, more: &str) -> Text {
    let mut text = Text::new(title, a);
    let relay = |n: usize| format!("mx{n}.green.example");
    let last = "mx.blue.example";
    text.user("pc", ALICE, if relays == 0 { last.to_owned() } else { relay(1) }, more);
    let mut before = "pc".to_owned();
    for n in 1..=relays {
        let onward = if n < relays { format!(", smarthost: \"{}\"", relay(n + 1)) } else { String::new() };
        let domain = if n == 1 { "green.example".to_owned() } else { format!("green{n}.example") };
        text.server(relay(n), domain, &format!("{onward}{more}"));
        text.link(&before, relay(n), LAN);
        before = relay(n);
    }
    text.server(last, "blue.example", "");
    text.link(before, last, last_link);
    text
}

fn single_hop(a: &Amounts) -> String {
    let mut text = line_of("Single hop", a, 0, LAN, "");
    text.mail(ALICE, BOB, (0, 1_000, a.messages), a.size_bytes);
    text.finish()
}

/// A user and a server that knows him by what `of_user` and `of_server` say.
fn submission(a: &Amounts, title: &str, of_user: &str, of_server: &str) -> String {
    let (mut text, server) = (Text::new(title, a), "mx.blue.example");
    text.user("pc", ALICE, server, of_user);
    text.server(server, "blue.example", of_server);
    text.link("pc", server, LAN);
    text.mail(ALICE, BOB, (0, 1_000, a.messages), a.size_bytes);
    text.finish()
}

#[cfg(feature = "tls")]
fn sealed(a: &Amounts, title: &str, of_user: &str) -> String {
    let of_server = ", certificate: Good, listens: { 465: Submissions }";
    submission(a, title, &format!(", port: 465{of_user}"), of_server)
}

fn auth(a: &Amounts) -> String {
    let of_user = format!(", login: \"{ALICE}\", password: \"sesame\"");
    let of_server =
        format!(", accounts: {{ \"{ALICE}\": \"sesame\" }}, mechanisms: [ScramSha256], plain_text_logins: true");
    submission(a, "Logins", &of_user, &of_server)
}

/// A user, a server, and the machine of the one who is written to, which looks into the mailbox when everything is there.
fn fetched(a: &Amounts, title: &str, how: &str) -> String {
    let (mut text, server) = (Text::new(title, a), "mx.blue.example");
    text.user("pc", ALICE, server, "");
    let accounts = format!(", accounts: {{ \"{BOB}\": \"sesame\" }}, plain_text_logins: true, clients: [\"pc\"]");
    text.server(server, "blue.example", &accounts);
    // A mail every millisecond, and some time for the last ones.
    let all_there = a.messages / 1_000 + 60;
    let more = format!(
        "password: \"sesame\", plain_text_logins: true, fetches: [ {how} ], offline: [ (\"0s\", \"{all_there}s\") ]"
    );
    text.reader("home", BOB, &more);
    text.link("pc", server, LAN);
    text.link("home", server, LAN);
    text.mail(ALICE, BOB, (0, 1_000, a.messages), a.size_bytes);
    text.runs_for(all_there + 3_000);
    text.finish()
}

fn relay(a: &Amounts) -> String {
    let mut text = line_of("A relay", a, 1, LAN, "");
    text.mail(ALICE, BOB, (0, 1_000, a.messages), a.size_bytes);
    text.finish()
}

fn chain(a: &Amounts) -> String {
    let mut text = line_of("A chain of five relays", a, 5, LAN, "");
    text.mail(ALICE, BOB, (0, 1_000, a.messages), a.size_bytes);
    text.finish()
}

/// How many of `a.messages` the place `n` of `a.sites` has.
fn share(a: &Amounts, n: u32) -> u64 {
    let (sites, n) = (u64::from(a.sites), u64::from(n));
    a.messages / sites + u64::from(n < a.messages % sites)
}

fn fan_in(a: &Amounts) -> String {
    let mut text = Text::new("Fan-in", a);
    text.server("mx.blue.example", "blue.example", "");
    for n in 0..a.sites {
        text.user(format_args!("pc{n}"), format_args!("u{n}@blue.example"), "mx.blue.example", "");
        text.link(format_args!("pc{n}"), "mx.blue.example", LAN);
        // Together one every 500 us, in turn.
        let every = u64::from(a.sites) * 500;
        let from = format_args!("u{n}@blue.example");
        text.mail(from, BOB, (u64::from(n) * 500, every, share(a, n)), a.size_bytes);
    }
    text.finish()
}

fn fan_out(a: &Amounts) -> String {
    let mut text = Text::new("Fan-out", a);
    text.user("pc", ALICE, "mx.green.example", "");
    text.server("mx.green.example", "green.example", "");
    text.link("pc", "mx.green.example", LAN);
    for n in 0..a.sites {
        text.server(format_args!("mx.d{n}.example"), format_args!("d{n}.example"), "");
        text.link("mx.green.example", format_args!("mx.d{n}.example"), LAN);
        let every = u64::from(a.sites) * 1_000;
        let to = format_args!("bob@d{n}.example");
        text.mail(ALICE, to, (u64::from(n) * 1_000, every, share(a, n)), a.size_bytes);
    }
    text.finish()
}

fn star(a: &Amounts) -> String {
    let mut text = Text::new("Star", a);
    let mail = format!("(count: {}, every: \"1ms\", sizes: \"{}B\")", a.messages, a.size_bytes);
    text.field(&format!(
        "sites: (count: {}, users_per_site: 1, core_routers: 1, link: {LAN}, user_link: {LAN}, \
         mta: (max_size: \"200MiB\", retry: Postfix), mail: {mail})",
        a.sites
    ));
    text.finish()
}

fn reuse(a: &Amounts) -> String {
    let mut text = line_of("Connection reuse", a, 0, LAN, "");
    // All at once would be a queue of everything; this is just faster than the server takes it.
    text.mail(ALICE, BOB, (0, 100, a.messages), a.size_bytes);
    text.finish()
}

fn pipelining(a: &Amounts, on: bool) -> String {
    let title = if on { "With pipelining" } else { "Without pipelining" };
    let mut text = line_of(title, a, 0, "(latency: \"20ms\")", &format!(", pipelining: {on}"));
    text.mail(ALICE, BOB, (0, 2_000, a.messages), a.size_bytes);
    text.finish()
}

fn mixed_sizes(a: &Amounts) -> String {
    let mut text = line_of("Mixed sizes", a, 1, LAN, "");
    // The mean of a Pareto distribution of shape 1.5 is three times its minimum.
    let minimum = (a.size_bytes / 3).max(1);
    text.field(&format!(
        "traffic: [(from: [\"{ALICE}\"], to: [\"{BOB}\"], every: \"1ms\", count: {}, \
         sizes: Pareto(minimum: \"{minimum}B\", shape: \"1.5\"))]",
        a.messages
    ));
    text.finish()
}

fn lossy(a: &Amounts) -> String {
    let mut text = line_of("A lossy link", a, 1, "(latency: \"10ms\", loss: \"2 %\")", "");
    text.mail(ALICE, BOB, (0, 20_000, a.messages), a.size_bytes);
    text.finish()
}

fn outage(a: &Amounts) -> String {
    let mut text = line_of("An outage", a, 1, LAN, "");
    // All of it arrives in the first half of the outage.
    let every = (1_800_000_000 / a.messages).clamp(1, 10_000);
    text.mail(ALICE, BOB, (1_000, every, a.messages), a.size_bytes);
    text.field("faults: [(at: \"0s\", what: Down(host: \"mx.blue.example\"), lasting: \"1h\")]");
    text.finish()
}

fn attachment(a: &Amounts) -> String {
    let mut text = line_of("An attachment", a, 4, LAN, "");
    text.mail(ALICE, BOB, (0, 1_000_000, a.messages), a.size_bytes);
    text.finish()
}

fn idle(a: &Amounts) -> String {
    let mut text = Text::new("Idle hosts", a);
    text.user("pc", ALICE, "mx.blue.example", "");
    text.server("mx.blue.example", "blue.example", "");
    text.link("pc", "core1", LAN);
    text.link("core1", "mx.blue.example", LAN);
    text.field(&format!("sites: (count: {}, users_per_site: 0, core_routers: 1, link: {LAN})", a.sites));
    text.mail(ALICE, BOB, (0, 1_000, a.messages), a.size_bytes);
    text.finish()
}
