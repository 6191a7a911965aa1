//! Sessions of looks, and what they say.

use std::sync::Arc;

use super::config::{Account, Looks, Seals};
use super::look::Said;
use crate::access::imap::client as imap;
use crate::access::pop3::client as pop3;
use crate::sasl::{Login, LoginError, Nonce};

/// A session for a look.
pub(super) fn pop3(account: &Account, nonce: Nonce) -> pop3::Session {
    let config = pop3::Config {
        tls: match account.seals {
            Seals::Never => pop3::StartTls::Never,
            Seals::IfOffered => pop3::StartTls::IfOffered,
            Seals::Required => pop3::StartTls::Required,
        },
        plain_text_logins: account.plain_text_logins,
        ..pop3::Config::default()
    };
    let (login, password) = account.login.clone();
    pop3::Session::new(config, login, password, nonce)
}

/// What a session says, in the words of all.
pub(super) fn pop3_said(output: pop3::Output) -> Said {
    match output {
        pop3::Output::Send { data, says } => Said::Send { data, about: None, says },
        pop3::Output::Saw { line } => Said::Saw(line),
        pop3::Output::Content { size_bytes, about } => Said::Content { size_bytes, about },
        pop3::Output::StartTls { discarded_bytes } => Said::StartTls { discarded_bytes },
        pop3::Output::Event(event) => Said::Pop3(event),
        pop3::Output::Close => Said::Close,
    }
}

/// A session for a look.
///
/// # Errors
/// When nobody can have such a name or password.
pub(super) fn imap(account: &Account, nonce: Nonce) -> Result<imap::Session, LoginError> {
    let config = imap::Config {
        tls: match account.seals {
            Seals::Never => imap::StartTls::Never,
            Seals::IfOffered => imap::StartTls::IfOffered,
            Seals::Required => imap::StartTls::Required,
        },
        plain_text_logins: account.plain_text_logins,
        uses_idle: matches!(account.looks, Looks::Idle { .. }),
        ..imap::Config::default()
    };
    let (login, password) = account.login.clone();
    let login = Login::new(&login, &password)?;
    Ok(imap::Session::new(Arc::new(config), login, password, nonce))
}

/// What a session says, in the words of all.
pub(super) fn imap_said(output: imap::Output) -> Said {
    match output {
        imap::Output::Send { data, about, says } => Said::Send { data, about, says },
        imap::Output::Saw { line } => Said::Saw(line),
        imap::Output::Content { size_bytes, about } => Said::Content { size_bytes, about },
        imap::Output::StartTls { discarded_bytes } => Said::StartTls { discarded_bytes },
        imap::Output::Event(event) => Said::Imap(event),
        imap::Output::Close => Said::Close,
    }
}
