//! Telling the sender: delivery status notifications (RFC 3464), from the empty reverse-path (RFC 5321 §4.5.5).

use smallvec::smallvec;

use super::super::entities::entities;
use super::Mta;
use super::responsibility::{Responsibility, Undelivered};
use crate::agent::{Context, Ending};
use crate::identity::{Mailbox, ReversePath};
use crate::mime::{Action, Content, RecipientReport, Report, queue_id};
use crate::queue::{Entry, EntryId, Failure, Fate, Origin};
use crate::sim::Instant;
use crate::trace::{MailId, Octets, RecordId, What, field_lines, visible};

/// What a report is about.
#[derive(Clone)]
struct About {
    serial: u64,
    mail: MailId,
    hops: u16,
    origin: Origin,
    reverse_path: ReversePath,
    require_tls: bool,
    arrived: Instant,
    content: Content,
}

impl From<&Entry> for About {
    fn from(entry: &Entry) -> About {
        About {
            serial: entry.serial,
            mail: MailId(entry.mail),
            hops: entry.hops,
            origin: entry.origin,
            require_tls: entry.require_tls,
            reverse_path: entry.reverse_path.clone(),
            arrived: entry.arrived,
            content: entry.content.clone(),
        }
    }
}

/// A report that is to be written.
struct Letter {
    number: MailId,
    to: Mailbox,
    origin: Origin,
    recipients: Vec<RecipientReport>,
    /// The record of what it tells of.
    cause: Option<RecordId>,
}

impl Mta {
    /// Recipients of a queued mail have failed for good.
    pub(super) fn report_failed(&mut self, ctx: &mut Context<'_>, id: EntryId, places: &[u32]) {
        let entry = self.courier.queue().entry(id);
        let failed = places
            .iter()
            .map(|place| {
                let recipient = &entry.recipients[*place as usize];
                let failure = recipient.last_failure.clone().unwrap_or_else(|| Failure {
                    status: "5.0.0".into(),
                    text: "undeliverable".into(),
                    by: None,
                    is_reply: false,
                });
                let expanded_from = entry.expanded_from(*place as usize).cloned();
                Undelivered { recipient: recipient.mailbox.clone(), expanded_from, failure }
            })
            .collect();
        let about = About::from(entry);
        self.bounce(ctx, &about, failed);
    }

    /// Recipients of a mail that has just been accepted cannot be reached.
    pub(super) fn report_at_once(&mut self, ctx: &mut Context<'_>, mail: &Responsibility, failed: Vec<Undelivered>) {
        let about = About {
            serial: mail.serial,
            mail: mail.mail,
            hops: mail.hops,
            origin: mail.origin,
            require_tls: mail.require_tls,
            reverse_path: mail.reverse_path.clone(),
            arrived: ctx.now,
            content: mail.content.clone(),
        };
        self.bounce(ctx, &about, failed);
    }

    fn bounce(&mut self, ctx: &mut Context<'_>, about: &About, failed: Vec<Undelivered>) {
        let postmaster = self.config.copies_undelivered_to.as_ref();
        let (to, copy_to, origin) = match (&about.reverse_path, about.origin, postmaster) {
            (ReversePath::Mailbox(to), _, copy_to) => (
                to.clone(),
                copy_to.filter(|other| !other.as_str().eq_ignore_ascii_case(to.as_str())).cloned(),
                Origin::Report,
            ),
            // A report of this host that cannot be delivered (Postfix, `2bounce`). What becomes of the notice is told to nobody,
            // so this ends here, whoever the postmaster is.
            (ReversePath::Null, Origin::Report, Some(postmaster)) => (postmaster.clone(), None, Origin::Notice),
            (ReversePath::Null, ..) => return self.drop_untold(ctx, about, failed),
        };
        let number = ctx.ids.next_mail();
        for Undelivered { recipient, failure, .. } in &failed {
            ctx.ledger.end(ctx.host, about.serial, Ending::Bounced);
            ctx.record(ctx.at().mail(about.mail, about.hops), || What::Bounced {
                queue_id: (*queue_id(about.serial)).into(),
                recipient: recipient.as_str().into(),
                status: failure.status.clone(),
                reason: Octets(failure.text.clone()),
                report: Some(number),
            });
        }
        let cause = ctx.tracer.last();
        let recipients: Vec<RecipientReport> =
            failed.iter().map(|failed| self.about_recipient(ctx, failed, Action::Failed, None)).collect();
        let copy = copy_to.map(|to| (to, recipients.clone()));
        self.mail_report(ctx, about, Letter { number, to, origin, recipients, cause });
        if let Some((to, recipients)) = copy {
            let number = ctx.ids.next_mail();
            self.mail_report(ctx, about, Letter { number, to, origin: Origin::Notice, recipients, cause });
        }
    }

