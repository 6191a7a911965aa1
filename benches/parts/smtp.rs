//! SMTP sessions: a whole dialogue, greeting to QUIT with a mail of 4 KiB, as one side hears it.

use std::sync::Arc;

use criterion::{Criterion, Throughput};
use postroad::identity::{ForwardPath, ReversePath};
use postroad::octets::{Chunk, Rope};
use postroad::sim::Instant;
use postroad::smtp::client::{self, Transaction};
use postroad::smtp::server::{self, Answer};

const NOW: Instant = Instant::ZERO;
/// A segment of Ethernet.
const SEGMENT: usize = 1460;

/// 4 KiB of lines.
fn content() -> String {
    let line = "The quick brown fox jumps over the lazy dog, and does so for seventy bytes.\r\n";
    line.repeat(4096 / line.len())
}

fn chunks(lines: &[&str]) -> Vec<Chunk> {
    lines.iter().map(|line| Chunk::copy_from(line.as_bytes())).collect()
}

/// What a client says, in the pieces in which it arrives.
fn said_by_client(pipelining: bool) -> Vec<Chunk> {
    let envelope = ["MAIL FROM:<alice@green.example> SIZE=4096\r\n", "RCPT TO:<bob@blue.example>\r\n", "DATA\r\n"];
    let mut said = chunks(&["EHLO relay.green.example\r\n"]);
    match pipelining {
        true => said.extend(chunks(&[&envelope.concat()])),
        false => said.extend(chunks(&envelope)),
    }
    let content = content() + ".\r\n";
    said.extend(content.as_bytes().chunks(SEGMENT).map(Chunk::copy_from));
    said.extend(chunks(&["QUIT\r\n"]));
    said
}

/// Plays a client to a server session; the mails that it took.
fn serve(server: &Arc<server::Server>, said: &[Chunk]) -> usize {
    let mut session = server::Session::new(Arc::clone(server));
    let mut mails = 0;
    let mut drain = |session: &mut server::Session| {
        while let Some(output) = session.poll_output() {
            if let server::Output::Ask(question) = output {
                mails += usize::from(matches!(question, server::Question::Message { .. }));
                session.answer(NOW, Answer::Accept);
            }
        }
    };
    session.start(NOW);
    drain(&mut session);
    for chunk in said {
        session.handle_input(NOW, chunk.clone());
        drain(&mut session);
    }
    assert!(session.is_closed());
    mails
}

const GREETING: &str = "220 mx.blue.example ESMTP Postroad\r\n";
const EHLO: &str =
    "250-mx.blue.example\r\n250-PIPELINING\r\n250-SIZE 10000000\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n";
const OK: [&str; 3] = ["250 2.1.0 Sender ok\r\n", "250 2.1.5 Recipient ok\r\n", "354 Start mail input\r\n"];

/// Plays a server to a client session; the replies that decided.
fn deliver(config: &Arc<client::Config>, transaction: &Transaction, replies: &[Chunk]) -> usize {
    let mut session = client::Session::new(Arc::clone(config), "relay.green.example".parse().expect("a domain"));
    let (mut verdicts, mut pending) = (0, Some(transaction.clone()));
    session.start(NOW);
    let mut replies = replies.iter();
    loop {
        while let Some(output) = session.poll_output() {
            match output {
                client::Output::Event(client::Event::Ready { .. }) => match pending.take() {
                    Some(transaction) => session.begin(NOW, transaction),
                    None => session.quit(NOW),
                },
                client::Output::Event(client::Event::Finished { verdicts: all }) => verdicts += all.len(),
                _ => {}
            }
        }
        match replies.next() {
            Some(reply) => session.handle_input(NOW, reply.clone()),
            None => break,
        }
    }
    assert!(session.is_closed());
    verdicts
}

pub(super) fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("smtp");
    group.throughput(Throughput::Elements(1));
    let name = "mx.blue.example".parse().expect("a domain");
    let server = Arc::new(server::Server::new(Arc::new(server::Config::default()), name));
    for (name, pipelining) in [("server-dialogue", false), ("server-dialogue-pipelined", true)] {
        let said = said_by_client(pipelining);
        assert_eq!(serve(&server, &said), 1, "the mail is taken");
        group.bench_function(name, |b| b.iter(|| serve(&server, &said)));
    }
    let transaction = Transaction {
        reverse_path: ReversePath::Mailbox("alice@green.example".parse().expect("a mailbox")),
        recipients: [ForwardPath::Mailbox("bob@blue.example".parse().expect("a mailbox"))].into_iter().collect(),
        content: Rope::from(Chunk::from(content())),
        eight_bit: false,
        stuck: None,
        require_tls: false,
        clean_lines: true,
    };
    for (name, pipelining) in [("client-dialogue", false), ("client-dialogue-pipelined", true)] {
        let config = Arc::new(client::Config { pipelining, ..client::Config::default() });
        let mut replies = vec![GREETING, EHLO];
        let together = OK.concat();
        if pipelining {
            replies.push(&together);
        } else {
            replies.extend(OK);
        }
        replies.extend(["250 2.0.0 Taken\r\n", "221 2.0.0 Bye\r\n"]);
        let replies = chunks(&replies);
        assert_eq!(deliver(&config, &transaction, &replies), 1, "the mail is sent");
        group.bench_function(name, |b| b.iter(|| deliver(&config, &transaction, &replies)));
    }
    group.finish();
}
