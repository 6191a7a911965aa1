//! One question sent to one server: ports and ids, and whether what comes back is the response.

use std::net::{IpAddr, SocketAddr};

use super::{Message, Output, PORT, Question, Rcode, Transport};
use crate::sim::{Instant, Stream};

/// A port of the dynamic range (RFC 6335 §6) that is not in use.
pub(super) fn free_port(stream: &mut Stream, mut in_use: impl FnMut(u16) -> bool) -> u16 {
    let first = stream.below(16_384) as u16;
    (0..16_384_u16).map(|i| 49_152 + (first.wrapping_add(i) & 16_383)).find(|port| !in_use(*port)).unwrap_or(49_152)
}

pub(super) fn send_output(transport: Transport, to: SocketAddr, local_port: u16, bytes: Vec<u8>) -> Output {
    match transport {
        Transport::Udp => Output::SendUdp { to, local_port, bytes },
        Transport::Tcp => Output::SendTcp { to, local_port, bytes },
    }
}

/// A message that is on its way to a server or waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flight {
    pub(super) server: IpAddr,
    pub(super) port: u16,
    pub(super) id: u16,
    pub(super) transport: Transport,
    pub(super) deadline: Instant,
}

/// Why a message is no response to what was sent.
///
/// RFC 5452 §9.1: address, port, id and question must all be those of the query, or someone is guessing.
pub(super) fn mismatch(
    message: &Message,
    from: SocketAddr,
    transport: Transport,
    sent: &Flight,
    question: &Question,
) -> Option<&'static str> {
    if from != SocketAddr::new(sent.server, PORT) || transport != sent.transport {
        Some("not from the server that was asked")
    } else if message.id != sent.id {
        Some("wrong id")
    } else if !message.is_response {
        Some("not a response")
    } else if message.question.as_ref().is_some_and(|q| q != question)
        || (message.question.is_none() && matches!(message.rcode(), Rcode::NoError | Rcode::NxDomain))
    {
        // A server that cannot read the question need not repeat it.
        Some("wrong question")
    } else {
        None
    }
}
