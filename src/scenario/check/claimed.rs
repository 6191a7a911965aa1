//! What claims are made of: mailboxes, subjects, hosts, counts and times.

use std::sync::Arc;

use super::Checker;
use super::names::{HostKind, some};
use crate::identity::Mailbox;
use crate::mime::{DELAYED_SUBJECT, FAILED_SUBJECT, NOTICE_SUBJECT};
use crate::scenario::expect::Count;
use crate::scenario::limits::LONGEST_RUN;
use crate::scenario::read::{Fields, Reader};
use crate::scenario::tree::{Kind, Node};
use crate::sim::Duration;
use crate::trace::HostId;

/// Words that are copied into a claim.
pub(super) fn said(text: Option<&str>) -> Option<Arc<str>> {
    text.map(Arc::from)
}

impl Checker {
    /// `within` and `after`.
    pub(super) fn between(&mut self, fields: &Fields<'_>) -> (Option<Duration>, Option<Duration>) {
        let mut read = |n| self.r.duration_in(n, Duration::ZERO, LONGEST_RUN);
        let (within, after) = (fields.opt("within", &mut read), fields.opt("after", &mut read));
        if let (Some(w), Some(a), Some(node)) = (within, after, fields.get("within"))
            && w < a
        {
            let d = self.r.at(&node.span, "contradiction", "this is over before it begins");
            self.r.push(d.label("`within` must be longer than `after`"));
        }
        (within, after)
    }

    pub(super) fn subject(&mut self, fields: &Fields<'_>) -> Option<Arc<str>> {
        let node = fields.get("subject")?;
        let subject = self.r.line(node, 900)?;
        let written: Vec<&str> = self.plan.mail.iter().take(5000).map(|m| m.letter.subject()).collect();
        // Generators number their mails, and reports have subjects of their own.
        if self.plan.traffic.is_empty()
            && ![DELAYED_SUBJECT, FAILED_SUBJECT, NOTICE_SUBJECT].contains(&subject)
            && !written.contains(&subject)
            && !written.is_empty()
            && !self.r.is_full()
        {
            let d = self.r.at(&node.span, "unknown-subject", format!("no mail has the subject `{subject}`"));
            let d = d.label("not the subject of a mail");
            let d = match crate::diag::nearest(subject, written.iter().copied()) {
                Some(near) => d.help(format!("did you mean `{near}`?")),
                None => d.note(format!("the subjects are {}", some(written.iter().copied()))),
            };
            self.r.push(d);
        }
        Some(Arc::from(subject))
    }

    /// A mailbox in which mail can be filed.
    pub(super) fn filed(&mut self, node: &Node) -> Option<Mailbox> {
        let mailbox = self.r.mailbox(node)?;
        let told = self.names.holes || self.names.missed.contains(&mailbox);
        let missing = !self.names.exists(&mailbox) && !told;
        if missing || self.names.no_mailboxes.contains(&mailbox) {
            if self.r.is_full() {
                return None;
            }
            let d =
                self.r.at(&node.span, "unknown-mailbox", format!("there is no mailbox `{mailbox}` to be delivered to"));
            let mut known: Vec<String> = Vec::new();
            for domain in self.names.domain_order.iter().take(200) {
                let locals = &self.names.domains[domain].locals;
                known.extend(locals.iter().take(200).map(|l| format!("{l}@{domain}")));
            }
            known.sort_unstable();
            let d = d.label("no host has this mailbox");
            let d = match crate::diag::nearest(mailbox.as_str(), known.iter().map(String::as_str)) {
                Some(near) => d.help(format!("did you mean `{near}`?")),
                None => d.note(format!("the mailboxes are {}", some(known.iter().map(String::as_str)))),
            };
            self.r.push(d);
        }
        Some(mailbox)
    }

    /// Somebody who writes or is written to.
    pub(super) fn correspondent(&mut self, node: &Node) -> Option<Mailbox> {
        let mailbox = self.r.mailbox(node)?;
        let known = &self.names.correspondents;
        if !self.names.corresponds(&mailbox) && !self.names.exists(&mailbox) && !self.names.holes && !self.r.is_full() {
            let mut names: Vec<&str> = known.iter().map(Mailbox::as_str).collect();
            names.sort_unstable();
            let d = self.r.at(&node.span, "unknown-mailbox", format!("no mail is for `{mailbox}`, or from it"));
            let d = d.label("this claim is about nothing");
            let d = match crate::diag::nearest(mailbox.as_str(), names.iter().copied()) {
                Some(near) => d.help(format!("did you mean `{near}`?")),
                None => d.note(format!("mail is from and for {}", some(names.into_iter()))),
            };
            self.r.push(d);
        }
        Some(mailbox)
    }

    /// A host that speaks SMTP.
    pub(super) fn mail_host(&mut self, node: &Node) -> Option<HostId> {
        self.host_that(node, "a User or an Mta", |k| matches!(k, HostKind::User | HostKind::Mta))
    }

    /// A count that may be left out: at least one.
    pub(super) fn count(&mut self, fields: &Fields<'_>, name: &str) -> Option<Count> {
        match fields.get(name) {
            Some(node) => count(&mut self.r, node),
            None => Some(Count { min: 1, max: u64::MAX }),
        }
    }

    pub(super) fn required_count(&mut self, fields: &Fields<'_>) -> Option<Count> {
        fields.opt("count", |n| count(&mut self.r, n))
    }
}

/// `3`, `(2, 5)`, `AtLeast(2)` or `AtMost(5)`.
pub(super) fn count(r: &mut Reader, node: &Node) -> Option<Count> {
    let most = 1_000_000_000_000;
    let counted = match &node.kind {
        Kind::Tuple(Some(word), items) => match (word.text.as_str(), items.as_slice()) {
            ("AtLeast", [n]) => Count { min: r.number(n, 0, most)?, max: u64::MAX },
            ("AtMost", [n]) => Count { min: 0, max: r.number(n, 0, most)? },
            _ => {
                let d = r.at(&word.span, "unknown-word", format!("`{}` is not a count", word.text));
                r.push(
                    d.label("expected 3, (2, 5), AtLeast(2) or AtMost(5)")
                        .did_you_mean(&word.text, ["AtLeast", "AtMost"]),
                );
                return None;
            }
        },
        Kind::Tuple(None, items) => {
            let [low, high] = items.as_slice() else { return r.wrong_type(node, "a count: 3, or (least, most)") };
            let (low, high) = (r.number(low, 0, most), r.number(high, 0, most));
            Count { min: low?, max: high? }
        }
        Kind::Number(_) => {
            let n = r.number(node, 0, most)?;
            Count { min: n, max: n }
        }
        _ => return r.wrong_type(node, "a count: 3, (2, 5), AtLeast(2) or AtMost(5)"),
    };
    if counted.min > counted.max {
        return r.bad_value(&node.span, "the least is more than the most", "expected (least, most)");
    }
    if counted.min == 0 && counted.max == u64::MAX {
        return r.bad_value(&node.span, "this claim cannot fail", "any number is at least 0");
    }
    Some(counted)
}
