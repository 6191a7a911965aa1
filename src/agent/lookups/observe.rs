//! What the trace is told of questions and answers.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::agent::Context;
use crate::dns::{self, Lookup};
use crate::trace::{At, Direction, HostId, RecordId, Transport, What};

/// Puts what a look-up came to into the trace.
pub(super) fn record_lookup(ctx: &mut Context<'_>, lookup: &Lookup, cached: bool, asked: Option<RecordId>) {
    ctx.record(ctx.at().because(asked), || What::Lookup {
        name: lookup.name.as_str().into(),
        rtype: lookup.rtype.as_str().into(),
        result: lookup.to_string().into(),
        cached,
    });
}

/// The last question that a host has sent for each name and type that is not answered yet: why it is asked again, or given up.
#[derive(Clone, Debug, Default)]
pub(in crate::agent) struct Asked(FxHashMap<(String, String), RecordId>);

impl Asked {
    /// The question for a name and type.
    pub(super) fn get(&self, name: &str, rtype: &str) -> Option<RecordId> {
        self.0.get(&key(name, rtype)).copied()
    }
}

fn key(name: &str, rtype: &str) -> (String, String) {
    (name.trim_end_matches('.').to_ascii_lowercase(), rtype.to_owned())
}

/// Puts a question that this host sends, or the answer to one, into the trace.
pub(super) fn observe_own(
    ctx: &mut Context<'_>,
    asked: &mut Asked,
    direction: Direction,
    peer: HostId,
    transport: dns::Transport,
    bytes: &[u8],
) -> Option<RecordId> {
    if !ctx.tracer.is_on() {
        return None;
    }
    let summary = dns::describe(bytes)?;
    let key = key(&summary.name, summary.rtype);
    let earlier = asked.0.get(&key).copied().filter(|_| ctx.tracer.is_timer());
    let record = tell(ctx, ctx.at().because(earlier), direction, peer, transport, &summary)?;
    match direction {
        Direction::Sent => asked.0.insert(key, record),
        Direction::Received => asked.0.remove(&key),
    };
    Some(record)
}

/// Puts a DNS message into the trace.
pub(in crate::agent) fn observe(
    ctx: &mut Context<'_>,
    direction: Direction,
    peer: HostId,
    transport: dns::Transport,
    bytes: &[u8],
) -> Option<RecordId> {
    if !ctx.tracer.is_on() {
        return None;
    }
    tell(ctx, ctx.at(), direction, peer, transport, &dns::describe(bytes)?)
}

fn tell(
    ctx: &mut Context<'_>,
    at: At,
    direction: Direction,
    peer: HostId,
    transport: dns::Transport,
    summary: &dns::Summary,
) -> Option<RecordId> {
    let transport = match transport {
        dns::Transport::Udp => Transport::Udp,
        dns::Transport::Tcp => Transport::Tcp,
    };
    let (query, name, rtype) = (summary.id, Arc::from(summary.name.as_str()), Arc::from(summary.rtype));
    ctx.record(at, || {
        if summary.is_response {
            What::Answer {
                direction,
                peer,
                query,
                name,
                rtype,
                rcode: summary.rcode.into(),
                records: summary.answers.iter().map(|a| a.as_str().into()).collect(),
                transport,
                truncated: summary.truncated,
            }
        } else {
            What::Question { direction, peer, query, name, rtype, transport }
        }
    })
}
