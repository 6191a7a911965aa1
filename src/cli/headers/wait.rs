//! What makes a mail wait in a scenario for as long as it has waited.

/// Seconds of a day.
pub(super) const DAY_SECS: u64 = 86_400;
/// A wait up to this is one before the server says yes; a longer one is a mail that was put off.
const LONGEST_PROCESSING_SECS: u64 = 60;
/// How often a person's outbox tries: `agent::user::outbox_schedule`.
const OUTBOX_SECS: u64 = 300;
/// What a dialogue takes over a line as `National`, in thousandths of a second, up to the 250 behind the content.
const DIALOGUE_MS: u64 = 82;
/// The same where it ends with 451 at MAIL.
const PUT_OFF_MS: u64 = 65;
/// What TLS adds to either.
const TLS_MS: u64 = 49;

/// What makes a mail wait in front of a host.
pub(super) enum Wait {
    Nothing,
    /// The server thinks for so many seconds before it says yes.
    Thinks(u64),
    /// The server says 451 once, and the host before tries again after so many seconds.
    PutOff(u64),
    /// The server says 451 so many times to an outbox, which tries every five minutes, and then thinks for so many seconds.
    Outbox(u64, u64),
}

impl Wait {
    /// What comes to so many seconds. `late_ms` is by how much all hops before came late, because dialogues take time: whole seconds of
    /// it are waited less here, so that times in whole seconds are those of the original.
    pub(super) fn of(secs: u64, is_first: bool, is_sealed: bool, late_ms: &mut u64) -> Wait {
        let tls = if is_sealed { TLS_MS } else { 0 };
        *late_ms += DIALOGUE_MS + tls;
        match (secs, is_first) {
            (0, _) => Wait::Nothing,
            (..=LONGEST_PROCESSING_SECS, _) => Wait::Thinks(less(secs, late_ms)),
            (_, false) => {
                *late_ms += PUT_OFF_MS + tls;
                Wait::PutOff(less(secs, late_ms))
            }
            (_, true) => {
                let (mut times, mut rest) = (secs / OUTBOX_SECS, secs % OUTBOX_SECS);
                let late = |times: u64| (times * (PUT_OFF_MS + tls) + DIALOGUE_MS + tls) / 1000;
                if times > 0 && rest < late(times) {
                    (times, rest) = (times - 1, rest + OUTBOX_SECS);
                }
                *late_ms += times * (PUT_OFF_MS + tls);
                Wait::Outbox(times, less(rest, late_ms))
            }
        }
    }

    /// How it is told in the comments of the file.
    pub(super) fn told(&self) -> Option<String> {
        let thinks = |secs: &u64| format!("thinks for {} before it says yes", length(*secs));
        match self {
            Wait::Nothing | Wait::Thinks(0) | Wait::Outbox(0, 0) => None,
            Wait::Thinks(secs) | Wait::Outbox(0, secs) => Some(thinks(secs)),
            Wait::PutOff(secs) => Some(format!("says 451 once; the host before tries again after {}", length(*secs))),
            Wait::Outbox(times, rest) => {
                let first = if *times == 1 { "to the first attempt".into() } else { format!("to {times} attempts") };
                let then = if *rest > 0 { format!("; then it {}", thinks(rest)) } else { String::new() };
                Some(format!("says 451 {first} of the outbox, which tries every five minutes{then}"))
            }
        }
    }

    /// The fields of the host that waits so.
    pub(super) fn fields(&self) -> Vec<String> {
        let put_off = |nth: &str| format!("replies: [Reply(to: Mail, nth: {nth}, reply: \"451 4.3.2 Not now\")]");
        let thinks = |secs: &u64| format!("processing: \"{}\"", length(*secs));
        match self {
            Wait::Nothing | Wait::Thinks(0) | Wait::Outbox(0, 0) => Vec::new(),
            Wait::Thinks(secs) | Wait::Outbox(0, secs) => vec![thinks(secs)],
            Wait::PutOff(_) => vec![put_off("1")],
            Wait::Outbox(times, rest) => {
                let mut fields = vec![put_off(&if *times == 1 { "1".to_owned() } else { format!("(1, {times})") })];
                fields.extend((*rest > 0).then(|| thinks(rest)));
                fields
            }
        }
    }
}

/// So many seconds without the whole seconds that are late, which are then caught up.
fn less(secs: u64, late_ms: &mut u64) -> u64 {
    let caught_up = (*late_ms / 1000).min(secs);
    *late_ms -= caught_up * 1000;
    secs - caught_up
}

/// `1d2h3min4s`.
pub(super) fn length(secs: u64) -> String {
    let parts = [(secs / DAY_SECS, "d"), (secs / 3600 % 24, "h"), (secs / 60 % 60, "min"), (secs % 60, "s")];
    let text: String =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if text.is_empty() { "0s".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_late_is_waited_less() {
        let mut late_ms = 900;
        let wait = Wait::of(2, false, true, &mut late_ms);
        assert_eq!((wait.fields(), late_ms), (vec!["processing: \"1s\"".to_owned()], 31));
        // Nine attempts, and then hardly anything is left to wait less of: one attempt fewer.
        let mut late_ms = 0;
        let wait = Wait::of(2700, true, true, &mut late_ms);
        assert_eq!(
            wait.told().unwrap(),
            "says 451 to 8 attempts of the outbox, which tries every five minutes; then it \
                                          thinks for 4min59s before it says yes"
        );
        assert_eq!(late_ms, 43);
    }
}
