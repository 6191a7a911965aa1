//! A client and a server session talk to each other; and what dialogues cannot say.

use proptest::prelude::*;

use super::*;
use crate::identity::{ForwardPath, ReversePath};
use crate::octets::Rope;
use crate::sasl::{Login, Nonce};
use crate::smtp::server::{self, Answer, Question};
use crate::smtp::{BodyType, Envelope, Offer};

const NOW: Instant = Instant::ZERO;

fn session(config: Config) -> Session {
    Session::new(Arc::new(config), "relay.blue.example".parse().unwrap())
}

fn transaction(recipients: &[&str], content: &[u8]) -> Transaction {
    Transaction {
        reverse_path: ReversePath::Mailbox("alice@blue.example".parse().unwrap()),
        recipients: recipients.iter().map(|to| ForwardPath::Mailbox(to.parse().unwrap())).collect(),
        content: Rope::from(Chunk::copy_from(content)),
        eight_bit: !content.is_ascii(),
        stuck: None,
        require_tls: false,
        clean_lines: false,
    }
}

/// Two sessions and the bytes between them, which travel in pieces of `step` bytes.
struct Pair {
    client: Session,
    server: server::Session,
    step: usize,
    events: Vec<Event>,
    messages: Vec<(Envelope, Rope)>,
    sends: usize,
}

impl Pair {
    fn new(config: Config, settings: server::Config, step: usize) -> Pair {
        let mut client = session(config);
        let server = server::Server::new(Arc::new(settings), "mx.green.example".parse().unwrap());
        let mut server = server::Session::new(Arc::new(server));
        client.start(NOW);
        server.start(NOW);
        let mut pair = Pair { client, server, step, events: Vec::new(), messages: Vec::new(), sends: 0 };
        pair.settle();
        pair
    }

    /// Lets both talk until neither has anything more to say. Recipients whose name begins with `no` are refused.
    fn settle(&mut self) {
        loop {
            let mut quiet = true;
            let (mut to_client, mut to_server) = (Vec::new(), Vec::new());
            while let Some(output) = self.server.poll_output() {
                quiet = false;
                match output {
                    server::Output::Send(chunk) => to_client.extend(self.cut(chunk)),
                    server::Output::Ask(Question::Rcpt { forward_path }) => {
                        let refuse = forward_path.to_string().starts_with("<no");
                        let reply = || Answer::Reply(Reply::new(550, Some((5, 1, 1)), "No such user"));
                        self.server.answer(NOW, if refuse { reply() } else { Answer::Accept });
                    }
                    server::Output::Ask(Question::Message(message)) => {
                        let server::Message { envelope, content } = *message;
                        self.messages.push((envelope, content));
                        self.server.answer(NOW, Answer::Accept);
                    }
                    _ => {}
                }
            }
            while let Some(output) = self.client.poll_output() {
                quiet = false;
                match output {
                    Output::Send(chunk) | Output::Content(chunk) | Output::EndOfContent { data: chunk, .. } => {
                        self.sends += 1;
                        to_server.extend(self.cut(chunk));
                    }
                    Output::Event(event) => self.events.push(event),
                    _ => {}
                }
            }
            to_client.into_iter().for_each(|chunk| self.client.handle_input(NOW, chunk));
            to_server.into_iter().for_each(|chunk| self.server.handle_input(NOW, chunk));
            if quiet {
                return;
            }
        }
    }

    fn cut(&self, chunk: Chunk) -> Vec<Chunk> {
        (0..chunk.len()).step_by(self.step).map(|from| chunk.slice(from..chunk.len().min(from + self.step))).collect()
    }
}

fn configs() -> (Config, server::Config) {
    (Config::default(), server::Config::default())
}

#[test]
fn clean_content_crosses_as_the_same_memory() {
    let (config, settings) = configs();
    let mut pair = Pair::new(config, settings, 1460);
    let mail = transaction(&["bob@green.example"], "Hello, world.\r\n".repeat(500).as_bytes());
    let sent = mail.content.clone();
    pair.client.begin(NOW, mail);
    pair.settle();
    let (envelope, received) = &pair.messages[0];
    assert_eq!(envelope.declared_size, Some(7500));
    let ([sent], [received]) = (sent.chunks(), received.chunks()) else { panic!("one chunk each") };
    assert!(sent.slice(0..0).try_merge(received), "not a copy");
}

#[test]
fn the_declared_size_counts_the_crlf_that_is_added() {
    for (content, size) in [("Hello", 7), ("Hello\r\n", 7), (".\r\n.", 6)] {
        let (config, settings) = configs();
        let mut pair = Pair::new(config, settings, 1460);
        pair.client.begin(NOW, transaction(&["bob@green.example"], content.as_bytes()));
        pair.settle();
        let (envelope, received) = &pair.messages[0];
        // RFC 1870 §5: what the server gets is what was declared.
        assert_eq!((envelope.declared_size, received.len() as u64), (Some(size), size), "{content:?}");
    }
}

