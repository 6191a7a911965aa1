//! Wireshark reads every capture, and complains of nothing that did not really happen.
//!
//! Needs Debian's `tshark`, so it runs where `.ci/run` asks for it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Scratch;

/// What is asked of each packet, in this order.
const FIELDS: [&str; 10] = [
    "frame.number",
    "tcp.stream",
    "frame.protocols",
    "frame.comment",
    "_ws.expert.severity",
    "_ws.expert.message",
    "tcp.len",
    "tcp.srcport",
    "tcp.dstport",
    "tls.alert_message.desc",
];

/// PI_NOTE of Wireshark's `epan/proto.h`: from here on it is worth noting, and above it are warnings and errors.
const NOTE: u64 = 0x0040_0000;

/// A packet as tshark tells it.
struct Frame {
    number: u64,
    stream: Option<u64>,
    protocols: String,
    comments: Vec<String>,
    /// What it says that is worth noting.
    notes: Vec<String>,
    /// Whether it has data from or to a port of a mail server.
    is_mail: bool,
    /// Whether an alert of TLS can be read in it.
    alerts: bool,
}

impl Frame {
    fn of(line: &str) -> Frame {
        let cells: Vec<&str> = line.split('\t').collect();
        assert_eq!(cells.len(), FIELDS.len(), "{line}");
        let list = |cell: usize| cells[cell].split('|').filter(|part| !part.is_empty()).map(str::to_owned);
        let severities = list(4).map(|s| s.parse::<u64>().unwrap());
        let notes = severities.zip(list(5)).filter(|(severity, _)| *severity >= NOTE).map(|(_, text)| text).collect();
        let length = cells[6].parse::<u64>().unwrap_or(0);
        let is_mail_port = |cell: usize| ["25", "587"].contains(&cells[cell]);
        Frame {
            number: cells[0].parse().unwrap(),
            stream: cells[1].parse().ok(),
            protocols: cells[2].into(),
            comments: list(3).collect(),
            notes,
            alerts: !cells[9].is_empty(),
            is_mail: length > 0 && (is_mail_port(7) || is_mail_port(8)),
        }
    }
    fn says(&self, comment: &str) -> bool {
        self.comments.iter().any(|c| c.starts_with(comment))
    }
}

fn frames(capture: &Path) -> Vec<Frame> {
    let mut tshark = Command::new("tshark");
    tshark.arg("-r").arg(capture).args(["-T", "fields", "-E", "separator=/t", "-E", "aggregator=|"]);
    for sum in ["ip.check_checksum", "tcp.check_checksum", "udp.check_checksum"] {
        tshark.args(["-o", &format!("{sum}:TRUE")]);
    }
    // "Decode Base64 encoded AUTH parameters": without it, each login is a complaint.
    tshark.args(["-o", "smtp.decryption:TRUE"]);
    for field in FIELDS {
        tshark.args(["-e", field]);
    }
    let output = tshark.output().expect("tshark is there: apt-get install tshark");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", capture.display());
    // It may grumble about the user whom it runs as, but not about the file.
    assert!(!said.contains("capture file"), "{}: {said}", capture.display());
    String::from_utf8(output.stdout).unwrap().lines().map(Frame::of).collect()
}

/// What belongs to every connection that begins and ends.
fn is_ordinary(note: &str) -> bool {
    const ORDINARY: [&str; 5] = [
        "Connection establish",
        "Connection finish",
        "Connection reset",
        "This frame initiates the connection closing",
        "This frame undergoes the connection closing",
    ];
    ORDINARY.iter().any(|begin| note.starts_with(begin))
}

/// Whether a note says that a segment was sent before.
fn is_again(note: &str) -> bool {
    note.starts_with("This frame is a (suspected)")
}

