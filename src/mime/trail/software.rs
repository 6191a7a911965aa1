//! Which server wrote a Received field: each has its own form.

use serde::Serialize;

use super::lex::{Clauses, Key};

/// A mail server, as far as the form of its fields gives it away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Software {
    /// Postfix.
    Postfix,
    /// Exim.
    Exim,
    /// Microsoft Exchange on somebody's own machines.
    Exchange,
    /// Exchange Online (Microsoft 365).
    ExchangeOnline,
    /// Gmail and Google Workspace.
    Gmail,
    /// Sendmail.
    Sendmail,
    /// qmail.
    Qmail,
    /// OpenSMTPD.
    OpenSmtpd,
    /// Courier.
    Courier,
    /// Haraka.
    Haraka,
    /// Stalwart.
    Stalwart,
    /// Dovecot's LMTP.
    Dovecot,
    /// amavis, which filters between two rounds of another server.
    Amavis,
    /// Postroad: the mail comes out of a simulation.
    Postroad,
    /// A form that several have, or none that is known here.
    #[default]
    Unknown,
}

impl Software {
    /// Its name for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Software::Postfix => "Postfix",
            Software::Exim => "Exim",
            Software::Exchange => "Exchange",
            Software::ExchangeOnline => "Exchange Online",
            Software::Gmail => "Gmail",
            Software::Sendmail => "Sendmail",
            Software::Qmail => "qmail",
            Software::OpenSmtpd => "OpenSMTPD",
            Software::Courier => "Courier",
            Software::Haraka => "Haraka",
            Software::Stalwart => "Stalwart",
            Software::Dovecot => "Dovecot",
            Software::Amavis => "amavis",
            Software::Postroad => "Postroad",
            Software::Unknown => "unknown",
        }
    }
}

/// Who writes fields like this one.
pub(super) fn software(clauses: &Clauses<'_>) -> Software {
    // Who says its name in a comment. A client's words stand in the `from` clause: it shall not choose.
    const NAMED: [(&str, Software); 10] = [
        ("Postfix", Software::Postfix),
        ("Exim", Software::Exim),
        ("OpenSMTPD", Software::OpenSmtpd),
        ("amavisd", Software::Amavis),
        ("amavis,", Software::Amavis),
        ("Haraka", Software::Haraka),
        ("Stalwart", Software::Stalwart),
        ("Google Transport Security", Software::Gmail),
        ("qmail", Software::Qmail),
        ("Postroad", Software::Postroad),
    ];
    let comments = |keys: &[Key]| {
        let clauses = keys.iter().filter_map(|key| clauses.get(*key));
        clauses.flat_map(|clause| clause.comments.iter().copied()).collect::<Vec<&str>>()
    };
    let own = comments(&[Key::By, Key::With, Key::Id, Key::For]);
    for comment in clauses.head.comments.iter().chain(&own) {
        if let Some((_, found)) = NAMED.iter().find(|(name, _)| comment.starts_with(name)) {
            return *found;
        }
    }
    let by = clauses.word(Key::By).unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    let with = clauses.get(Key::With).map(|with| with.words.join(" ").to_ascii_lowercase()).unwrap_or_default();
    let id = clauses.word(Key::Id).unwrap_or_default();
    let ends = |ends: &[&str]| ends.iter().any(|end| by.ends_with(end));
    let is_http = with.starts_with("http") && (is_build(id) || with == "https");
    if with.starts_with("microsoft smtp server") || with == "mapi" || is_http {
        let is_online = ends(&[".outlook.com", ".exchangelabs.com", ".office365.com", ".outlook.de", ".office365.us"]);
        return if is_online || with.starts_with("https") { Software::ExchangeOnline } else { Software::Exchange };
    }
    let from = comments(&[Key::From]);
    // A simulated server can have any name.
    let is_postroad = is_postroad(clauses, &from, &own, id, &with);
    // Inside, Google's machines call themselves by IPv6 addresses that stand for net 10.
    let is_google = ends(&[".google.com", ".gmail.com", ".googlemail.com"]);
    if (is_google && !is_postroad) || (by.starts_with("2002:a") && with.contains("smtp")) {
        return Software::Gmail;
    }
    if own.iter().any(|comment| comment.starts_with("8.") && comment.contains('/')) {
        return Software::Sendmail;
    }
    let says = |start: &str| from.iter().any(|comment| comment.starts_with(start));
    let is_courier_id = id
        .as_bytes()
        .split_at_checked(16)
        .is_some_and(|(digits, rest)| rest.first() == Some(&b'.') && digits.iter().all(u8::is_ascii_hexdigit));
    if is_courier_id || says("AUTH: ") || says("TLS: ") {
        return Software::Courier;
    }
    if with.starts_with("lmtp") && own.iter().any(|comment| comment.starts_with("envelope-from <")) {
        return Software::Dovecot;
    }
    // qmail-smtpd has no id, and an address in parentheses of its own.
    let is_qmail = clauses.get(Key::Id).is_none() && with.contains("smtp") && own.is_empty();
    if is_qmail && from.last().is_some_and(|comment| is_bare_address(comment)) {
        return Software::Qmail;
    }
    if is_postroad { Software::Postroad } else { Software::Unknown }
}

/// `15.20.8421.21`: Exchange gives the number of its build as the id.
fn is_build(id: &str) -> bool {
    id.split('.').count() == 4 && id.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// qmail has `user@192.0.2.1` where somebody asked the client who it is.
fn is_bare_address(comment: &str) -> bool {
    comment.rsplit('@').next().is_some_and(|address| address.parse::<std::net::IpAddr>().is_ok())
}

/// Postroad's fields are like Postfix's, but for its name; its ids are written with digits that are hard to mistake.
fn is_postroad(clauses: &Clauses<'_>, from: &[&str], own: &[&str], id: &str, with: &str) -> bool {
    let is_id = (8..=13).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_digit() || (b.is_ascii_uppercase() && !b"ILOU".contains(&b)));
    let is_from = match clauses.get(Key::From) {
        // What was written on the server itself.
        None => with.is_empty(),
        Some(_) => from.len() == 1 && from[0].ends_with(']') && (with.contains("smtp") || with.starts_with("lmtp")),
    };
    is_id && is_from && own.is_empty() && clauses.head.comments.is_empty()
}