#[test]
fn pipelining_needs_few_sends() {
    let (config, settings) = configs();
    let mut pair = Pair::new(config, settings, 10_000);
    let before = pair.sends;
    pair.client.begin(NOW, transaction(&["a@b.example", "c@d.example"], b"hi\r\n"));
    pair.settle();
    assert_eq!(pair.sends - before, 3, "commands, content, final dot");
}

#[test]
fn what_is_sealed_leaves_in_records_and_the_final_dot_in_the_last_of_them() {
    for (lines, records) in [(1, 1), (3276, 1), (4000, 2)] {
        let (config, _) = configs();
        let mut client = session(config);
        client.handle_secured(NOW);
        client.handle_input(NOW, Chunk::from("220 hi\r\n250 hi\r\n"));
        let mut mail = transaction(&["a@b.example"], &[]);
        // Pieces of one line each, as they come in.
        mail.content = (0..lines).map(|_| Chunk::copy_from(b"abc\r\n")).fold(Rope::default(), |mut all, line| {
            all.push(line);
            all
        });
        client.begin(NOW, mail);
        client.handle_input(NOW, Chunk::from("250 ok\r\n250 ok\r\n354 go\r\n"));
        let mut pieces = Vec::new();
        while let Some(output) = client.poll_output() {
            match output {
                Output::Content(data) => pieces.push(data),
                Output::EndOfContent { data, .. } => {
                    assert!(data.ends_with(b".\r\n"));
                    pieces.push(data);
                }
                _ => {}
            }
        }
        assert!(pieces.iter().all(|piece| piece.len() <= 16_384));
        assert_eq!(pieces.iter().map(Chunk::len).sum::<usize>(), lines * 5 + 3);
        assert!(pieces.len() <= records, "{:?}", pieces.iter().map(Chunk::len).collect::<Vec<_>>());
    }
}

#[test]
fn progress_moves_the_timeout_while_content_is_under_way() {
    let (config, settings) = configs();
    let mut client = session(config);
    drop(settings);
    client.start(NOW);
    client.handle_input(NOW, Chunk::from("220 hi\r\n250 hi\r\n"));
    let at = |minutes| Instant::ZERO + Duration::from_mins(minutes);
    client.handle_progress(at(1), 0);
    assert_eq!(client.poll_timeout(), None, "nothing is under way");
    client.begin(NOW, transaction(&["a@b.example"], b"hi\r\n"));
    client.handle_input(NOW, Chunk::from("250 ok\r\n250 ok\r\n354 go\r\n"));
    assert_eq!(client.poll_timeout(), Some(at(10)));
    client.handle_progress(at(9), 100);
    assert_eq!(client.poll_timeout(), Some(at(12)));
    client.handle_progress(at(11), 0);
    assert_eq!(client.poll_timeout(), Some(at(21)));
}

#[test]
fn observers_see_reply_lines_and_states() {
    for (lmtp, hello) in [(false, "[EHLO]"), (true, "[LHLO]")] {
        let (config, _) = configs();
        let mut client = session(config);
        client.observe(true);
        if lmtp {
            client.speak_lmtp();
        }
        client.start(NOW);
        client.handle_input(NOW, Chunk::from("220 hi\r\n250-hi\r\n250 SIZE\r\n"));
        let mut seen = Vec::new();
        while let Some(output) = client.poll_output() {
            match output {
                Output::Saw { line } => seen.push(String::from_utf8(line.to_vec()).unwrap()),
                Output::Event(Event::State(name)) => seen.push(format!("[{name}]")),
                _ => {}
            }
        }
        assert_eq!(seen, ["[greeting]", "220 hi", hello, "250-hi", "250 SIZE", "[idle]"]);
    }
}

#[test]
#[should_panic(expected = "ready")]
fn a_transaction_before_ready_is_a_broken_agent() {
    let (config, _) = configs();
    session(config).begin(NOW, transaction(&["a@b.example"], b""));
}

/// Not a check but a measurement: `cargo test --release --lib smtp -- --ignored --nocapture hop`.
#[test]
#[ignore = "measures"]
fn cost_of_a_hop() {
    let (config, settings) = configs();
    let Pair { mut client, mut server, .. } = Pair::new(config, settings, 1 << 20);
    let line = "A line of text that is some sixty bytes long, more or less.\r\n";
    let mut mail = transaction(&["bob@green.example"], line.repeat(40).as_bytes());
    for clean in [false, true] {
        mail.clean_lines = clean;
        let rounds = 50_000_u128;
        let (mut delivered, mut to_server) = (0, Vec::new());
        let begun = std::time::Instant::now();
        for _ in 0..rounds {
            client.begin(NOW, mail.clone());
            loop {
                while let Some(output) = client.poll_output() {
                    match output {
                        Output::Send(chunk) | Output::Content(chunk) | Output::EndOfContent { data: chunk, .. } => {
                            to_server.push(chunk);
                        }
                        Output::Event(Event::Finished { .. }) => delivered += 1,
                        _ => {}
                    }
                }
                if to_server.is_empty() {
                    break;
                }
                for chunk in to_server.drain(..) {
                    server.handle_input(NOW, chunk);
                }
                while let Some(output) = server.poll_output() {
                    match output {
                        server::Output::Send(chunk) => client.handle_input(NOW, chunk),
                        server::Output::Ask(_) => server.answer(NOW, Answer::Accept),
                        _ => {}
                    }
                }
            }
        }
        let each = begun.elapsed().as_nanos() / rounds;
        assert_eq!(delivered, rounds);
        println!("{} bytes, clean_lines {clean}: {each} ns a hop", mail.content.len());
    }
}

