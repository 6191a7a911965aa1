//! The actors of RFC 5598, built from protocol machines; they carry nothing themselves.
