//! What an agent finds around it, for tests without a world.

use super::{Action, Context, Directory, Identifiers, Ledger, SocketId, Sockets, Watch};
use crate::sim::Instant;
use crate::sim::calendar::Calendar;
use crate::trace::{HostId, Tracer};

struct NoSockets;

impl Sockets for NoSockets {
    fn reserve(&mut self) -> SocketId {
        SocketId(0)
    }
    fn room(&self, _: SocketId) -> usize {
        0
    }
}

/// The host of one agent, at the beginning of time.
pub(crate) struct Stage {
    pub(crate) tracer: Tracer,
    pub(crate) ledger: Ledger,
    pub(crate) directory: Directory,
    ids: Identifiers,
    watch: Watch,
    actions: Vec<Action>,
    sockets: NoSockets,
}

impl Stage {
    pub(crate) fn new() -> Stage {
        Stage {
            tracer: Tracer::off(),
            ledger: Ledger::default(),
            directory: Directory::default(),
            ids: Identifiers::default(),
            watch: Watch::default(),
            actions: Vec::new(),
            sockets: NoSockets,
        }
    }

    pub(crate) fn context(&mut self) -> Context<'_> {
        Context {
            now: Instant::ZERO,
            host: HostId(0),
            calendar: Calendar::default(),
            tracer: &mut self.tracer,
            ledger: &mut self.ledger,
            ids: &mut self.ids,
            sockets: &mut self.sockets,
            directory: &self.directory,
            watch: &mut self.watch,
            filed: None,
            held: None,
            actions: &mut self.actions,
            given: 0,
        }
    }
}