proptest! {
    #[test]
    fn every_accepted_recipient_gets_exactly_the_content(
        lines in prop::collection::vec("[.a]{0,3}|[ -~é]{0,70}", 0..10), step in 1_usize..60,
        refused in prop::collection::vec(any::<bool>(), 1..5),
        (pipelining, offered, esmtp, rounds) in (any::<bool>(), any::<bool>(), any::<bool>(), 1_usize..3),
    ) {
        let (mut config, mut settings) = configs();
        config.pipelining = pipelining;
        settings.offer = if offered { Offer::ALL } else { Offer::NONE };
        settings.esmtp = esmtp;
        let mut pair = Pair::new(config, settings, step);
        let content: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        let names: Vec<String> =
            refused.iter().enumerate().map(|(i, no)| format!("{}{i}@green.example", if *no { "no" } else { "yes" })).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let accepted = refused.iter().filter(|no| !**no).count();
        let sendable = content.is_ascii() || (esmtp && offered);
        for round in 1..=rounds {
            pair.events.clear();
            pair.client.begin(NOW, transaction(&names, content.as_bytes()));
            pair.settle();
            let finished = pair.events.iter().find_map(|e| if let Event::Finished { verdicts } = e { Some(verdicts) } else { None });
            let verdicts = finished.expect("finished");
            prop_assert_eq!(verdicts.len(), refused.len());
            for (verdict, no) in verdicts.iter().zip(&refused) {
                let stage = if !sendable { Stage::Local } else if *no { Stage::Rcpt } else { Stage::EndOfData };
                prop_assert_eq!(verdict.stage, stage);
                prop_assert_eq!(verdict.reply.is_positive(), sendable && !no);
            }
            prop_assert!(pair.client.is_ready());
            prop_assert_eq!(pair.messages.len(), if sendable && accepted > 0 { round } else { 0 });
            if let Some((envelope, received)) = pair.messages.last() {
                prop_assert_eq!(received.to_vec(), content.as_bytes());
                prop_assert_eq!(envelope.recipients.len(), accepted);
                prop_assert_eq!(envelope.esmtp, esmtp);
                prop_assert_eq!(envelope.body == BodyType::EightBitMime, !content.is_ascii());
            }
        }
        pair.client.quit(NOW);
        pair.settle();
        prop_assert_eq!(pair.events.last(), Some(&Event::Closed { reply: None }));
        prop_assert!(pair.client.is_closed() && pair.server.is_closed());
    }

    #[test]
    fn whatever_a_server_says_is_survived(
        words in prop::collection::vec(prop_oneof![
            8 => prop::sample::select(vec!["220 a\r\n", "250 b\r\n", "250-c\r\n", "250 PIPELINING\r\n", "354 d\r\n", "421 e\r\n",
                                           "451 f\r\n", "550 g\r\n", "221 h\r\n", "x\r\n", "\n", "2", "334 \r\n", "334 PDFAYT4=\r\n", "235 i\r\n",
                                           "250 AUTH CRAM-MD5\r\n", "250 AUTH PLAIN LOGIN\r\n", "250 AUTH SCRAM-SHA-256\r\n",
                                           "334 cj1DTk9OQ0VTLHM9YSxpPTQwOTY=\r\n", "535 j\r\n"]).prop_map(|w| w.as_bytes().to_vec()),
            1 => prop::collection::vec(any::<u8>(), 0..20),
        ], 0..30), step in 1_usize..30, logs_in in any::<bool>(),
    ) {
        let all = words.concat();
        let run = |step: usize| {
            let config = Config { plain_text_logins: true, ..Config::default() };
            let mut client = session(config);
            if logs_in {
                let login = Login::new("alice", &"sesame".into()).unwrap();
                client.log_in_with(login, Nonce::from_text("CNONCE").unwrap());
            }
            let mut seen = Vec::new();
            client.start(NOW);
            for piece in all.chunks(step.max(1)) {
                client.handle_input(NOW, Chunk::copy_from(piece));
                while let Some(output) = client.poll_output() {
                    seen.push(output);
                }
            }
            client.handle_eof(NOW);
            while let Some(output) = client.poll_output() {
                seen.push(output);
            }
            let ends = seen.iter().filter(|o| matches!(o, Output::Event(Event::Closed { .. } | Event::Failed(_)))).count();
            (seen, ends)
        };
        let (seen, ends) = run(step);
        prop_assert_eq!(ends, 1);
        prop_assert_eq!(seen.last(), Some(&Output::Close));
        prop_assert_eq!(seen, run(all.len()).0);
    }
}
