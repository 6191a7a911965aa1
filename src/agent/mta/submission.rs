//! What a submission server adds to mail (RFC 6409 §8).

use super::Mta;
use crate::agent::Context;
use crate::mime::Content;
use crate::trace::{At, What};

impl Mta {
    /// Adds the fields that a mail must have and its author's program has left out: the date (RFC 6409 §8.2) and the message
    /// id (§8.3). What is there stays as it is.
    pub(super) fn complete(&mut self, ctx: &mut Context<'_>, at: At, mut content: Content, id: &str) -> Content {
        let (mut has_date, mut has_id) = (false, false);
        for field in content.fields() {
            has_date |= field.is("Date");
            has_id |= field.is("Message-ID");
            if has_date && has_id {
                // Most programs write both, and near the top.
                return content;
            }
        }
        if !has_id {
            let field = self.memory.writer.message_id(id, self.config.host_name.as_str());
            content = content.with_field(field, false);
        }
        if !has_date {
            let date = self.memory.date.get(ctx.calendar, ctx.now);
            let field = self.memory.writer.date(date);
            content = content.with_field(field, false);
        }
        let added = match (has_date, has_id) {
            (false, false) => "Date, Message-ID",
            (false, true) => "Date",
            _ => "Message-ID",
        };
        ctx.record(at, || What::Policy { policy: "submission".into(), decision: "add".into(), detail: added.into() });
        content
    }
}
