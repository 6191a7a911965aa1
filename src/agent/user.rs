//! The mail user agent: composes on a timetable and hands mail to its submission server.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use smallvec::SmallVec;

use super::courier::{Courier, earlier};
use super::dates::DateCache;
use super::entities::entities;
use super::lookups::Lookups;
use super::reader::{Reader, Written};
use super::{Context, Input, tokens};
use crate::identity::{Mailbox, ReversePath};
use crate::mime::{Composer, Content, Draft, queue_id};
use crate::queue::{DestinationId, EntryId, Mail, NextHop, Origin};
use crate::sim::{Distribution, Duration, Instant, Stream};
use crate::trace::{MailId, Octets, What, field_lines};

/// Mail to be sent, once or many times.
#[derive(Clone, Debug)]
pub struct Task {
    /// When the next one is sent.
    pub at: Instant,
    /// How many are left.
    pub left: u64,
    /// No mail after this time.
    pub until: Instant,
    /// Time between one and the next, in nanoseconds.
    pub every: Distribution,
    /// What is sent.
    pub kind: Kind,
    /// The server that it is handed to; none: the one that its author's domain names (RFC 6186).
    pub submit_to: Option<NextHop>,
    /// What chance decides is drawn from here.
    pub luck: Stream,
}

/// What a [`Task`] sends.
#[derive(Clone, Debug)]
pub enum Kind {
    /// The same letter each time.
    Letter {
        /// The reverse-path.
        reverse_path: ReversePath,
        /// The forward-paths.
        recipients: SmallVec<[Mailbox; 1]>,
        /// Whether it goes on behind TLS only (RFC 8689).
        require_tls: bool,
        /// The content.
        letter: Letter,
        /// The parts of it that do not change, once the first has been sent.
        composer: Option<Box<Composer>>,
    },
    /// A new letter each time, from one of several authors to one of several recipients.
    Traffic {
        /// The authors on this host.
        from: Arc<[Mailbox]>,
        /// The recipients.
        to: Arc<[Mailbox]>,
        /// Size of the content in bytes.
        size_bytes: Distribution,
        /// Sizes are held below this.
        max_size_bytes: u64,
        /// The subject; `{n}` in it is the mail's number.
        subject: Arc<str>,
    },
}

/// What a letter says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Letter {
    /// It is written by the agent. Date and message id are put in when it is sent, unless the id is there.
    Written(Box<Draft>),
    /// It is sent as it is.
    Finished {
        /// Whose it is.
        author: Mailbox,
        /// Its subject, for people who look on.
        subject: String,
        /// All of it.
        content: Content,
    },
}

impl Letter {
    /// Who writes it.
    #[must_use]
    pub fn author(&self) -> &Mailbox {
        match self {
            Letter::Written(draft) => &draft.from.mailbox,
            Letter::Finished { author, .. } => author,
        }
    }

    /// Its subject.
    #[must_use]
    pub fn subject(&self) -> &str {
        match self {
            Letter::Written(draft) => &draft.subject,
            Letter::Finished { subject, .. } => subject,
        }
    }
}

/// A mail that is ready.
struct Outgoing<'a> {
    reverse_path: ReversePath,
    to: SmallVec<[Mailbox; 1]>,
    subject: &'a str,
    content: Content,
    require_tls: bool,
    destination: DestinationId,
}

/// A mail user agent.
#[derive(Clone)]
pub struct User {
    tasks: Vec<Task>,
    /// When each task is next due. Ties go to the task that was named first.
    due: BinaryHeap<Reverse<(Instant, usize)>>,
    courier: Courier,
    lookups: Lookups,
    date: DateCache,
    serial: u64,
    /// How it takes mail out of mailboxes; none: not at all.
    reader: Option<Box<Reader>>,
    /// Where the left parts of message ids are drawn from.
    ids: Stream,
    /// Where message ids are written; keeps its memory.
    message_id: String,
}

impl User {
    /// A user agent with this timetable. What its `courier` cannot hand over is tried again by the courier's schedule
    /// (an outbox), and then shown to the person as unsent. Message ids are drawn from `ids`.
    #[must_use]
    pub fn new(tasks: Vec<Task>, courier: Courier, lookups: Lookups, ids: Stream) -> User {
        let serial = crate::mime::first_serial(courier.host_name().as_str());
        let due = tasks.iter().enumerate().filter(|(_, t)| t.left > 0).map(|(i, t)| Reverse((t.at, i))).collect();
        User {
            tasks,
            due,
            courier,
            lookups,
            date: DateCache::default(),
            serial,
            reader: None,
            ids,
            message_id: String::new(),
        }
    }

    /// Takes mail out of mailboxes, too.
    #[must_use]
    pub fn with_reader(self, reader: Option<Reader>) -> User {
        User { reader: reader.map(Box::new), ..self }
    }

    /// The outbox.
    #[must_use]
    pub fn outbox(&self) -> &crate::queue::Queue {
        self.courier.queue()
    }

