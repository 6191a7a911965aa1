//! A mail that may be what somebody looks for: [`Candidate`].

use crate::mime::Content;
use crate::store::{Flags, GivenDate};

/// What a search knows beside the mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Around {
    /// The sequence number that `*` stands for: the highest; 0 where there is no mail.
    pub last_sequence: u32,
    /// The unique identifier that `*` stands for; 0 where there is no mail.
    pub last_uid: u32,
    /// What the clock shows, in seconds since 1970.
    pub now_unix_secs: i64,
}

/// A mail that may be what somebody looks for.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Its sequence number in the session.
    pub sequence: u32,
    /// Its unique identifier.
    pub uid: u32,
    /// What is said about it.
    pub flags: Flags,
    /// The keywords of its folder, by place (see [`Flags::keyword`]).
    pub keywords: &'a [Box<str>],
    /// Whether it is recent to the session (RFC 3501 §2.3.2).
    pub is_recent: bool,
    /// Its internal date (see [`internal`](super::super::date::internal)).
    pub internal_date: GivenDate,
    /// Its size in octets.
    pub size_bytes: u64,
    /// The number of the change that touched it last (RFC 7162 §3.1).
    pub modseq: u64,
    /// The mail. It is only looked at when a key needs it. Where it is not kept, nothing is found in it.
    pub content: Option<&'a Content>,
}
