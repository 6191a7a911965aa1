//! What a link can do: a preset, or numbers.

use std::sync::Arc;

use crate::scenario::plan::LinkSpec;
use crate::scenario::presets::{self, PERFECT, PRESETS, Preset};
use crate::scenario::read::{Fields, Reader};
use crate::scenario::schema::{LINK, LINK_BACK};
use crate::scenario::tree::{Kind, Node};
use crate::sim::Duration;

/// A link's two directions and what people call it.
#[derive(Clone, Debug)]
pub(super) struct LinkKind {
    pub(super) forward: LinkSpec,
    pub(super) back: LinkSpec,
    pub(super) label: Arc<str>,
}

impl LinkKind {
    pub(super) fn preset(preset: &Preset) -> LinkKind {
        LinkKind { forward: preset.forward, back: preset.back, label: Arc::from(preset.name) }
    }
    pub(super) fn perfect() -> LinkKind {
        LinkKind { forward: PERFECT, back: PERFECT, label: Arc::from("Perfect") }
    }
}

/// A preset's name, or the numbers.
pub(super) fn link_kind(r: &mut Reader, node: &Node) -> Option<LinkKind> {
    if matches!(node.kind, Kind::Name(_) | Kind::Text(_)) {
        return preset(r, node).map(LinkKind::preset);
    }
    let fields = r.fields(node, &LINK)?;
    let mut base = fields.opt("preset", |n| preset(r, n)).map_or_else(LinkKind::perfect, LinkKind::preset);
    let asymmetric = base.forward != base.back;
    let before = base.forward;
    overlay(r, &fields, &mut base.forward);
    if asymmetric {
        // What is said for the link and not for one direction replaces the preset's number in both.
        keep_difference(before, base.forward, &mut base.back);
    } else {
        base.back = base.forward;
    }
    if let Some(back) = fields.get("back").and_then(|n| r.fields(n, &LINK_BACK)) {
        overlay(r, &back, &mut base.back);
    }
    for spec in [&base.forward, &base.back] {
        if let (Some(_), true) = (spec.bandwidth_bps, spec.buffer_bytes < u64::from(spec.mtu)) {
            let span = fields.get("buffer").map_or(&fields.span, |n| &n.span);
            let message = format!("no packet of {} bytes fits into a buffer of {} bytes", spec.mtu, spec.buffer_bytes);
            let d = r.at(span, "bad-value", message).label("expected at least the MTU");
            r.push(d);
            break;
        }
    }
    base.label = label(&fields, &base);
    Some(base)
}

fn keep_difference(before: LinkSpec, after: LinkSpec, back: &mut LinkSpec) {
    if after.latency != before.latency {
        back.latency = after.latency;
    }
    if after.jitter != before.jitter {
        back.jitter = after.jitter;
    }
    if after.bandwidth_bps != before.bandwidth_bps {
        back.bandwidth_bps = after.bandwidth_bps;
    }
    if after.buffer_bytes != before.buffer_bytes {
        back.buffer_bytes = after.buffer_bytes;
    }
    if after.loss_ppm != before.loss_ppm {
        back.loss_ppm = after.loss_ppm;
    }
    if after.mtu != before.mtu {
        back.mtu = after.mtu;
    }
}

fn preset(r: &mut Reader, node: &Node) -> Option<&'static Preset> {
    let (Kind::Name(name) | Kind::Text(name)) = &node.kind else {
        return r.wrong_type(node, "the name of a preset");
    };
    presets::find(name).or_else(|| {
        let names: Vec<&str> = PRESETS.iter().map(|p| p.name).collect();
        let d = r.at(&node.span, "unknown-preset", format!("there is no link preset `{name}`"));
        let d = d.label("not a preset").did_you_mean(name, names.iter().copied());
        r.push(d.note(format!("the presets are {}", names.join(", "))));
        None
    })
}

/// One-way latencies go up to an hour: three minutes are Mars.
pub(super) fn latency(r: &mut Reader, node: &Node) -> Option<Duration> {
    r.duration_in(node, Duration::ZERO, Duration::from_hours(1))
}

fn overlay(r: &mut Reader, fields: &Fields<'_>, spec: &mut LinkSpec) {
    spec.latency = fields.or("latency", spec.latency, |n| latency(r, n));
    spec.jitter = fields.or("jitter", spec.jitter, |n| latency(r, n));
    spec.bandwidth_bps = fields.or("bandwidth", spec.bandwidth_bps, |n| r.bandwidth(n));
    let buffer = spec.buffer_bytes;
    spec.buffer_bytes = fields.or("buffer", buffer, |n| r.size(n, 576, 1 << 40));
    spec.loss_ppm = fields.or("loss", spec.loss_ppm, |n| r.percent(n));
    let mtu = |node| {
        let d = r.size(node, 0, u64::MAX)?;
        if (576..=65_535).contains(&d) {
            return Some(d as u16);
        }
        let d = r.at(&node.span, "bad-value", format!("an MTU of {d} bytes is out of range"));
        let d = d.label("expected 576 to 65535 bytes");
        r.push(d.note("every IPv4 host can take 576 bytes (RFC 791), and no packet is longer than 65535"));
        None
    };
    spec.mtu = fields.or("mtu", spec.mtu, mtu);
}

/// `Dsl`, or `40 ms, 100 Mbit/s`.
fn label(fields: &Fields<'_>, kind: &LinkKind) -> Arc<str> {
    let mut words = Vec::new();
    if let Some(Node { kind: Kind::Name(preset) | Kind::Text(preset), .. }) = fields.get("preset") {
        words.push(preset.clone());
    }
    let f = &kind.forward;
    if fields.get("latency").is_some() || words.is_empty() {
        words.push(f.latency.to_string());
    }
    if fields.get("bandwidth").is_some() && f.bandwidth_bps.is_some() {
        words.push(presets::bits(f.bandwidth_bps));
    }
    if fields.get("loss").is_some() {
        words.push(format!("{} loss", presets::share(f.loss_ppm)));
    }
    Arc::from(words.join(", "))
}
