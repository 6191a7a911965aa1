//! Numbers with a unit.

use super::Reader;
use crate::scenario::limits::LONGEST_RUN;
use crate::scenario::tree::{Kind, Node};
use crate::scenario::{presets, units};
use crate::sim::{Duration, Instant};

impl Reader {
    /// A number with a unit in a text.
    fn unit<T>(&mut self, node: &Node, what: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        match &node.kind {
            Kind::Text(text) => match read(text) {
                Ok(value) => Some(value),
                Err(why) => self.bad_value(&node.span, why, &format!("expected {what}")),
            },
            Kind::Number(text) => {
                let message = format!("the number {text} has no unit");
                self.bad_value(&node.span, message, &format!("expected {what}, in quotation marks"))
            }
            _ => self.wrong_type(node, what),
        }
    }

    pub(crate) fn duration(&mut self, node: &Node) -> Option<Duration> {
        self.unit(node, "a duration such as \"20ms\" or \"6h\"", |t| {
            t.parse::<Duration>().map_err(|why| why.to_string())
        })
    }

    /// A duration from `least` to `most`.
    pub(crate) fn duration_in(&mut self, node: &Node, least: Duration, most: Duration) -> Option<Duration> {
        let length = self.duration(node)?;
        if length < least || length > most {
            let message =
                if length.is_zero() { "this cannot be zero".into() } else { format!("{length} is out of range") };
            return self.bad_value(&node.span, message, &format!("expected {least} to {most}"));
        }
        Some(length)
    }

    /// A time of the run.
    pub(crate) fn time(&mut self, node: &Node) -> Option<Instant> {
        let length = self.duration_in(node, Duration::ZERO, LONGEST_RUN)?;
        Some(Instant::ZERO + length)
    }

    pub(crate) fn size(&mut self, node: &Node, least: u64, most: u64) -> Option<u64> {
        let size = match &node.kind {
            // A plain number of bytes cannot be misread.
            Kind::Number(_) => return self.number(node, least, most),
            _ => self.unit(node, "a size such as \"64KiB\" or \"10MB\"", units::size)?,
        };
        if size < least || size > most {
            let (least, most) = (presets::bytes(least), presets::bytes(most));
            // As it is written: whoever has said gigabytes thinks in gigabytes.
            let written = match &node.kind {
                Kind::Text(text) => text.trim().to_owned(),
                _ => presets::bytes(size),
            };
            let message = format!("a size of {written} is out of range");
            return self.bad_value(&node.span, message, &format!("expected {least} to {most}"));
        }
        Some(size)
    }

    /// Bits per second; `Some(None)` is no limit.
    pub(crate) fn bandwidth(&mut self, node: &Node) -> Option<Option<u64>> {
        if matches!(&node.kind, Kind::Name(n) if n == "Unlimited") {
            return Some(None);
        }
        let bps = self.unit(node, "a bandwidth such as \"10Mbit/s\"", units::bandwidth)?;
        if bps == 0 {
            let d = self.at(&node.span, "bad-value", "a link with a bandwidth of zero carries nothing");
            self.push(
                d.label("expected more than zero").help("a link that is out of order is a fault: Down(link: ..)"),
            );
            return None;
        }
        if bps > 100_000_000_000_000 {
            return self.bad_value(&node.span, "this bandwidth is absurd", "expected up to 100,000 Gbit/s");
        }
        Some(Some(bps))
    }

    /// Parts per million.
    pub(crate) fn percent(&mut self, node: &Node) -> Option<u32> {
        let ppm = self.unit(node, "a share such as \"2 %\"", units::percent)?;
        if ppm > 1_000_000 {
            return self.bad_value(&node.span, "more than 100 % cannot be lost", "expected 0 % to 100 %");
        }
        Some(ppm as u32)
    }

    pub(crate) fn rate(&mut self, node: &Node) -> Option<Duration> {
        let gap = self.unit(node, "a rate such as \"10/min\"", units::rate)?;
        if gap.is_zero() {
            return self.bad_value(&node.span, "this rate is absurd", "expected at most 1,000,000,000 a second");
        }
        Some(gap)
    }

    pub(crate) fn zone(&mut self, node: &Node) -> Option<i16> {
        self.unit(node, "a zone such as \"+01:00\"", units::zone)
    }

    pub(crate) fn date(&mut self, node: &Node, zone_minutes: i16) -> Option<i64> {
        self.unit(node, "a date such as \"2026-01-05 09:00\"", |t| units::date(t, zone_minutes))
    }

    pub(crate) fn offset_secs(&mut self, node: &Node) -> Option<i64> {
        let secs = self.unit(node, "a duration such as \"90s\" or \"-2h\"", units::offset_secs)?;
        if secs.abs() > 100 * 366 * 86_400 {
            return self.bad_value(&node.span, "this clock is absurd", "expected up to 100 years ahead or behind");
        }
        Some(secs)
    }
}
