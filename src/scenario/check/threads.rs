//! Mails that are about others: answers, and what is forwarded.

use std::collections::{HashMap, VecDeque};

use super::Checker;
use crate::agent::user::Letter;
use crate::mime::compose::TextKind;
use crate::mime::{Body, Content, Party};
use crate::scenario::plan::MailPlan;
use crate::scenario::read::{Fields, Reader};
use crate::scenario::tree::{Kind, Node};
use crate::sim::Instant;

/// What a mail has to do with another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Answers,
    Forwards,
}

/// From a mail to the one that it is about.
#[derive(Clone, Copy)]
pub(super) struct Link<'n> {
    pub(super) relation: Relation,
    /// The other mail, by its place in the file.
    pub(super) target: usize,
    /// Where the file says so.
    node: &'n Node,
}

/// The mails of a file in an order in which each comes behind the one that it is about.
pub(super) struct Threads<'n> {
    links: Vec<Option<Link<'n>>>,
    /// Who waits for a mail to be read.
    waiting: HashMap<usize, Vec<usize>>,
    ready: VecDeque<usize>,
}

impl<'n> Threads<'n> {
    pub(super) fn of(r: &mut Reader, mails: &[Option<Fields<'n>>]) -> Threads<'n> {
        let mut names: HashMap<&str, (usize, &Node)> = HashMap::new();
        for (place, fields) in mails.iter().enumerate() {
            let Some(node) = fields.as_ref().and_then(|fields| fields.get("name")) else { continue };
            let Some(name) = r.line(node, 100) else { continue };
            if let Some((_, first)) = names.get(name) {
                let d = r.at(&node.span, "duplicate", format!("two mails are called `{name}`"));
                r.push(d.label("again here").also(first.span.clone(), "first here"));
            } else {
                names.insert(name, (place, node));
            }
        }
        let mut threads = Threads { links: Vec::new(), waiting: HashMap::new(), ready: VecDeque::new() };
        for (place, fields) in mails.iter().enumerate() {
            let link = fields.as_ref().and_then(|fields| link(r, &names, fields));
            match &link {
                Some(link) => threads.waiting.entry(link.target).or_default().push(place),
                None => threads.ready.push_back(place),
            }
            threads.links.push(link);
        }
        threads
    }

    /// The next mail that can be read.
    pub(super) fn next(&mut self) -> Option<usize> {
        let place = self.ready.pop_front()?;
        self.ready.extend(self.waiting.remove(&place).unwrap_or_default());
        Some(place)
    }

    /// What a mail is about.
    pub(super) fn about(&self, place: usize) -> Option<Link<'n>> {
        self.links[place]
    }

    /// Mails that were never ready: each is, in the end, about itself.
    pub(super) fn tell_circles(self, r: &mut Reader) {
        let mut left: Vec<usize> = self.waiting.into_values().flatten().collect();
        left.sort_unstable();
        for place in left {
            if let Some(link) = self.links[place] {
                let d = r.at(&link.node.span, "contradiction", "these mails are about one another in a circle");
                r.push(d.label("leads back to this mail").help("an answer comes behind what it answers"));
            }
        }
    }
}

fn link<'n>(r: &mut Reader, names: &HashMap<&str, (usize, &Node)>, fields: &Fields<'n>) -> Option<Link<'n>> {
    let (relation, node) = match (fields.get("replies_to"), fields.get("forwards")) {
        (Some(node), None) => (Relation::Answers, node),
        (None, Some(node)) => (Relation::Forwards, node),
        (Some(_), Some(node)) => {
            let d = r.at(&node.span, "contradiction", "a mail either answers or forwards");
            r.push(d.label("one of them is enough"));
            return None;
        }
        (None, None) => return None,
    };
    let name = r.text(node)?;
    let Some((target, _)) = names.get(name) else {
        if !r.is_full() {
            let d = r.at(&node.span, "unknown-mail", format!("no mail is called `{name}`")).label("not a `name`");
            let mut known: Vec<&str> = names.keys().copied().collect();
            known.sort_unstable();
            let d = d.did_you_mean(name, known);
            r.push(d.help("give the other mail a name: name: \"..\""));
        }
        return None;
    };
    Some(Link { relation, target: *target, node })
}

