//! The command table: what may be said when (RFC 5321 §4.1.4), apart from what it does.

use super::Session;
use super::replies::{self, Fixed};
use super::state::{Answer, Output, Pending, Question, State, Tls, Transaction};
use crate::identity::{Domain, ForwardPath, ReversePath};
use crate::octets::Chunk;
use crate::sim::Instant;
use crate::smtp::command::{BodyType, Command, CommandError, MailParameters, Verb};
use crate::smtp::envelope::Envelope;
use crate::smtp::extension::Extension;
use crate::smtp::limits;
use crate::smtp::reply::{Class, Reply};

/// When a command may be said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// At any time, before HELO as well.
    Always,
    /// Not inside of a transaction.
    OutsideTransaction,
    /// Inside of a transaction only.
    InsideTransaction,
}

/// RFC 5321 §4.1.4. EHLO may come at any time and clears; "NOOP, HELP, EXPN, VRFY, and RSET commands can be used at any
/// time during a session, or without previously initializing a session".
const fn when(verb: Verb) -> When {
    match verb {
        Verb::Helo
        | Verb::Ehlo
        | Verb::Lhlo
        | Verb::Rset
        | Verb::Vrfy
        | Verb::Expn
        | Verb::Help
        | Verb::Noop
        | Verb::Quit
        | Verb::StartTls
        | Verb::Auth => When::Always,
        Verb::Mail => When::OutsideTransaction,
        Verb::Rcpt | Verb::Data => When::InsideTransaction,
    }
}

/// RFC 2920 §3.2 (3), (4): replies to these are not held back for the sake of those that follow.
const fn sends_at_once(verb: Verb) -> bool {
    !matches!(verb, Verb::Rset | Verb::Mail | Verb::Rcpt)
}

/// The reply to arguments that do not fit.
const fn syntax(verb: Verb) -> Fixed {
    match verb {
        Verb::Helo => replies::SYNTAX_HELO,
        Verb::Ehlo => replies::SYNTAX_EHLO,
        Verb::Lhlo => replies::SYNTAX_LHLO,
        Verb::Mail => replies::SYNTAX_MAIL,
        Verb::Rcpt => replies::SYNTAX_RCPT,
        Verb::Data => replies::SYNTAX_DATA,
        Verb::Rset => replies::SYNTAX_RSET,
        Verb::Vrfy => replies::SYNTAX_VRFY,
        Verb::Expn => replies::SYNTAX_EXPN,
        Verb::Quit => replies::SYNTAX_QUIT,
        Verb::StartTls => replies::SYNTAX_STARTTLS,
        Verb::Auth => replies::SYNTAX_AUTH,
        // Whatever is said behind these is well-formed.
        Verb::Help | Verb::Noop => replies::UNKNOWN,
    }
}

impl Session {
    /// Does what the line says, or says why not.
    pub(super) fn obey(&mut self, line: &Chunk) {
        let verb = Verb::split(line);
        let mail = matches!(verb, Some((Verb::Mail, _)));
        let octets = line.len() + 2;
        if octets > limits::COMMAND_LINE && octets > self.server.config.max_line(mail, self.offer()) {
            return self.blame(replies::LINE_TOO_LONG);
        }
        // RFC 3207 §4, RFC 4954 §4: who has not offered it does not know it.
        let verb = verb.filter(|(verb, _)| match verb {
            Verb::StartTls => self.tls != Tls::None,
            Verb::Auth => self.logins.is_some(),
            // RFC 2033 §4.1.
            Verb::Helo | Verb::Ehlo => !self.server.config.lmtp,
            Verb::Lhlo => self.server.config.lmtp,
            _ => true,
        });
        let Some((verb, arguments)) = verb else {
            self.blame(if matches!(self.state, State::Refused) { replies::REFUSED } else { replies::UNKNOWN });
            return self.flush();
        };
        // RFC 5321 §4.1.2, §4.2.4: the verb is known, so what is wrong is its argument.
        if !arguments.is_ascii() {
            return self.blame(replies::EIGHT_BIT);
        }
        if let Err(reply) = self.may(verb) {
            self.blame(reply);
        } else {
            match Command::parse_arguments(verb, arguments) {
                Ok(command) => self.act(command),
                Err(error) => self.blame(complaint(verb, error)),
            }
        }
        if sends_at_once(verb) && self.pending.is_none() {
            self.flush();
        }
    }

