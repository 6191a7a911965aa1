//! SEARCH (RFC 3501 §6.4.4, RFC 9051 §6.4.4), with MODSEQ (RFC 7162 §3.1.5), OLDER and YOUNGER (RFC 5032).
//!
//! A [`Search`] is made once of a key, and asked about each mail. What is cheap is asked first: flags, numbers and dates, then
//! what the header section says, then what the texts say; the content of a mail is only looked at when nothing else has decided.
//!
//! Strings are sought in what is shown to people: encoded words, transfer encodings and charsets are undone, folds too, and upper
//! and lower case are the same in all alphabets. BODY looks at the texts of a mail, and of mails inside; TEXT at its header
//! sections, those of parts and of mails inside too, and at the texts. Attachments that are no text are passed over, and so is a
//! text whose encoding nobody knows. All of this is as in Dovecot.
//!
//! A mail without a Date that can be read was sent on no day, so SENTBEFORE, SENTON and SENTSINCE do not find it (Dovecot takes it
//! for one of long ago).

mod candidate;
mod fold;
mod key;
mod numbers;
mod texts;

pub use candidate::{Around, Candidate};
pub use key::{MOST_DEPTH, MOST_KEYS, Refused, Search};
