//! What is said in reply to what.

use super::config::{Event, NoLogin, Reason, Stage, StartTls, Transaction, Verdict};
use super::{Awaited, Output, Running, Session, State};
use crate::identity::{ForwardPath, ReversePath};
use crate::octets::{Chunk, write_decimal};
use crate::sim::Instant;
use crate::smtp::data;
use crate::smtp::extension::{Extension, Extensions};
use crate::smtp::reply::{Class, Reply};

/// The most octets that a record of TLS holds (RFC 8446 §5.1).
const RECORD_OCTETS: usize = 1 << 14;

impl Session {
    pub(super) fn take_reply(&mut self, now: Instant, reply: Reply) {
        if reply.code().get() == 421 {
            return self.shut_down(reply);
        }
        let State::Await(awaited) = self.state else {
            return self.fail(Reason::UnexpectedReply(reply));
        };
        // RFC 5321 §4.3.2, RFC 4954 §4: only DATA and AUTH have intermediate replies.
        if reply.class() == Class::Intermediate && !matches!(awaited, Awaited::Data | Awaited::Auth) {
            return self.fail(Reason::UnexpectedReply(reply));
        }
        match awaited {
            Awaited::Greeting if reply.is_positive() => self.say_hello(now, self.lmtp || self.config.try_esmtp),
            Awaited::Ehlo if reply.is_positive() => {
                if self.last_offer.0 != *reply.text() {
                    self.last_offer = (reply.text().clone(), Extensions::from_ehlo(reply.text()));
                }
                self.extensions = self.last_offer.1;
                self.greeted(now);
            }
            // RFC 5321 §3.2: a server that does not know EHLO says 500 or 502; "any 5yz" is what clients go by.
            Awaited::Ehlo if reply.is_permanent() && !self.lmtp => self.say_hello(now, false),
            Awaited::Helo if reply.is_positive() => self.greeted(now),
            Awaited::Greeting | Awaited::Ehlo | Awaited::Helo => self.refused(now, reply),
            Awaited::StartTls if reply.is_positive() => {
                self.deadline = None;
                self.enter(State::Securing);
            }
            Awaited::StartTls if self.config.start_tls == StartTls::Required => {
                self.report_failure(Reason::NoTls(Some(reply)));
                self.say_quit(now);
            }
            Awaited::StartTls => self.log_in(now),
            Awaited::Auth => self.auth_replied(now, reply),
            // RFC 5321 §4.1.1.5: always 250. Where it is not, the reply to MAIL will tell.
            Awaited::Rset => self.say_mail(now),
            Awaited::Mail => self.mail_replied(now, reply),
            Awaited::Rcpt(index) => self.rcpt_replied(now, index, reply),
            Awaited::Data => self.data_replied(now, reply),
            Awaited::EndOfData if self.lmtp => self.recipient_done(now, &reply),
            Awaited::EndOfData => {
                self.needs_rset = false;
                self.finish(Stage::EndOfData, &reply);
            }
            Awaited::Quit => self.close(None),
        }
    }

    /// RFC 5321 §3.8: 421 may be the reply to any command, or to none; the peer closes.
    fn shut_down(&mut self, reply: Reply) {
        match self.state {
            State::Await(Awaited::Auth) => self.fail(Reason::NotLoggedIn(NoLogin::Refused(reply))),
            State::Await(Awaited::Greeting | Awaited::Ehlo | Awaited::Helo | Awaited::StartTls) => {
                self.fail(Reason::Refused(reply))
            }
            State::Await(awaited) if self.running.is_some() => {
                let stage = match awaited {
                    Awaited::Rcpt(_) => Stage::Rcpt,
                    Awaited::Data => Stage::Data,
                    Awaited::EndOfData => Stage::EndOfData,
                    _ => Stage::Mail,
                };
                self.report_finished(stage, &reply);
                self.close(Some(reply));
            }
            _ => self.close(Some(reply)),
        }
    }

    /// The peer has said what it offers, or that it offers nothing.
    fn greeted(&mut self, now: Instant) {
        let wants = self.config.start_tls;
        if self.sealed || self.in_plain_text || wants == StartTls::Never {
            self.log_in(now);
        } else if self.extensions.has(Extension::StartTls) {
            // RFC 3207 §4: nothing is pipelined behind it.
            self.outputs.push_back(Output::Send(Chunk::from_static(b"STARTTLS\r\n")));
            self.await_reply(now, Awaited::StartTls);
        } else if wants == StartTls::Required {
            self.report_failure(Reason::NoTls(None));
            self.say_quit(now);
        } else {
            self.log_in(now);
        }
    }

