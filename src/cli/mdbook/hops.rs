//! `diff`: what each hop added to a mail, or changed in it, as `postroad diff` shows it; `parts`: what a mail is made of, as
//! `postroad mime` does; `headers`: the way that it came, as `postroad headers` does.

use super::directive::Directive;
use super::press::{Run, bytes};
use super::query::filed;
use super::show::styled;
use crate::cli::{diff, headers, mime};
use crate::scenario::Plan;
use crate::trace::MailId;

/// The hops of a mail, or one of them. The scenario runs once more: what a mail was at each hop is kept for this mail only.
pub(super) fn diff(plan: &Plan, directive: &Directive) -> Result<String, String> {
    directive.only(&[], &["change", "mail", "hop"])?;
    let mail = MailId(directive.number("mail")?.unwrap_or(1));
    let (roster, records, contents) = diff::run(plan, mail);
    let lines = diff::tell(&roster, &records, mail, &contents, directive.number("hop")?);
    if lines.is_empty() { Err("no hop of the run matches".into()) } else { Ok(styled(&lines)) }
}

/// The parts of a mail that is in a mailbox.
pub(super) fn parts(run: &Run, directive: &Directive) -> Result<String, String> {
    directive.only(&[], &["change", "to", "nth"])?;
    Ok(styled(&mime::told(&bytes(&filed(run, directive)?.content))))
}

/// The way of a mail that is in a mailbox, by its own header section.
pub(super) fn headers(run: &Run, directive: &Directive) -> Result<String, String> {
    directive.only(&[], &["change", "to", "nth"])?;
    Ok(styled(&headers::told(&bytes(&filed(run, directive)?.content))))
}
