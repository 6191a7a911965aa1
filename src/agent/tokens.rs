//! Whose a connection is: an agent's names for connections say by their highest bits.

/// Connections that others opened carry this bit.
pub(super) const ACCEPTED: u32 = 1 << 31;

/// Connections on which a question of the DNS is asked carry this bit. Those with none of these bits belong to the courier.
pub(super) const LOOKUP: u32 = 1 << 30;

/// Connections by which mail is taken out of mailboxes carry this bit, at either end.
pub(super) const READING: u32 = 1 << 29;
