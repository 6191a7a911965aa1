//! A toy in the place where TLS will be: both ends shake hands, and what passes is sealed.

use std::collections::VecDeque;

use super::harness::*;
use crate::net::filter::{Filter, Filtered};
use crate::net::lane::LaneSpec;
use crate::net::packet::Body;
use crate::octets::Chunk;
use crate::sim::{Duration, Instant};
use crate::tls::{Failure, News};

/// Sends a hello of four bytes, waits for the other's and says so, then turns every byte over. `!` is not believed.
#[derive(Clone, Debug)]
struct Toy {
    hello_left: usize,
    early: Vec<u8>,
    outputs: VecDeque<Filtered>,
}

impl Toy {
    fn boxed() -> Box<Toy> {
        let outputs = VecDeque::from([Filtered::Sealed(Chunk::from("HELO"))]);
        Box::new(Toy { hello_left: 4, early: Vec::new(), outputs })
    }
}

fn turned(bytes: &[u8]) -> Chunk {
    Chunk::copy_from(&bytes.iter().map(|b| !b).collect::<Vec<u8>>())
}

impl Filter for Toy {
    fn handle_plain(&mut self, _now: Instant, data: Chunk) {
        if self.hello_left > 0 {
            self.early.extend_from_slice(&data);
        } else {
            self.outputs.push_back(Filtered::Sealed(turned(&data)));
        }
    }

    fn handle_sealed(&mut self, _now: Instant, data: Chunk) {
        let hello = data.len().min(self.hello_left);
        self.hello_left -= hello;
        if hello > 0 && self.hello_left == 0 {
            self.outputs.push_back(Filtered::News(News::Closed));
        }
        let rest = turned(&data[hello..]);
        if rest.contains(&b'!') {
            self.outputs.push_back(Filtered::News(News::Failed(Failure::NotTls)));
        } else if !rest.is_empty() {
            self.outputs.push_back(Filtered::Plain(rest));
        }
        if self.hello_left == 0 && !self.early.is_empty() {
            self.outputs.push_back(Filtered::Sealed(turned(&std::mem::take(&mut self.early))));
        }
    }

    fn handle_close(&mut self, _now: Instant) {
        self.outputs.push_back(Filtered::Sealed(turned(b"bye")));
    }

    fn poll_output(&mut self) -> Option<Filtered> {
        self.outputs.pop_front()
    }

    fn twin(&self) -> Box<dyn Filter> {
        Box::new(self.clone())
    }
}

fn sealed(loss_ppm: u32) -> (Net, crate::net::SocketId, crate::net::SocketId) {
    let mut net = Net::new(LaneSpec { loss_ppm, latency: Duration::from_millis(5), ..LaneSpec::default() });
    let client = net.dial("192.0.2.2", 25);
    net.run(secs(60));
    let server = net.accepted[0];
    for socket in [client, server] {
        net.network.set_filter(net.now, socket, Toy::boxed());
    }
    (net, client, server)
}

#[test]
fn what_passes_is_sealed_on_the_wire_and_plain_at_both_ends() {
    for loss_ppm in [0, 150_000] {
        let (mut net, client, server) = sealed(loss_ppm);
        // Before the handshake is over.
        net.send(client, "a secret", 3);
        net.run(secs(60));
        net.send(server, "an answer", 0);
        net.run(secs(60));
        assert_eq!((net.text(server).as_str(), net.text(client).as_str()), ("a secret", "an answer"));
        let wire: Vec<u8> = net
            .seen
            .iter()
            .filter_map(|(_, s)| if let Body::Tcp(segment) = &s.body { Some(segment.payload.to_vec()) } else { None })
            .flatten()
            .collect();
        assert!(!wire.windows(6).any(|w| w == b"secret") && wire.windows(4).any(|w| w == b"HELO"));
        net.close(client);
        net.run(secs(60));
        assert_eq!(net.text(server), "a secretbye", "the filter has said its farewell");
        assert_eq!(net.words(server).last().unwrap(), "peer closed");
    }
}

#[test]
fn what_a_filter_knows_is_told_before_the_bytes_behind_it() {
    let (mut net, client, server) = sealed(0);
    net.send(client, "a secret", 0);
    net.run(secs(1));
    assert_eq!(net.words(server), ["accepted", "Closed"]);
    assert_eq!(net.text(server), "a secret");
    net.send(client, "!", 0);
    net.run(secs(1));
    assert_eq!(net.words(server).last().unwrap(), "Failed(NotTls)");
    assert_eq!(net.words(client).last().unwrap(), "Closed", "nothing is broken off behind the user's back");
}

#[test]
fn sealed_words_that_nobody_reads_any_more_are_answered_with_a_reset() {
    let (mut net, client, server) = sealed(0);
    net.run(secs(1));
    net.close(client);
    net.send(server, "still there?", 0);
    net.run(secs(60));
    assert_eq!(net.words(server).last().unwrap(), "Reset");
}
