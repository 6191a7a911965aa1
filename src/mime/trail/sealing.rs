//! Whether a hop was encrypted, and how: from the protocol (RFC 3848, RFC 6531 §4.3) and from what servers write beside it.

use serde::Serialize;

use super::lex::{Clauses, Key};

/// Whether a hop crossed the network encrypted, by the word of the server that wrote the field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Encrypted {
    /// It says so.
    Yes,
    /// What it says rules it out.
    No,
    /// It says nothing about it.
    #[default]
    Unknown,
}

/// TLS as a server wrote it down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tls {
    /// The version as written, such as `TLSv1.3`, `TLS1_2` or `TLS1.3`.
    pub version: Option<String>,
    /// The cipher as written.
    pub cipher: Option<String>,
}

/// What the field says of TLS.
pub(super) fn tls(clauses: &Clauses<'_>) -> Option<Tls> {
    let found = clauses.comments.iter().find_map(|comment| of_comment(comment));
    // Exim has the cipher as words behind the protocol, Haraka behind the id: `tls TLS_AES_256_GCM_SHA384`.
    let places = [Key::With, Key::Id].into_iter().filter_map(|key| clauses.get(key));
    let written = places.flat_map(|clause| clause.words.windows(2)).find(|pair| pair[0].eq_ignore_ascii_case("tls"));
    let written = written.map(|pair| pair[1].to_owned());
    match found {
        Some(tls) => Some(Tls { cipher: tls.cipher.or(written), ..tls }),
        None => written.map(|cipher| Tls { version: None, cipher: Some(cipher) }),
    }
}

/// TLS as a comment tells it.
fn of_comment(comment: &str) -> Option<Tls> {
    let made = |version: &str, cipher: Option<&str>| {
        let version = Some(version.to_owned()).filter(|version| !version.is_empty());
        Some(Tls { version, cipher: cipher.map(str::to_owned) })
    };
    // Postfix and Stalwart: `using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)`.
    if let Some(rest) = after(comment, "using ") {
        let mut words = rest.split_whitespace();
        let version = words.next().filter(|word| is_version(word))?;
        let cipher = words.skip_while(|word| !word.eq_ignore_ascii_case("cipher")).nth(1);
        return made(version, cipher);
    }
    // Gmail, Exchange, sendmail and Haraka: `version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128`.
    if let Some(version) = value(comment, "version=").filter(|version| is_version(version)) {
        return made(version, value(comment, "cipher="));
    }
    // Courier: `TLS: TLSv1.3,256bits,TLS_AES_256_GCM_SHA384`, behind a login where there was one.
    if let Some((_, rest)) = comment.split_once("TLS: ") {
        let mut parts = rest.split(',').map(str::trim);
        let version = parts.next().filter(|version| is_version(version))?;
        return made(version, parts.nth(1));
    }
    // OpenSMTPD and older Exim: `TLSv1.3:TLS_AES_256_GCM_SHA384:256:NO`; Exim: `TLS1.3`; Exchange before 2016: `TLS`.
    let mut parts = comment.split(':');
    let version = parts.next().filter(|version| !version.contains(' ') && is_version(version))?;
    made(if version == "TLS" { "" } else { version }, parts.next())
}

fn is_version(word: &str) -> bool {
    word.get(..3).is_some_and(|start| ["TLS", "SSL"].iter().any(|known| start.eq_ignore_ascii_case(known)))
}

fn after<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    text.get(..start.len()).filter(|found| found.eq_ignore_ascii_case(start)).map(|found| &text[found.len()..])
}

fn value<'a>(comment: &'a str, key: &str) -> Option<&'a str> {
    let (before, rest) = comment.split_once(key)?;
    let is_whole = before.is_empty() || before.ends_with([' ', ',', '\t']);
    let end = rest.find([' ', ',', ';', '\t']).unwrap_or(rest.len());
    (is_whole && end > 0).then_some(&rest[..end])
}

