//! What people send.

use smallvec::SmallVec;

use super::Checker;
use super::hosts::port;
use super::names::HostKind;
use crate::identity::{Mailbox, ReversePath};
use crate::mime::{Draft, LeftOut, Party, TextEncoding};
use crate::scenario::limits::{MAX_MAIL_BYTES, MAX_MAILS};
use crate::scenario::plan::{MailPlan, Role, SubmitsTo};
use crate::scenario::read::{Fields, Reader};
use crate::scenario::schema::MAIL;
use crate::scenario::tree::{Kind, Node};
use crate::sim::{Distribution, Duration, Instant};
use crate::trace::HostId;

impl Checker {
    pub(super) fn mail(&mut self, fields: &Fields<'_>) {
        for node in fields.items(&mut self.r, "mail", "mails") {
            if let Some(fields) = self.r.fields(node, &MAIL) {
                let mail = self.one_mail(&fields);
                self.plan.mail.extend(mail);
            }
        }
    }

    fn one_mail(&mut self, fields: &Fields<'_>) -> Option<MailPlan> {
        let at = fields.or("at", Instant::ZERO, |n| self.r.time(n));
        self.within_run(fields.get("at"), at);
        let from = fields.opt("from", |n| self.r.mailbox(n));
        let host = match fields.get("by") {
            Some(node) => self.host_that(node, "a User", |k| k == HostKind::User),
            None => from.as_ref().zip(fields.get("from")).and_then(|(from, node)| self.writer(from, node)),
        };
        let reverse_path = match fields.get("mail_from") {
            Some(Node { kind: Kind::Text(text), .. }) if text.trim() == "<>" || text.is_empty() => None,
            Some(node) => self.r.mailbox(node),
            None => from.clone(),
        };
        let submission = host.and_then(|host| self.submission(fields, host));
        let recipients = self.recipients(fields);
        let to = self.parties(fields, "to");
        let cc = self.parties(fields, "cc");
        let r = &mut self.r;
        let subject = fields.or("subject", "(no subject)", |n| r.line(n, 900));
        let text = fields.or("text", "", |n| r.text(n)).replace("\r\n", "\n").replace('\r', "\n");
        let headers = headers(r, fields);
        let left_out = left_out(r, fields);
        let size = fields.opt("size", |n| r.size(n, 1, MAX_MAIL_BYTES));
        let require_tls = fields.or("require_tls", false, |n| r.bool(n));
        let count = fields.or("count", 1, |n| r.number(n, 1, MAX_MAILS));
        let every = fields.or("every", Distribution::Fixed(1_000_000_000), |n| r.gaps(n));
        self.mails = self.mails.saturating_add(count);
        let from = from?;
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
            draft: Draft {
                from: Party::from(from),
                to,
                cc,
                subject: subject.to_owned(),
                text,
                headers,
                size,
                date: String::new(),
                message_id: String::new(),
                encoding: TextEncoding::default(),
                left_out,
            },
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
                    text.parse::<Mailbox>().ok()
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
        if !written {
            let d = self.r.at(&fields.span, "missing-field", "this mail is for nobody").label("no recipient");
            self.r.push(d.help("add to: [\"bob@blue.example\"]"));
        }
        all
    }

    /// The mailboxes of a list, each checked for its form only.
    fn parties(&mut self, fields: &Fields<'_>, name: &str) -> Vec<Party> {
        let items = fields.items(&mut self.r, name, "mailboxes").iter();
        items.filter_map(|n| self.r.mailbox(n)).map(Party::from).collect()
    }
}

/// Fields that the user agent writes itself.
const OWN_FIELDS: [&str; 7] = ["from", "to", "cc", "bcc", "subject", "date", "message-id"];

/// Fields that are left to the server.
fn left_out(r: &mut Reader, fields: &Fields<'_>) -> LeftOut {
    let mut left_out = LeftOut::default();
    for node in fields.items(r, "without", "fields") {
        match r.choice(node, "a field that a server adds", &[("Date", true), ("MessageId", false)]) {
            Some(true) => left_out.date = true,
            Some(false) => left_out.message_id = true,
            None => {}
        }
    }
    left_out
}

fn headers(r: &mut Reader, fields: &Fields<'_>) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for node in fields.items(r, "headers", "fields") {
        let Kind::Tuple(None, parts) = &node.kind else {
            let _: Option<()> = r.wrong_type(node, "a field: (\"X-Colour\", \"green\")");
            continue;
        };
        let [name, value] = parts.as_slice() else {
            let _: Option<()> = r.wrong_type(node, "a field: (\"X-Colour\", \"green\")");
            continue;
        };
        let name = header_name(r, name);
        let value = r.line(value, 900);
        headers.extend(name.zip(value).map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    headers
}

fn header_name<'n>(r: &mut Reader, node: &'n Node) -> Option<&'n str> {
    let name = r.text(node)?;
    // RFC 5322 §3.6.8: printable ASCII without the colon.
    let good = !name.is_empty() && name.len() <= 76 && name.bytes().all(|b| (b'!'..=b'~').contains(&b) && b != b':');
    if !good {
        let d = r.at(&node.span, "bad-header", format!("`{name}` is not the name of a field"));
        let d = d.label("expected a name such as \"X-Colour\"");
        r.push(d.note("the name of a field has printable ASCII letters without `:` and spaces (RFC 5322 §3.6.8)"));
        return None;
    }
    if OWN_FIELDS.contains(&name.to_ascii_lowercase().as_str()) {
        let d = r.at(&node.span, "bad-header", format!("the user agent writes the field `{name}` itself"));
        let d = d.label("already there");
        r.push(d.help(
            "the envelope is changed with `rcpt` and `mail_from`, these fields with `from`, `to`, `cc`, `subject`",
        ));
        return None;
    }
    Some(name)
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