impl Checker {
    /// Who answers or forwards a mail has written it, or is one of those who get it, and does so later.
    pub(super) fn got_it(&mut self, link: &Link<'_>, original: &MailPlan, fields: &Fields<'_>) {
        let verb = match link.relation {
            Relation::Answers => "answer",
            Relation::Forwards => "forward",
        };
        let at = match fields.get("at") {
            // What is wrong with it is told where it is read.
            Some(Node { kind: Kind::Text(_), .. }) => {
                let told = self.r.found.len();
                let at = fields.opt("at", |n| self.r.time(n));
                self.r.found.truncate(told);
                at
            }
            _ => Some(Instant::ZERO),
        };
        if at.is_some_and(|at| at <= original.at) {
            let span = fields.get("at").map_or(&fields.span, |node| &node.span);
            let d = self.r.at(span, "too-early", format!("nobody can {verb} a mail that is not there yet"));
            let d = d.label(format!("the other is sent at {}", original.at.since(Instant::ZERO)));
            self.r.push(d.help("make this later, so that it has time to arrive"));
        }
        let Some(Node { kind: Kind::Text(text), span }) = fields.get("from") else { return };
        let Ok(Party { mailbox: from, .. }) = crate::scenario::read::read_party(text) else { return };
        let author = author(original).mailbox;
        // Nobody gets a mail whose own mistakes have been told.
        if from != author && !original.recipients.is_empty() && !original.recipients.contains(&from) {
            let message = format!("`{from}` has not got the mail to {verb} it");
            let d = self.r.at(span, "not-received", message).label("neither its author nor a recipient");
            let d = d.also(link.node.span.clone(), "this mail");
            let people = super::names::some(original.recipients.iter().map(|recipient| recipient.as_str()));
            self.r.push(d.note(format!("it goes from {author} to {people}")));
        }
    }
}

/// Who has written a mail.
pub(super) fn author(mail: &MailPlan) -> Party {
    match &mail.letter {
        Letter::Written(draft) => draft.from.clone(),
        Letter::Finished { author, .. } => author.clone().into(),
    }
}

/// The message id of a mail, where it has one that is known.
pub(super) fn id(mail: &MailPlan) -> Option<String> {
    match &mail.letter {
        Letter::Written(draft) => Some(draft.message_id.clone()).filter(|id| !id.is_empty()),
        Letter::Finished { content, .. } => ids(content, "Message-ID").pop(),
    }
}

/// The ids of the conversation that a mail belongs to, itself last (RFC 5322 §3.6.4).
pub(super) fn conversation(mail: &MailPlan) -> Vec<String> {
    let mut all = match &mail.letter {
        Letter::Written(draft) => draft.references.clone(),
        Letter::Finished { content, .. } => {
            let references = ids(content, "References");
            if references.is_empty() { ids(content, "In-Reply-To") } else { references }
        }
    };
    all.extend(id(mail));
    all
}

/// The ids of a field, without their brackets.
fn ids(content: &Content, field: &str) -> Vec<String> {
    let value = content.first(field).unwrap_or_default();
    let value = String::from_utf8_lossy(&value);
    let ids = value.split('<').skip(1).filter_map(|rest| rest.split_once('>'));
    ids.map(|(id, _)| id.split_whitespace().collect()).collect()
}

/// The text of a mail, for whoever quotes it; nothing of one that is a file.
pub(super) fn text(mail: &MailPlan) -> &str {
    fn plain(body: &Body) -> Option<&str> {
        match body {
            Body::Text(text) if text.kind == TextKind::Plain => Some(&text.text),
            Body::Parts(_, parts) => parts.iter().find_map(plain),
            _ => None,
        }
    }
    match &mail.letter {
        Letter::Written(draft) => plain(&draft.body).unwrap_or_default(),
        Letter::Finished { .. } => "",
    }
}
