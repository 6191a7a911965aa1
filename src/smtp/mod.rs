//! SMTP: commands, replies and the sessions of both sides (RFC 5321).
