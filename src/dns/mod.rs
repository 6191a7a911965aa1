//! Names: zones, authority, the caching resolver, and what mail asks (RFC 1034, 1035, 5321 §5.1).