    /// RFC 5321 §6.1: no report about a report, or two hosts could report to each other for ever. Not every mail with an
    /// empty reverse-path is one: what robots and forgers write has it, too.
    fn drop_untold(&mut self, ctx: &mut Context<'_>, about: &About, failed: Vec<Undelivered>) {
        let why = if is_report(&about.content) {
            "no report about a report"
        } else {
            "nobody to report to, the reverse-path is empty"
        };
        for Undelivered { recipient, failure, .. } in failed {
            let reason = format!("{why}: {}", visible(&failure.text));
            self.discard(ctx, about.serial, about.mail, about.hops, &recipient, &reason);
        }
    }

    /// A queued mail is late, and its sender is told (once).
    pub(super) fn report_delay(&mut self, ctx: &mut Context<'_>, id: EntryId) {
        let entry = self.courier.queue().entry(id);
        let ReversePath::Mailbox(to) = entry.reverse_path.clone() else { return };
        let config = self.courier.queue().config();
        let until = entry.arrived + config.lifetime.unwrap_or_else(|| config.schedule.lifetime());
        let about = About::from(entry);
        let waiting: Vec<Undelivered> = entry
            .recipients
            .iter()
            .enumerate()
            .filter(|(_, r)| r.fate == Fate::Waiting)
            .filter_map(|(place, r)| {
                let (recipient, failure) = (r.mailbox.clone(), r.last_failure.clone()?);
                Some(Undelivered { recipient, expanded_from: entry.expanded_from(place).cloned(), failure })
            })
            .collect();
        let number = ctx.ids.next_mail();
        let recipients =
            waiting.iter().map(|late| self.about_recipient(ctx, late, Action::Delayed, Some(until))).collect();
        // The report is about another mail, whose fate has just been recorded.
        let cause = ctx.tracer.last();
        self.mail_report(ctx, &about, Letter { number, to, origin: Origin::Report, recipients, cause });
    }

    fn about_recipient(
        &self,
        ctx: &Context<'_>,
        undelivered: &Undelivered,
        action: Action,
        until: Option<Instant>,
    ) -> RecipientReport {
        let Undelivered { recipient, expanded_from, failure } = undelivered;
        let mut report = RecipientReport::new(recipient.clone(), action, &*failure.status);
        report.original_recipient = expanded_from.clone();
        report.diagnostic = Some(visible(&failure.text));
        report.is_reply = failure.is_reply;
        report.remote_mta = failure.by.as_ref().map(|(name, _)| name.to_string());
        report.last_attempt = Some(ctx.calendar.rfc5322(ctx.now));
        report.will_retry_until = until.map(|at| ctx.calendar.rfc5322(at));
        report
    }

    fn mail_report(&mut self, ctx: &mut Context<'_>, about: &About, letter: Letter) {
        let Letter { number, to, origin, recipients, cause } = letter;
        let serial = self.next_serial();
        let id = queue_id(serial);
        let date = ctx.calendar.rfc5322(ctx.now);
        let report = Report {
            reporting_mta: self.config.host_name.clone(),
            arrival_date: Some(ctx.calendar.rfc5322(about.arrived)),
            original_envelope_id: None,
            recipients,
            is_confidential: about.require_tls,
            to: to.clone(),
            is_for_postmaster: origin == Origin::Notice,
            from: None,
            subject: None,
            text: None,
            date,
            message_id: format!("{}.{}@{}", &*id, ctx.calendar.unix_secs(ctx.now), self.config.host_name),
            boundary_id: id.to_string(),
        };
        let stamp = self.memory.writer.received_here(self.config.host_name.as_str(), &id, &report.date);
        let content = report.compose(&about.content).with_field(stamp, true);
        let size_bytes = content.size_bytes();
        let at = ctx.at().mail(number, 0).because(cause);
        ctx.record(at, || What::Composed {
            from: "".into(),
            to: vec![to.as_str().into()],
            subject: content.first("Subject").map_or_else(|| "".into(), |s| visible(s.trim_ascii()).into()),
            size_bytes,
            header: field_lines(&content.header().to_vec()),
            parts: entities(&content),
        });
        ctx.hold(number, &content);
        let mail = Responsibility {
            serial,
            mail: number,
            hops: 0,
            origin,
            reverse_path: ReversePath::Null,
            require_tls: about.require_tls,
            recipients: smallvec![to],
            content,
        };
        self.take_responsibility(ctx, mail);
    }
}

/// Whether a mail is a report by its content (RFC 6522 §3).
fn is_report(content: &Content) -> bool {
    const KIND: &[u8] = b"multipart/report";
    let kind = content.first("Content-Type").unwrap_or_default();
    kind.trim_ascii().get(..KIND.len()).is_some_and(|kind| kind.eq_ignore_ascii_case(KIND))
}
