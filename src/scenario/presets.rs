//! Links by name.
//!
//! The numbers are round ones for teaching. Latencies that physics sets are computed from it: light in glass takes
//! about 5 µs a kilometre, a geostationary satellite is 35,786 km up. Access technologies have the magnitudes that
//! regulators measure year by year (FCC "Measuring Broadband America", Ofcom "UK home broadband performance") and
//! the line rates of their standards. The buffer of an access link holds some hundred milliseconds of its own rate,
//! as home routers do ("bufferbloat"); elsewhere about 50 ms.
//!
//! Where the two directions differ, the first host of the link is the customer and the second the provider: forward
//! is up, back is down.

use std::fmt::Write as _;

use crate::net::lane::LaneSpec;
use crate::sim::Duration;

/// A link by name.
#[derive(Debug)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// What it stands for, and where its numbers come from.
    pub about: &'static str,
    /// From the first host to the second.
    pub forward: LaneSpec,
    /// From the second host to the first.
    pub back: LaneSpec,
}

const K: u64 = 1_000;
const M: u64 = 1_000_000;
const G: u64 = 1_000_000_000;

/// Latency and jitter in microseconds, bits per second, buffer in bytes, loss in parts per million, MTU.
const fn spec(latency: u64, jitter: u64, bandwidth: u64, buffer: u64, loss: u32, mtu: u16) -> LaneSpec {
    LaneSpec {
        latency: Duration::from_micros(latency),
        jitter: Duration::from_micros(jitter),
        bandwidth_bps: Some(bandwidth),
        buffer_bytes: buffer,
        loss_ppm: loss,
        mtu,
    }
}

const fn both(name: &'static str, about: &'static str, spec: LaneSpec) -> Preset {
    Preset { name, about, forward: spec, back: spec }
}

/// A link that does not get in the way: 1 ms, no limit, no loss.
pub(crate) const PERFECT: LaneSpec = LaneSpec {
    latency: Duration::from_millis(1),
    jitter: Duration::ZERO,
    bandwidth_bps: None,
    buffer_bytes: 1 << 20,
    loss_ppm: 0,
    mtu: 1500,
};

/// All presets.
pub static PRESETS: &[Preset] = &[
    both("Perfect", "1 ms, as fast as can be, nothing is lost: when the link is not the lesson", PERFECT),
    both("Loopback", "one machine room: 50 µs, 10 Gbit/s, jumbo frames", spec(50, 0, 10 * G, 4 << 20, 0, 9000)),
    both("Lan", "Gigabit Ethernet through a switch or two (IEEE 802.3ab)", spec(200, 0, G, 512 << 10, 0, 1500)),
    both(
        "Wifi",
        "a home's wireless network: contention for the air shows as jitter, most losses are repeated by the radio",
        spec(2_000, 3_000, 100 * M, 256 << 10, 500, 1500),
    ),
    Preset {
        name: "Modem",
        about: "a telephone modem, V.90: 33.6 kbit/s up and 50 kbit/s down, about 100 ms",
        forward: spec(100_000, 5_000, 33_600, 8 << 10, 100, 576),
        back: spec(100_000, 5_000, 50 * K, 8 << 10, 100, 576),
    },
    Preset {
        name: "Dsl",
        about: "ADSL2+ with interleaving (ITU-T G.992.5), PPPoE (RFC 2516: MTU 1492): 1 Mbit/s up, 16 Mbit/s down",
        forward: spec(15_000, 1_000, M, 64 << 10, 100, 1492),
        back: spec(15_000, 1_000, 16 * M, 256 << 10, 100, 1492),
    },
    Preset {
        name: "Vdsl",
        about: "VDSL2 (ITU-T G.993.2) from a cabinet in the street, PPPoE: 20 Mbit/s up, 100 Mbit/s down",
        forward: spec(8_000, 500, 20 * M, 256 << 10, 50, 1492),
        back: spec(8_000, 500, 100 * M, M, 50, 1492),
    },
    Preset {
        name: "Cable",
        about: "DOCSIS 3 television cable: requests for upstream slots cost time; 20 Mbit/s up, 250 Mbit/s down",
        forward: spec(12_000, 4_000, 20 * M, 512 << 10, 100, 1500),
        back: spec(8_000, 2_000, 250 * M, 2 << 20, 100, 1500),
    },
    both("Fibre", "fibre to the building (GPON, ITU-T G.984)", spec(3_000, 200, 500 * M, 2 << 20, 0, 1500)),
    Preset {
        name: "Mobile",
        about: "4G (LTE): scheduling in the radio network; 20 Mbit/s up, 50 Mbit/s down, loss hidden by repetition",
        forward: spec(30_000, 15_000, 20 * M, 512 << 10, 200, 1428),
        back: spec(25_000, 15_000, 50 * M, 2 << 20, 200, 1428),
    },
    Preset {
        name: "Mobile3g",
        about: "3G (HSPA): 2 Mbit/s up, 7.2 Mbit/s down",
        forward: spec(60_000, 30_000, 2 * M, 128 << 10, 500, 1428),
        back: spec(55_000, 30_000, 7_200 * K, 512 << 10, 500, 1428),
    },
    both("Metro", "across a city: 50 km of glass and some routers", spec(1_000, 0, 10 * G, 16 << 20, 0, 1500)),
    both(
        "National",
        "across a country: 1,000 km of glass and its detours",
        spec(8_000, 100, 10 * G, 16 << 20, 0, 1500),
    ),
    both(
        "Continental",
        "across a continent: 4,000 km of glass and its detours",
        spec(25_000, 200, 10 * G, 16 << 20, 0, 1500),
    ),
    both("Backbone", "between routers of a provider: 1,000 km, 100 Gbit/s", spec(6_000, 0, 100 * G, 64 << 20, 0, 1500)),
    both(
        "Transatlantic",
        "London to New York: 5,600 km great circle, 6,600 km of sea cable (33 ms), and the ends",
        spec(38_000, 200, 10 * G, 16 << 20, 0, 1500),
    ),
    both(
        "Transpacific",
        "Los Angeles to Tokyo: 8,800 km great circle, about 9,700 km of sea cable (49 ms), and the ends",
        spec(54_000, 300, 10 * G, 16 << 20, 0, 1500),
    ),
    Preset {
        name: "Satellite",
        about: "geostationary: up and down again are 71,600 km at the speed of light (239 ms), and coding; 3 Mbit/s up, \
                25 Mbit/s down",
        forward: spec(280_000, 10_000, 3 * M, 256 << 10, 1_000, 1500),
        back: spec(280_000, 10_000, 25 * M, 2 << 20, 1_000, 1500),
    },
    Preset {
        name: "LowOrbit",
        about: "satellites 550 km up, handed over every few seconds; 15 Mbit/s up, 100 Mbit/s down",
        forward: spec(22_000, 10_000, 15 * M, 512 << 10, 2_000, 1500),
        back: spec(20_000, 10_000, 100 * M, 2 << 20, 2_000, 1500),
    },
    both(
        "Flaky",
        "something is broken: every twentieth packet is lost",
        spec(30_000, 20_000, 10 * M, 128 << 10, 50_000, 1500),
    ),
    both(
        "Interplanetary",
        "Earth and Mars at their closest: 54.6 million km at the speed of light, three minutes",
        spec(182_000_000, 0, M, 1 << 20, 1_000, 1500),
    ),
];

