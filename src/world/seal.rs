//! Sealed connections: TLS in the place between TCP and the agent, and what it tells.

use std::sync::Arc;

use super::World;
use super::pipes::about;
use crate::agent::{Input, SocketId};
use crate::tls;
use crate::trace::{At, CertificateDefect, TlsStep, What};

impl World {
    /// Seals a connection from here on.
    pub(super) fn start_tls(&mut self, socket: SocketId, role: tls::Role, discarded_bytes: u64) {
        let Some(pipe) = self.pipes.get(socket) else { return };
        pipe.sealed = true;
        self.tell_tls(socket, || TlsStep::Begins { discarded_bytes });
        self.put_tls(socket, role);
    }

    #[cfg(feature = "tls")]
    fn put_tls(&mut self, socket: SocketId, role: tls::Role) {
        let Some(pipe) = self.pipes.get(socket) else { return };
        let side = if pipe.side == crate::trace::Side::Client { "client" } else { "server" };
        let random = self.streams.stream(&format!("connection:{}/tls/{side}", pipe.number.0));
        let host = pipe.host;
        // Both ends have the same secrets, and the server has each first.
        let secrets = (self.secrets.is_some() || self.tap.is_some()) && pipe.side == crate::trace::Side::Server;
        let calendar = self.hosts[host.0 as usize].calendar;
        let now = self.engine.now();
        let unix_secs = filter::unix_secs(calendar, now);
        let session = match role {
            tls::Role::Client { client, name, ticket } => {
                tls::Session::client(&client, &name, ticket, random, unix_secs, secrets)
            }
            tls::Role::Server(server) => tls::Session::server(&server, random, unix_secs, secrets),
        };
        self.network.set_filter(now, socket.into(), Box::new(filter::Seal { session, calendar }));
    }

    #[cfg(not(feature = "tls"))]
    fn put_tls(&mut self, _socket: SocketId, _role: tls::Role) {
        // Nobody can have a role: there is no way to make one.
    }

    /// TLS tells something.
    pub(super) fn news(&mut self, socket: SocketId, news: Box<tls::News>) {
        let step = match &*news {
            tls::News::Secret(line) => {
                if let Some(tap) = &mut self.tap {
                    tap.secret(self.engine.now(), line);
                }
                return self.secrets.iter_mut().for_each(|secrets| secrets.push(line.clone()));
            }
            tls::News::Secured(facts) => {
                if let Some(pipe) = self.pipes.get(socket) {
                    pipe.secured = true;
                }
                Some(secured(facts))
            }
            tls::News::Failed(failure) if self.pipes.get(socket).is_some_and(|pipe| pipe.secured) => {
                Some(ended(failure))
            }
            tls::News::Failed(failure) => Some(failed(failure)),
            tls::News::Closed | tls::News::Ticket(_) => None,
        };
        if let Some(step) = step {
            self.tell_tls(socket, || step);
        }
        let Some(pipe) = self.pipes.get(socket) else { return };
        if pipe.attended {
            let (host, token) = (pipe.host, pipe.token);
            self.agent_input(host, Input::Tls { token, news });
        }
    }

    fn tell_tls(&mut self, socket: SocketId, tls: impl FnOnce() -> TlsStep) {
        if self.tracer.is_on()
            && let Some(pipe) = self.pipes.get(socket)
        {
            let at = about(At::host(self.engine.now(), pipe.host).conn(pipe.number), pipe.about);
            let (side, peer) = (pipe.side, pipe.peer);
            self.tracer.record(at, || What::Tls { side, peer, tls: tls() });
        }
    }
}

fn secured(facts: &tls::Facts) -> TlsStep {
    TlsStep::Secured {
        version: facts.version.to_string().into(),
        suite: facts.suite.into(),
        resumed: facts.resumed,
        name: facts.name.clone(),
        verified: facts.trust == tls::Trust::Verified,
        certificate: match &facts.trust {
            tls::Trust::Unverified(found) => Some(defect(found)),
            tls::Trust::Verified | tls::Trust::NotAsked => None,
        },
        sent_bytes: facts.sent_bytes,
        received_bytes: facts.received_bytes,
        round_trips: facts.round_trips,
    }
}

/// What ends a session that was there.
fn ended(failure: &tls::Failure) -> TlsStep {
    let words: Arc<str> = match failure {
        tls::Failure::Alert(alert) => format!("it says {alert}").into(),
        tls::Failure::Protocol(words) => words.clone(),
        tls::Failure::Certificate(_) | tls::Failure::NotTls | tls::Failure::NothingInCommon => {
            "what came belongs to a handshake".into()
        }
    };
    TlsStep::Ended { words }
}

fn failed(failure: &tls::Failure) -> TlsStep {
    match failure {
        tls::Failure::Certificate(found) => TlsStep::Distrusted { certificate: defect(found) },
        tls::Failure::Alert(alert) => TlsStep::Alert { alert: alert.clone() },
        tls::Failure::NotTls => TlsStep::NotTls,
        tls::Failure::NothingInCommon => TlsStep::NothingInCommon,
        tls::Failure::Protocol(words) => TlsStep::Broken { words: words.clone() },
    }
}

fn defect(found: &tls::Defect) -> CertificateDefect {
    match found {
        tls::Defect::Expired { secs } => CertificateDefect::Expired { secs: *secs },
        tls::Defect::NotYetValid { secs } => CertificateDefect::NotYetValid { secs: *secs },
        tls::Defect::OtherName { names } => {
            CertificateDefect::OtherName { names: names.iter().map(|name| name.as_str().into()).collect() }
        }
        tls::Defect::SelfSigned => CertificateDefect::SelfSigned,
        tls::Defect::UntrustedIssuer => CertificateDefect::UntrustedIssuer,
        tls::Defect::Other(words) => CertificateDefect::Other { words: words.clone() },
    }
}

#[cfg(feature = "tls")]
mod filter {
    //! TLS as a filter of the network.

    use crate::net::filter::{Filter, Filtered};
    use crate::octets::Chunk;
    use crate::sim::Instant;
    use crate::sim::calendar::Calendar;
    use crate::tls::{Output, Session};

    /// A session, and the clock of its host.
    #[derive(Clone, Debug)]
    pub(super) struct Seal {
        pub(super) session: Session,
        pub(super) calendar: Calendar,
    }

    /// What the clock of a host shows, in Unix seconds. TLS knows no time before 1970.
    pub(super) fn unix_secs(calendar: Calendar, now: Instant) -> u64 {
        u64::try_from(calendar.unix_secs(now)).unwrap_or(0)
    }

    impl Filter for Seal {
        fn handle_plain(&mut self, now: Instant, data: Chunk) {
            self.session.handle_plain(unix_secs(self.calendar, now), &data);
        }

        fn handle_sealed(&mut self, now: Instant, data: Chunk) {
            self.session.handle_sealed(unix_secs(self.calendar, now), data);
        }

        fn handle_close(&mut self, now: Instant) {
            self.session.handle_close(unix_secs(self.calendar, now));
        }

        fn poll_output(&mut self) -> Option<Filtered> {
            Some(match self.session.poll_output()? {
                Output::Plain(data) => Filtered::Plain(data),
                Output::Sealed(data) => Filtered::Sealed(data),
                Output::News(news) => Filtered::News(news),
            })
        }

        fn twin(&self) -> Box<dyn Filter> {
            Box::new(self.clone())
        }
    }
}
