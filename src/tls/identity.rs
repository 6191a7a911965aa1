//! What a host is as a TLS client and as a TLS server. Both are made once, shared by all of its connections, and never change.

use std::sync::Arc;

use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion, version};

use super::authority::{self, Authority, Certified, Validity};
use super::facts::Version;
use super::provider::{Clock, Ears, provider};
use super::tickets::{Purse, TicketKey};
use super::trust::Checker;
use crate::sim::Stream;

/// A host as a client: whom it trusts, and how far.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) config: Arc<ClientConfig>,
}

impl Client {
    /// A client that trusts these authorities, one at least. A `strict` one ends the handshake where a certificate does not
    /// hold; another says what it found and goes on.
    ///
    /// # Panics
    /// Where there is no authority or no version.
    #[must_use]
    pub fn new(trusts: &[&Authority], strict: bool, versions: &[Version]) -> Client {
        let provider = provider();
        let mut roots = RootCertStore::empty();
        for authority in trusts {
            roots.add(authority.anchor()).expect("a root certificate of ours is well-formed");
        }
        let by = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let checker = Checker { by: by.build().expect("there is a root"), strict };
        let mut config = ClientConfig::builder_with_details(provider, Arc::new(Clock))
            .with_protocol_versions(&spoken(versions))
            .expect("there are suites for each version")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(checker))
            .with_no_client_auth();
        config.resumption = Resumption::store(Arc::new(Purse));
        config.key_log = Arc::new(Ears);
        Client { config: Arc::new(config) }
    }
}

/// A host as a server: its certificate and its key.
#[derive(Clone, Debug)]
pub struct Server {
    pub(super) config: Arc<ServerConfig>,
}

impl Server {
    /// A server with a certificate for these names by `authority`; without one, the certificate has signed itself. Where
    /// it gives `tickets`, clients can go on with earlier sessions.
    ///
    /// # Panics
    /// Where there is no version.
    #[must_use]
    pub fn new(
        authority: Option<&Authority>,
        names: &[&str],
        validity: Validity,
        versions: &[Version],
        tickets: bool,
        random: &mut Stream,
    ) -> Server {
        let certified = match authority {
            Some(authority) => authority.certify(names, validity, random),
            None => authority::self_signed(names, validity, random),
        };
        Server::with(certified, versions, tickets, random)
    }

    fn with(certified: Certified, versions: &[Version], tickets: bool, random: &mut Stream) -> Server {
        let Certified { chain, key } = certified;
        let mut config = ServerConfig::builder_with_details(provider(), Arc::new(Clock))
            .with_protocol_versions(&spoken(versions))
            .expect("there are suites for each version")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a key of ours fits its certificate");
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        if let Some(key) = TicketKey::new(random).filter(|_| tickets) {
            config.ticketer = Arc::new(key);
        }
        config.key_log = Arc::new(Ears);
        Server { config: Arc::new(config) }
    }

    /// The same server after its memory was lost: with another key for tickets, so old ones mean nothing.
    #[must_use]
    pub fn restarted(&self, random: &mut Stream) -> Server {
        let mut config = ServerConfig::clone(&self.config);
        if config.ticketer.enabled()
            && let Some(key) = TicketKey::new(random)
        {
            config.ticketer = Arc::new(key);
        }
        Server { config: Arc::new(config) }
    }
}

fn spoken(versions: &[Version]) -> Vec<&'static SupportedProtocolVersion> {
    let of = |version: &Version| match version {
        Version::Tls12 => &version::TLS12,
        Version::Tls13 => &version::TLS13,
    };
    versions.iter().map(of).collect()
}
