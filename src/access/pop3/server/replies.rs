//! Responses that are always the same.

pub(super) const UNKNOWN: &str = "-ERR Unknown command";
pub(super) const LINE_TOO_LONG: &str = "-ERR Line too long";
pub(super) const BARE_NEWLINE: &str = "-ERR Bare <CR> or <LF> in a command";
pub(super) const LOG_IN_FIRST: &str = "-ERR Log in first";
pub(super) const LOGGED_IN: &str = "-ERR Somebody is logged in already";
pub(super) const TOO_MANY_ERRORS: &str = "-ERR Too many bad commands";
/// RFC 3206 §4: memory that is short now may not be later.
pub(super) const TOO_MUCH_INPUT: &str = "-ERR [SYS/TEMP] Too much pipelined input";
/// The same for a name that nobody has and for a wrong password (RFC 3206 §5).
pub(super) const CREDENTIALS: &str = "-ERR [AUTH] Authentication failed";
/// What Dovecot says, with its code: another password would not help, but a person has to change a setting.
pub(super) const NOT_IN_PLAIN_TEXT: &str = "-ERR [AUTH] No logins over a connection that is not sealed";
/// RFC 2449 §8.1.2.
pub(super) const IN_USE: &str = "-ERR [IN-USE] Maildrop is locked by another session";
/// RFC 3206 §4.
pub(super) const NO_MAILDROP: &str = "-ERR [SYS/PERM] There is no maildrop for this account";
pub(super) const NOTHING_KEPT: &str = "-ERR [SYS/PERM] No mail is kept here";
pub(super) const USER_FIRST: &str = "-ERR USER first";
pub(super) const NO_APOP: &str = "-ERR APOP needs a timestamp in the greeting";
pub(super) const NO_MECHANISM: &str = "-ERR Mechanism is not supported";
pub(super) const CANCELLED: &str = "-ERR Authentication was cancelled";
pub(super) const RESPONSE_TOO_LONG: &str = "-ERR Response is too long";
pub(super) const UNEXPECTED_INITIAL: &str = "-ERR The mechanism has no initial response";
pub(super) const GARBLED: &str = "-ERR Response is not base64";
pub(super) const MALFORMED: &str = "-ERR Response is not what the mechanism asks for";
pub(super) const BEGIN_TLS: &str = "+OK Begin TLS negotiation";
pub(super) const IS_SEALED: &str = "-ERR Command not permitted when TLS active";
pub(super) const NO_TLS: &str = "-ERR TLS is not available";
/// RFC 6856 §2.1: clients must not, and servers may say so.
pub(super) const TLS_BEHIND_UTF8: &str = "-ERR STLS must come before UTF8";
pub(super) const NO_MESSAGE: &str = "-ERR There is no such message";
pub(super) const DELETED: &str = "-ERR Message is deleted";
pub(super) const EXPUNGED: &str = "-ERR Message was removed by somebody else";
/// RFC 6856 §5.
pub(super) const NEEDS_UTF8: &str = "-ERR [UTF8] Message has UTF-8 in its header, say UTF8 before you log in";

/// So many messages, in words.
pub(super) fn messages(count: u64) -> String {
    format!("{count} message{}", if count == 1 { "" } else { "s" })
}