/// Whether the hop was encrypted, and why one can tell.
pub(super) fn encrypted(clauses: &Clauses<'_>, tls: Option<&Tls>) -> (Encrypted, &'static str) {
    if tls.is_some() {
        return (Encrypted::Yes, "the server names TLS");
    }
    let Some(word) = clauses.word(Key::With) else {
        return (Encrypted::Unknown, "the field names no protocol");
    };
    let word = word.to_ascii_uppercase();
    match word.as_str() {
        // Comes before the registry: what Exchange calls SMTP is another word of it.
        "MICROSOFT" => (Encrypted::Unknown, "Exchange names no TLS here"),
        "SMTP" | "ESMTP" | "ESMTPA" | "LMTP" | "LMTPA" | "UTF8SMTP" | "UTF8SMTPA" | "UTF8LMTP" | "UTF8LMTPA" => {
            (Encrypted::No, "the protocol has another name with TLS (RFC 3848)")
        }
        "ESMTPS" | "ESMTPSA" | "LMTPS" | "LMTPSA" | "UTF8SMTPS" | "UTF8SMTPSA" | "UTF8LMTPS" | "UTF8LMTPSA" => {
            (Encrypted::Yes, "the protocol says so (RFC 3848)")
        }
        "SMTPS" => (Encrypted::Yes, "SMTPS is TLS, although not a registered name"),
        "HTTPS" => (Encrypted::Yes, "HTTPS is TLS"),
        "HTTP" => (Encrypted::Unknown, "whether HTTP was sealed is not said"),
        "MAPI" => (Encrypted::Unknown, "handed over inside of one mail system"),
        "LOCAL" => (Encrypted::Unknown, "handed over on the host itself"),
        _ => (Encrypted::Unknown, "the protocol is not a registered one"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_as_it_is_written() {
        for (field, version, cipher) in [
            ("from a (using TLSv1.3 with cipher TLS_X (256/256 bits) key-exchange X25519) by b", "TLSv1.3", "TLS_X"),
            ("from a by b with esmtps (TLS1.3) tls TLS_X (Exim 4.96) id 1", "TLS1.3", "TLS_X"),
            ("from a by b with esmtps (TLSv1.2:ECDHE-X:256) (Exim 4.80)", "TLSv1.2", "ECDHE-X"),
            ("from a by b with SMTPS id 1 (version=TLS1_3 cipher=TLS_X bits=128/128)", "TLS1_3", "TLS_X"),
            ("from a by b with Microsoft SMTP Server (version=TLS1_2, cipher=TLS_X) id 1", "TLS1_2", "TLS_X"),
            ("from a by b with ESMTPS id 1 (version=TLSv1.3 cipher=TLS_X bits=256 verify=NO)", "TLSv1.3", "TLS_X"),
            ("from a by b (OpenSMTPD) with ESMTPS id 1 (TLSv1.3:AEAD-X:256:NO)", "TLSv1.3", "AEAD-X"),
            ("from a (AUTH: LOGIN bob, TLS: TLSv1.3,256bits,TLS_X) by b with ESMTPSA", "TLSv1.3", "TLS_X"),
        ] {
            let clauses = Clauses::read(field);
            let tls = tls(&clauses);
            let expected = Tls { version: Some(version.into()), cipher: Some(cipher.into()) };
            assert_eq!(tls, Some(expected), "{field}");
            assert_eq!(encrypted(&clauses, tls.as_ref()).0, Encrypted::Yes);
        }
        let old = Clauses::read("from a by b with Microsoft SMTP Server (TLS) id 14.3");
        assert_eq!(tls(&old), Some(Tls::default()));
        for field in
            ["from tls by b", "from a (using it) by b", "from a (conversion=TLS1) by b", "from a (b TLS1) by c"]
        {
            assert_eq!(tls(&Clauses::read(field)), None, "{field}");
        }
    }

    #[test]
    fn the_protocol_tells() {
        for (with, expected) in [
            ("with ESMTP", Encrypted::No),
            ("with esmtpsa", Encrypted::Yes),
            ("with UTF8SMTPS", Encrypted::Yes),
            ("with Microsoft SMTP Server", Encrypted::Unknown),
            ("with mapi", Encrypted::Unknown),
            ("", Encrypted::Unknown),
        ] {
            assert_eq!(encrypted(&Clauses::read(&format!("from a by b {with}")), None).0, expected, "{with}");
        }
    }
}
