//! Results as comma-separated values (RFC 4180, but with LF): whole numbers, nothing that needs quotes.

use std::fmt::Write as _;

use super::export::Exporter;
use super::report::Report;
use crate::cli::failure::Failure;

/// One line a workload.
pub(super) struct Csv;

const HEAD: &str = "workload,messages,size_bytes,sites,hosts,hops,connections,packets,events,virtual_ns,setup_ns,wall_ns,\
                    hops_per_s,events_per_s,runs,peak_memory_bytes";

impl Exporter for Csv {
    fn export(&self, report: &Report) -> Result<String, Failure> {
        let mut out = String::from(HEAD);
        if report.is_compared() {
            out.push_str(",before_hops_per_s,ratio,change");
        }
        out.push('\n');
        for r in &report.results {
            let numbers = [
                r.messages,
                r.size_bytes,
                u64::from(r.sites),
                r.hosts,
                r.hops,
                r.connections,
                r.packets,
                r.events,
                r.virtual_ns,
                r.setup_ns,
                r.wall_ns,
                r.hops_per_s,
                r.events_per_s,
                u64::from(r.runs),
            ];
            out.push_str(&r.workload);
            for number in numbers {
                let _ = write!(out, ",{number}");
            }
            let _ = write!(out, ",{}", r.peak_memory_bytes.map(|n| n.to_string()).unwrap_or_default());
            if let Some(c) = &r.compared {
                let before = c.before_hops_per_s.map(|n| n.to_string()).unwrap_or_default();
                let ratio = c.ratio.map(|n| n.to_string()).unwrap_or_default();
                let _ = write!(out, ",{before},{ratio},{}", c.verdict.word());
            }
            out.push('\n');
        }
        Ok(out)
    }
}
