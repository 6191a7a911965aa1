//! Runs the cases of `tests/tcp/*.txt`: what happens to one TCP, line by line, and what it must answer. The form is told
//! in `tests/tcp/README.md`.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use crate::net::tcp::{Config, Connection, Event, Flags, Repeat, Segment, State, Timestamps};
use crate::octets::{Chunk, Rope};
use crate::sim::{Duration, Instant};

/// The payload of a full segment in all cases.
const MSS: u16 = 1_000;
/// What the timestamps option takes from a segment.
const CLOCK_BYTES: u16 = 12;
/// The peer's clock is ahead of ours by this many milliseconds.
const PEER_CLOCK: u32 = 1_000_000;

struct Case<'t> {
    name: &'t str,
    lines: Vec<(usize, &'t str)>,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(name) = line.strip_prefix("case ") {
            cases.push(Case { name, lines: Vec::new() });
        } else if !line.is_empty() {
            cases.last_mut().expect("a file begins with a case").lines.push((number + 1, line));
        }
    }
    cases
}

/// One TCP, and the script as its peer.
struct Stage {
    config: Config,
    now: Instant,
    /// What times in the script count from.
    began: Instant,
    tcp: Option<Connection>,
    out: VecDeque<(Instant, Segment)>,
    events: VecDeque<Event>,
    received: usize,
    reads: bool,
    iss: u32,
    irs: u32,
    /// Sequence number of the peer's next byte.
    peer_next: u32,
    peer_window: u16,
    peer_sack: bool,
    peer_clock: bool,
    peer_scale: Option<u8>,
    /// What the peer acknowledges where a line does not say it: what it said last.
    peer_ack: u32,
    /// What our clock said last.
    our_clock: u32,
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{text}` is not a number"))
}

/// A decimal number of seconds.
fn seconds(text: &str) -> Result<Duration, String> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let whole: u64 = if whole.is_empty() { 0 } else { number(whole)? };
    let nanos: u64 = number(&format!("{part:0<9}"))?;
    Ok(Duration::from_secs(whole) + Duration::from_nanos(nanos))
}

fn flags(text: &str) -> Result<Flags, String> {
    let mut flags = Flags::NONE;
    for letter in text.chars() {
        flags = flags.with(match letter {
            'S' => Flags::SYN,
            'F' => Flags::FIN,
            'R' => Flags::RST,
            'P' => Flags::PSH,
            '.' => Flags::ACK,
            '-' => Flags::NONE,
            _ => return Err(format!("`{text}` are no flags")),
        });
    }
    Ok(flags)
}

/// What a line says of a segment. Numbers are relative to the first ones.
#[derive(Default)]
struct Said {
    flags: Flags,
    seq: Option<u32>,
    ack: Option<u32>,
    len: usize,
    window: Option<u16>,
    again: Option<Repeat>,
    /// Whether options are told at all.
    options: bool,
    mss: Option<u16>,
    scale: Option<u8>,
    sack_permitted: bool,
    /// `Some(None)` is a clock of any value.
    clock: Option<Option<(u32, u32)>>,
    no_clock: bool,
    blocks: Vec<(u32, u32)>,
}

fn said(text: &str) -> Result<Said, String> {
    let (front, options) = match text.split_once('<') {
        Some((front, rest)) => (front, Some(rest.strip_suffix('>').ok_or("`<` without `>`")?)),
        None => (text, None),
    };
    let mut said = Said { options: options.is_some(), ..Said::default() };
    let front = words(front);
    let mut rest = front.iter();
    said.flags = flags(rest.next().ok_or("flags are missing")?)?;
    while let Some(word) = rest.next() {
        let value = rest.next().ok_or_else(|| format!("`{word}` of what?"))?;
        match *word {
            "seq" => said.seq = Some(number::<i64>(value)? as u32),
            "ack" => said.ack = Some(number::<i64>(value)? as u32),
            "len" => said.len = number(value)?,
            "win" => said.window = Some(number(value)?),
            "again" => {
                said.again = Some(match *value {
                    "timeout" => Repeat::Timeout,
                    "duplicates" => Repeat::Duplicates,
                    "rack" => Repeat::Rack,
                    "probe" => Repeat::Probe,
                    "window" => Repeat::Window,
                    "syn" => Repeat::Syn,
                    _ => return Err(format!("`{value}` is no reason")),
                });
            }
            _ => return Err(format!("`{word}` says nothing of a segment")),
        }
    }
    for option in options.unwrap_or_default().split(',').map(words).filter(|o| !o.is_empty()) {
        match option[..] {
            ["mss", n] => said.mss = Some(number(n)?),
            ["ws", n] => said.scale = Some(number(n)?),
            ["sackok"] => said.sack_permitted = true,
            ["ts", "*"] => said.clock = Some(None),
            ["ts", value, echo] => said.clock = Some(Some((number(value)?, number(echo)?))),
            ["nots"] => said.no_clock = true,
            ["sack", ..] => {
                for block in &option[1..] {
                    let (from, to) = block.split_once(':').ok_or("a block is `from:to`")?;
                    said.blocks.push((number::<i64>(from)? as u32, number::<i64>(to)? as u32));
                }
            }
            _ => return Err(format!("`{}` is no option", option.join(" "))),
        }
    }
    Ok(said)
}

impl Stage {
    fn new() -> Stage {
        let began = Instant::ZERO + Duration::from_secs(1);
        Stage {
            config: Config { mss: MSS + CLOCK_BYTES, ..Config::default() },
            now: began,
            began,
            tcp: None,
            out: VecDeque::new(),
            events: VecDeque::new(),
            received: 0,
            reads: true,
            iss: 0,
            irs: 0,
            peer_next: 0,
            peer_window: 1_000,
            peer_sack: true,
            peer_clock: true,
            peer_scale: Some(7),
            peer_ack: 1,
            our_clock: 0,
        }
    }

    fn tcp(&mut self) -> Result<&mut Connection, String> {
        self.tcp.as_mut().ok_or_else(|| "there is no connection yet".to_owned())
    }

    fn drain(&mut self) {
        let now = self.now;
        let Some(tcp) = &mut self.tcp else { return };
        while self.reads
            && let Some(event) = tcp.poll_event()
        {
            match event {
                Event::Data(chunk) => self.received += chunk.len(),
                event => self.events.push_back(event),
            }
        }
        while let Some(segment) = tcp.poll_transmit(now) {
            if let Some(clock) = segment.timestamps {
                self.our_clock = clock.value;
            }
            self.out.push_back((now, segment));
        }
    }

    /// Lets the time pass, with all timers that strike on the way.
    fn advance(&mut self, to: Instant) {
        while let Some(at) = self.tcp.as_ref().and_then(Connection::poll_timeout).filter(|at| *at <= to) {
            self.now = self.now.max(at);
            let now = self.now;
            self.tcp.iter_mut().for_each(|tcp| tcp.handle_timeout(now));
            self.drain();
        }
        self.now = self.now.max(to);
    }

    fn nothing_more(&self) -> Result<(), String> {
        match self.out.front() {
            Some((at, segment)) => Err(format!("nobody expected {}", self.show(*at, segment))),
            None => Ok(()),
        }
    }

    fn show(&self, at: Instant, segment: &Segment) -> String {
        let blocks: Vec<String> = segment
            .sack
            .iter()
            .flat_map(|b| b.iter())
            .map(|b| format!("{}:{}", b.0.wrapping_sub(self.irs), b.1.wrapping_sub(self.irs)))
            .collect();
        format!(
            "{} seq {} len {} ack {} win {} {:?} sack {blocks:?} ts {:?} after {} us",
            segment.flags,
            segment.seq.wrapping_sub(self.iss),
            segment.payload.len(),
            segment.ack.wrapping_sub(self.irs),
            segment.window,
            segment.retransmission,
            segment.timestamps.map(|t| (t.value, t.echo)),
            at.since(self.began).as_nanos() / 1_000,
        )
    }

    /// A segment that the script sends.
    fn arrives(&mut self, said: &Said) -> Result<(), String> {
        let seq = said.seq.map_or(self.peer_next, |seq| self.irs.wrapping_add(seq));
        let ours = |n: u32| self.iss.wrapping_add(n);
        let syn = said.flags.syn();
        let clock = match said.clock {
            Some(Some((value, echo))) => Some(Timestamps { value, echo }),
            Some(None) => return Err("`ts *` is for what is expected".into()),
            None if self.peer_clock && !said.no_clock && !(syn && said.options) => Some(Timestamps {
                value: PEER_CLOCK + (self.now.as_nanos() / 1_000_000) as u32,
                echo: if said.flags.ack() { self.our_clock } else { 0 },
            }),
            None => None,
        };
        let default_options = syn && !said.options;
        self.peer_ack = said.ack.unwrap_or(self.peer_ack);
        let mut segment = Segment {
            source_port: 25,
            destination_port: 40_000,
            seq,
            ack: if said.flags.ack() { ours(said.ack.unwrap_or(self.peer_ack)) } else { 0 },
            flags: said.flags,
            window: said.window.unwrap_or(if syn { 65_535 } else { self.peer_window }),
            mss: if default_options { Some(self.config.mss) } else { said.mss },
            window_scale: if default_options { self.peer_scale } else { said.scale },
            sack_permitted: if default_options { self.peer_sack } else { said.sack_permitted },
            timestamps: clock,
            sack: (!said.blocks.is_empty())
                .then(|| Box::new(said.blocks.iter().map(|b| (ours(b.0), ours(b.1))).collect())),
            payload: Rope::from(Chunk::from(vec![7; said.len])),
            retransmission: None,
        };
        let next = seq.wrapping_add(segment.seq_len());
        if next.wrapping_sub(self.peer_next) < 1 << 31 {
            self.peer_next = next;
        }
        let now = self.now;
        match &mut self.tcp {
            Some(tcp) => tcp.handle_segment(now, &mut segment),
            None if syn && !said.flags.ack() => {
                self.tcp = Some(Connection::accept(now, &self.config, &segment, self.iss));
            }
            None => {
                let answer = segment.reset_for();
                self.out.extend(answer.map(|answer| (now, answer)));
            }
        }
        self.drain();
        Ok(())
    }

    /// A segment that the script expects, now.
    fn expected(&mut self, said: &Said, slack: Duration) -> Result<(), String> {
        let Some((at, segment)) = self.out.pop_front() else {
            return Err("nothing left".into());
        };
        let seen = self.show(at, &segment);
        let differs = |what: &str| Err(format!("{what} of {seen}"));
        if self.now.since(at) > slack {
            return differs("the time");
        }
        if segment.flags != said.flags {
            return differs("flags");
        }
        if segment.payload.len() != said.len {
            return differs("length");
        }
        if said.seq.is_some_and(|seq| segment.seq != self.iss.wrapping_add(seq)) {
            return differs("sequence number");
        }
        if said.ack.is_some_and(|ack| segment.ack != self.irs.wrapping_add(ack)) {
            return differs("acknowledgement");
        }
        if said.window.is_some_and(|window| segment.window != window) {
            return differs("window");
        }
        if said.again != segment.retransmission {
            return differs("reason to send again");
        }
        if said.options {
            let blocks: Vec<(u32, u32)> = segment
                .sack
                .iter()
                .flat_map(|b| b.iter())
                .map(|b| (b.0.wrapping_sub(self.irs), b.1.wrapping_sub(self.irs)))
                .collect();
            if blocks != said.blocks {
                return differs("SACK blocks");
            }
            if (segment.mss, segment.window_scale, segment.sack_permitted)
                != (said.mss, said.scale, said.sack_permitted)
            {
                return differs(&format!("options {:?} {:?}", segment.mss, segment.window_scale));
            }
            let clock = segment.timestamps.map(|clock| (clock.value, clock.echo));
            let as_told = match said.clock {
                None => clock.is_none(),
                Some(None) => clock.is_some(),
                told => told == Some(clock),
            };
            if !as_told {
                return differs("timestamps");
            }
        }
        Ok(())
    }

    /// The peer's greeting: the connection stands, and times count from now.
    fn establish(&mut self, passive: bool, round_trip: Duration) -> Result<(), String> {
        let open = "S";
        if passive {
            self.arrives(&said(open)?)?;
            self.advance(self.now + round_trip);
            self.arrives(&said(". ack 1")?)?;
        } else {
            self.tcp = Some(Connection::connect(&self.config, 40_000, 25, self.iss));
            self.drain();
            self.advance(self.now + round_trip);
            self.arrives(&said("S. ack 1")?)?;
            // The window of a SYN is not scaled; this tells the true one.
            self.arrives(&said(". ack 1")?)?;
        }
        if self.tcp()?.state() != State::Established {
            return Err("the handshake did not come about".into());
        }
        self.out.clear();
        self.events.clear();
        self.began = self.now;
        Ok(())
    }

    /// A line that comes before all others.
    fn setting(&mut self, line: &str) -> Result<bool, String> {
        match words(line)[..] {
            ["tcp", kind] => {
                let base = match kind {
                    "Linux" => Config::default(),
                    "Reno" => Config::reno(),
                    "Cubic" => Config::cubic(),
                    _ => return Err(format!("`{kind}` is no TCP")),
                };
                let mss = if base.timestamps { MSS + CLOCK_BYTES } else { MSS };
                self.config = Config { mss, ..base };
            }
            ["initial-window", n] => self.config.initial_window_segments = number(n)?,
            ["receive-window", n] => {
                self.config.receive_window_bytes = number(n)?;
                self.config.window_grows = false;
            }
            ["syn-linear", n] => self.config.syn_linear_timeouts = number(n)?,
            ["without", "ts"] => (self.config.timestamps, self.config.mss) = (false, MSS),
            ["without", "sack"] => self.config.sack = false,
            ["iss", n] => self.iss = number(n)?,
            ["irs", n] => (self.irs, self.peer_next) = (number(n)?, number(n)?),
            ["peer-window", n] => self.peer_window = number(n)?,
            ["peer", "without", "sack"] => self.peer_sack = false,
            ["peer", "without", "ws"] => self.peer_scale = None,
            ["peer", "without", "ts"] => (self.peer_clock, self.config.mss) = (false, MSS),
            ["connected", round_trip] => self.establish(false, seconds(round_trip)?)?,
            ["accepted", round_trip] => self.establish(true, seconds(round_trip)?)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn line(&mut self, line: &str) -> Result<(), String> {
        if self.setting(line)? {
            return Ok(());
        }
        let (time, rest) = line.split_once(' ').ok_or("a time and what happens")?;
        // `+0.2~0.05`: then, or up to so much before.
        let (time, slack) = time.split_once('~').unwrap_or((time, "0"));
        let slack = seconds(slack)?;
        let at = match time.strip_prefix('+') {
            Some(more) => self.now + seconds(more)?,
            None => self.began + seconds(time)?,
        };
        if at < self.now {
            return Err("time goes on".into());
        }
        let rest = rest.trim();
        if let Some(expected) = rest.strip_prefix('>') {
            self.advance(at);
            // `>9 . seq 1 len 1000`: nine in a row.
            let (count, expected) = expected.split_once(' ').ok_or("flags are missing")?;
            let mut segment = said(expected.trim())?;
            for _ in 0..if count.is_empty() { 1 } else { number(count)? } {
                self.expected(&segment, slack)?;
                segment.seq = segment.seq.map(|seq| seq.wrapping_add(segment.len as u32));
            }
            return Ok(());
        }
        // What left before must have been expected; who only looks may do so before the lines that expect.
        self.advance(at);
        let looks = ["state", "received", "cwnd", "ssthresh", "rto", "told"].contains(&words(rest)[0]);
        if !looks || self.out.front().is_some_and(|(left, _)| *left < at) {
            self.nothing_more()?;
        }
        let now = self.now;
        if let Some(arriving) = rest.strip_prefix('<') {
            return self.arrives(&said(arriving.trim())?);
        }
        match words(rest)[..] {
            ["connect"] => self.tcp = Some(Connection::connect(&self.config, 40_000, 25, self.iss)),
            ["send", n] => {
                let data = Chunk::from(vec![1; number(n)?]);
                self.tcp()?.send(now, data);
            }
            ["close"] => self.tcp()?.close(now),
            ["abort"] => self.tcp()?.abort(now),
            ["stop-reading"] => self.reads = false,
            ["read"] => self.reads = true,
            ["nothing"] => {}
            ["state", state] => {
                let is = self.tcp()?.state().to_string();
                return if is == state { Ok(()) } else { Err(format!("the state is {is}")) };
            }
            ["received", n] => {
                let (is, wanted) = (self.received, number::<usize>(n)?);
                return if is == wanted { Ok(()) } else { Err(format!("{is} bytes have been received")) };
            }
            ["cwnd", n] => {
                let (is, wanted) = (self.tcp()?.congestion_window(), number::<u32>(n)?);
                return if is == wanted { Ok(()) } else { Err(format!("the congestion window is {is}")) };
            }
            ["ssthresh", n] => {
                let (is, wanted) = (self.tcp()?.slow_start_threshold(), number::<u32>(n)?);
                return if is == Some(wanted) { Ok(()) } else { Err(format!("the threshold is {is:?}")) };
            }
            ["rto", time] => {
                let (is, wanted) = (self.tcp()?.retransmission_timeout(), seconds(time)?);
                return if is == wanted { Ok(()) } else { Err(format!("the timeout is {is}")) };
            }
            ["told", what] => {
                let event = self.events.pop_front();
                let is = event.map_or("nothing".to_owned(), |event| format!("{event:?}"));
                return if is == what { Ok(()) } else { Err(format!("the user was told {is}")) };
            }
            _ => return Err(format!("what is `{rest}`?")),
        }
        self.drain();
        Ok(())
    }
}

fn play(case: &Case<'_>) -> Result<(), String> {
    let mut stage = Stage::new();
    for (number, line) in &case.lines {
        stage.line(line).map_err(|why| format!("line {number}, `{line}`: {why}"))?;
    }
    stage.nothing_more().map_err(|why| format!("at the end: {why}"))
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tcp");
    let entries = std::fs::read_dir(folder).expect("tests/tcp");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.retain(|path| path.extension().is_some_and(|ext| ext == "txt"));
    files.sort();
    files
}

#[test]
fn all_cases_go_as_they_are_written() {
    let (mut count, mut wrong) = (0, Vec::new());
    for path in files() {
        let text = std::fs::read_to_string(&path).expect("a case file");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        assert!(text.starts_with("# RFC"), "{name} says first which RFC it is about");
        for case in cases(&text) {
            count += 1;
            if let Err(why) = play(&case) {
                wrong.push(format!("{name}, {}:\n    {why}", case.name));
            }
        }
    }
    println!("{count} cases");
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 60, "{count} cases");
}

#[test]
fn a_case_that_is_not_so_fails() {
    for (script, complaint) in [
        ("case x\nconnected 0.1\n0 send 10", "nobody expected"),
        ("case x\nconnected 0.1\n0 send 10\n0 > P. seq 1 len 11", "length"),
        ("case x\nconnected 0.1\n0 send 10\n0 > P. seq 2 len 10", "sequence number"),
        ("case x\nconnected 0.1\n0 send 10\n+0.1 > P. seq 1 len 10", "the time"),
        ("case x\nconnected 0.1\n0 send 10\n0 > P. seq 1 len 10\n+0.3 nothing", "nobody expected"),
        ("case x\nconnected 0.1\n0 send 10\n0 > P. seq 1 len 10 again rack", "reason"),
        ("case x\nconnected 0.1\n0 > .", "nothing left"),
        ("case x\nconnected 0.1\n0 send 10\n0 > P. seq 1 len 10 <ts *, sack 1:2>", "SACK"),
        ("case x\nconnected 0.1\n0 send 10\n0 > P. seq 1 len 10 <>", "timestamps"),
        ("case x\nconnected 0.1\n0 state CLOSED", "the state is ESTABLISHED"),
    ] {
        let why = play(&cases(script)[0]).expect_err(script);
        assert!(why.contains(complaint), "{script}: {why}");
    }
}