/// Complaints about the packets of a whole run that it did not earn.
fn unearned(name: &str, frames: &[Frame]) -> Vec<String> {
    let mut wrong = Vec::new();
    // Connections in which something was lost or sent twice.
    let mut troubled: BTreeSet<u64> = BTreeSet::new();
    // Connections whose reset was lost.
    let mut unheard: BTreeSet<u64> = BTreeSet::new();
    // Connections that were sealed: what lies in the middle of a record is read with its end.
    let sealed: BTreeSet<u64> =
        frames.iter().filter(|f| f.protocols.contains("tls")).filter_map(|f| f.stream).collect();
    for frame in frames {
        let resent = frame.says("retransmission");
        if frame.says("lost") || resent {
            troubled.extend(frame.stream);
        }
        if frame.says("lost") && frame.notes.iter().any(|note| note.starts_with("Connection reset")) {
            unheard.extend(frame.stream);
        }
        let is_in = |streams: &BTreeSet<u64>| frame.stream.is_some_and(|stream| streams.contains(&stream));
        let mut again = false;
        for note in frame.notes.iter().filter(|note| !is_ordinary(note)) {
            again |= is_again(note);
            let earned = if is_again(note) {
                // Whether a retransmission is fast, spurious or out of order is a guess; that it is one is not.
                resent
            } else if note.starts_with("TCP window specified by the receiver is now completely full") {
                // Wireshark takes the window of a reset, which is none, for the receiver's; the sender, who has not
                // heard of the reset, sends again.
                is_in(&unheard)
            } else {
                // RFC 5681 §4.2, RFC 9293 §3.10.7.4: behind a gap, and when something comes twice, the same
                // acknowledgement is sent once more. RFC 2883 §4: it says what came twice.
                (note.starts_with("Duplicate ACK") || note.starts_with("D-SACK")) && is_in(&troubled)
            };
            if !earned {
                wrong.push(format!("{name}, frame {}: {note}", frame.number));
            }
        }
        if resent && !again {
            wrong.push(format!("{name}, frame {}: a retransmission that nobody notices", frame.number));
        }
        // What has been read once is not read again. Behind STARTTLS there are handshakes and tickets, too.
        if frame.is_mail && !resent && !frame.protocols.contains("smtp") && !is_in(&sealed) {
            wrong.push(format!("{name}, frame {}: mail that is {}", frame.number, frame.protocols));
        }
        if frame.protocols.contains("udp") && !frame.protocols.contains("dns") {
            wrong.push(format!("{name}, frame {}: a question that is {}", frame.number, frame.protocols));
        }
    }
    wrong
}

/// All scenarios that are shipped, the large ones too.
fn shipped() -> Vec<PathBuf> {
    scenarios(&["scenarios", "scenarios/large"])
}

fn scenarios(folders: &[&str]) -> Vec<PathBuf> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = folders.iter().map(|folder| std::fs::read_dir(project.join(folder)).unwrap());
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "ron"));
    files.sort();
    files
}

