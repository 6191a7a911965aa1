//! How far a long run is: one line on standard error that is written over again and again, and only where somebody
//! watches.

use std::time::{Duration, Instant};

use super::screen::{stderr_is_watched, tell};
use crate::trace::transcript::number;
use crate::world::World;

/// So often the line changes.
const PERIOD: Duration = Duration::from_millis(200);

/// Events between two looks at the clock.
pub(super) const SLICE: u64 = 20_000;

/// The line.
pub(super) struct Progress {
    watched: bool,
    began: Instant,
    shown: Option<Instant>,
    last: (Instant, u64),
}

impl Progress {
    pub(super) fn new() -> Progress {
        let now = Instant::now();
        Progress { watched: stderr_is_watched(), began: now, shown: None, last: (now, 0) }
    }

    /// Whether anybody watches.
    pub(super) fn is_watched(&self) -> bool {
        self.watched
    }

    /// Some events later.
    pub(super) fn show(&mut self, world: &World) {
        let now = Instant::now();
        if !self.watched || now - self.shown.unwrap_or(self.began) < PERIOD {
            return;
        }
        let (then, before) = self.last;
        let micros = u64::try_from((now - then).as_micros()).unwrap_or(u64::MAX).max(1);
        let pace = (world.events() - before).saturating_mul(1_000_000) / micros;
        self.shown = Some(now);
        self.last = (now, world.events());
        let time = world.now().since(crate::sim::Instant::ZERO);
        let (mails, events) = (number(world.mails()), number(world.events()));
        tell(&format!("\r\x1b[2K  {time} · {mails} mails · {events} events · {} events/s", number(pace)));
    }

    /// The run is over: the line goes away.
    pub(super) fn clear(&self) {
        if self.shown.is_some() {
            tell("\r\x1b[2K");
        }
    }
}
