//! Expectations: each speaks of something that exists, and can fail.

use std::sync::Arc;

use super::Checker;
use super::claimed::{count, said};
use super::names::HostKind;
use super::records;
use super::replies;
use crate::scenario::expect::{Claim, Count, Expectation, Handshake};
use crate::scenario::read::Fields;
use crate::scenario::schema::CLAIMS;
use crate::scenario::tree::Kind;
use crate::sim::Instant;
use crate::trace::HostId;

impl Checker {
    pub(super) fn claims(&mut self, fields: &Fields<'_>) {
        for node in fields.items(&mut self.r, "expect", "claims") {
            let Some(fields) = self.r.variant(node, "a claim", CLAIMS) else { continue };
            if let Some(claim) = self.claim(&fields) {
                self.plan.expectations.push(Expectation { span: node.span.clone(), claim });
            }
        }
    }

    fn claim(&mut self, fields: &Fields<'_>) -> Option<Claim> {
        match fields.shape.name {
            "Delivered" => self.delivered(fields),
            "NotDelivered" => {
                let to = fields.get("to").and_then(|n| self.correspondent(n));
                let subject = self.subject(fields);
                Some(Claim::NotDelivered { to: to?, subject })
            }
            "Bounced" => self.bounced(fields),
            "Attempts" => {
                let to = fields.get("to").and_then(|n| self.correspondent(n));
                let subject = self.subject(fields);
                let by = fields.get("by").and_then(|n| self.mta_host(n));
                Some(Claim::Attempts { to: to?, subject, by, count: self.required_count(fields)? })
            }
            "Hops" => {
                let to = fields.get("to").and_then(|n| self.correspondent(n));
                let subject = self.subject(fields);
                let nodes = fields.items(&mut self.r, "hosts", "hosts");
                let hosts: Vec<HostId> = nodes.iter().filter_map(|n| self.mail_host(n)).collect();
                if let (true, Some(node)) =
                    (nodes.is_empty(), fields.get("hosts").filter(|n| matches!(n.kind, Kind::List(_))))
                {
                    return self.r.bad_value(
                        &node.span,
                        "mail goes through at least one host",
                        "expected hosts in order",
                    );
                }
                Some(Claim::Hops { to: to?, subject, hosts })
            }
            "QueueEmpty" => {
                let host = fields.get("host").map(|n| self.mta_host(n));
                Some(Claim::QueueEmpty { host: host.map_or(Some(None), |h| h.map(Some))? })
            }
            "Reply" => {
                let from = fields.get("from").and_then(|n| self.mta_host(n));
                let to = fields.get("to").and_then(|n| self.mail_host(n));
                let code = fields.opt("code", |n| replies::code(&mut self.r, n));
                let contains = said(fields.opt("contains", |n| self.r.line(n, 500)));
                Some(Claim::Reply { from: from?, to, code: code?, contains, count: self.count(fields, "count")? })
            }
            "Command" => {
                let from = fields.get("from").and_then(|n| self.mail_host(n));
                let to = fields.get("to").and_then(|n| self.mta_host(n));
                let begins = said(fields.opt("line", |n| self.r.line(n, 500)));
                let contains = said(fields.opt("contains", |n| self.r.line(n, 500)));
                let sealed = fields.opt("sealed", |n| self.r.bool(n));
                let count = self.count(fields, "count")?;
                Some(Claim::Command { from: from?, to, begins: begins?, contains, sealed, count })
            }
            "Tls" => {
                let from = fields.get("from").and_then(|n| self.mail_host(n));
                let to = fields.get("to").and_then(|n| self.mta_host(n));
                let outcomes = [("Sealed", true), ("Failed", false)];
                let sealed = fields.or("outcome", true, |n| self.r.choice(n, "what comes of a handshake", &outcomes));
                let versions = [("Tls12", "TLS 1.2"), ("Tls13", "TLS 1.3")];
                let version = fields.opt("version", |n| self.r.choice(n, "a version of TLS", &versions));
                let resumed = fields.opt("resumed", |n| self.r.bool(n));
                let verified = fields.opt("verified", |n| self.r.bool(n));
                let of_sealed = ["version", "resumed", "verified"].iter().find_map(|name| fields.get(name));
                if let (false, Some(node)) = (sealed, of_sealed) {
                    let d =
                        self.r.at(&node.span, "contradiction", "a handshake that failed has come to nothing like this");
                    self.r.push(
                        d.label("this is about connections that were sealed")
                            .help("leave it out, or say outcome: Sealed"),
                    );
                }
                let wanted = if sealed { Handshake::Sealed { version, resumed, verified } } else { Handshake::Failed };
                Some(Claim::Tls { from: from?, to, wanted, count: self.count(fields, "count")? })
            }
            "Lookup" => {
                let host = fields.get("host").and_then(|n| self.host(n));
                let name = fields.opt("name", |n| self.r.domain(n));
                let rtype = fields.opt("rtype", |n| records::rtype(&mut self.r, n)).map(|t| Arc::from(t.as_str()));
                let result = said(fields.opt("result", |n| self.r.line(n, 500)));
                let cached = fields.opt("cached", |n| self.r.bool(n));
                let count = self.count(fields, "count")?;
                Some(Claim::Lookup { host: host?, name: Arc::from(name?.as_str()), rtype, result, cached, count })
            }
            "Unsent" => {
                let to = fields.get("to").and_then(|n| self.correspondent(n));
                let code = fields.opt("code", |n| replies::code(&mut self.r, n));
                let contains = said(fields.opt("contains", |n| self.r.line(n, 500)));
                Some(Claim::Unsent { to: to?, code, contains, count: self.count(fields, "count")? })
            }
            "Policy" => {
                let decides = |kind| matches!(kind, HostKind::Mta | HostKind::User);
                let host = fields.get("host").and_then(|n| self.host_that(n, "an Mta or a User", decides));
                let policy = said(fields.opt("policy", |n| self.r.line(n, 100)));
                let decision = said(fields.opt("decision", |n| self.r.line(n, 100)));
                let count = self.count(fields, "count")?;
                Some(Claim::Policy { host: host?, policy: policy?, decision: decision?, count })
            }
            "Connections" => {
                let from = fields.get("from").and_then(|n| self.host(n));
                let to = fields.get("to").and_then(|n| self.host(n));
                Some(Claim::Connections { from: from?, to, count: self.required_count(fields)? })
            }
            "NothingLost" => Some(Claim::NothingLost),
            "Total" => self.total(fields),
            _ => self.mailbox_claim(fields),
        }
    }

