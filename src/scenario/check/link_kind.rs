//! What a link can do: a preset, or numbers.

use std::sync::Arc;

use crate::net::lane::LaneSpec;
use crate::scenario::presets::{self, PERFECT, PRESETS, Preset};
use crate::scenario::read::{Fields, Reader};
use crate::scenario::schema::{LINK, LINK_BACK, link_back_settings, link_settings};
use crate::scenario::tree::{Kind, Node};

/// A link's two directions and what people call it.
#[derive(Clone, Debug)]
pub(super) struct LinkKind {
    pub(super) forward: LaneSpec,
    pub(super) back: LaneSpec,
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
    link_settings(r, &fields, &mut base.forward);
    if asymmetric {
        // What is said for the link and not for one direction replaces the preset's number in both.
        keep_difference(before, base.forward, &mut base.back);
    } else {
        base.back = base.forward;
    }
    if let Some(back) = fields.get("back").and_then(|n| r.fields(n, &LINK_BACK)) {
        link_back_settings(r, &back, &mut base.back);
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

fn keep_difference(before: LaneSpec, after: LaneSpec, back: &mut LaneSpec) {
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
