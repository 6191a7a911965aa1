//! How much a scenario may ask for.

use crate::sim::Duration;

/// The longest run.
pub(super) const LONGEST_RUN: Duration = Duration::from_hours(100 * 365 * 24);
/// How long a run may be that does not say it.
pub(super) const DEFAULT_RUN: Duration = Duration::from_hours(10 * 24);
/// Hosts, generated ones included.
pub(super) const MAX_HOSTS: usize = 250_000;
/// Links, generated ones included.
pub(super) const MAX_LINKS: usize = 1_000_000;
/// Mails that people send.
pub(super) const MAX_MAILS: u64 = 50_000_000;
/// The largest mail.
pub(super) const MAX_MAIL_BYTES: u64 = 200 << 20;

/// Where people send more mails than this, mailboxes do not keep the letters, unless the file says so.
pub(crate) const MANY_MAILS: u64 = 10_000;