    fn delivered(&mut self, fields: &Fields<'_>) -> Option<Claim> {
        let to = fields.get("to").and_then(|n| self.filed(n));
        let subject = self.subject(fields);
        let copies = self.count(fields, "copies");
        if let (Some(Count { max: 0, .. }), Some(node)) = (copies, fields.get("copies")) {
            let d = self.r.at(&node.span, "bad-value", "no copies at all is another claim").label("zero copies");
            self.r.push(d.help("say NotDelivered(to: ..)"));
        }
        let (within, after) = self.between(fields);
        let by = fields.opt("by", |n| self.r.time(n));
        self.within_run(fields.get("by"), by.unwrap_or(Instant::ZERO));
        Some(Claim::Delivered { to: to?, subject, copies: copies?, within, after, by })
    }

    fn bounced(&mut self, fields: &Fields<'_>) -> Option<Claim> {
        let to = fields.get("to").and_then(|n| self.correspondent(n));
        let subject = self.subject(fields);
        let by = fields.get("by").and_then(|n| self.mta_host(n));
        let report_to = fields.get("report_to").and_then(|n| self.filed(n));
        let (within, after) = self.between(fields);
        let r = &mut self.r;
        let status = fields.opt("status", |n| {
            let text = r.text(n)?;
            if replies::enhanced(text).is_some() {
                return Some(Arc::from(text));
            }
            let message = format!("`{text}` is not an enhanced status code");
            r.bad_value(&n.span, message, "expected one such as \"5.1.1\" (RFC 3463)")
        });
        let code = fields.opt("code", |n| replies::code(r, n));
        let contains = said(fields.opt("contains", |n| r.line(n, 500)));
        let count = self.count(fields, "count")?;
        Some(Claim::Bounced { to: to?, subject, status, code, contains, by, report_to, within, after, count })
    }

    fn total(&mut self, fields: &Fields<'_>) -> Option<Claim> {
        let mut one = |name: &str| fields.opt(name, |n| count(&mut self.r, n));
        let (delivered, bounced, sent) = (one("delivered"), one("bounced"), one("sent"));
        let (unsent, queued) = (one("unsent"), one("queued"));
        if fields.shape.all_fields().all(|f| fields.get(f.name).is_none()) {
            let d = self.r.at(&fields.span, "missing-field", "this claim says nothing, so it cannot fail");
            self.r.push(d.label("no sums").help("say Total(delivered: 5000, bounced: 0)"));
        }
        Some(Claim::Total { delivered, bounced, sent, unsent, queued })
    }
}
