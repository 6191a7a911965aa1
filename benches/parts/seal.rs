//! TLS without a network: what the cryptography costs that `postroad bench --only tls` pays for each mail.

use std::hint::black_box;
use std::rc::Rc;

use criterion::{BenchmarkId, Criterion, Throughput};
use postroad::octets::Chunk;
use postroad::sim::Streams;
use postroad::tls::{Authority, Client, News, Output, Server, Session, Ticket, Validity, Version};

const NOW: u64 = 1_767_603_600;
const NAME: &str = "mx.blue.example";

/// Carries to and fro until nobody has anything to say; gives the last ticket, and how many octets of plain text came out.
fn converse(client: &mut Session, server: &mut Session) -> (Option<Rc<Ticket>>, usize) {
    let (mut ticket, mut plain, mut moved) = (None, 0, true);
    while moved {
        moved = false;
        for from_client in [true, false] {
            let (from, to) = if from_client { (&mut *client, &mut *server) } else { (&mut *server, &mut *client) };
            while let Some(output) = from.poll_output() {
                match output {
                    Output::Sealed(data) => {
                        moved = true;
                        to.handle_sealed(NOW, data);
                    }
                    Output::Plain(data) => plain += data.len(),
                    Output::News(News::Ticket(new)) => ticket = Some(new),
                    Output::News(_) => {}
                }
            }
        }
    }
    (ticket, plain)
}

pub(crate) fn benches(c: &mut Criterion) {
    let streams = Streams::new(7);
    let validity = Validity { from_unix_secs: NOW as i64 - 86_400, to_unix_secs: NOW as i64 + 86_400 };
    let root = Authority::new("Example Root", validity, &mut streams.stream("root"));
    for version in [Version::Tls13, Version::Tls12] {
        let client = Client::new(&[&root], true, &[version]);
        let server = Server::new(Some(&root), &[NAME], validity, &[version], true, &mut streams.stream("server"));
        let meet = |ticket: Option<Rc<Ticket>>| {
            let mut one = Session::client(&client, NAME, ticket, streams.stream("client end"), NOW, false);
            let mut other = Session::server(&server, streams.stream("server end"), NOW, false);
            let (ticket, _) = converse(&mut one, &mut other);
            (one, other, ticket)
        };
        let name = format!("{version:?}");
        let mut group = c.benchmark_group("tls");
        group.bench_function(BenchmarkId::new("handshake", &name), |b| b.iter(|| black_box(meet(None)).2.is_some()));
        // A ticket that is used for the first time, as nearly all are.
        group.bench_function(BenchmarkId::new("resumed", &name), |b| {
            b.iter_batched(
                || meet(None).2,
                |ticket| black_box(meet(ticket)).2.is_some(),
                criterion::BatchSize::SmallInput,
            );
        });
        let content = Chunk::from(vec![b'x'; 1 << 20]);
        group.throughput(Throughput::Bytes(content.len() as u64));
        group.bench_function(BenchmarkId::new("content", &name), |b| {
            b.iter_batched(
                || meet(None),
                |(mut one, mut other, _)| {
                    one.handle_plain(NOW, &content);
                    assert_eq!(converse(&mut one, &mut other).1, content.len());
                },
                criterion::BatchSize::LargeInput,
            );
        });
        group.finish();
    }
}
