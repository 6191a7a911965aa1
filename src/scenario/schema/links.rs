//! Links as a file says them.

use super::declare::shape;
use crate::net::lane::LaneSpec;
use crate::scenario::read::{Reader, bytes};
use crate::scenario::tree::Node;
use crate::sim::Duration;

/// One-way latencies go up to an hour: three minutes are Mars.
pub(crate) fn latency(r: &mut Reader, node: &Node) -> Option<Duration> {
    r.duration_in(node, Duration::ZERO, Duration::from_hours(1))
}

fn mtu(r: &mut Reader, node: &Node) -> Option<u16> {
    let size = r.size(node, 0, u64::MAX)?;
    if (576..=65_535).contains(&size) {
        return Some(size as u16);
    }
    let d = r.at(&node.span, "bad-value", format!("an MTU of {size} bytes is out of range"));
    let d = d.label("expected 576 to 65535 bytes");
    r.push(d.note("every IPv4 host can take 576 bytes (RFC 791), and no packet is longer than 65535"));
    None
}

shape! {
    /// A link between two hosts. What is not written follows from the preset.
    LINK "Link" into link_settings(lane: LaneSpec) {
        /// Where the other numbers come from.
        preset: "preset" = "Perfect, with 1 ms",
        /// One-way latency.
        latency: "duration, up to 1h" = "the preset's" => lane.latency, latency,
        /// Up to this much more.
        jitter: "duration" = "the preset's" => lane.jitter, latency,
        /// How fast.
        bandwidth: "bits per second, such as \"10Mbit/s\", or Unlimited" = "the preset's" => lane.bandwidth_bps, Reader::bandwidth,
        /// How much waits in front of the link before packets are dropped.
        buffer: "size" = "the preset's" => lane.buffer_bytes, bytes(576, 1 << 40),
        /// Chance of loss for each packet.
        loss: "percent" = "the preset's" => lane.loss_ppm, Reader::percent,
        /// The largest packet, 576 to 65535 bytes.
        mtu: "size" = "the preset's" => lane.mtu, mtu,
        /// What is different from the second host to the first.
        back: "LinkBack" = "the same both ways, or the preset's",
    }
}

shape! {
    /// The other direction of a link.
    LINK_BACK "LinkBack" into link_back_settings(lane: LaneSpec) {
        /// One-way latency.
        latency: "duration, up to 1h" = "as forward" => lane.latency, latency,
        /// Up to this much more.
        jitter: "duration" = "as forward" => lane.jitter, latency,
        /// How fast.
        bandwidth: "bits per second, or Unlimited" = "as forward" => lane.bandwidth_bps, Reader::bandwidth,
        /// How much waits in front of the link.
        buffer: "size" = "as forward" => lane.buffer_bytes, bytes(576, 1 << 40),
        /// Chance of loss for each packet.
        loss: "percent" = "as forward" => lane.loss_ppm, Reader::percent,
        /// The largest packet.
        mtu: "size" = "as forward" => lane.mtu, mtu,
    }
}
