//! What can be seen of a run: one vocabulary of records, and the sinks that take them.
//!
//! Records are plain data. Nothing in the simulation reads them back: turning a sink on or off changes nothing that
//! happens. A stored trace ([`jsonl`]) can be drawn without a simulator.

mod at;
mod causes;
mod chain;
mod condition;
mod deed;
mod dialect;
mod echo;
mod entity;
mod ids;
mod json;
pub mod jsonl;
mod makeup;
pub mod query;
mod record;
mod scope;
mod secrets;
mod text;
mod tls;
mod tracer;
pub mod transcript;

pub use at::At;
pub use causes::Because;
pub use chain::chain;
pub use condition::{Change, ConditionStep, RecordEdit, ServerMode};
pub use deed::Deed;
pub use dialect::{Dialect, Dialects, Reply};
pub use entity::Entity;
pub use ids::{ConnId, HostId, MailId, RecordId};
pub use makeup::Makeup;
pub use query::{Kind, Query};
pub use record::{
    ConnectionState, Direction, HostEntry, LinkEntry, LossReason, PacketStep, QueueName, Record, RepeatReason, Roster,
    Server, Side, Transport, Verdict, What,
};
pub use scope::{Scope, with_reports};
pub use text::{Octets, field_lines, visible};
pub use tls::{CertificateDefect, TlsStep};
pub use tracer::{Sink, Tracer};

/// The version of the record vocabulary. It rises whenever a reader of old traces would misread new ones.
///
/// 2: conditions are typed; before, a fault was a sentence.
pub const SCHEMA_VERSION: u32 = 2;
