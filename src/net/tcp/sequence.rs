//! Sequence numbers: 32 bits that wrap (RFC 9293 §3.4).
//!
//! Two numbers are compared by the sign of their difference, so the answer holds as long as they lie less than 2^31
//! apart. Windows stay below 2^30 (RFC 7323 §2.3), which keeps every comparison of live data well inside of that.

/// Whether `a` comes before `b`.
#[inline]
pub(in crate::net) const fn before(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) < 0
}

/// Whether `a` comes after `b`.
#[inline]
pub(in crate::net) const fn after(a: u32, b: u32) -> bool {
    before(b, a)
}

/// Bytes from `from` up to `to`, zero where `to` does not come after `from`.
#[inline]
pub(in crate::net) const fn distance(from: u32, to: u32) -> u32 {
    if before(from, to) { to.wrapping_sub(from) } else { 0 }
}

/// The later of two.
#[inline]
pub(in crate::net) const fn later(a: u32, b: u32) -> u32 {
    if before(a, b) { b } else { a }
}
