//! Other fields that servers leave on the way: results of authentication (RFC 8601), signatures, and where the mail was filed.

use serde::Serialize;

use super::lex::without_comments;
use super::results::{AuthResult, Spf, arc_authentication_results, authentication_results, received_spf};

/// A field that somebody left, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// The number of the hop whose Received field it stands above: it was added behind that hop. 0 where it stands below
    /// all of them.
    pub after_hop: usize,
    /// The number of the hop whose server wrote it, where its name says so: many servers put what they found below their own
    /// Received field.
    pub by_hop: Option<usize>,
    /// Whether the reader can believe it; none for what makes no claim of that kind.
    pub trust: Option<Trust>,
    /// What it says.
    #[serde(flatten)]
    pub what: MarkKind,
}

/// Whether the reader can believe that a field is what it says. It is as good as the border that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// It stands above the first field of the reader's own side, and names one of its servers or none: no stranger could
    /// write there.
    OwnSide,
    /// It names a server of the reader's side, and stands directly below that side's first field, where some servers put it.
    /// A stranger could have written it, unless that server removes what others write in its name (RFC 8601 §5).
    OwnName,
    /// Nobody on the reader's side says so.
    Stranger,
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
    /// ARC-Authentication-Results (RFC 8617 §4.1.1): results that somebody on the way sealed.
    ArcAuthenticationResults {
        /// `i=`: the how manieth.
        instance: Option<String>,
        /// Who says so.
        server: Option<String>,
        /// What was found; empty for `none`.
        results: Vec<AuthResult>,
    },
    /// Received-SPF (RFC 7208 §9.1).
    ReceivedSpf {
        /// Who says so, by `receiver=` or by the beginning of the comment.
        server: Option<String>,
        /// The result.
        result: String,
        /// What stands beside it in comments.
        comment: Option<String>,
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
        let (server, results) = authentication_results(value);
        return Some(MarkKind::AuthenticationResults { server, results });
    }
    if is("ARC-Authentication-Results") {
        let (instance, server, results) = arc_authentication_results(value);
        return Some(MarkKind::ArcAuthenticationResults { instance, server, results });
    }
    if is("Received-SPF") {
        let Spf { server, result, comment, properties } = received_spf(value);
        return Some(MarkKind::ReceivedSpf { server, result, comment, properties });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_marks() {
        let signature = mark(b"DKIM-Signature", "v=1; a=rsa-sha256; d=green.\r\n example; s = k1; bh=x=; b=y").unwrap();
        let expected = MarkKind::DkimSignature { domain: Some("green.example".into()), selector: Some("k1".into()) };
        assert_eq!(signature, expected);
        assert_eq!(mark(b"return-path", " <>"), Some(MarkKind::ReturnPath { path: String::new() }));
        let seal = mark(b"ARC-Seal", "i=2; cv=pass; d=google.com; b=x").unwrap();
        let [instance, chain, domain] = ["2", "pass", "google.com"].map(|text| Some(text.to_owned()));
        assert_eq!(seal, MarkKind::ArcSeal { instance, chain, domain });
        for name in ["Authentication-Results", "ARC-Authentication-Results", "Received-SPF"] {
            assert!(mark(name.to_ascii_lowercase().as_bytes(), "x").is_some(), "{name}");
        }
        assert_eq!(mark(b"Subject", "x"), None);
    }
}
