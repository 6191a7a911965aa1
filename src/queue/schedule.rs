//! Retry schedules: when a deferred mail is tried again, and how long it is kept.

use crate::sim::{Duration, Instant};

/// When to try again, by the habits of a named system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// RFC 5321 §4.5.4.1: at least 30 minutes apart, two attempts in the first hour, then one every two hours; given
    /// up after five days.
    Rfc5321,
    /// Postfix: the next delay is the age of the mail, but no less than 300 s and no more than 4000 s, and the deferred
    /// queue is looked at every 300 s (qmgr_active.c, mail_params.h: `minimal_backoff_time`, `maximal_backoff_time`,
    /// `queue_run_delay`). Five days.
    Postfix,
    /// Exim's default rule `F,2h,15m; G,16h,1h,1.5; F,4d,6h`: every 15 minutes for two hours, then gaps that grow by
    /// half from one hour until 16 hours have passed, then every six hours (configure.default). Four days.
    ///
    /// When hosts cannot be reached, it is the destination that has a time for the next try, counted from when it first
    /// failed, and all mail for it waits for that time, mail that comes later as well; one that has failed for four days
    /// sends mail back at once (the retry hints of the Exim specification, chapter 32). What a server puts off with 4yz is
    /// counted for each mail. That a queue runner passes only every half hour, say, is not modelled.
    Exim,
    /// OpenSMTPD: the n-th retry is due 400 s * n² after the first attempt (scheduler_ramqueue.c). Four days.
    OpenSmtpd,
    /// Delays written out; the last one repeats.
    Custom {
        /// The delays after the first, second, ... failed attempt.
        delays: Vec<Duration>,
        /// How long a mail is kept.
        lifetime: Duration,
    },
}

/// What a schedule looks at.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// When the mail was accepted, or the destination first failed.
    pub arrived: Instant,
    /// Failed attempts so far, the one just made included.
    pub attempts: u32,
    /// The delay before the attempt just made; zero before the first retry.
    pub last_gap: Duration,
}

impl Schedule {
    /// How long a mail is kept before it is returned.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        match self {
            Schedule::Rfc5321 | Schedule::Postfix => Duration::from_hours(5 * 24),
            Schedule::Exim | Schedule::OpenSmtpd => Duration::from_hours(4 * 24),
            Schedule::Custom { lifetime, .. } => *lifetime,
        }
    }

    /// Whether a destination that cannot be reached has a schedule of its own, which all mail for it follows.
    #[must_use]
    pub fn is_by_destination(&self) -> bool {
        matches!(self, Schedule::Exim)
    }

    /// When to try again after an attempt that failed at `now`. Always later than `now`.
    #[must_use]
    pub fn next_attempt(&self, now: Instant, patience: Patience) -> Instant {
        let age = now - patience.arrived;
        let due = match self {
            Schedule::Rfc5321 if patience.attempts <= 2 => now + Duration::from_mins(30),
            Schedule::Rfc5321 => now + Duration::from_hours(2),
            Schedule::Postfix => {
                let delay = age.clamp(Duration::from_secs(300), Duration::from_secs(4000));
                let scan = Duration::from_secs(300).as_nanos();
                Instant::from_nanos((now + delay).as_nanos().div_ceil(scan).saturating_mul(scan))
            }
            Schedule::Exim if age < Duration::from_hours(2) => now + Duration::from_mins(15),
            Schedule::Exim if age < Duration::from_hours(16) => {
                let grown = patience.last_gap + patience.last_gap.over(2);
                now + grown.max(Duration::from_hours(1))
            }
            Schedule::Exim => now + Duration::from_hours(6),
            Schedule::OpenSmtpd => {
                let n = u64::from(patience.attempts);
                (patience.arrived + Duration::from_secs(400).times(n * n)).max(now + Duration::from_secs(400))
            }
            Schedule::Custom { delays, .. } => {
                let place = (patience.attempts.max(1) as usize - 1).min(delays.len().saturating_sub(1));
                now + delays.get(place).copied().unwrap_or(Duration::from_mins(30))
            }
        };
        due.max(now + Duration::from_millis(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Minutes after arrival of the first attempts when every attempt fails at once.
    fn minutes(schedule: &Schedule, count: usize) -> Vec<u64> {
        let (mut now, mut gap) = (Instant::ZERO, Duration::ZERO);
        (1..=count)
            .map(|attempts| {
                let patience = Patience { arrived: Instant::ZERO, attempts: attempts as u32, last_gap: gap };
                let next = schedule.next_attempt(now, patience);
                gap = next - now;
                now = next;
                now.as_nanos() / 60_000_000_000
            })
            .collect()
    }

    #[test]
    fn schedules_are_those_of_the_systems_they_are_named_after() {
        assert_eq!(minutes(&Schedule::Rfc5321, 5), [30, 60, 180, 300, 420]);
        assert_eq!(minutes(&Schedule::Postfix, 7), [5, 10, 20, 40, 80, 150, 220]);
        assert_eq!(minutes(&Schedule::Exim, 11), [15, 30, 45, 60, 75, 90, 105, 120, 180, 270, 405]);
        // 400 s, 1600 s, 3600 s, 6400 s, 10000 s.
        assert_eq!(minutes(&Schedule::OpenSmtpd, 5), [6, 26, 60, 106, 166]);
        let custom = Schedule::Custom {
            delays: vec![Duration::from_mins(1), Duration::from_mins(5)],
            lifetime: Duration::from_hours(1),
        };
        assert_eq!(minutes(&custom, 4), [1, 6, 11, 16]);
        // First, second, third and subsequent retry interval of the Windows SMTP service, each from the attempt before.
        let delays = [15, 30, 60, 240].map(Duration::from_mins).to_vec();
        let windows = Schedule::Custom { delays, lifetime: Duration::from_hours(48) };
        assert_eq!(minutes(&windows, 6), [15, 45, 105, 345, 585, 825]);
    }
}
