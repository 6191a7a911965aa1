//! One attempt to hand a mail over: whom it may try, whom it tries now, and who comes next.
//!
//! An [`Attempt`] connects to nobody and knows no time: it is told how it ended with one host, and says whether there is
//! another one to try (RFC 5321 §5.1).

use std::net::IpAddr;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::identity::Domain;
use crate::trace::Server;

/// A host to try: its name and one of its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) name: Domain,
    pub(super) address: IpAddr,
    /// Its port, where it is not the usual one.
    pub(super) port: Option<u16>,
    /// Whether TLS begins with the first byte.
    pub(super) implicit_tls: bool,
}

impl Candidate {
    /// Its name and address, for what is kept.
    pub(super) fn named(&self) -> (Domain, IpAddr) {
        (self.name.clone(), self.address)
    }

    /// As the trace has it.
    pub(super) fn server(&self) -> Server {
        Server { name: self.name.as_str().into(), address: self.address.to_string().into() }
    }

    pub(super) fn label(&self) -> Arc<str> {
        format!("{} [{}]", self.name, self.address).into()
    }
}

/// Hosts to try, best first.
pub(super) type Candidates = SmallVec<[Candidate; 1]>;

/// How far an attempt goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Addresses tried (Postfix `smtp_mx_address_limit`, 5).
    pub addresses: usize,
    /// Sessions in which a transaction is begun (Postfix `smtp_mx_session_limit`, 2). A host that cannot be reached, or
    /// that sends everybody away, does not count.
    pub sessions: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { addresses: 5, sessions: 2 }
    }
}

/// See the [module](self).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    candidates: Candidates,
    current: usize,
    /// Sessions with earlier candidates in which a transaction was begun.
    begun: u32,
    /// Whether TLS has been tried with this host and did not work.
    in_plain_text: bool,
}

/// How an attempt ended with one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// There was no connection, or no transaction was begun on it.
    Unheard {
        /// Whether the host said that it will never take this mail (5yz to the session itself).
        permanent: bool,
    },
    /// The dialogue broke down within a transaction.
    Broken {
        /// Whether the host said that it will never take this mail.
        permanent: bool,
        /// Whether the final dot had been sent: nobody knows who is responsible now (RFC 1047).
        after_final_dot: bool,
        /// Whether some recipient had no verdict.
        undecided: bool,
    },
    /// The transaction came to its end.
    Finished {
        /// Whether some recipient was put off.
        put_off: bool,
    },
}

/// What is to be done after that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The next host is tried for whoever still waits.
    Try(Attempt),
    /// The attempt is over.
    Over {
        /// Whether nobody there could be reached: other mail for the same destination need not try, either.
        out_of_reach: bool,
    },
}

impl Attempt {
    /// An attempt that begins with the first candidate. There must be one.
    pub(super) fn new(candidates: Candidates) -> Attempt {
        Attempt { candidates, current: 0, begun: 0, in_plain_text: false }
    }

    /// The attempt of another mail with the host that this one has reached.
    pub(super) fn renew(&mut self) {
        self.begun = 0;
    }

    /// The same host once more, without TLS.
    pub(super) fn in_plain_text(&self) -> Attempt {
        Attempt { in_plain_text: true, ..self.clone() }
    }

    /// Whether nothing is sealed with this host.
    pub(super) fn is_in_plain_text(&self) -> bool {
        self.in_plain_text
    }

    /// The host that is tried now.
    pub(super) fn candidate(&self) -> &Candidate {
        &self.candidates[self.current]
    }

