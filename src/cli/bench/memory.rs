//! How much memory the process has needed at most: `VmHWM` of Linux.

use std::fs;

use serde::{Deserialize, Serialize};

/// What the peak is the peak of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Memory {
    /// Of one workload: the system forgot the peak before it.
    #[default]
    PerWorkload,
    /// Of all workloads so far: the system does not let us forget.
    SinceStart,
    /// The system does not say.
    Unknown,
}

impl Memory {
    /// One sentence for below the table.
    pub(super) fn note(self) -> &'static str {
        match self {
            Memory::PerWorkload => {
                "Peak memory is that of the whole process, counted anew for each workload; what an earlier workload \
                 left to the allocator counts too."
            }
            Memory::SinceStart => {
                "Peak memory is that of the whole process since its start: this system cannot count it anew."
            }
            Memory::Unknown => "Peak memory is not known on this system.",
        }
    }
}

/// Begins to measure.
pub(super) fn begin() -> Memory {
    if peak_bytes().is_none() {
        return Memory::Unknown;
    }
    // proc(5): 5 resets the peak resident set size to what is resident now.
    match fs::write("/proc/self/clear_refs", "5") {
        Ok(()) => Memory::PerWorkload,
        Err(_) => Memory::SinceStart,
    }
}

/// The peak since [`begin`], or since the start.
pub(super) fn peak_bytes() -> Option<u64> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    high_water(&fs::read_to_string("/proc/self/status").ok()?)
}

fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_found() {
        assert_eq!(high_water("Name:\tx\nVmHWM:\t    5120 kB\nVmRSS:\t 1 kB\n"), Some(5_242_880));
        for bad in ["", "VmHWM:", "VmHWM: 5120", "VmHWM: x kB", "VmHWM: 99999999999999999999 kB"] {
            assert_eq!(high_water(bad), None, "{bad}");
        }
    }
}
