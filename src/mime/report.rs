//! Delivery status notifications: the mail that says that mail could not be delivered, or not yet (RFC 3464).
//!
//! A report is a multipart/report (RFC 6522) of three parts: text for people, fields for machines, and what came of
//! the original. The original is shared by reference. A report is sent from `<>`, so that nobody reports on it.

use std::fmt::Write;

use super::Content;
use super::compose::{self, Party, TextKind, write_addresses, write_message_id, write_text_field, write_text_part};
use super::content::contains;
use super::fold::{write_folded, write_words};
use crate::identity::{Domain, Mailbox};
use crate::octets::{Chunk, Rope};

/// The largest original that is returned whole (Postfix: `bounce_size_limit`).
pub const FULL_RETURN_LIMIT_BYTES: u64 = 50_000;

/// What happened (RFC 3464 §2.3.3). Relayed, delivered and expanded mail is not reported here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Delivery was given up.
    Failed,
    /// Not yet delivered; it will be tried again.
    Delayed,
}

/// The subject of a report that something failed.
pub const FAILED_SUBJECT: &str = "Undelivered Mail Returned to Sender";
/// The subject of a report that something is late.
pub const DELAYED_SUBJECT: &str = "Delayed Mail (still being retried)";

/// The subject of what a postmaster is sent (Postfix, `bounce(5)`).
pub const NOTICE_SUBJECT: &str = "Postmaster Copy: Undelivered Mail";

impl Action {
    /// The keyword of RFC 3464 §2.3.3.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Failed => "failed",
            Action::Delayed => "delayed",
        }
    }
}

/// What is said about one recipient (RFC 3464 §2.3). Dates are date-times of RFC 5322 §3.3.
#[derive(Clone, Debug)]
pub struct RecipientReport {
    /// Who did not get the mail.
    pub final_recipient: Mailbox,
    /// The address that the sender wrote, where an alias has put `final_recipient` in its place (RFC 3464 §2.3.1).
    pub original_recipient: Option<Mailbox>,
    /// What happened.
    pub action: Action,
    /// The status code of RFC 3463, such as `5.1.1`.
    pub status: String,
    /// The reply of the server that refused, or this server's own words; any text.
    pub diagnostic: Option<String>,
    /// Whether `diagnostic` is the reply of a server: a diagnostic code of type `smtp` is nothing else (RFC 3464 §2.3.6).
    pub is_reply: bool,
    /// That server.
    pub remote_mta: Option<String>,
    /// When it was tried last.
    pub last_attempt: Option<String>,
    /// How long it will be tried again; only when delayed.
    pub will_retry_until: Option<String>,
}

impl RecipientReport {
    /// A report without the optional fields.
    #[must_use]
    pub fn new(final_recipient: Mailbox, action: Action, status: impl Into<String>) -> RecipientReport {
        RecipientReport {
            final_recipient,
            original_recipient: None,
            action,
            status: status.into(),
            diagnostic: None,
            is_reply: true,
            remote_mta: None,
            last_attempt: None,
            will_retry_until: None,
        }
    }
}

/// A delivery status notification that is to be written.
#[derive(Clone, Debug)]
pub struct Report {
    /// The server that reports.
    pub reporting_mta: Domain,
    /// When the original came to that server (RFC 3464 §2.2.5).
    pub arrival_date: Option<String>,
    /// The ENVID that its sender gave (RFC 3461 §4.4).
    pub original_envelope_id: Option<String>,
    /// Whether the original's body stays out of it, whatever its size (RFC 8689 §5).
    pub is_confidential: bool,
    /// Whom it is about; at least one.
    pub recipients: Vec<RecipientReport>,
    /// Who is told: the reverse-path of the original.
    pub to: Mailbox,
    /// Whether this is the postmaster, who has not written the mail.
    pub is_for_postmaster: bool,
    /// The author; `None` is MAILER-DAEMON at the reporting server.
    pub from: Option<Mailbox>,
    /// The subject; `None` is the usual one.
    pub subject: Option<String>,
    /// The text for people; `None` is the usual one.
    pub text: Option<String>,
    /// Date of the report.
    pub date: String,
    /// Message id of the report.
    pub message_id: String,
    /// A text that is this report's alone, such as its queue id; the boundary is made of it.
    pub boundary_id: String,
}

