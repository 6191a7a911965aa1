//! What people send.

use smallvec::SmallVec;

use super::Checker;
use super::hosts::port;
use super::letter::Addressed;
use super::names::HostKind;
use super::threads::{self, Relation, Threads};
use crate::identity::{Mailbox, ReversePath};
use crate::mime::Party;
use crate::scenario::limits::MAX_MAILS;
use crate::scenario::plan::{MailPlan, Role, SubmitsTo};
use crate::scenario::read::{Fields, read_party};
use crate::scenario::schema::MAIL;
use crate::scenario::tree::{Kind, Node};
use crate::sim::{Distribution, Duration, Instant};
use crate::trace::HostId;

impl Checker {
    pub(super) fn mail(&mut self, fields: &Fields<'_>) {
        let nodes = fields.items(&mut self.r, "mail", "mails").iter();
        let read: Vec<Option<Fields<'_>>> = nodes.map(|node| self.r.fields(node, &MAIL)).collect();
        let mut threads = Threads::of(&mut self.r, &read);
        let mut plans: Vec<Option<MailPlan>> = vec![None; read.len()];
        // Behind the mail that it is about, which may stand anywhere in the file.
        while let Some(place) = threads.next() {
            let Some(fields) = &read[place] else { continue };
            plans[place] = match threads.about(place) {
                None => self.one_mail(fields, place, None),
                // What is wrong with the other has been told.
                Some(link) => plans[link.target].clone().and_then(|original| {
                    self.got_it(&link, &original, fields);
                    self.one_mail(fields, place, Some((link.relation, &original)))
                }),
            };
        }
        threads.tell_circles(&mut self.r);
        self.plan.mail.extend(plans.into_iter().flatten());
    }

    fn one_mail(
        &mut self,
        fields: &Fields<'_>,
        place: usize,
        about: Option<(Relation, &MailPlan)>,
    ) -> Option<MailPlan> {
        let at = fields.or("at", Instant::ZERO, |n| self.r.time(n));
        self.within_run(fields.get("at"), at);
        let from = fields.opt("from", |n| self.r.party(n));
        let host = match fields.get("by") {
            Some(node) => self.host_that(node, "a User", |k| k == HostKind::User),
            None => from.as_ref().zip(fields.get("from")).and_then(|(from, node)| self.writer(&from.mailbox, node)),
        };
        let reverse_path = match fields.get("mail_from") {
            Some(Node { kind: Kind::Text(text), .. }) if text.trim() == "<>" || text.is_empty() => None,
            Some(node) => self.r.mailbox(node),
            None => from.as_ref().map(|from| from.mailbox.clone()),
        };
        let submission = host.and_then(|host| self.submission(fields, host));
        // An answer goes to whom it answers, unless it says otherwise.
        let is_addressed = ["to", "cc", "bcc", "rcpt"].iter().any(|field| fields.get(field).is_some());
        let answered = about.filter(|(relation, _)| *relation == Relation::Answers && !is_addressed);
        let (recipients, to) = match answered {
            Some((_, original)) => {
                let to = threads::author(original);
                (SmallVec::from_iter([to.mailbox.clone()]), vec![to])
            }
            None => (self.recipients(fields), self.parties(fields, "to")),
        };
        let cc = self.parties(fields, "cc");
        let letter = match &from {
            Some(from) => self.letter(fields, place, Addressed { from, to, cc }, about),
            None => None,
        };
        let r = &mut self.r;
        let require_tls = fields.or("require_tls", false, |n| r.bool(n));
        let count = fields.or("count", 1, |n| r.number(n, 1, MAX_MAILS));
        let every = fields.or("every", Distribution::Fixed(1_000_000_000), |n| r.gaps(n));
        if let (Some(name), Some(node), true) = (fields.get("name"), fields.get("count"), count > 1) {
            let d = r.at(&node.span, "contradiction", "a mail that has a name is sent once").label("leave this out");
            r.push(d.also(name.span.clone(), "its name").help("others would not know which of them is meant"));
        }
        self.mails = self.mails.saturating_add(count);
        self.names.correspondents.extend(recipients.iter().cloned());
        self.names.correspondents.extend(reverse_path.iter().cloned());
        let (submit_to, port) = submission?;
        Some(MailPlan {
            at,
            host: host?,
            submit_to,
            port,
            reverse_path: reverse_path.map_or(ReversePath::Null, ReversePath::Mailbox),
            recipients,
            require_tls,
            letter: letter?,
            count,
            every,
        })
    }