    /// Whether the command may be said now.
    fn may(&self, verb: Verb) -> Result<(), Fixed> {
        // RFC 5321 §3.1: behind a 554 greeting, everything but QUIT gets 503.
        if matches!(self.state, State::Refused) && verb != Verb::Quit {
            return Err(replies::REFUSED);
        }
        let transaction = if let State::AwaitRcpt(transaction) = &self.state { Some(transaction) } else { None };
        match (when(verb), transaction) {
            _ if verb == Verb::StartTls && self.tls == Tls::Sealed => Err(replies::SEALED),
            _ if verb == Verb::StartTls && !self.esmtp => Err(self.hello_first()),
            _ if self.wants_tls_first(verb) => Err(replies::TLS_FIRST),
            _ if verb == Verb::Auth => self.may_log_in(),
            _ if self.wants_login_first(verb) => Err(replies::LOGIN_FIRST),
            (When::Always, _) => Ok(()),
            _ if self.helo.is_none() && self.server.config.require_helo => Err(self.hello_first()),
            (When::OutsideTransaction, None) => Ok(()),
            // RFC 5321 §4.1.4: MAIL must not be sent while a mail transaction is open.
            (When::OutsideTransaction, Some(_)) => Err(replies::NESTED_MAIL),
            (When::InsideTransaction, None) => Err(replies::MAIL_FIRST),
            (When::InsideTransaction, Some(transaction)) => match verb {
                // RFC 5321 §3.3: without a valid recipient, 503 or 554.
                Verb::Data if !transaction.any_rcpt => Err(replies::RCPT_FIRST),
                Verb::Data if transaction.envelope.recipients.is_empty() => Err(match self.server.config.lmtp {
                    true => replies::NO_RECIPIENTS_BY_LMTP,
                    false => replies::NO_RECIPIENTS,
                }),
                _ => Ok(()),
            },
        }
    }

    /// How a session begins.
    pub(super) fn hello_first(&self) -> Fixed {
        if self.server.config.lmtp { replies::LHLO_FIRST } else { replies::HELO_FIRST }
    }

    /// RFC 3207 §4: before TLS only these are obeyed where it is required.
    fn wants_tls_first(&self, verb: Verb) -> bool {
        self.server.config.requires_tls
            && self.tls == Tls::Offered
            && !matches!(verb, Verb::Noop | Verb::Ehlo | Verb::Lhlo | Verb::StartTls | Verb::Quit)
    }

    /// RFC 4954 §6: 530 stands in the place of every reply but those to commands that begin a session or end it.
    fn wants_login_first(&self, verb: Verb) -> bool {
        self.server.config.requires_login
            && self.identity().is_none()
            && matches!(verb, Verb::Mail | Verb::Rcpt | Verb::Data | Verb::Vrfy | Verb::Expn)
    }

    fn act(&mut self, command: Command) {
        match command {
            Command::Ehlo(_) if !self.server.config.esmtp => self.blame(replies::NOT_IMPLEMENTED),
            Command::Lhlo(domain) => self.do_helo(domain, true),
            Command::Helo(domain) => self.do_helo(domain, false),
            Command::Ehlo(domain) => self.do_helo(domain, true),
            Command::Mail { reverse_path, parameters } => self.do_mail(reverse_path, parameters),
            Command::Rcpt { forward_path } => self.do_rcpt(forward_path),
            Command::Data => self.do_data(),
            Command::Rset => {
                self.reset();
                self.say(replies::OK);
            }
            // RFC 5321 §7.3: 252 is what is asked for where verification is off.
            Command::Vrfy(_) => self.say(replies::CANNOT_VERIFY),
            Command::Expn(_) => self.blame(replies::NOT_IMPLEMENTED),
            Command::Help(_) => {
                let help = Reply::new(214, Some((2, 0, 0)), self.server.config.help_text.clone());
                self.say_reply(&help);
            }
            Command::Noop => self.say(replies::OK),
            Command::StartTls => self.start_tls(),
            Command::Auth { mechanism, initial } => self.do_auth(&mechanism, initial.as_ref()),
            Command::Quit => {
                let built = self.server.built();
                let bye = if self.enhanced() { built.bye_enhanced.clone() } else { built.bye.clone() };
                self.outbox.push(bye);
                self.close();
            }
        }
    }

