//! Whose opinion counts, and what an opinion can be.

use crate::identity::Mailbox;
use crate::sim::Instant;
use crate::smtp::Reply;

/// Whose opinion is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// Whether the client may connect, and whether there is a place for it.
    Door,
    /// Nobody is greeted before the DNS has said who it is.
    LookUpClient,
    /// A message takes time to be written to disk.
    Processing,
    /// What the scenario has the server say.
    Script,
    /// Who may submit (RFC 6409 §4.3).
    Submitters,
    /// Whether the sender is who has logged in (RFC 6409 §6.1).
    SenderLogin,
    /// Whether the domain of the sender exists.
    KnownSender,
    /// Whether the client has a name.
    NamedClient,
    /// Whether a recipient is here, or the client may have mail passed on.
    Access,
    /// Whether a recipient has a mailbox here.
    Mailboxes,
    /// Whether the mailbox of a recipient has room.
    Quota,
    /// Whether the client comes back (RFC 6647).
    Greylist,
}

/// What a policy says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing against it.
    Pass,
    /// This, and whether the connection is closed then.
    Answer(Reply, bool),
    /// Nothing against it, and this is what is said if nobody else has anything against it, either.
    PassSaying(Reply, bool),
    /// Nothing against it, once this time has come.
    Wait(Instant),
    /// It is waiting for a look-up, and wants to be asked again.
    LookUp,
}

/// What a server wants of the name of a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientName {
    /// Nothing.
    #[default]
    Any,
    /// That the DNS has a name for its address (Postfix, `reject_unknown_reverse_client_hostname`).
    MustExist,
    /// That this name has its address, too (Postfix, `reject_unknown_client_hostname`).
    MustLeadBack,
}

/// What a server wants of the domain of a reverse-path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SenderDomain {
    /// Nothing.
    #[default]
    Any,
    /// That a report could be sent there: it has an exchanger or an address (Postfix, `reject_unknown_sender_domain`).
    MustExist,
}

/// In whose name somebody who has logged in may send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoginSender {
    /// In his own: the sender is the name of the account, or, where that has no domain, that name at one of the domains
    /// that are here (RFC 6409 §6.1; Postfix, `reject_authenticated_sender_login_mismatch`).
    #[default]
    Own,
    /// In any.
    Any,
}

impl LoginSender {
    /// Whether `identity` may send as `sender`. `is_here` tells of a domain whether its mailboxes are here.
    pub(super) fn permits(self, identity: &str, sender: &Mailbox, is_here: impl Fn(&str) -> bool) -> bool {
        match identity.rsplit_once('@') {
            _ if self == LoginSender::Any => true,
            Some((local, domain)) => local == sender.local_part() && domain.eq_ignore_ascii_case(sender.domain()),
            None => identity == sender.local_part() && is_here(sender.domain()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sends_in_ones_own_name() {
        let sends = |identity: &str, sender: &str| {
            LoginSender::Own.permits(identity, &sender.parse().unwrap(), |domain| domain == "green.example")
        };
        assert!(sends("alice@green.example", "alice@Green.Example"));
        assert!(sends("alice", "alice@green.example"));
        assert!(!sends("alice", "alice@red.example"), "not one of ours");
        assert!(!sends("alice@green.example", "bob@green.example"));
        assert!(!sends("alice@green.example", "alice@red.example"));
        assert!(!sends("Alice", "alice@green.example"), "local parts have case (RFC 5321 §2.4)");
        assert!(LoginSender::Any.permits("alice", &"bob@red.example".parse().unwrap(), |_| false));
    }
}