    /// The user host that has this mailbox.
    pub(super) fn writer(&mut self, from: &Mailbox, node: &Node) -> Option<HostId> {
        if let Some(host) = self.names.writers.get(from) {
            return Some(*host);
        }
        if self.names.holes || self.r.is_full() {
            return None;
        }
        let mut known: Vec<&str> = self.names.writers.keys().map(Mailbox::as_str).collect();
        known.sort_unstable();
        let d = self.r.at(&node.span, "unknown-mailbox", format!("no User has the mailbox `{from}`"));
        let d = d.label("nobody writes as this");
        let d = match crate::diag::nearest(from.as_str(), known.iter().copied()) {
            Some(near) => d.help(format!("did you mean `{near}`?")),
            None => d.note(format!("users have {}", super::names::some(known.into_iter()))),
        };
        self.r.push(d.help("mail in somebody else's name says which machine it comes from: by: \"host\""));
        None
    }

    /// Server and port.
    fn submission(&mut self, fields: &Fields<'_>, host: HostId) -> Option<(SubmitsTo, u16)> {
        let Role::User(user) = &self.plan.hosts[host.0 as usize].role else { return None };
        let (own, own_port) = (user.submits_to, user.port);
        let server = match fields.get("via") {
            Some(node) => SubmitsTo::Host(self.mta_host(node)?),
            None => match own {
                Some(server) => server,
                None => {
                    // A user whose `submits_to` was wrong has been told.
                    let entry = &self.names.hosts[host.0 as usize];
                    if !self.r.found.iter().any(|d| matches!(d.code, "unknown-host" | "wrong-host" | "unknown-field")) {
                        let message = format!("`{}` has no server to hand this mail to", entry.name);
                        let d = self.r.at(&fields.span, "missing-field", message).label("handed to whom?");
                        let d = d.also(entry.span.clone(), "this User has no `submits_to`");
                        self.r.push(d.help("add submits_to: \"..\" there, or via: \"..\" here"));
                    }
                    return None;
                }
            },
        };
        let default = if Some(server) == own { own_port } else { 25 };
        Some((server, fields.or("port", default, |n| port(&mut self.r, n))))
    }

    /// The envelope's recipients.
    fn recipients(&mut self, fields: &Fields<'_>) -> SmallVec<[Mailbox; 1]> {
        let envelope: &[&str] = if fields.get("rcpt").is_some() { &["rcpt"] } else { &["to", "cc", "bcc"] };
        let mut all = SmallVec::new();
        let mut seen = std::collections::HashSet::new();
        let mut written = false;
        for name in envelope {
            let Some(Node { kind: Kind::List(items), .. }) = fields.get(name) else {
                // Anything else is told once, by `mailboxes`.
                written |= fields.get(name).is_some();
                if matches!(*name, "rcpt" | "bcc") {
                    fields.items(&mut self.r, name, "mailboxes");
                }
                continue;
            };
            written |= !items.is_empty();
            for node in items {
                let mailbox = if matches!(*name, "rcpt" | "bcc") {
                    self.r.mailbox(node)
                } else if let Kind::Text(text) = &node.kind {
                    read_party(text).ok().map(|party| party.mailbox)
                } else {
                    None
                };
                let Some(mailbox) = mailbox else { continue };
                self.check_recipient(&mailbox, &node.span);
                if seen.insert(mailbox.clone()) {
                    all.push(mailbox);
                }
            }
        }
        // An answer whose other mail is not found goes to nobody for that reason, which has been told.
        if !written && fields.get("replies_to").is_none() {
            let d = self.r.at(&fields.span, "missing-field", "this mail is for nobody").label("no recipient");
            self.r.push(d.help("add to: [\"bob@blue.example\"]"));
        }
        all
    }

    /// The mailboxes of a list, each checked for its form only.
    fn parties(&mut self, fields: &Fields<'_>, name: &str) -> Vec<Party> {
        let items = fields.items(&mut self.r, name, "mailboxes").iter();
        items.filter_map(|n| self.r.party(n)).collect()
    }
}

/// How many mails a generator with these gaps makes in a time, about.
pub(super) fn about_how_many(every: Distribution, length: Duration) -> u64 {
    let mean = match every {
        Distribution::Fixed(n) | Distribution::Exponential(n) => n,
        Distribution::Uniform(a, b) => a / 2 + b / 2,
        Distribution::Pareto { minimum, .. } => minimum,
    };
    length.as_nanos() / mean.max(1)
}
