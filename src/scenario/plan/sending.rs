//! How hosts of a plan send.

use std::sync::Arc;

use super::tls::{TlsDemand, TlsVersions};
use crate::agent::courier;
use crate::queue;
use crate::sasl::Secret;

/// How a host sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// How it hands mail over.
    pub courier: Arc<courier::Config>,
    /// When it tries again, and how much at a time.
    pub queue: Arc<queue::Config>,
    /// Whether the host remembers answers of the DNS itself.
    pub dns_cache: bool,
    /// What it wants of TLS.
    pub tls: TlsDemand,
    /// Whom it logs in as.
    pub login: Option<(Arc<str>, Secret)>,
    /// Which versions of it the host speaks, to clients and to servers.
    pub tls_versions: TlsVersions,
}

/// As a mail server sends.
impl Default for Sending {
    fn default() -> Sending {
        Sending {
            courier: Arc::default(),
            queue: Arc::default(),
            dns_cache: true,
            tls: TlsDemand::Never,
            login: None,
            tls_versions: TlsVersions::Both,
        }
    }
}
