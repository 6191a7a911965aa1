//! What IMAP says of a mail: its envelope, its structure, its sections, and whether it is what somebody looks for.
//!
//! All of it follows from the [`Content`](crate::mime::Content) alone, however broken it is: nothing here fails because of what a
//! mail holds. Who answers several questions about one mail makes one [`Reading`] of it, which looks at the header section when
//! that is asked for, and at the body only when its parts are.
//!
//! Where the RFCs leave a choice, it is as in Dovecot, and the item says so.

mod address_tokens;
mod addresses;
mod binary;
pub mod date;
mod envelope;
mod lines;
mod numbering;
mod reading;
pub mod search;
mod section;
mod strings;
mod structure;

pub use addresses::MOST_ADDRESSES;
pub use binary::{UnknownEncoding, binary, binary_size};
pub use envelope::envelope;
pub use numbering::MOST_TOLD_PARTS;
pub use reading::Reading;
pub use section::{section, size};
pub use structure::body_structure;

#[cfg(test)]
mod tests;
