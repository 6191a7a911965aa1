//! The audit: nothing that was accepted is lost.

use super::World;
use crate::agent::{Totals, Violation};
use crate::trace::{At, HostId, What};

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// What became of recipients.
    pub totals: Totals,
    /// Recipients that an MTA has taken responsibility for and that have no fate yet, counted at every MTA that has them.
    /// What waits in the outbox of a user agent is not among them: nobody has promised anything yet.
    pub queued: u64,
    /// Mails composed, reports included.
    pub mails: u64,
    /// TCP connections.
    pub connections: u64,
    /// Packets.
    pub packets: u64,
    /// Events.
    pub events: u64,
}

impl World {
    /// Compares what every host took responsibility for with what it still holds.
    ///
    /// # Errors
    /// Names the first mail that was lost or ended twice: a defect of the simulator.
    pub fn audit(&mut self) -> Result<Report, Violation> {
        let held = self.hosts.iter().enumerate().flat_map(|(host, h)| {
            let id = HostId(host as u32);
            h.agent.responsibilities().into_iter().map(move |(serial, recipients)| (id, serial, recipients))
        });
        let mailboxes = self.hosts.iter().enumerate().try_for_each(|(host, h)| {
            let (delivered, there) = h.agent.mailboxes();
            self.ledger.audit_mailboxes(HostId(host as u32), delivered, there)
        });
        if let Err(violation) = self.ledger.audit(held).and(mailboxes) {
            let now = self.engine.now();
            self.tracer.record(At::host(now, violation.host), || What::Alarm { text: violation.text.as_str().into() });
            return Err(violation);
        }
        Ok(Report {
            totals: self.ledger.totals(),
            queued: self.ledger.waiting(),
            mails: self.mails(),
            connections: self.connections(),
            packets: self.packets(),
            events: self.events(),
        })
    }
}
