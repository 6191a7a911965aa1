//! What the trace is told of questions and answers.

use std::sync::Arc;

use crate::agent::Context;
use crate::dns::{self, Lookup};
use crate::trace::{Direction, HostId, Transport, What};

/// Puts what a look-up came to into the trace.
pub(super) fn record_lookup(ctx: &mut Context<'_>, lookup: &Lookup, cached: bool) {
    ctx.record(ctx.at(), || What::Lookup {
        name: lookup.name.as_str().into(),
        rtype: lookup.rtype.as_str().into(),
        result: lookup.to_string().into(),
        cached,
    });
}

/// Puts a DNS message into the trace.
pub(in crate::agent) fn observe(
    ctx: &mut Context<'_>,
    direction: Direction,
    peer: HostId,
    transport: dns::Transport,
    bytes: &[u8],
) {
    if !ctx.tracer.is_on() {
        return;
    }
    let Some(summary) = dns::describe(bytes) else { return };
    let transport = match transport {
        dns::Transport::Udp => Transport::Udp,
        dns::Transport::Tcp => Transport::Tcp,
    };
    let (query, name, rtype) = (summary.id, Arc::from(summary.name.as_str()), Arc::from(summary.rtype));
    ctx.record(ctx.at(), || {
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
    });
}
