//! Where TLS is not built in, nobody speaks it: a plan that asks for it does not come so far.

use std::sync::Arc;

use crate::agent::courier::Sealing;
use crate::scenario::{Certificate, HostPlan, Plan, Sending, TlsVersions};
use crate::sim::Streams;
use crate::tls::Server;

/// There is none.
pub(super) enum Trust {}

impl Trust {
    pub(super) fn new(_plan: &Plan, _streams: Streams) -> Option<Trust> {
        None
    }

    pub(super) fn sealing(&self, _sending: &Sending) -> Option<Arc<Sealing>> {
        match *self {}
    }

    pub(super) fn server(
        &self,
        _name: &str,
        _shown: (&Certificate, TlsVersions),
        _host: &HostPlan,
        _streams: Streams,
    ) -> Server {
        match *self {}
    }
}