    /// See [`super::Agent::handle_input`].
    pub fn handle_input(&mut self, ctx: &mut Context<'_>, input: Input) {
        match input {
            Input::Start => {
                self.courier.recover(ctx, &mut self.lookups);
                self.send_due(ctx);
                self.with_reader_do(ctx, Reader::start);
            }
            Input::Crash => {
                if let Some(reader) = &mut self.reader {
                    reader.crash();
                }
                self.courier.crash();
                self.lookups.restart();
            }
            Input::Timer => {
                self.send_due(ctx);
                self.lookups.handle_timer(ctx);
                self.courier.handle_timer(ctx, &mut self.lookups);
                self.with_reader_do(ctx, Reader::handle_timer);
            }
            Input::Connected { token, .. }
            | Input::Room { token }
            | Input::Received { token, .. }
            | Input::Tls { token, .. }
            | Input::PeerClosed { token }
            | Input::Failed { token, .. }
                if Reader::owns(token) =>
            {
                self.with_reader_do(ctx, |reader, ctx, lookups| reader.handle_input(ctx, lookups, input));
            }
            Input::Datagram { .. } => self.looked_up(ctx, input),
            Input::Connected { token, .. }
            | Input::Room { token }
            | Input::Received { token, .. }
            | Input::Tls { token, .. }
            | Input::PeerClosed { token }
            | Input::Failed { token, .. }
                if token & tokens::LOOKUP != 0 =>
            {
                self.looked_up(ctx, input);
            }
            other => self.courier.handle_input(ctx, &mut self.lookups, other),
        }
        self.settle(ctx);
    }