impl Report {
    /// Writes the report on `original`.
    #[must_use]
    pub fn compose(&self, original: &Content) -> Content {
        // RFC 3461 §4.3: a report that tells of no failure returns the header only: its sender still has the mail, and it is
        // still on its way.
        let failed = self.any_failed();
        let full = failed && !self.is_confidential && original.size_bytes() <= FULL_RETURN_LIMIT_BYTES;
        let returned = if full { original.rope().clone() } else { original.header() };
        // RFC 3464 §2: the machine's part is seven-bit; the returned original may not be.
        let returned_is_8bit = original.is_8bit() && returned.chunks().iter().any(|chunk| !chunk.is_ascii());

        let mut text = Vec::new();
        let own_text = self.text.clone().unwrap_or_else(|| self.usual_text(full));
        write_text_part(&mut text, &compose::Text::new(TextKind::Plain, own_text));
        let mut status = Vec::new();
        self.write_status(&mut status);
        let boundary = self.boundary(&text, &status, &returned);

        let mut head = Vec::with_capacity(1024 + text.len() + status.len());
        self.write_header(&mut head, &boundary, returned_is_8bit);
        let _ = write!(Text(&mut head), "\r\n--{boundary}\r\nContent-Description: Notification\r\n");
        head.extend_from_slice(&text);
        let _ = write!(
            Text(&mut head),
            "\r\n--{boundary}\r\nContent-Description: Delivery report\r\n\
             Content-Type: message/delivery-status\r\n\r\n"
        );
        head.extend_from_slice(&status);
        let (description, kind) = match (failed, full) {
            (true, true) => ("Undelivered Message", "message/rfc822"),
            (true, false) => ("Undelivered Message Headers", "text/rfc822-headers"),
            (false, _) => ("Delayed Message Headers", "text/rfc822-headers"),
        };
        let _ = write!(
            Text(&mut head),
            "\r\n--{boundary}\r\nContent-Description: {description}\r\nContent-Type: {kind}\r\n\
             Content-Transfer-Encoding: {}\r\n\r\n",
            bits(returned_is_8bit)
        );
        let mut rope = Rope::from(Chunk::from(head));
        rope.append(returned);
        if full && original.header_end() == original.rope().len() {
            // An original without an empty line: readers of the part need the end of its header.
            rope.push(Chunk::from(if original.rope().chunks().last().is_some_and(|chunk| chunk.ends_with(b"\n")) {
                "\r\n"
            } else {
                "\r\n\r\n"
            }));
        }
        rope.push(Chunk::from(format!("\r\n--{boundary}--\r\n")));
        Content::scan(rope)
    }

    fn any_failed(&self) -> bool {
        self.recipients.iter().any(|recipient| recipient.action == Action::Failed)
    }

    fn write_header(&self, out: &mut Vec<u8>, boundary: &str, is_8bit: bool) {
        let from = self.from.clone().or_else(|| format!("MAILER-DAEMON@{}", self.reporting_mta).parse().ok());
        let from = from.map(|mailbox| Party { name: Some("Mail Delivery System".into()), mailbox });
        write_message_id(out, &self.message_id);
        if !self.date.is_empty() {
            write_folded(out, "Date", &self.date);
        }
        write_addresses(out, "From", from.as_slice());
        write_addresses(out, "To", &[self.to.clone().into()]);
        let usual = match self.any_failed() {
            _ if self.is_for_postmaster => NOTICE_SUBJECT,
            true => FAILED_SUBJECT,
            false => DELAYED_SUBJECT,
        };
        write_text_field(out, "Subject", self.subject.as_deref().unwrap_or(usual));
        // RFC 3834 §5: so that no other robot answers.
        let _ = write!(
            Text(out),
            "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status;\r\n boundary=\"{boundary}\"\r\n\
             Content-Transfer-Encoding: {}\r\n\r\n\
             This is a MIME-encapsulated message.\r\n",
            bits(is_8bit)
        );
    }

    /// The fields for machines: one group about the mail, one for each recipient (RFC 3464 §2.1).
    fn write_status(&self, out: &mut Vec<u8>) {
        write_folded(out, "Reporting-MTA", &format!("dns; {}", self.reporting_mta));
        let optional = |out: &mut Vec<u8>, name: &str, prefix: &str, value: &Option<String>| {
            if let Some(value) = value {
                write_folded(out, name, &format!("{prefix}{value}"));
            }
        };
        optional(out, "Original-Envelope-Id", "", &self.original_envelope_id);
        optional(out, "Arrival-Date", "", &self.arrival_date);
        for recipient in &self.recipients {
            out.extend_from_slice(b"\r\n");
            let written = recipient.original_recipient.as_ref().map(Mailbox::to_string);
            optional(out, "Original-Recipient", "rfc822; ", &written);
            write_folded(out, "Final-Recipient", &format!("rfc822; {}", recipient.final_recipient));
            write_folded(out, "Action", recipient.action.as_str());
            write_folded(out, "Status", &recipient.status);
            optional(out, "Remote-MTA", "dns; ", &recipient.remote_mta);
            // RFC 3464 §2.3.6 keeps names that begin with "X-" for types that are nobody's standard.
            let kind = if recipient.is_reply { "smtp; " } else { "X-Postroad; " };
            optional(out, "Diagnostic-Code", kind, &recipient.diagnostic);
            optional(out, "Last-Attempt-Date", "", &recipient.last_attempt);
            if recipient.action == Action::Delayed {
                optional(out, "Will-Retry-Until", "", &recipient.will_retry_until);
            }
        }
    }

