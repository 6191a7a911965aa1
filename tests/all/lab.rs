//! The bench that all tests stand on: a scenario's text in, everything that can be known of its run out.

use std::cell::RefCell;
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use postroad::agent::Agent;
use postroad::capture::{Recorder, View};
use postroad::diag;
use postroad::identity::ReversePath;
use postroad::octets::Chunk;
use postroad::queue::Fate;
use postroad::scenario::{self, BuildOptions, Plan};
use postroad::sim::{Duration, Instant, StopReason};
use postroad::trace::jsonl::{Detail, JsonLines};
use postroad::trace::{Direction, HostId, Record, Roster, Side, Sink, Verdict, What};
use postroad::world::{Change, Report, World};

/// Everything between two events of one run is bounded by this many events: a run that needs more has run away.
const MOST_EVENTS: u64 = 20_000_000;

/// The plan of a scenario.
pub(crate) fn plan(text: &str) -> Plan {
    scenario::load("test.ron", text).unwrap_or_else(|d| panic!("{}\n{text}", diag::render_all(&d, text, false)))
}

/// What lies beside the shipped scenarios.
struct Shipped;

impl scenario::Files for Shipped {
    fn read(&mut self, path: &str) -> Result<Chunk, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        std::fs::read(folder.join(path)).map(Chunk::from).map_err(|e| e.to_string())
    }
}

/// The scenarios that are shipped, without the large ones.
pub(crate) fn shipped() -> Vec<(String, Plan)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "ron"));
    files.sort();
    assert!(!files.is_empty(), "there are scenarios");
    files
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let plan = scenario::load_with(&name, &text, &mut Shipped)
                .unwrap_or_else(|d| panic!("{name}: {}", diag::render_all(&d, &text, false)));
            (name, plan)
        })
        .collect()
}

/// Keeps all records.
#[derive(Default)]
struct Memory {
    roster: Option<Arc<Roster>>,
    records: Vec<Record>,
    packets: bool,
}

impl Sink for Memory {
    fn begin(&mut self, roster: &Arc<Roster>) {
        self.roster = Some(roster.clone());
    }
    fn wants_packets(&self) -> bool {
        self.packets
    }
    fn record(&mut self, record: &Record) {
        self.records.push(record.clone());
    }
}

/// Forgets everything but a checksum (FNV-1a).
pub(crate) struct Checksum(u64);