    /// See [`super::Agent::poll_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let due = self.due.peek().map(|Reverse((at, _))| *at);
        let due = earlier(due, self.reader.as_ref().and_then(|reader| reader.poll_timeout()));
        earlier(due, earlier(self.courier.poll_timeout(), self.lookups.poll_timeout()))
    }

    fn looked_up(&mut self, ctx: &mut Context<'_>, input: Input) {
        self.lookups.handle_input(ctx, input);
        self.courier.pump(ctx, &mut self.lookups);
        self.with_reader_do(ctx, Reader::looked_up);
    }

    /// Does something with the reader, and sends what the person has written then.
    fn with_reader_do(
        &mut self,
        ctx: &mut Context<'_>,
        what: impl FnOnce(&mut Reader, &mut Context<'_>, &mut Lookups),
    ) {
        let Some(reader) = &mut self.reader else { return };
        what(reader, ctx, &mut self.lookups);
        let mut any = false;
        while let Some(written) = self.reader.as_mut().and_then(|reader| reader.poll_written()) {
            self.send_written(ctx, written);
            any = true;
        }
        if any {
            self.courier.pump(ctx, &mut self.lookups);
        }
    }

    /// Sends what the person has written because of another mail.
    fn send_written(&mut self, ctx: &mut Context<'_>, written: Written) {
        let Written { mut draft, author, recipient, submit_to } = written;
        write_message_id(&mut self.message_id, self.ids.bits(), author.domain());
        draft.message_id.clone_from(&self.message_id);
        draft.date = self.date.get(ctx.calendar, ctx.now).into();
        let number = ctx.ids.next_mail();
        let content = draft.compose();
        let to: SmallVec<[Mailbox; 1]> = [recipient].into_iter().collect();
        let destination = self.courier.destination(&submit_to);
        self.hand_over(
            ctx,
            number,
            Outgoing {
                reverse_path: ReversePath::Mailbox(author),
                to,
                subject: &draft.subject,
                content,
                require_tls: false,
                destination,
            },
        );
    }

    fn send_due(&mut self, ctx: &mut Context<'_>) {
        let mut any = false;
        while let Some(Reverse((at, place))) = self.due.peek().copied() {
            if at > ctx.now {
                break;
            }
            self.due.pop();
            ctx.tracer.because(None);
            self.send(ctx, place);
            any = true;
            let task = &mut self.tasks[place];
            task.left -= 1;
            task.at = at + task.luck.duration(task.every);
            if task.left > 0 && task.at <= task.until {
                self.due.push(Reverse((task.at, place)));
            }
        }
        if any {
            self.courier.pump(ctx, &mut self.lookups);
        }
    }

    fn send(&mut self, ctx: &mut Context<'_>, place: usize) {
        let number = ctx.ids.next_mail();
        let mut message_id = std::mem::take(&mut self.message_id);
        let left = self.ids.bits();
        let date = self.date.get(ctx.calendar, ctx.now);
        let task = &mut self.tasks[place];
        let (mut found, mut require_tls) = (None, false);
        let discovers = task.submit_to.is_none();
        let mut discover = |author: &Mailbox| {
            if discovers {
                found = Some(NextHop::Submission(author.to_domain()));
            }
        };
        let (reverse_path, to, subject, content) = match &mut task.kind {
            Kind::Letter { reverse_path, recipients, require_tls: required, letter, composer } => {
                require_tls = *required;
                discover(letter.author());
                let content = match letter {
                    Letter::Finished { content, .. } => content.clone(),
                    Letter::Written(draft) => {
                        write_message_id(&mut message_id, left, draft.from.mailbox.domain());
                        let composer = composer.get_or_insert_with(|| Box::new(Composer::new(draft)));
                        let id = match draft.message_id.as_str() {
                            _ if draft.left_out.message_id => "",
                            "" => &message_id,
                            given => given,
                        };
                        composer.mail(id, if draft.left_out.date { "" } else { date })
                    }
                };
                (reverse_path.clone(), recipients.clone(), Cow::Borrowed(letter.subject()), content)
            }
            Kind::Traffic { from, to, size_bytes, max_size_bytes, subject } => {
                let author = from[task.luck.below(from.len() as u64) as usize].clone();
                discover(&author);
                let recipient = to[task.luck.below(to.len() as u64) as usize].clone();
                write_message_id(&mut message_id, left, author.domain());
                let mut draft = Draft::new(author.clone(), recipient.clone());
                draft.subject = subject.replace("{n}", &number.0.to_string());
                draft.size = Some(task.luck.draw(*size_bytes).min(*max_size_bytes));
                draft.date = date.into();
                draft.message_id.clone_from(&message_id);
                let mut recipients: SmallVec<[Mailbox; 1]> = SmallVec::new();
                recipients.push(recipient);
                let content = draft.compose();
                (ReversePath::Mailbox(author), recipients, Cow::Owned(draft.subject), content)
            }
        };
        self.message_id = message_id;
        let Some(submit_to) = task.submit_to.as_ref().or(found.as_ref()) else {
            unreachable!("every kind of task has an author, whose domain stands for a server")
        };
        let destination = self.courier.destination(submit_to);
        let subject = subject.into_owned();
        let outgoing = Outgoing { reverse_path, to, subject: &subject, content, require_tls, destination };
        self.hand_over(ctx, number, outgoing);
    }

    /// A mail is composed: the outbox has it.
    fn hand_over(&mut self, ctx: &mut Context<'_>, number: MailId, outgoing: Outgoing<'_>) {
        let Outgoing { reverse_path, to, subject, content, require_tls, destination } = outgoing;
        self.serial += 1;
        let serial = self.serial;
        ctx.record(ctx.at().mail(number, 0), || What::Composed {
            from: match &reverse_path {
                ReversePath::Null => "".into(),
                ReversePath::Mailbox(mailbox) => mailbox.as_str().into(),
            },
            to: to.iter().map(|t| t.as_str().into()).collect(),
            subject: crate::trace::visible(subject.as_bytes()).into(),
            size_bytes: content.size_bytes(),
            header: field_lines(&content.header().to_vec()),
            parts: entities(&content),
        });
        ctx.hold(number, &content);
        let recipients = to.into_iter().map(|mailbox| (mailbox, destination)).collect();
        let mail = Mail {
            mail: number.0,
            hops: 0,
            serial,
            origin: Origin::Elsewhere,
            reverse_path,
            recipients,
            require_tls,
            aliases: Vec::new(),
            content,
        };
        self.courier.accept(ctx, mail);
    }

    /// What the server refused is shown to the person; nobody else is told.
    fn settle(&mut self, ctx: &mut Context<'_>) {
        while let Some(settled) = self.courier.poll_settled() {
            for place in &settled.failed {
                self.unsent(ctx, settled.entry, *place);
            }
            match settled.retry_at {
                Some(until) => self.courier.record_deferred(ctx, settled.entry, until),
                None => {
                    self.courier.remove(ctx, settled.entry);
                }
            }
        }
    }

    fn unsent(&mut self, ctx: &mut Context<'_>, id: EntryId, place: u32) {
        let entry = self.courier.queue().entry(id);
        let recipient = &entry.recipients[place as usize];
        let reason = recipient.last_failure.as_ref().map(|f| f.text.clone()).unwrap_or_default();
        ctx.record(ctx.at().mail(MailId(entry.mail), entry.hops), || What::Unsent {
            recipient: recipient.mailbox.as_str().into(),
            reason: Octets(reason),
        });
    }
}

/// An id that no other message has. RFC 5322 §3.6.4: behind the `@` stands a domain in whose name nobody else gives out
/// ids; a machine at home has none, so it is the author's, and what is in front is drawn by lot, as user agents do.
fn write_message_id(out: &mut String, left: u64, domain: &str) {
    // Sixty of the bits, the highest of them set: always twelve digits.
    let digits = queue_id(left >> 4 | 1 << 59);
    out.clear();
    out.push_str(&digits);
    out.push('@');
    out.push_str(domain);
}

/// The outbox of a user agent: every five minutes for a day.
#[must_use]
pub fn outbox_schedule() -> crate::queue::Schedule {
    crate::queue::Schedule::Custom { delays: vec![Duration::from_mins(5)], lifetime: Duration::from_hours(24) }
}