    pub(super) fn say_hello(&mut self, now: Instant, esmtp: bool) {
        let verb = match (self.lmtp, esmtp) {
            (true, _) => "LHLO",
            (false, true) => "EHLO",
            (false, false) => "HELO",
        };
        for part in [verb, " ", self.helo_name.as_str(), "\r\n"] {
            self.buffer.extend_from_slice(part.as_bytes());
        }
        self.flush();
        self.await_reply(now, if esmtp { Awaited::Ehlo } else { Awaited::Helo });
    }

    pub(super) fn ready(&mut self) {
        self.deadline = None;
        self.enter(State::Ready);
        self.event(Event::Ready { extensions: self.extensions });
    }

    /// RFC 5321 §3.1: a peer that refuses the session waits for QUIT.
    fn refused(&mut self, now: Instant, reply: Reply) {
        self.report_failure(Reason::Refused(reply));
        self.say_quit(now);
    }

    /// The reply that stands for a message that this peer cannot take at all.
    pub(super) fn unsendable(&self, transaction: &Transaction) -> Option<Reply> {
        if self.extensions.max_message_bytes.is_some_and(|most| data::carried_len(&transaction.content) > most) {
            // RFC 1870 §4: the client may take the limit at its word.
            return Some(Reply::new(552, Some((5, 3, 4)), "Message size exceeds the limit of the peer"));
        }
        if transaction.require_tls && !(self.sealed && self.extensions.has(Extension::RequireTls)) {
            // RFC 8689 §4.2.1: nothing is handed to whoever does not promise to go on like this.
            return Some(Reply::new(550, Some((5, 7, 30)), "REQUIRETLS support required"));
        }
        if transaction.eight_bit && !self.extensions.has(Extension::EightBitMime) {
            // RFC 6152 §3: without the offer, 8-bit content is converted or bounced as undeliverable. Content is never
            // rewritten here, so it fails: RFC 3463 §3.7, 5.6.3 conversion required but not supported.
            let text = "Peer does not offer 8BITMIME and content is 8-bit";
            let text = transaction.stuck.map_or_else(|| text.to_owned(), |why| format!("{text}: {why}"));
            return Some(Reply::new(554, Some((5, 6, 3)), text));
        }
        None
    }

    pub(super) fn open_transaction(&mut self, now: Instant) {
        if std::mem::take(&mut self.needs_rset) {
            self.buffer.extend_from_slice(b"RSET\r\n");
            if !self.is_pipelined() {
                self.flush();
            } else {
                self.write_group();
            }
            return self.await_reply(now, Awaited::Rset);
        }
        if self.is_pipelined() {
            self.write_group();
        }
        self.say_mail(now);
    }