    /// What follows from the end with this host.
    pub(super) fn after(&self, limits: Limits, ended: Ended) -> Next {
        let (goes_on, begun, blames) = match ended {
            // Who answers is not out of reach, and neither is who has answered for the others.
            Ended::Unheard { permanent } => (true, self.begun, !permanent && self.begun == 0),
            // Another exchanger would make it certain that the mail arrives twice. Where everybody has a verdict there is
            // nothing left to try.
            Ended::Broken { after_final_dot, undecided, .. } if after_final_dot || !undecided => {
                (false, self.begun, false)
            }
            Ended::Broken { permanent, .. } => (true, self.begun + 1, !permanent && self.begun == 0),
            // RFC 5321 §5.1: whom this host has put off, another one may take.
            Ended::Finished { put_off } => (put_off, self.begun + 1, false),
        };
        let next = self.current + 1;
        if goes_on && begun < limits.sessions && next < self.candidates.len().min(limits.addresses) {
            return Next::Try(Attempt {
                candidates: self.candidates.clone(),
                current: next,
                begun,
                in_plain_text: false,
            });
        }
        Next::Over { out_of_reach: blames }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNREACHABLE: Ended = Ended::Unheard { permanent: false };
    const REFUSED: Ended = Ended::Unheard { permanent: true };
    const PUT_OFF: Ended = Ended::Finished { put_off: true };
    const TAKEN: Ended = Ended::Finished { put_off: false };
    const BROKEN: Ended = Ended::Broken { permanent: false, after_final_dot: false, undecided: true };
    const IN_DOUBT: Ended = Ended::Broken { permanent: false, after_final_dot: true, undecided: true };
    const DECIDED: Ended = Ended::Broken { permanent: false, after_final_dot: false, undecided: false };

    /// Hosts tried, by the last octets of their addresses, and whether the destination is out of reach in the end.
    fn walk(hosts: u8, limits: Limits, ends: &[Ended]) -> (Vec<u8>, Option<bool>) {
        let candidate = |n: u8| Candidate {
            name: format!("mx{n}.example").parse().unwrap(),
            address: IpAddr::from([192, 0, 2, n]),
            port: None,
            implicit_tls: false,
        };
        let mut attempt = Attempt::new((1..=hosts).map(candidate).collect());
        let mut tried = Vec::new();
        for ended in ends {
            let IpAddr::V4(address) = attempt.candidate().address else { unreachable!() };
            tried.push(address.octets()[3]);
            match attempt.after(limits, *ended) {
                Next::Try(next) => attempt = next,
                Next::Over { out_of_reach } => return (tried, Some(out_of_reach)),
            }
        }
        (tried, None)
    }

    #[test]
    fn attempts_go_on_as_far_as_their_limits_and_the_rfcs_let_them() {
        let usual = Limits::default();
        /// What it is, hosts, limits, ends, hosts tried, whether the destination is out of reach.
        type Case = (&'static str, u8, Limits, &'static [Ended], &'static [u8], Option<bool>);
        let cases: [Case; 13] = [
            ("taken", 3, usual, &[TAKEN], &[1], Some(false)),
            ("nobody there", 3, usual, &[UNREACHABLE; 3], &[1, 2, 3], Some(true)),
            ("five addresses and no more", 9, usual, &[UNREACHABLE; 9], &[1, 2, 3, 4, 5], Some(true)),
            ("a backup takes it", 2, usual, &[UNREACHABLE, TAKEN], &[1, 2], Some(false)),
            ("put off twice", 3, usual, &[PUT_OFF, PUT_OFF], &[1, 2], Some(false)),
            (
                "put off once is enough where one session is the limit",
                3,
                Limits { sessions: 1, ..usual },
                &[PUT_OFF],
                &[1],
                Some(false),
            ),
            (
                "who sends everybody away does not count",
                4,
                usual,
                &[REFUSED, REFUSED, PUT_OFF, PUT_OFF],
                &[1, 2, 3, 4],
                Some(false),
            ),
            ("the only one sends everybody away: it answers", 1, usual, &[REFUSED], &[1], Some(false)),
            ("one has answered, the other is gone", 2, usual, &[PUT_OFF, UNREACHABLE], &[1, 2], Some(false)),
            ("a dialogue that breaks down counts as a session", 4, usual, &[BROKEN, BROKEN], &[1, 2], Some(false)),
            ("the only one breaks off", 1, usual, &[BROKEN], &[1], Some(true)),
            ("in doubt after the final dot", 3, usual, &[IN_DOUBT], &[1], Some(false)),
            ("all have their verdicts", 3, usual, &[DECIDED], &[1], Some(false)),
        ];
        for (what, hosts, limits, ends, tried, reach) in cases {
            assert_eq!(walk(hosts, limits, ends), (tried.to_vec(), reach), "{what}");
        }
    }

    #[test]
    fn another_mail_on_the_same_connection_counts_its_own_sessions() {
        let candidate = Candidate {
            name: "mx.example".parse().unwrap(),
            address: IpAddr::from([192, 0, 2, 1]),
            port: None,
            implicit_tls: false,
        };
        let first = Attempt::new(Candidates::from_iter([candidate.clone(), candidate.clone(), candidate]));
        let Next::Try(mut second) = first.after(Limits { sessions: 2, addresses: 5 }, PUT_OFF) else { unreachable!() };
        assert_eq!(second.after(Limits::default(), PUT_OFF), Next::Over { out_of_reach: false });
        second.renew();
        assert!(matches!(second.after(Limits::default(), PUT_OFF), Next::Try(_)));
    }
}