/// The preset of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|p| p.name == name)
}

/// The table of presets, in Markdown.
pub(crate) fn table() -> String {
    let mut out = String::from(
        "\n### Presets\n\nUp is from the first host of the link to the second.\n\n\
         | preset | latency | jitter | up | down | buffer up / down | loss | MTU | what it is |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for p in PRESETS {
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} | {} | {} / {} | {} | {} | {} |",
            p.name,
            p.forward.latency,
            p.forward.jitter,
            bits(p.forward.bandwidth_bps),
            bits(p.back.bandwidth_bps),
            bytes(p.forward.buffer_bytes),
            bytes(p.back.buffer_bytes),
            share(p.forward.loss_ppm),
            p.forward.mtu,
            p.about
        );
    }
    out
}

/// `100 Mbit/s`.
pub(crate) fn bits(bps: Option<u64>) -> String {
    let Some(bps) = bps else { return "unlimited".into() };
    for (unit, name) in [(G, "Gbit/s"), (M, "Mbit/s"), (K, "kbit/s")] {
        if bps >= unit {
            return format!("{} {name}", three(bps, unit));
        }
    }
    format!("{bps} bit/s")
}

/// `64 KiB`.
pub(crate) fn bytes(size: u64) -> String {
    for (unit, name) in [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")] {
        if size >= unit && size.is_multiple_of(unit) {
            return format!("{} {name}", size / unit);
        }
    }
    for (unit, name) in [(G, "GB"), (M, "MB"), (K, "kB")] {
        if size >= unit {
            return format!("{} {name}", three(size, unit));
        }
    }
    if size == 1 { "1 byte".into() } else { format!("{size} bytes") }
}

/// `2 %`.
pub(crate) fn share(ppm: u32) -> String {
    format!("{} %", three(u64::from(ppm), 10_000))
}

/// `value / unit` with up to three decimals.
fn three(value: u64, unit: u64) -> String {
    let (whole, rest) = (value / unit, value % unit * 1000 / unit);
    let text = format!("{whole}.{rest:03}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_sane_and_numbers_read_well() {
        let mut names: Vec<_> = PRESETS.iter().map(|p| p.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), PRESETS.len());
        for p in PRESETS {
            for s in [p.forward, p.back] {
                assert!(s.mtu >= 576 && s.bandwidth_bps != Some(0) && s.buffer_bytes >= 1500, "{}", p.name);
            }
        }
        assert_eq!(
            (bits(Some(7_200_000)).as_str(), bytes(65_536).as_str(), share(500).as_str()),
            ("7.2 Mbit/s", "64 KiB", "0.05 %")
        );
        assert_eq!((bits(None).as_str(), bytes(1_500).as_str(), share(0).as_str()), ("unlimited", "1.5 kB", "0 %"));
    }
}
