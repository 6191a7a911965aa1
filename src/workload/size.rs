//! Sizes as people type them on a command line: `4096`, `4KiB`, `10 MB`.

/// The largest mail: what every server takes, with room for the Received fields of the way.
pub const LARGEST_BYTES: u64 = 199 << 20;

const UNITS: &[(&str, u64)] =
    &[("", 1), ("B", 1), ("kB", 1_000), ("KB", 1_000), ("MB", 1_000_000), ("KiB", 1 << 10), ("MiB", 1 << 20)];

/// Bytes of a size such as `4KiB`; a number alone is bytes.
///
/// # Errors
/// What is wrong with it, as a sentence without a capital or a full stop.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = (&text[..end], text[end..].trim_start());
    let number: u64 = number.parse().map_err(|_| "a size is a whole number with a unit, such as 4KiB".to_owned())?;
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
    let factor = factor.ok_or_else(|| format!("`{unit}` is not a unit of size; use B, kB, MB, KiB or MiB"))?;
    let most = || format!("a mail has 1 byte to {} MiB", LARGEST_BYTES >> 20);
    number.checked_mul(factor).filter(|bytes| (1..=LARGEST_BYTES).contains(bytes)).ok_or_else(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_as_people_type_them() {
        for (text, bytes) in [("1", 1), ("4096", 4096), ("4KiB", 4096), ("10 MB", 10_000_000), (" 199MiB ", 199 << 20)]
        {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for bad in ["", "KiB", "0", "-1", "1.5KiB", "4kib", "200MiB", "99999999999999999999", "20000000000MiB", "4é"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }
}
