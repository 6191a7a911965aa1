//! The mechanisms by name, and what a client must know to choose one.

use std::fmt;
use std::str::FromStr;

/// A way to prove who one is. Ordered by a client's preference: the best comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mechanism {
    /// Both sides prove that they know the password, and neither shows it (RFC 7677, RFC 5802).
    ScramSha256,
    /// The client proves that it knows the password; the server proves nothing (RFC 2195).
    CramMd5,
    /// Name and password in one message (RFC 4616).
    Plain,
    /// Name and password in two messages: never a standard (draft-murchison-sasl-login), and in wide use.
    Login,
}

/// A word that is not the name of a mechanism known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown SASL mechanism")]
pub struct UnknownMechanism;

impl Mechanism {
    /// All of them, in order of preference.
    pub const ALL: [Mechanism; 4] = [Mechanism::ScramSha256, Mechanism::CramMd5, Mechanism::Plain, Mechanism::Login];

    /// The registered name (RFC 4422 §3.1), as it stands in an EHLO reply.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Mechanism::ScramSha256 => "SCRAM-SHA-256",
            Mechanism::CramMd5 => "CRAM-MD5",
            Mechanism::Plain => "PLAIN",
            Mechanism::Login => "LOGIN",
        }
    }

    /// Whether who listens learns the password. Such a mechanism is for encrypted connections only (RFC 4954 §4).
    #[must_use]
    pub const fn reveals_password(self) -> bool {
        matches!(self, Mechanism::Plain | Mechanism::Login)
    }

    /// Whether the client speaks first, and may send an initial response with the command (RFC 4422 §3.3).
    #[must_use]
    pub const fn client_speaks_first(self) -> bool {
        matches!(self, Mechanism::ScramSha256 | Mechanism::Plain)
    }

    /// Whether a client can name somebody else to act as (RFC 4422 §2).
    #[must_use]
    pub const fn carries_authzid(self) -> bool {
        matches!(self, Mechanism::ScramSha256 | Mechanism::Plain)
    }

    /// What a client takes of what a server offers. Over a connection that is not encrypted it takes nothing that reveals
    /// the password. `None`: nothing fits.
    #[must_use]
    pub fn choose(offered: impl IntoIterator<Item = Mechanism>, encrypted: bool) -> Option<Mechanism> {
        offered.into_iter().filter(|mechanism| encrypted || !mechanism.reveals_password()).min()
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Mechanism {
    type Err = UnknownMechanism;

    /// Reads a name in any case, as servers do, though registered names are in capitals (RFC 4422 §3.1).
    ///
    /// # Errors
    /// [`UnknownMechanism`].
    fn from_str(name: &str) -> Result<Mechanism, UnknownMechanism> {
        Mechanism::ALL.into_iter().find(|m| m.name().eq_ignore_ascii_case(name)).ok_or(UnknownMechanism)
    }
}

/// A set of mechanisms.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Mechanisms(u8);

impl Mechanisms {
    /// None of them.
    pub const NONE: Mechanisms = Mechanisms(0);
    /// All of them.
    pub const ALL: Mechanisms = Mechanisms((1 << Mechanism::ALL.len()) - 1);
    /// Those that every client knows, and that show the password: what most submission servers offer, behind TLS.
    pub const COMMON: Mechanisms = Mechanisms::NONE.with(Mechanism::Plain).with(Mechanism::Login);

    /// Whether this one is among them.
    #[must_use]
    pub const fn has(self, mechanism: Mechanism) -> bool {
        self.0 & (1 << mechanism as u8) != 0
    }

    /// This one as well.
    #[must_use]
    pub const fn with(self, mechanism: Mechanism) -> Mechanisms {
        Mechanisms(self.0 | 1 << mechanism as u8)
    }

    /// Those that are in both.
    #[must_use]
    pub const fn and(self, other: Mechanisms) -> Mechanisms {
        Mechanisms(self.0 & other.0)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them, in a client's order of preference.
    pub fn iter(self) -> impl Iterator<Item = Mechanism> {
        Mechanism::ALL.into_iter().filter(move |mechanism| self.has(*mechanism))
    }
}

impl FromIterator<Mechanism> for Mechanisms {
    fn from_iter<I: IntoIterator<Item = Mechanism>>(all: I) -> Mechanisms {
        all.into_iter().fold(Mechanisms::NONE, Mechanisms::with)
    }
}

impl fmt::Debug for Mechanisms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case() {
        for mechanism in Mechanism::ALL {
            assert_eq!(mechanism.to_string().to_lowercase().parse(), Ok(mechanism));
        }
        for unknown in ["", "PLAIN ", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1", "GSSAPI"] {
            assert_eq!(unknown.parse::<Mechanism>(), Err(UnknownMechanism), "{unknown}");
        }
    }

    #[test]
    fn a_client_takes_the_best_that_does_not_show_its_password() {
        use Mechanism::*;
        let cases: &[(&[Mechanism], bool, Option<Mechanism>)] = &[
            (&[Plain, Login, CramMd5, ScramSha256], true, Some(ScramSha256)),
            (&[Login, Plain, CramMd5], true, Some(CramMd5)),
            (&[Login, Plain], true, Some(Plain)),
            (&[Login, Plain], false, None),
            (&[Login, CramMd5], false, Some(CramMd5)),
            (&[], true, None),
        ];
        for (offered, encrypted, chosen) in cases {
            assert_eq!(Mechanism::choose(offered.iter().copied(), *encrypted), *chosen, "{offered:?} {encrypted}");
        }
        assert!(Mechanism::ALL.is_sorted());
    }

    #[test]
    fn sets_hold_what_was_put_in() {
        let set: Mechanisms = [Mechanism::Plain, Mechanism::ScramSha256].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [Mechanism::ScramSha256, Mechanism::Plain]);
        assert_eq!(set.and(Mechanisms::COMMON), Mechanisms::NONE.with(Mechanism::Plain));
        assert_eq!(Mechanisms::ALL.iter().count(), Mechanism::ALL.len());
        assert!(Mechanisms::NONE.is_empty() && !set.has(Mechanism::Login) && set.has(Mechanism::Plain));
        assert_eq!(format!("{set:?}"), "{ScramSha256, Plain}");
    }
}
