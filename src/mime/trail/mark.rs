//! Other fields that servers leave on the way: results of authentication (RFC 8601), signatures, and where the mail was filed.

use serde::Serialize;

use super::lex::without_comments;

/// More results of one field, or properties of one result, are not kept.
const MOST: usize = 50;

/// A field that somebody left, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// The number of the hop whose Received field it stands above: it was added behind that hop. 0 where it stands below
    /// all of them.
    pub after_hop: usize,
    /// What it says.
    #[serde(flatten)]
    pub what: MarkKind,
}

/// The fields that are read. Texts are as they were written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "field", rename_all = "snake_case")]
pub enum MarkKind {
    /// Return-Path (RFC 5321 §4.4): where reports would go.
    ReturnPath {
        /// The path, without angle brackets; empty for mail that must not be answered.
        path: String,
    },
    /// Delivered-To or X-Original-To: the recipient as a server had it.
    DeliveredTo {
        /// The name of the field.
        name: &'static str,
        /// The address.
        address: String,
    },
    /// Authentication-Results (RFC 8601 §2.2).
    AuthenticationResults {
        /// Who says so; Exchange Online leaves it out.
        server: Option<String>,
        /// What was found; empty for `none`.
        results: Vec<AuthResult>,
    },
    /// Received-SPF (RFC 7208 §9.1).
    ReceivedSpf {
        /// The result.
        result: String,
        /// `client-ip=`, `envelope-from=`, `helo=` and whatever else.
        properties: Vec<(String, String)>,
    },
    /// DKIM-Signature (RFC 6376 §3.5).
    DkimSignature {
        /// `d=`: the domain that answers for the mail.
        domain: Option<String>,
        /// `s=`: which of its keys.
        selector: Option<String>,
    },
    /// ARC-Seal (RFC 8617 §4.1.3).
    ArcSeal {
        /// `i=`: the how manieth.
        instance: Option<String>,
        /// `cv=`: what the sealer found of the seals before it.
        chain: Option<String>,
        /// `d=`: the sealer.
        domain: Option<String>,
    },
    /// X-Originating-IP: the address of the author's machine, as a webmail tells it.
    OriginatingIp {
        /// The address as written, without brackets.
        address: String,
    },
}

/// One result of RFC 8601.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuthResult {
    /// What was checked, such as `spf`, `dkim` or `dmarc`.
    pub method: String,
    /// What came of it, such as `pass`.
    pub result: String,
    /// Why.
    pub reason: Option<String>,
    /// What it is about, such as `smtp.mailfrom` and the address.
    pub properties: Vec<(String, String)>,
}

/// Reads a field, where it is one of these.
pub(super) fn mark(name: &[u8], value: &str) -> Option<MarkKind> {
    let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
    let address = || without_comments(value).trim().trim_matches(['<', '>', '[', ']']).to_owned();
    if is("Return-Path") {
        return Some(MarkKind::ReturnPath { path: address() });
    }
    for name in ["Delivered-To", "X-Original-To"] {
        if is(name) {
            return Some(MarkKind::DeliveredTo { name, address: address() });
        }
    }
    if is("X-Originating-IP") {
        return Some(MarkKind::OriginatingIp { address: address() });
    }
    if is("Authentication-Results") {
        return Some(authentication_results(value));
    }
    if is("Received-SPF") {
        let text = without_comments(value);
        let (result, rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
        let properties = split(rest, |c| c == ';' || c.is_whitespace());
        let properties = properties.into_iter().filter_map(pair).take(MOST).collect();
        return Some(MarkKind::ReceivedSpf { result: result.to_ascii_lowercase(), properties });
    }
    if is("DKIM-Signature") {
        return Some(MarkKind::DkimSignature { domain: tag(value, "d"), selector: tag(value, "s") });
    }
    if is("ARC-Seal") {
        let [instance, chain, domain] = ["i", "cv", "d"].map(|name| tag(value, name));
        return Some(MarkKind::ArcSeal { instance, chain, domain });
    }
    None
}

/// The value of a tag (RFC 6376 §3.2), without white space.
fn tag(value: &str, name: &str) -> Option<String> {
    let mut tags = value.split(';').filter_map(|tag| tag.split_once('='));
    let (_, found) = tags.find(|(found, _)| found.trim() == name)?;
    Some(found.split_whitespace().collect::<String>()).filter(|text| !text.is_empty())
}

fn authentication_results(value: &str) -> MarkKind {
    let text = without_comments(value);
    let mut parts = split(&text, |c| c == ';').into_iter().peekable();
    let is_server = parts.peek().is_some_and(|first| !first.contains('='));
    let server = parts.next_if(|_| is_server);
    let server = server.and_then(|server| server.split_whitespace().next()).map(str::to_owned);
    let results = parts.filter_map(auth_result).take(MOST).collect();
    MarkKind::AuthenticationResults { server, results }
}

/// `dkim=pass reason="good" header.d=green.example`.
fn auth_result(text: &str) -> Option<AuthResult> {
    // White space around `=` is allowed, and found.
    let mut tight = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !(tight.is_empty() || tight.ends_with('=') || word.starts_with('=')) {
            tight.push(' ');
        }
        tight.push_str(word);
    }
    let mut pairs = split(&tight, char::is_whitespace).into_iter().filter_map(pair);
    let (method, result) = pairs.next()?;
    let method = method.split('/').next().unwrap_or_default().to_ascii_lowercase();
    let mut auth = AuthResult { method, result: result.to_ascii_lowercase(), reason: None, properties: Vec::new() };
    for (key, value) in pairs.take(MOST) {
        if key.eq_ignore_ascii_case("reason") {
            auth.reason = Some(value);
        } else {
            auth.properties.push((key, value));
        }
    }
    Some(auth)
}