    pub(super) fn accept_connection(&mut self, now: Instant) {
        self.outbox.push(self.server.built().greeting.clone());
        self.enter(State::AwaitHelo);
        self.await_command(now);
    }

    pub(super) fn connect_answered(&mut self, now: Instant, answer: Answer) {
        match answer {
            Answer::Accept | Answer::Each(_) => self.accept_connection(now),
            Answer::Reply(reply) => {
                self.enter(if reply.is_positive() { State::AwaitHelo } else { State::Refused });
                self.say_reply(&reply);
            }
        }
    }

    /// RFC 3207 §4.2: what was pipelined behind the command was said by nobody knows whom (CVE-2011-0411): it is thrown away.
    fn start_tls(&mut self) {
        self.say(replies::READY_FOR_TLS);
        self.flush();
        let discarded_bytes = self.backlog_bytes as u64;
        self.input = Chunk::EMPTY;
        self.backlog.clear();
        self.backlog_bytes = 0;
        self.enter(State::Securing);
        self.deadline = None;
        self.outputs.push_back(Output::StartTls { discarded_bytes });
    }

    fn do_helo(&mut self, domain: Domain, esmtp: bool) {
        if self.server.config.ask.helo {
            let question = Question::Helo { domain: domain.clone(), esmtp };
            self.ask(Pending::Helo { domain, esmtp }, question);
        } else {
            self.helo_answered(domain, esmtp, Answer::Accept);
        }
    }

    pub(super) fn helo_answered(&mut self, domain: Domain, esmtp: bool, answer: Answer) {
        if let Answer::Reply(reply) = &answer
            && !reply.is_positive()
        {
            // RFC 5321 §4.1.4: behind an EHLO that is not acceptable the server stays in the state it was in.
            self.say_reply(reply);
            return;
        }
        self.helo = Some(domain);
        self.esmtp = esmtp;
        // RFC 5321 §4.1.4: EHLO (and HELO) clears all buffers as RSET does.
        self.enter(State::AwaitMail);
        // RFC 5321 §4.1.1.1: the keywords follow whatever was said. Replies to EHLO have no enhanced codes: the client
        // does not know yet that there will be any (RFC 2034 §4).
        match (answer, esmtp) {
            (Answer::Reply(reply), false) => reply.write_to(self.outbox.writer(), false),
            (Answer::Reply(reply), true) => {
                let mut text = reply.text().to_vec();
                self.add_keywords(&mut text);
                Reply::new(reply.code().get(), None, text).write_to(self.outbox.writer(), false);
            }
            (_, false) => self.outbox.push(self.server.built().helo.clone()),
            (_, true) if self.offer().has(Extension::Auth) => {
                let mut text = self.server.name.to_string().into_bytes();
                self.add_keywords(&mut text);
                Reply::new(250, None, text).write_to(self.outbox.writer(), false);
            }
            (_, true) if self.tls == Tls::Offered => self.outbox.push(self.server.built().ehlo_starttls.clone()),
            (_, true) if self.tls == Tls::Sealed => self.outbox.push(self.server.built().ehlo_sealed.clone()),
            (_, true) => self.outbox.push(self.server.built().ehlo.clone()),
        }
        self.flush();
    }

    fn add_keywords(&self, text: &mut Vec<u8>) {
        let config = &self.server.config;
        for keyword in self.offer().keywords(config.max_message_bytes, config.mechanisms) {
            text.push(b'\n');
            text.extend_from_slice(keyword.as_bytes());
        }
    }