#[test]
#[ignore = "needs tshark"]
fn captures_in_tshark_are_without_a_false_complaint() {
    let scratch = Scratch::new();
    let mut wrong = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for file in shipped() {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        scratch.run(&["capture", &file.to_string_lossy(), "-o", "x.pcapng"]).ends(0);
        let frames = frames(&scratch.0.join("x.pcapng"));
        wrong.extend(unearned(&name, &frames));
        let sealed: BTreeSet<u64> =
            frames.iter().filter(|f| f.protocols.contains("tls")).filter_map(|f| f.stream).collect();
        // Where one end has refused, nothing was said but the alert, which is sealed, too (RFC 8446 §5.1).
        let is_mail = |f: &Frame| ["tls:smtp", "tls:imap", "tls:pop"].iter().any(|mail| f.protocols.contains(mail));
        let is_read = |f: &&Frame| is_mail(f) || f.alerts;
        let read: BTreeSet<u64> = frames.iter().filter(is_read).filter_map(|f| f.stream).collect();
        for stream in sealed.difference(&read) {
            wrong.push(format!("{name}, stream {stream}: nothing of what was sealed can be read"));
        }
        for protocol in ["smtp", "imf", "dns"] {
            let found = frames.iter().filter(|f| f.protocols.split(':').any(|p| p == protocol)).count();
            assert!(found > 0, "{name}: there is {protocol}");
            *counts.entry(protocol).or_default() += found;
        }
        for protocol in ["imap", "pop"] {
            let found = frames.iter().filter(|f| f.protocols.split(':').any(|p| p == protocol)).count();
            *counts.entry(protocol).or_default() += found;
        }
        for comment in ["lost", "retransmission"] {
            *counts.entry(comment).or_default() += frames.iter().filter(|f| f.says(comment)).count();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(counts.values().all(|count| *count > 10), "every kind is looked at: {counts:?}");
}

/// Who has the capture can read what was sealed: its secrets are in it.
#[test]
#[ignore = "needs tshark"]
fn captures_in_tshark_of_sealed_mail_can_be_read() {
    let scratch = Scratch::new();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/joints/sealed.ron");
    scratch.run(&["capture", &file.to_string_lossy(), "-o", "x.pcapng"]).ends(0);
    let capture = scratch.0.join("x.pcapng");
    let count = |filter: &str| {
        let output = Command::new("tshark")
            .arg("-r")
            .arg(&capture)
            .args(["-Y", filter, "-T", "fields", "-e", "frame.number"])
            .output();
        String::from_utf8(output.unwrap().stdout).unwrap().lines().count()
    };
    assert!(count("tls && smtp") > 30, "mail is seen in it");
    assert!(
        count("tls.handshake.type == 4") > 4 && count("tls.handshake.certificate") > 5,
        "so are tickets and certificates"
    );
    let sealed = "tls.record.opaque_type == 23 && !smtp && !imf && !tls.alert_message && !tls.handshake.type && !tcp.analysis.retransmission";
    assert_eq!(count(sealed), 0, "nothing stays sealed");
    assert_eq!(count("tls && _ws.malformed"), 0);
}

/// Links that lose, delay and choke, clients that give up, an address that nobody has.
#[test]
#[ignore = "needs tshark"]
fn captures_in_tshark_of_much_trouble_are_without_a_false_complaint() {
    let scratch = Scratch::new();
    scratch.file("chance.ron", crate::determinism::CHANCE);
    let mut files = scenarios(&["tests/joints"]);
    files.push(scratch.0.join("chance.ron"));
    let (mut wrong, mut lost) = (Vec::new(), 0);
    for file in files {
        scratch.run(&["capture", &file.to_string_lossy(), "-o", "x.pcapng"]).ends(0);
        let frames = frames(&scratch.0.join("x.pcapng"));
        lost += frames.iter().filter(|f| f.says("lost")).count();
        wrong.extend(unearned(&file.file_name().unwrap().to_string_lossy(), &frames));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(lost > 100, "there is trouble: {lost}");
}

#[test]
#[ignore = "needs tshark"]
fn captures_in_tshark_of_ipv6_have_good_checksums() {
    let scratch = Scratch::new();
    let six = super::good()
        .replace(r#"mailboxes: ["alice"]"#, r#"mailboxes: ["alice"], ipv6: true"#)
        .replace(r#"mailboxes: ["bob"]"#, r#"mailboxes: ["bob"], ipv6: true"#)
        .replace(r#"to: ["bob@blue.example"]"#, r#"to: ["bob@[IPv6:2001:db8::3]"]"#);
    scratch.file("six.ron", &six);
    scratch.run(&["capture", "six.ron", "-o", "x.pcapng"]).ends(0);
    let frames = frames(&scratch.0.join("x.pcapng"));
    assert!(frames.iter().filter(|f| f.protocols.contains("ipv6:tcp:smtp")).count() > 3, "a dialogue over IPv6");
    let wrong = unearned("six.ron", &frames);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The page of the book, with a table of filters and of labs where each finds something.
const PAGE: &str = include_str!("../../book/src/reference/wireshark.md");

#[test]
#[ignore = "needs tshark"]
fn captures_in_tshark_answer_the_filters_of_the_book() {
    let scratch = Scratch::new();
    let files = shipped();
    let mut filters = 0;
    for row in PAGE.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split(" | ").map(|cell| cell.trim_matches(['|', ' '])).collect();
        let &[filter, _, lab] = &cells[..] else { continue };
        let lab = format!("{lab}-");
        let named = |path: &&PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(&lab);
        let file = files.iter().find(named).unwrap_or_else(|| panic!("a lab: {row}"));
        let capture = format!("{lab}.pcapng");
        if !scratch.0.join(&capture).exists() {
            scratch.run(&["capture", &file.to_string_lossy(), "-o", &capture]).ends(0);
        }
        let mut tshark = Command::new("tshark");
        tshark.args(["-r", &capture, "-Y", filter.trim_matches('`')]).current_dir(&scratch.0);
        let output = tshark.output().expect("tshark is there: apt-get install tshark");
        assert!(output.status.success(), "{filter}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!output.stdout.is_empty(), "{filter} finds nothing in lab {lab}");
        filters += 1;
    }
    assert!(filters > 10, "the page has filters: {filters}");
}

#[test]
#[ignore = "needs tshark"]
fn captures_in_tshark_of_one_place_are_whole() {
    let scratch = Scratch::new();
    scratch.file("a.ron", &super::good());
    let places = [
        ("host:laptop", 1),
        ("host:mail.green.example", 2),
        ("host:mx.blue.example", 1),
        ("link:laptop-mail.green.example", 1),
        ("link:mx.blue.example-mail.green.example", 1),
    ];
    for (place, conversations) in places {
        scratch.run(&["capture", "a.ron", "-o", "x.pcapng", "--capture", place]).ends(0);
        let frames = frames(&scratch.0.join("x.pcapng"));
        let streams: BTreeSet<u64> = frames.iter().filter_map(|f| f.stream).collect();
        assert_eq!(streams.len(), conversations, "{place}");
        let notes: Vec<_> = frames.iter().flat_map(|f| &f.notes).filter(|note| !is_ordinary(note)).collect();
        assert!(notes.is_empty(), "{place}: {notes:?}");
        assert!(frames.iter().any(|f| f.protocols.contains("imf")), "{place}: the mail is there");
    }
}
