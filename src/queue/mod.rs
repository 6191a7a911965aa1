//! Patience: spool, retry schedules, per-destination queues.
