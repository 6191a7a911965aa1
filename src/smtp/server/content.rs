//! The data phase: content comes in, its end is found, the message is handed over.

use super::Session;
use super::replies::{self, Fixed};
use super::state::{Answer, Event, Message, Output, Pending, Question, State};
use crate::octets::{Chunk, Rope};
use crate::sim::Instant;
use crate::smtp::envelope::Envelope;

impl Session {
    /// Takes content off the front of `input`, and ends the data phase where it ends.
    pub(super) fn take_content(&mut self, now: Instant, input: &mut Chunk) {
        if !self.decoder.feed(input) {
            self.deadline = Some(now + self.server.config.data_timeout);
            return;
        }
        self.content_bytes = self.content_bytes.saturating_add(self.decoder.size());
        if self.observed {
            self.outputs.push_back(Output::Event(Event::Content { size: self.decoder.size() }));
        }
        if let State::Data(envelope) = std::mem::replace(&mut self.state, State::EndOfData) {
            self.note_state("DATA");
            self.end_of_data(envelope);
        }
        self.await_command(now);
    }

    fn end_of_data(&mut self, envelope: Envelope) {
        let fault = if self.decoder.is_over_limit() {
            // RFC 1870 §6.3: declared or not, behind the final dot.
            Some(replies::TOO_BIG)
        } else if self.decoder.has_bare_newline() {
            // RFC 5321 §2.3.8: content with line ends of its own making is refused as a whole, not mended.
            Some(replies::BARE_NEWLINE_IN_DATA)
        } else {
            None
        };
        if let Some(fault) = fault {
            self.decoder.clear();
            return self.refuse_content(fault, envelope.recipients.len());
        }
        let content = self.decoder.take_content();
        if self.server.config.max_text_line_bytes.is_some_and(|most| longest_line(&content) > most) {
            return self.refuse_content(replies::TEXT_LINE_TOO_LONG, envelope.recipients.len());
        }
        let recipients = envelope.recipients.len();
        self.ask(Pending::Message(recipients), Question::Message(Box::new(Message { envelope, content })));
    }

    /// How many replies there are behind the final dot (RFC 2033 §4.2).
    fn replies_due(&self, recipients: usize) -> usize {
        if self.server.config.lmtp { recipients } else { 1 }
    }

    fn refuse_content(&mut self, fault: Fixed, recipients: usize) {
        for _ in 0..self.replies_due(recipients) {
            self.say(fault);
        }
        self.reset();
    }

    pub(super) fn message_answered(&mut self, recipients: usize, answer: Answer) {
        let mut due = self.replies_due(recipients);
        match answer {
            Answer::Each(replies) => {
                debug_assert_eq!(replies.len(), due, "a reply for each recipient");
                for reply in replies {
                    self.verdict(Answer::Reply(reply), replies::OK);
                }
            }
            one => {
                // 421 to one is said to all: nothing more is.
                while due > 0 && !self.is_closed() {
                    self.verdict(one.clone(), replies::OK);
                    due -= 1;
                }
            }
        }
        // RFC 5321 §4.1.1.4: accepted or not, the buffers are cleared.
        self.reset();
    }

    /// Tells observers of a state that was changed in place.
    pub(super) fn note_state(&mut self, before: &'static str) {
        if self.observed && before != self.state.name() {
            self.outputs.push_back(Output::Event(Event::State(self.state.name())));
        }
    }
}

/// The length of the longest line, CRLF included. Looks at all of the content: only for servers that have a limit.
fn longest_line(content: &Rope) -> usize {
    let (mut longest, mut begun) = (0, 0);
    for chunk in content.chunks() {
        let mut from = 0;
        for lf in memchr::memchr_iter(b'\n', chunk) {
            longest = longest.max(begun + lf + 1 - from);
            begun = 0;
            from = lf + 1;
        }
        begun += chunk.len() - from;
    }
    longest.max(begun)
}
