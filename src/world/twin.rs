//! A copy of a world goes on as the original would: that is how a run is forked, stepped back and compared.

use std::sync::Arc;

use super::World;

/// The copy has everything but those who look on: give it its own. Memory that never changes, and the bytes of mail, are
/// shared.
impl Clone for World {
    fn clone(&self) -> World {
        let mut network = self.network.clone();
        network.watch_packets(false);
        World {
            engine: self.engine.clone(),
            network,
            hosts: self.hosts.clone(),
            directory: self.directory.clone(),
            pipes: self.pipes.clone(),
            ids: self.ids.clone(),
            ledger: self.ledger.clone(),
            watch: self.watch.clone(),
            tracer: self.tracer.twin(),
            tap: None,
            filed: None,
            held: None,
            secrets: None,
            streams: self.streams,
            roster: Arc::clone(&self.roster),
            faults: self.faults.clone(),
            conditions: self.conditions.clone(),
            condition_records: self.condition_records.clone(),
            happened: self.happened.clone(),
            implied_name_server: self.implied_name_server,
            spare_actions: Vec::new(),
            active_at: self.active_at,
        }
    }
}
