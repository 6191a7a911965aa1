//! Numbers for people.

/// `1 byte`, `2 bytes`, `1 234 bytes`.
#[must_use]
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// A number with its thousands set apart.
#[must_use]
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    // Years and ports read better whole.
    if digits.len() <= 4 {
        return digits;
    }
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, d) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(d);
    }
    out
}

/// `552 B`, `4.1 MB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let tenths = |unit: u64| bytes.saturating_mul(10).saturating_add(unit / 2) / unit;
    // What would be shown as 1000.0 is one of the next unit.
    let units = [(1_000, "kB"), (1_000_000, "MB")];
    let (unit, name) = units.into_iter().find(|(unit, _)| tenths(*unit) < 10_000).unwrap_or((1_000_000_000, "GB"));
    format!("{}.{} {name}", tenths(unit) / 10, tenths(unit) % 10)
}

/// The same with words where it is little.
#[must_use]
pub fn long_size(bytes: u64) -> String {
    if bytes < 1_000 { counted(bytes, "byte", "bytes") } else { size(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!([0, 999, 2048, 10_000, 1_234_567].map(number), ["0", "999", "2048", "10 000", "1 234 567"]);
        assert_eq!(counted(1, "mail", "mails"), "1 mail");
    }

    #[test]
    fn sizes_read_well() {
        let sizes = [0, 552, 999, 1_000, 1_449, 999_949, 999_950, 4_100_000, 2_000_000_000].map(size);
        assert_eq!(sizes, ["0 B", "552 B", "999 B", "1.0 kB", "1.4 kB", "999.9 kB", "1.0 MB", "4.1 MB", "2.0 GB"]);
        assert_eq!([1, 552].map(long_size), ["1 byte", "552 bytes"]);
    }
}
