//! Results of authentication as servers write them down (RFC 8601 §2.2, RFC 8617 §4.1.1, RFC 7208 §9.1).

use serde::Serialize;

use super::client::is_full_name;
use super::lex::{comments, sections, without_comments};

/// More results of one field, or properties of one result, are not kept.
const MOST: usize = 50;

/// One result of RFC 8601.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuthResult {
    /// What was checked, such as `spf`, `dkim` or `dmarc`.
    pub method: String,
    /// What came of it, such as `pass`.
    pub result: String,
    /// Why, as `reason=` has it.
    pub reason: Option<String>,
    /// What stands beside it in comments, where many servers say why.
    pub comment: Option<String>,
    /// What it is about, such as `smtp.mailfrom` and the address.
    pub properties: Vec<(String, String)>,
}

/// What a Received-SPF field says.
pub(super) struct Spf {
    pub(super) server: Option<String>,
    pub(super) result: String,
    pub(super) comment: Option<String>,
    pub(super) properties: Vec<(String, String)>,
}

/// Reads an Authentication-Results field: who says so, and what was found.
pub(super) fn authentication_results(value: &str) -> (Option<String>, Vec<AuthResult>) {
    results(sections(value))
}

/// Reads an ARC-Authentication-Results field: the same behind the number of the set.
pub(super) fn arc_authentication_results(value: &str) -> (Option<String>, Option<String>, Vec<AuthResult>) {
    let mut parts = sections(value);
    let first = parts.first().and_then(|first| pair(first)).filter(|(key, _)| key.trim() == "i");
    let instance = first.map(|(_, number)| number.trim().to_owned());
    if instance.is_some() {
        parts.remove(0);
    }
    let (server, results) = results(parts);
    (instance, server, results)
}

/// Reads a Received-SPF field.
pub(super) fn received_spf(value: &str) -> Spf {
    let text = without_comments(value);
    let (result, rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
    let properties = split(rest, |c| c == ';' || c.is_whitespace());
    let properties: Vec<(String, String)> = properties.into_iter().filter_map(pair).take(MOST).collect();
    let comment = comment(value);
    // `receiver=`, or the name that the comment begins with: `(google.com: domain of ...)`.
    let named = properties.iter().find(|(key, _)| key.eq_ignore_ascii_case("receiver")).map(|(_, name)| name.as_str());
    let begun = || comment.as_deref()?.split_once(':').map(|(name, _)| name.trim());
    let is_name = |name: &&str| is_full_name(name) && !name.contains(char::is_whitespace);
    let server = named.or_else(begun).filter(is_name).map(str::to_owned);
    Spf { server, result: result.to_ascii_lowercase(), comment, properties }
}

/// The server, where it says its name, and what it found.
fn results(parts: Vec<&str>) -> (Option<String>, Vec<AuthResult>) {
    let mut parts = parts.into_iter().peekable();
    let server = parts.next_if(|first| !without_comments(first).contains('='));
    let server = server.and_then(|server| {
        let server = without_comments(server);
        server.split_whitespace().next().map(|name| name.trim_matches('"').to_owned())
    });
    (server, parts.filter_map(auth_result).take(MOST).collect())
}

/// `dkim=fail (body hash did not verify) reason="bad" header.d=green.example`.
fn auth_result(text: &str) -> Option<AuthResult> {
    // White space around `=` is allowed, and found.
    let mut tight = String::with_capacity(text.len());
    for word in without_comments(text).split_whitespace() {
        if !(tight.is_empty() || tight.ends_with('=') || word.starts_with('=')) {
            tight.push(' ');
        }
        tight.push_str(word);
    }
    let mut pairs = split(&tight, char::is_whitespace).into_iter().filter_map(pair);
    let (method, result) = pairs.next()?;
    let method = method.split('/').next().unwrap_or_default().to_ascii_lowercase();
    let result = result.to_ascii_lowercase();
    let mut auth = AuthResult { method, result, reason: None, comment: comment(text), properties: Vec::new() };
    for (key, value) in pairs.take(MOST) {
        if key.eq_ignore_ascii_case("reason") {
            auth.reason = Some(value);
        } else {
            auth.properties.push((key, value));
        }
    }
    Some(auth)
}

fn comment(text: &str) -> Option<String> {
    let found = comments(text);
    (!found.is_empty()).then(|| found.join("; "))
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

    #[test]
    fn results_of_authentication() {
        let (server, found) = authentication_results(
            "mx.blue.example 1; spf=pass (sender; ok) smtp.mailfrom=a@green.example;\r\n dkim = pass reason=\"good; \
             key\" header.d = green.example header.s=k1; dmarc=Fail",
        );
        assert_eq!(server.as_deref(), Some("mx.blue.example"));
        let short: Vec<(&str, &str)> = found.iter().map(|r| (r.method.as_str(), r.result.as_str())).collect();
        assert_eq!(short, [("spf", "pass"), ("dkim", "pass"), ("dmarc", "fail")]);
        assert_eq!(found[0].comment.as_deref(), Some("sender; ok"));
        assert_eq!((found[1].reason.as_deref(), &found[1].comment), (Some("good; key"), &None));
        assert_eq!(found[1].properties[1], ("header.s".into(), "k1".into()));
        assert_eq!(authentication_results("mx.blue.example; none"), (Some("mx.blue.example".into()), vec![]));
        assert_eq!(authentication_results("(a=b) mx.blue.example; none").0.as_deref(), Some("mx.blue.example"));
        let (server, found) = authentication_results("spf=fail (sender IP is 192.0.2.1) smtp.mailfrom=x; dkim/1=none");
        assert_eq!((server, found[1].method.as_str()), (None, "dkim"));
        let (_, found) = authentication_results("mx; dkim=fail (body hash; (or so) did not verify) header.d=x (y)");
        assert_eq!(found[0].comment.as_deref(), Some("body hash; (or so) did not verify; y"));
    }

    #[test]
    fn results_of_a_chain_have_a_number() {
        let value = "i=2; mx.google.com; dkim=pass header.i=@green.example";
        let (instance, server, results) = arc_authentication_results(value);
        assert_eq!((instance.as_deref(), server.as_deref()), (Some("2"), Some("mx.google.com")));
        assert_eq!((results.len(), results[0].method.as_str()), (1, "dkim"));
    }

    #[test]
    fn who_looked_spf_up() {
        for (value, server) in [
            ("Pass (mx: ok) client-ip=192.0.2.1; helo=\"a b\"; x", None),
            ("pass (google.com: domain of a@b designates 192.0.2.1) client-ip=192.0.2.1;", Some("google.com")),
            ("Fail (mailfrom) identity=mailfrom; receiver=mx.blue.example", Some("mx.blue.example")),
            ("none (a b.example: no record)", None),
        ] {
            assert_eq!(received_spf(value).server.as_deref(), server, "{value}");
        }
        let spf = received_spf("Pass (mx: ok) client-ip=192.0.2.1; helo=\"a b\"; x");
        let expected = vec![("client-ip".into(), "192.0.2.1".into()), ("helo".into(), "a b".into())];
        assert_eq!((spf.result.as_str(), spf.comment.as_deref(), spf.properties), ("pass", Some("mx: ok"), expected));
    }
}