    /// What the session has used up, if there is a limit to it and it is reached.
    fn used_up(&self) -> Option<&'static str> {
        let config = &self.server.config;
        if config.max_mails.is_some_and(|most| self.mails >= most) {
            return Some("too many messages in this connection");
        }
        config
            .max_session_bytes
            .is_some_and(|most| self.content_bytes >= most)
            .then_some("too much data in this connection")
    }

    fn do_mail(&mut self, reverse_path: ReversePath, parameters: MailParameters) {
        if let Some(what) = self.used_up() {
            return self.shut_down("4.7.0", what);
        }
        let offer = self.offer();
        let known = |said: bool, by: Extension| !said || (self.esmtp && offer.has(by));
        if !known(parameters.size.is_some(), Extension::Size)
            || !known(parameters.body.is_some(), Extension::EightBitMime)
            || !known(parameters.auth, Extension::Auth)
            || !known(parameters.require_tls, Extension::RequireTls)
        {
            // RFC 5321 §4.1.1.11: what was not offered is not recognized.
            return self.blame(replies::UNKNOWN_PARAMETER);
        }
        if let (Some(size), Some(most)) = (parameters.size, self.server.config.max_message_bytes)
            && size > most
        {
            // RFC 1870 §6.1: said before the content travels.
            return self.say(replies::TOO_BIG);
        }
        let mut envelope = self.new_envelope(reverse_path);
        envelope.declared_size = parameters.size;
        envelope.require_tls = parameters.require_tls;
        envelope.body = parameters.body.unwrap_or(BodyType::SevenBit);
        if self.asks_mail || self.server.config.ask.mail {
            let reverse_path = envelope.reverse_path.clone();
            let question = Question::Mail { reverse_path, size: envelope.declared_size, body: envelope.body };
            self.ask(Pending::Mail(Box::new(envelope)), question);
        } else {
            self.mail_answered(envelope, Answer::Accept);
        }
    }

    pub(super) fn mail_answered(&mut self, envelope: Envelope, answer: Answer) {
        if self.verdict(answer, replies::MAIL_OK) {
            self.mails = self.mails.saturating_add(1);
            self.enter(State::AwaitRcpt(Transaction { envelope, any_rcpt: false }));
        }
    }

    fn do_rcpt(&mut self, forward_path: ForwardPath) {
        let State::AwaitRcpt(transaction) = &mut self.state else { return };
        transaction.any_rcpt = true;
        if transaction.envelope.recipients.len() >= self.server.config.max_recipients {
            // RFC 5321 §4.5.3.1.10: 452, so that the client sends the others in a transaction of their own.
            return self.say(replies::TOO_MANY_RECIPIENTS);
        }
        self.ask(Pending::Rcpt(forward_path.clone()), Question::Rcpt { forward_path });
    }

    pub(super) fn rcpt_answered(&mut self, forward_path: ForwardPath, answer: Answer) {
        if !self.verdict(answer, replies::RCPT_OK) {
            return;
        }
        let before = self.state.name();
        if let State::AwaitRcpt(transaction) = &mut self.state {
            transaction.envelope.recipients.push(forward_path);
        }
        self.note_state(before);
    }

    fn do_data(&mut self) {
        if self.server.config.ask.data {
            self.ask(Pending::Data, Question::Data);
        } else {
            self.data_answered(Answer::Accept);
        }
    }

    /// RFC 5321 §3.3: DATA is refused with 4yz or 5yz; the transaction stays as it is until the client resets it.
    pub(super) fn data_answered(&mut self, answer: Answer) {
        match answer {
            Answer::Accept | Answer::Each(_) => self.outbox.push(replies::START_DATA),
            Answer::Reply(reply) => {
                self.say_reply(&reply);
                if reply.class() != Class::Intermediate {
                    return;
                }
            }
        }
        let State::AwaitRcpt(transaction) = std::mem::replace(&mut self.state, State::AwaitMail) else { return };
        self.decoder.clear();
        self.enter(State::Data(transaction.envelope));
    }

    /// Says the answer; gives whether it accepts.
    pub(super) fn verdict(&mut self, answer: Answer, usual: Fixed) -> bool {
        match answer {
            _ if self.is_closed() => false,
            Answer::Accept | Answer::Each(_) => {
                self.say(usual);
                true
            }
            Answer::Reply(reply) => {
                self.say_reply(&reply);
                reply.is_positive()
            }
        }
    }
}

/// The reply to a command that could not be read.
fn complaint(verb: Verb, error: CommandError) -> Fixed {
    match error {
        CommandError::Unknown => replies::UNKNOWN,
        CommandError::EightBit => replies::EIGHT_BIT,
        CommandError::Syntax(_) => syntax(verb),
        CommandError::Address if verb == Verb::Mail => replies::SENDER_ADDRESS,
        CommandError::Address => replies::RECIPIENT_ADDRESS,
        CommandError::PathTooLong if verb == Verb::Mail => replies::SENDER_TOO_LONG,
        CommandError::PathTooLong => replies::RECIPIENT_TOO_LONG,
        CommandError::UnknownParameter => replies::UNKNOWN_PARAMETER,
        CommandError::ParameterValue => replies::PARAMETER_VALUE,
    }
}
