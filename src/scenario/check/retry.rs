//! How patient a queue is.

use crate::queue::{self, Schedule};
use crate::scenario::read::{Fields, Reader};
use crate::scenario::schema::CUSTOM;
use crate::scenario::tree::{Kind, Node};
use crate::sim::Duration;

const SECOND: Duration = Duration::from_secs(1);
const YEAR: Duration = Duration::from_hours(365 * 24);

/// When it tries again, and when it gives up.
pub(super) fn retry(r: &mut Reader, fields: &Fields<'_>) -> queue::Config {
    let (hour, day) = (SECOND.times(3600), SECOND.times(86_400));
    let schedule = match fields.get("retry") {
        Some(Node { kind: Kind::Struct(Some(_), _) | Kind::Tuple(Some(_), _), .. }) => {
            fields.opt("retry", |n| r.variant(n, "a retry schedule", &[&CUSTOM])).map(|custom| {
                let nodes = custom.items(r, "delays", "durations");
                if let (true, Some(node)) = (nodes.is_empty(), custom.get("delays")) {
                    let _: Option<()> = r.bad_value(&node.span, "a schedule needs a delay", "expected at least one");
                }
                let delays = nodes.iter().filter_map(|n| r.duration_in(n, SECOND, YEAR)).collect();
                Schedule::Custom { delays, lifetime: day.times(5) }
            })
        }
        other => other.and_then(|node| {
            let names = [("Rfc5321", 0), ("Postfix", 1), ("Exim", 2), ("OpenSmtpd", 3), ("Custom(delays: [..])", 4)];
            r.choice(node, "a retry schedule", &names).map(|n| match n {
                1 => Schedule::Postfix,
                2 => Schedule::Exim,
                3 => Schedule::OpenSmtpd,
                _ => Schedule::Rfc5321,
            })
        }),
    };
    let mut schedule = schedule.unwrap_or(Schedule::Rfc5321);
    let (lifetime, warning) = match schedule {
        Schedule::Exim => (day.times(4), Some(hour.times(24))),
        Schedule::OpenSmtpd => (day.times(4), Some(hour.times(4))),
        _ => (day.times(5), None),
    };
    let lifetime = fields.or("lifetime", lifetime, |n| r.duration_in(n, SECOND, YEAR));
    let delay_warning = match fields.get("delay_warning") {
        None => warning,
        Some(Node { kind: Kind::Name(name), .. }) if name == "Never" => None,
        Some(node) => r.duration_in(node, SECOND, YEAR),
    };
    if let Schedule::Custom { lifetime: own, .. } = &mut schedule {
        *own = lifetime;
    }
    queue::Config { schedule, lifetime: Some(lifetime), delay_warning, limits: queue::Limits::default() }
}