    fn is_pipelined(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.pipelined)
    }

    /// RFC 2920 §3.1: RSET, MAIL and RCPT may go out in one group, and DATA may be the last of it.
    fn write_group(&mut self) {
        let declares_size = self.declares_size();
        let Some(running) = &self.running else { return };
        write_mail(&mut self.buffer, &running.transaction, declares_size);
        for recipient in &running.transaction.recipients {
            write_rcpt(&mut self.buffer, recipient);
        }
        self.buffer.extend_from_slice(b"DATA\r\n");
        self.flush();
    }

    fn say_mail(&mut self, now: Instant) {
        let declares_size = self.declares_size();
        if let Some(running) = &self.running
            && !running.pipelined
        {
            write_mail(&mut self.buffer, &running.transaction, declares_size);
            self.flush();
        }
        self.await_reply(now, Awaited::Mail);
    }

    fn say_rcpt(&mut self, now: Instant, index: usize) {
        if let Some(running) = &self.running
            && !running.pipelined
        {
            write_rcpt(&mut self.buffer, &running.transaction.recipients[index]);
            self.flush();
        }
        self.await_reply(now, Awaited::Rcpt(index));
    }

    fn declares_size(&self) -> bool {
        self.config.declare_size && self.extensions.has(Extension::Size)
    }

    fn mail_replied(&mut self, now: Instant, reply: Reply) {
        let Some(running) = &mut self.running else { return };
        if reply.is_positive() {
            return self.say_rcpt(now, 0);
        }
        if !running.pipelined {
            // Nothing was opened, so nothing is to be reset.
            return self.finish(Stage::Mail, &reply);
        }
        // The replies to what was sent along still come (RFC 2920 §3.1).
        running.mail_refused = true;
        for verdict in &mut running.verdicts {
            *verdict = Some(Verdict { stage: Stage::Mail, reply: reply.clone() });
        }
        self.await_reply(now, Awaited::Rcpt(0));
    }

    fn rcpt_replied(&mut self, now: Instant, index: usize, reply: Reply) {
        let Some(running) = &mut self.running else { return };
        let told = !running.mail_refused;
        if told {
            if reply.is_positive() {
                running.accepted += 1;
            } else {
                running.verdicts[index] = Some(Verdict { stage: Stage::Rcpt, reply: reply.clone() });
            }
        }
        let (next, accepted, pipelined) = (index + 1, running.accepted, running.pipelined);
        let more = next < running.transaction.recipients.len();
        if told {
            self.event(Event::Recipient { index, reply: reply.clone() });
        }
        if more {
            return self.say_rcpt(now, next);
        }
        if !pipelined {
            if accepted == 0 {
                self.needs_rset = true;
                return self.finish(Stage::Rcpt, &reply);
            }
            self.outputs.push_back(Output::Send(Chunk::from_static(b"DATA\r\n")));
        }
        self.await_reply(now, Awaited::Data);
    }

    fn data_replied(&mut self, now: Instant, reply: Reply) {
        let Some(running) = &self.running else { return };
        let accepted = running.accepted;
        match reply.class() {
            Class::Intermediate => {
                if running.accepted == 0 {
                    // RFC 2920 §3.1: a server may say 354 although it took no recipient; it gets an empty message.
                    let data = Chunk::from_static(b".\r\n");
                    self.outputs.push_back(Output::EndOfContent { data, size_bytes: 0 });
                } else {
                    let Running { transaction, .. } = running;
                    let size_bytes = transaction.content.len() as u64;
                    let (outputs, sealed, mut last) = (&mut self.outputs, self.sealed, None::<Chunk>);
                    data::stuff(&transaction.content, transaction.clean_lines, |chunk| {
                        last = Some(match last.take() {
                            // A record of TLS for each piece would show where the final dot is.
                            Some(before) if sealed && before.len() + chunk.len() <= RECORD_OCTETS => {
                                Chunk::from([&before[..], &chunk[..]].concat())
                            }
                            Some(before) => {
                                outputs.push_back(Output::Content(before));
                                chunk
                            }
                            None => chunk,
                        });
                    });
                    if let Some(data) = last {
                        outputs.push_back(Output::EndOfContent { data, size_bytes });
                    }
                }
                if self.lmtp && accepted == 0 {
                    // RFC 2033 §4.2: a reply for each recipient that was accepted, and there is none.
                    return self.finish(Stage::Data, &reply);
                }
                self.await_reply(now, Awaited::EndOfData);
            }
            // RFC 5321 §4.3.2: DATA is answered with 354 or an error; 2yz leaves both sides at a loss.
            Class::Completion => self.fail(Reason::UnexpectedReply(reply)),
            Class::Transient | Class::Permanent => {
                self.needs_rset = running.accepted > 0 || !running.mail_refused;
                self.finish(Stage::Data, &reply);
            }
        }
    }

    /// RFC 2033 §4.2: the replies behind the final dot are for the recipients that were accepted, in their order.
    fn recipient_done(&mut self, now: Instant, reply: &Reply) {
        let Some(running) = &mut self.running else { return };
        if let Some(verdict) = running.verdicts.iter_mut().find(|verdict| verdict.is_none()) {
            *verdict = Some(Verdict { stage: Stage::EndOfData, reply: reply.clone() });
            running.accepted -= 1;
        }
        if running.accepted > 0 {
            return self.await_reply(now, Awaited::EndOfData);
        }
        self.needs_rset = false;
        self.finish(Stage::EndOfData, reply);
    }

    /// Every recipient without a verdict gets this one.
    pub(super) fn report_finished(&mut self, stage: Stage, reply: &Reply) {
        let Some(running) = self.running.take() else { return };
        let verdict = |known: Option<Verdict>| known.unwrap_or_else(|| Verdict { stage, reply: reply.clone() });
        let verdicts = running.verdicts.into_iter().map(verdict).collect();
        self.event(Event::Finished { verdicts });
    }

    pub(super) fn finish(&mut self, stage: Stage, reply: &Reply) {
        self.report_finished(stage, reply);
        self.ready();
    }
}

fn write_mail(out: &mut Vec<u8>, transaction: &Transaction, declares_size: bool) {
    out.extend_from_slice(b"MAIL FROM:<");
    if let ReversePath::Mailbox(mailbox) = &transaction.reverse_path {
        out.extend_from_slice(mailbox.as_str().as_bytes());
    }
    out.push(b'>');
    if declares_size {
        // RFC 1870 §5: the content with its last CRLF, and what transparency adds left out.
        out.extend_from_slice(b" SIZE=");
        write_decimal(out, data::carried_len(&transaction.content));
    }
    if transaction.eight_bit {
        out.extend_from_slice(b" BODY=8BITMIME");
    }
    if transaction.require_tls {
        out.extend_from_slice(b" REQUIRETLS");
    }
    out.extend_from_slice(b"\r\n");
}

fn write_rcpt(out: &mut Vec<u8>, recipient: &ForwardPath) {
    out.extend_from_slice(b"RCPT TO:<");
    out.extend_from_slice(match recipient {
        ForwardPath::Postmaster => b"Postmaster",
        ForwardPath::Mailbox(mailbox) => mailbox.as_str().as_bytes(),
    });
    out.extend_from_slice(b">\r\n");
}