impl io::Write for Checksum {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for b in bytes {
            self.0 = (self.0 ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3);
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A mail as it lies in a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filed {
    pub(crate) host: String,
    pub(crate) mailbox: String,
    pub(crate) to: String,
    pub(crate) from: ReversePath,
    pub(crate) at: Instant,
    pub(crate) bytes: Vec<u8>,
}

/// How a run is looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Look {
    pub(crate) seed: Option<u64>,
    /// Keep the records.
    pub(crate) records: bool,
    /// Packets among them.
    pub(crate) packets: bool,
    /// The trace as JSON Lines.
    pub(crate) trace: bool,
    /// A checksum of it.
    pub(crate) checksum: bool,
    /// All packets as a capture.
    pub(crate) capture: bool,
    /// Secrets in records.
    pub(crate) secrets: bool,
    /// After so many events this host goes down, for five minutes.
    pub(crate) crash: Option<(u64, HostId)>,
}

/// What a run came to.
pub(crate) struct Run {
    pub(crate) stop: StopReason,
    pub(crate) end: Instant,
    pub(crate) report: Result<Report, String>,
    pub(crate) roster: Arc<Roster>,
    pub(crate) records: Vec<Record>,
    pub(crate) trace: Vec<u8>,
    pub(crate) checksum: u64,
    pub(crate) capture: Vec<u8>,
    pub(crate) filed: Vec<Filed>,
    /// Recipients that wait in outboxes of user agents: host, number of the mail, address.
    pub(crate) outbox: Vec<(HostId, u64, String)>,
}

fn collect(world: &World) -> (Vec<Filed>, Vec<(HostId, u64, String)>) {
    let (mut filed, mut outbox) = (Vec::new(), Vec::new());
    for (place, entry) in world.roster().hosts.iter().enumerate() {
        let id = HostId(place as u32);
        match world.agent(id) {
            Agent::Mta(mta) => {
                for (_, mailbox) in mta.store().mailboxes() {
                    for mail in mailbox.inbox().messages() {
                        let letter = mail.letter().expect("small scenarios keep their letters");
                        filed.push(Filed {
                            host: entry.name.to_string(),
                            mailbox: mailbox.address().as_str().into(),
                            to: letter.to.as_str().into(),
                            from: letter.from.clone(),
                            at: mail.at(),
                            bytes: letter.content.rope().to_vec(),
                        });
                    }
                }
            }
            Agent::User(user) => {
                for mail in user.outbox().entries() {
                    for recipient in mail.recipients.iter().filter(|r| matches!(r.fate, Fate::Waiting | Fate::Failed)) {
                        outbox.push((id, mail.mail, recipient.mailbox.as_str().into()));
                    }
                }
            }
            Agent::NameServer(_) | Agent::Router => {}
        }
    }
    (filed, outbox)
}

/// Runs a plan to its end, or to the end of its time.
pub(crate) fn run(plan: &Plan, look: Look) -> Run {
    let mut world = scenario::build(plan, BuildOptions { seed: look.seed });
    let memory = look.records.then(|| Rc::new(RefCell::new(Memory { packets: look.packets, ..Memory::default() })));
    if let Some(memory) = &memory {
        world.observe(Box::new(memory.clone()));
    }
    let lines = look.trace.then(|| {
        Rc::new(RefCell::new(JsonLines::new(Vec::new(), if look.packets { Detail::Full } else { Detail::Records })))
    });
    if let Some(lines) = &lines {
        world.observe(Box::new(lines.clone()));
    }
    let sum =
        look.checksum.then(|| Rc::new(RefCell::new(JsonLines::new(Checksum(0xcbf2_9ce4_8422_2325), Detail::Records))));
    if let Some(sum) = &sum {
        world.observe(Box::new(sum.clone()));
    }
    let tape = look.capture.then(|| Recorder::new(Vec::new(), View::All, world.roster()).unwrap());
    let tape = tape.map(|tape| Rc::new(RefCell::new(tape)));
    if let Some(tape) = &tape {
        world.tap(Box::new(tape.clone()));
    }
    if look.secrets {
        world.show_secrets();
    }
    world.start();
    if let Some((events, host)) = look.crash {
        world.run_until(Instant::ZERO + plan.run_for, events);
        world.change(Change::Host { host, up: false }, Some(Duration::from_mins(5)));
    }
    let stop = world.run_until(Instant::ZERO + plan.run_for, MOST_EVENTS);
    world.finish();
    let report = world.audit().map_err(|v| format!("{v:?}"));
    let (filed, outbox) = collect(&world);
    let (end, roster) = (world.ended_at(), world.roster().clone());
    drop(world);
    fn out<W: io::Write>(lines: Rc<RefCell<JsonLines<W>>>) -> W {
        Rc::try_unwrap(lines).ok().unwrap().into_inner().into_inner().unwrap()
    }
    Run {
        stop,
        end,
        report,
        roster,
        records: memory.map(|m| Rc::try_unwrap(m).ok().unwrap().into_inner().records).unwrap_or_default(),
        trace: lines.map(out).unwrap_or_default(),
        capture: tape.map(|tape| tape.borrow_mut().finish().unwrap()).unwrap_or_default(),
        checksum: sum.map(out).map_or(0, |c| c.0),
        filed,
        outbox,
    }
}

/// Runs a scenario's text with records, and holds it to what every run must keep: it ends because nothing is left to
/// happen, and nothing that was accepted is lost.
pub(crate) fn tell(text: &str) -> Run {
    tell_plan(&plan(text))
}

/// The same for a plan.
pub(crate) fn tell_plan(plan: &Plan) -> Run {
    let run = run(plan, Look { records: true, ..Look::default() });
    assert_eq!(run.stop, StopReason::Idle, "a run ends when nothing is left to do; at {:?}", run.end);
    if let Err(violation) = &run.report {
        panic!("{violation}");
    }
    run
}

/// Seconds since the beginning.
pub(crate) fn secs(at: Instant) -> f64 {
    at.as_nanos() as f64 / 1e9
}

/// A duration in seconds.
pub(crate) fn seconds(d: Duration) -> f64 {
    d.as_nanos() as f64 / 1e9
}

impl Run {
    pub(crate) fn host(&self, name: &str) -> HostId {
        let place = self.roster.hosts.iter().position(|h| &*h.name == name);
        HostId(place.unwrap_or_else(|| panic!("no host {name}")) as u32)
    }
    /// What is in a mailbox.
    pub(crate) fn mailbox(&self, address: &str) -> Vec<&Filed> {
        self.filed.iter().filter(|f| f.mailbox == address).collect()
    }
    /// The mails in a mailbox that are no reports.
    pub(crate) fn letters(&self, address: &str) -> usize {
        self.mailbox(address).iter().filter(|f| f.from != ReversePath::Null).count()
    }
    /// What a host asks the DNS for, by name and type.
    pub(crate) fn asked(&self, host: &str) -> Vec<String> {
        let host = self.host(host);
        let of = |what: &What| match what {
            What::Question { direction: Direction::Sent, name, rtype, .. } => Some(format!("{name} {rtype}")),
            _ => None,
        };
        self.records.iter().filter(|r| r.host == host).filter_map(|r| of(&r.what)).collect()
    }
    /// The addresses that were dialled, in order.
    pub(crate) fn dialled(&self) -> Vec<String> {
        let of = |what: &What| match what {
            What::Attempt { next_hop, .. } => Some(next_hop.address.to_string()),
            _ => None,
        };
        self.records.iter().filter_map(|r| of(&r.what)).collect()
    }
    /// Recipient, status and reason of everything that bounced.
    pub(crate) fn bounces(&self) -> Vec<(String, String, String)> {
        self.records
            .iter()
            .filter_map(|r| match &r.what {
                What::Bounced { recipient, status, reason, .. } => {
                    Some((recipient.to_string(), status.to_string(), reason.visible()))
                }
                _ => None,
            })
            .collect()
    }
    /// Time and text of the lines that a host sent or received.
    pub(crate) fn lines(&self, host: &str, wanted: Direction, role: Side) -> Vec<(Instant, String)> {
        let host = self.host(host);
        self.records
            .iter()
            .filter_map(|r| match &r.what {
                What::Line { direction, side, text, .. } if r.host == host && *direction == wanted && *side == role => {
                    Some((r.at, text.visible()))
                }
                _ => None,
            })
            .collect()
    }
    /// The commands that a client said that begin like this.
    pub(crate) fn said(&self, host: &str, begins: &str) -> Vec<(Instant, String)> {
        let mut lines = self.lines(host, Direction::Sent, Side::Client);
        lines.retain(|(_, text)| text.starts_with(begins));
        lines
    }
    /// The replies that a server gave that begin like this.
    pub(crate) fn replied(&self, host: &str, begins: &str) -> Vec<(Instant, String)> {
        let mut lines = self.lines(host, Direction::Sent, Side::Server);
        lines.retain(|(_, text)| text.starts_with(begins));
        lines
    }
    /// Time and next hop of the attempts of a host.
    pub(crate) fn attempts(&self, host: &str) -> Vec<(Instant, String)> {
        let host = self.host(host);
        self.records
            .iter()
            .filter_map(|r| match &r.what {
                What::Attempt { next_hop, .. } if r.host == host => Some((r.at, next_hop.name.to_string())),
                _ => None,
            })
            .collect()
    }
    /// Recipient, verdict and reply of the outcomes at a host.
    pub(crate) fn outcomes(&self, host: &str) -> Vec<(String, Verdict, String)> {
        let host = self.host(host);
        self.records
            .iter()
            .filter_map(|r| match &r.what {
                What::Outcome { recipient, verdict, reply, .. } if r.host == host => {
                    Some((recipient.to_string(), *verdict, reply.visible()))
                }
                _ => None,
            })
            .collect()
    }
    /// Connections that a host began.
    pub(crate) fn connections(&self, host: &str) -> usize {
        let host = self.host(host);
        let began = |r: &&Record| {
            r.host == host
                && matches!(&r.what, What::Connection { state: postroad::trace::ConnectionState::Connecting, port, .. } if *port != 53)
        };
        self.records.iter().filter(began).count()
    }
    /// Records of one kind, by the name that JSON has for it.
    pub(crate) fn count(&self, matches: impl Fn(&What) -> bool) -> usize {
        self.records.iter().filter(|r| matches(&r.what)).count()
    }
}
