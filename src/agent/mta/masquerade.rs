//! Another domain in the reverse-path of the site's own mail.

use super::Mta;
use crate::agent::Context;
use crate::identity::{Domain, Mailbox, ReversePath};
use crate::trace::{At, What};

impl Mta {
    /// Puts the domain that the site shows to others in the place of a local one. Mail that is not its own people's keeps what it
    /// has, and so does the empty reverse-path.
    pub(super) fn masquerade(&self, ctx: &mut Context<'_>, at: At, is_own: bool, path: ReversePath) -> ReversePath {
        let Some(shown) = &self.config.masquerades_as else { return path };
        let ReversePath::Mailbox(sender) = &path else { return path };
        let is_local = |domain: &str| self.disk.store.serves(domain) || self.config.host_name.as_str() == domain;
        let Some(masked) = masked(sender, shown, is_local).filter(|_| is_own) else { return path };
        ctx.record(at, || What::Policy {
            policy: "masquerade".into(),
            decision: "rewrite".into(),
            detail: format!("{sender} -> {masked}").into(),
        });
        ReversePath::Mailbox(masked)
    }
}

/// The sender at the domain that is shown, where its own is local, or that of a host below the one that is shown.
fn masked(sender: &Mailbox, shown: &Domain, is_local: impl Fn(&str) -> bool) -> Option<Mailbox> {
    let domain = sender.domain();
    let is_below = domain.strip_suffix(shown.as_str()).is_some_and(|host| host.ends_with('.'));
    if domain == shown.as_str() || !(is_below || is_local(domain)) {
        return None;
    }
    // One that gets too long (RFC 5321 §4.5.3.1.3) stays as it is.
    format!("{}@{shown}", sender.local_part()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_domains_are_hidden_and_others_are_not() {
        let shown = "green.example".parse().unwrap();
        let mask = |sender: &str| {
            masked(&sender.parse().unwrap(), &shown, |domain| domain == "corp.example").map(|m| m.to_string())
        };
        assert_eq!(mask("alice@pc.green.example").as_deref(), Some("alice@green.example"));
        assert_eq!(mask("\"a b\"@a.b.Green.Example").as_deref(), Some("\"a b\"@green.example"));
        assert_eq!(mask("alice@corp.example").as_deref(), Some("alice@green.example"));
        assert_eq!(mask("alice@pc.corp.example"), None, "a host of a domain that is not shown");
        assert_eq!(mask("alice@green.example"), None, "as it should be");
        assert_eq!(mask("alice@evergreen.example"), None, "not below it");
        assert_eq!(mask("alice@red.example"), None);
        assert_eq!(mask("alice@[192.0.2.1]"), None);
    }
}
