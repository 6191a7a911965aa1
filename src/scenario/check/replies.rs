//! Scripted replies.

use std::ops::Range;

use super::Checker;
use crate::agent::mta::{ReplyRule, Stage};
use crate::scenario::plan::ScriptedReply;
use crate::scenario::read::{Fields, Reader};
use crate::scenario::schema::REPLY_RULE;
use crate::scenario::tree::{Kind, Node};
use crate::sim::Instant;
use crate::smtp::Reply;

impl Checker {
    pub(super) fn replies(&mut self, fields: &Fields<'_>) -> Vec<ScriptedReply> {
        fields.items(&mut self.r, "replies", "replies").iter().filter_map(|n| self.reply_rule(n)).collect()
    }

    fn reply_rule(&mut self, node: &Node) -> Option<ScriptedReply> {
        let fields = self.r.fields(node, &REPLY_RULE)?;
        let client = fields.get("client").and_then(|n| self.host(n));
        let r = &mut self.r;
        let stages = [
            ("Connect", Stage::Connect),
            ("Hello", Stage::Hello),
            ("Mail", Stage::Mail),
            ("Rcpt", Stage::Rcpt),
            ("Data", Stage::Data),
            ("EndOfData", Stage::EndOfData),
        ];
        let stage = fields.opt("to", |n| r.choice(n, "a place in the dialogue", &stages));
        let matching = fields.opt("matching", |n| r.mailbox(n));
        if let (Some(Stage::Connect | Stage::Hello), Some(node)) = (stage, fields.get("matching")) {
            let _: Option<()> =
                r.bad_value(&node.span, "no address is known yet at this place", "only after MAIL and RCPT");
        }
        let nth = fields.or("nth", (1, u64::MAX), |n| range(r, n));
        let from = fields.or("from", Instant::ZERO, |n| r.time(n));
        let until = fields.or("until", Instant::MAX, |n| r.time(n));
        if let (true, Some(node)) = (until <= from, fields.get("until")) {
            let _: Option<()> = r.bad_value(&node.span, "this rule is never in force", "`until` must be after `from`");
        }
        let close = fields.or("close", false, |n| r.bool(n));
        let reply = fields.opt("reply", |n| reply(r, n))?;
        let close = close || reply.code().get() == 421;
        let span = node.span.clone();
        let rule = ReplyRule { stage: stage?, matching, client, nth, from, until, reply, close };
        Some(ScriptedReply { span, rule })
    }
}

/// One number or `(first, last)`.
fn range(r: &mut Reader, node: &Node) -> Option<(u64, u64)> {
    let Kind::Tuple(None, items) = &node.kind else {
        let n = r.number(node, 1, u64::MAX)?;
        return Some((n, n));
    };
    let [first, last] = items.as_slice() else { return r.wrong_type(node, "a number, or (first, last)") };
    let (first, last) = (r.number(first, 1, u64::MAX), r.number(last, 1, u64::MAX));
    let (first, last) = (first?, last?);
    if first > last {
        return r.bad_value(&node.span, "the first is larger than the last", "expected (first, last)");
    }
    Some((first, last))
}

/// `451 4.3.0 Try later`.
///
/// A reply of the script goes out as it is written. A server of this world leaves enhanced codes out where RFC 2034 §4
/// knows none (in the greeting, to EHLO and to a client that said HELO), but others send them there as well, and what
/// the script says is what it wants to be seen: so the enhanced code is a part of the text.
fn reply(r: &mut Reader, node: &Node) -> Option<Reply> {
    let text = r.line(node, 480)?;
    let wrong = |r: &mut Reader, why: String| {
        let d = r.at(&node.span, "bad-reply", why).label("expected a reply such as \"451 4.3.0 Try later\"");
        r.push(d);
        None
    };
    if !text.is_ascii() {
        return wrong(r, "a reply has letters of ASCII only (RFC 5321 §4.2)".into());
    }
    let (code, rest) = text.split_at(text.len().min(3));
    let digits = code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit());
    let code: u16 = if digits { code.parse().unwrap_or(0) } else { 0 };
    if !(200..=599).contains(&code) || (code / 10) % 10 > 5 || !(rest.is_empty() || rest.starts_with(' ')) {
        return wrong(r, format!("`{text}` does not begin with a reply code from 200 to 559"));
    }
    let rest = rest.trim();
    let first = rest.split(' ').next().unwrap_or("");
    let Some((class, subject, detail)) = enhanced(first) else { return Some(Reply::new(code, None, rest.to_owned())) };
    if u16::from(class) != code / 100 {
        return wrong(r, format!("the code {code} and the enhanced status code {first} contradict each other"));
    }
    let text = format!("{class}.{subject}.{detail} {}", rest[first.len()..].trim_start());
    Some(Reply::new(code, None, text.trim_end().to_owned()))
}

/// `4.3.0` (RFC 3463 §2).
pub(super) fn enhanced(text: &str) -> Option<(u8, u16, u16)> {
    let mut parts = text.split('.');
    let mut next = |most: usize| {
        let part = parts.next()?;
        let good = (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if good { part.parse::<u16>().ok() } else { None }
    };
    let (class, subject, detail) = (next(1)?, next(3)?, next(3)?);
    (parts.next().is_none() && matches!(class, 2 | 4 | 5)).then_some((class as u8, subject, detail))
}

/// A reply code that a claim speaks of: `450` or `"450"`.
pub(super) fn code(r: &mut Reader, node: &Node) -> Option<u16> {
    let span: &Range<usize> = &node.span;
    let n = match &node.kind {
        Kind::Text(text) => text.trim().parse::<u64>().ok(),
        Kind::Number(_) => r.number(node, 0, 999_999),
        _ => return r.wrong_type(node, "a reply code such as 450"),
    };
    match n {
        Some(n) if (200..=599).contains(&n) => Some(n as u16),
        _ => r.bad_value(span, "this is not a reply code", "expected a number from 200 to 599"),
    }
}
