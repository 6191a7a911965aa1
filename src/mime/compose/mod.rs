//! Composing: what a user agent does before it submits a message (RFC 5322 §3.6, RFC 2045 to 2049).
//!
//! Encoded words in UTF-8, parameters (RFC 2231) and the folding of addresses are the work of `mail-builder`, charsets
//! that of `encoding_rs`; the message builder of `mail-builder` is not used, since it asks the operating system for
//! clock, host name and boundary when something is missing, and chooses transfer encodings by itself. Whatever the
//! input, the result has CRLF line ends, no line over 998 bytes, and no field that the draft did not ask for.

mod body;
mod charset;
mod composer;
mod draft;
mod encode;
mod fields;
mod flowed;
mod part;
mod sample;
mod words;

pub use body::{Body, Data, Disposition, Family, File, Text, TextKind};
pub use charset::Charset;
pub use composer::Composer;
pub use draft::{Draft, LARGEST_SIZE_BYTES, LeftOut, Party};
pub use encode::Encoding;
pub use sample::Sample;

pub(super) use encode::write_base64;
pub(super) use fields::{write_addresses, write_message_id, write_text_field};
pub(super) use part::{write_encoded, write_text_part};

#[cfg(test)]
mod parts_tests;
#[cfg(test)]
mod tests;
