//! Message content: header fields, composing, received fields, delivery reports (RFC 5322, 2045, 3464), and the way of a mail.
//!
//! Content is written once and shared by reference along every hop and copy; what a hop adds is put in front. This
//! module sends nothing and knows no envelope.

pub mod compose;
pub mod content;
pub mod convert;
mod fields;
mod fold;
pub mod read;
pub mod received;
pub mod report;
pub mod trail;

pub use compose::{Body, Charset, Composer, Draft, Encoding, LeftOut, Party};
pub use content::Content;
pub use fields::{Field, Fields};
pub use received::{FieldWriter, Protocol, QueueIdText, Received, first_serial, queue_id};
pub use report::{Action, DELAYED_SUBJECT, FAILED_SUBJECT, NOTICE_SUBJECT, RecipientReport, Report};
