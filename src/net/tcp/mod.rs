//! TCP, sans-IO (RFC 9293).
