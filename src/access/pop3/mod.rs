//! POP3 (RFC 1939, STD 53): fetching mail from a mailbox, and deleting it there.
//!
//! [`server`] gives out the mails that lie in the INBOX when somebody logs in; [`client`] is one poll of a mail program.
//!
//! | RFC | here |
//! | --- | --- |
//! | 1939 §3 lines and dots | [`crate::smtp::framing`] and [`crate::smtp::data`]: both protocols have the same |
//! | 1939 §4 AUTHORIZATION, exclusive lock | `server/login.rs`, `server/opening.rs`; [`Locks`](crate::store::Locks), `[IN-USE]` |
//! | 1939 §5 TRANSACTION | `server/mails.rs`; a maildrop is the INBOX as it was at login |
//! | 1939 §6 UPDATE | `server/update.rs`: only QUIT leads there, no time-out, no end of the connection |
//! | 1939 §7 TOP, UIDL, USER, PASS, APOP | all of them; unique-ids are Dovecot's `%08Xu%08Xv` |
//! | 2449 §4 parameters and lengths | commands have 255 octets, first lines of responses 512 |
//! | 2449 §5, §6 CAPA | `server/capabilities.rs`; without EXPIRE and LOGIN-DELAY, which promise nothing here |
//! | 2449 §8, 3206 response codes | `[IN-USE]`, `[AUTH]`, `[SYS/TEMP]`, `[SYS/PERM]` |
//! | 2595 §4 STLS | between commands of AUTHORIZATION; what came behind it is thrown away |
//! | 8314 §3.2 implicit TLS | `handle_secured` in the place of `start` |
//! | 8314 §4.1 no logins in plain text | [`Door::plain_text_logins`](crate::access::Door), and `plain_text_logins` of the client |
//! | 5034 AUTH | `server/auth.rs`: the exchange is [`crate::sasl`]'s, the responses are here |
//! | 6856 §2 UTF8 | a mail with UTF-8 in its header is refused with `[UTF8]` before that; without LANG (§3) |

pub mod client;
#[cfg(test)]
mod dialogue_tests;
#[cfg(test)]
mod pair_tests;
pub mod server;