    /// The text that a person reads when the report brings no text of its own.
    fn usual_text(&self, full: bool) -> String {
        let mut text = format!("This is the mail system at host {}.\n\n", self.reporting_mta);
        if self.is_for_postmaster {
            text.push_str(
                "This tells the postmaster of mail that could not be delivered to one or more\n\
                 recipients. It will not be tried again for them.\n",
            );
        } else if self.any_failed() {
            text.push_str(
                "I'm sorry to have to tell you that your message could not be delivered to\n\
                 one or more recipients. It will not be tried again for them.\n",
            );
        } else {
            text.push_str(
                "THIS IS A WARNING ONLY. YOU DO NOT NEED TO SEND YOUR MESSAGE AGAIN.\n\n\
                 Your message could not be delivered yet. I keep trying.\n",
            );
        }
        for recipient in &self.recipients {
            let (word, retry) = match (recipient.action, &recipient.will_retry_until) {
                (Action::Failed, _) => ("not delivered", String::new()),
                (Action::Delayed, None) => ("delayed", String::new()),
                (Action::Delayed, Some(until)) => ("delayed", format!(", tried again until {until}")),
            };
            // Whoever wrote to an alias may never have seen where it leads. In the words of Postfix.
            let from = recipient.original_recipient.as_ref();
            let from = from.map_or_else(String::new, |written| format!(" (expanded from <{written}>)"));
            let _ = write!(text, "\n<{}>{from}: {word}{retry}\n", recipient.final_recipient);
            let said = match (&recipient.remote_mta, &recipient.diagnostic) {
                (Some(host), Some(reply)) if recipient.is_reply => format!("host {host} said: {reply}"),
                (Some(host), None) => format!("host {host} gave no answer"),
                (_, Some(words)) => words.clone(),
                (None, None) => String::new(),
            };
            if !said.is_empty() {
                let mut line = b"  ".to_vec();
                write_words(&mut line, 2, "\n    ", &said);
                let _ = writeln!(text, "{}", String::from_utf8_lossy(&line));
            }
            let _ = writeln!(text, "   (status {}: {})", recipient.status, explain(&recipient.status));
        }
        text.push_str(match (self.is_for_postmaster, full) {
            (false, true) => "\nYour message is attached below.\n",
            (false, false) => "\nThe header of your message is attached below.\n",
            (true, true) => "\nThe message is attached below.\n",
            (true, false) => "\nThe header of the message is attached below.\n",
        });
        text
    }

    /// A boundary that occurs in no part (RFC 2046 §5.1.1).
    fn boundary(&self, text: &[u8], status: &[u8], returned: &Rope) -> String {
        let id: String = self.boundary_id.chars().filter(|c| c.is_ascii_alphanumeric()).take(40).collect();
        let mut rope = Rope::from(Chunk::copy_from(text));
        rope.push(Chunk::copy_from(status));
        (0_u64..)
            .map(|attempt| if attempt == 0 { format!("=_{id}_report") } else { format!("=_{id}_report_{attempt}") })
            .find(|boundary| !contains(&rope, boundary.as_bytes()) && !contains(returned, boundary.as_bytes()))
            .unwrap_or_else(|| unreachable!("no content holds all numbers"))
    }
}

/// The encoding of a part that is written as it is (RFC 2045 §6.2).
fn bits(is_8bit: bool) -> &'static str {
    if is_8bit { "8bit" } else { "7bit" }
}

/// What a status code means, in a few words (RFC 3463 §3).
fn explain(status: &str) -> &'static str {
    let (_, detail) = status.split_once('.').unwrap_or(("", status));
    match detail {
        "1.1" => "there is no such mailbox",
        "1.2" => "there is no such domain",
        "1.10" => "the domain accepts no mail",
        "2.1" => "the mailbox is disabled",
        "2.2" => "the mailbox is full",
        "3.4" => "the message is too large",
        "4.1" => "no connection to the other server could be made",
        "4.2" => "the connection broke",
        "4.3" => "the name servers gave no answer",
        "4.4" => "no way to the other server was found",
        "4.6" => "the mail ran in a loop",
        "4.7" => "it could not be delivered in time",
        "6.3" => "the other server cannot take eight-bit mail",
        "7.1" => "the other server does not want this mail",
        _ => match detail.split('.').next() {
            Some("1") => "a problem with the address",
            Some("2") => "a problem with the mailbox",
            Some("3") => "a problem of the mail system",
            Some("4") => "a problem of the network or the route",
            Some("5") => "the servers did not understand each other",
            Some("6") => "a problem with the content",
            Some("7") => "security or policy",
            _ => "no details are known",
        },
    }
}

/// Formats into bytes.
struct Text<'a>(&'a mut Vec<u8>);

impl Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