/// The parts of a text, cut where no quotes are; none is empty.
fn split(text: &str, is_cut: impl Fn(char) -> bool) -> Vec<&str> {
    let mut quoted = false;
    let parts = text.split(|c: char| {
        quoted ^= c == '"';
        !quoted && is_cut(c)
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn pair(text: &str) -> Option<(String, String)> {
    let (key, value) = text.split_once('=')?;
    Some((key.to_owned(), value.trim_matches('"').to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(value: &str) -> (Option<String>, Vec<AuthResult>) {
        match mark(b"authentication-results", value) {
            Some(MarkKind::AuthenticationResults { server, results }) => (server, results),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn results_of_authentication() {
        let (server, found) = results(
            "mx.blue.example 1; spf=pass (sender; ok) smtp.mailfrom=a@green.example;\r\n dkim = pass reason=\"good; \
             key\" header.d = green.example header.s=k1; dmarc=Fail",
        );
        assert_eq!(server.as_deref(), Some("mx.blue.example"));
        let short: Vec<(&str, &str)> = found.iter().map(|r| (r.method.as_str(), r.result.as_str())).collect();
        assert_eq!(short, [("spf", "pass"), ("dkim", "pass"), ("dmarc", "fail")]);
        assert_eq!(found[1].reason.as_deref(), Some("good; key"));
        assert_eq!(found[1].properties[1], ("header.s".into(), "k1".into()));
        assert_eq!(results("mx.blue.example; none"), (Some("mx.blue.example".into()), vec![]));
        let (server, found) = results("spf=fail (sender IP is 192.0.2.1) smtp.mailfrom=x; dkim/1=none");
        assert_eq!((server, found[1].method.as_str()), (None, "dkim"));
    }

    #[test]
    fn other_marks() {
        let signature = mark(b"DKIM-Signature", "v=1; a=rsa-sha256; d=green.\r\n example; s = k1; bh=x=; b=y").unwrap();
        let expected = MarkKind::DkimSignature { domain: Some("green.example".into()), selector: Some("k1".into()) };
        assert_eq!(signature, expected);
        let spf = mark(b"Received-SPF", "Pass (mx: ok) client-ip=192.0.2.1; helo=\"a b\"; x").unwrap();
        let properties = vec![("client-ip".into(), "192.0.2.1".into()), ("helo".into(), "a b".into())];
        assert_eq!(spf, MarkKind::ReceivedSpf { result: "pass".into(), properties });
        assert_eq!(mark(b"return-path", " <>"), Some(MarkKind::ReturnPath { path: String::new() }));
        assert_eq!(mark(b"Subject", "x"), None);
    }
}
