//! Whole numbers.

use super::Reader;
use crate::scenario::tree::{Kind, Node};

impl Reader {
    /// A whole number from `least` to `most`.
    pub(crate) fn number(&mut self, node: &Node, least: u64, most: u64) -> Option<u64> {
        let Kind::Number(text) = &node.kind else { return self.wrong_type(node, "a whole number") };
        let limits = match most {
            u64::MAX => format!("expected a number from {least} on"),
            _ => format!("expected a number from {least} to {most}"),
        };
        match whole(text) {
            Whole::Is(n) if (least..=most).contains(&n) => Some(n),
            Whole::Is(_) | Whole::TooLarge => self.bad_value(&node.span, format!("{text} is out of range"), &limits),
            Whole::IsNot => {
                self.bad_value(&node.span, format!("`{text}` is not a whole number"), "expected a whole number")
            }
        }
    }
}

/// What a number of RON denotes.
#[derive(Debug, PartialEq, Eq)]
enum Whole {
    Is(u64),
    TooLarge,
    IsNot,
}

/// Every way in which RON writes a number (`0x10`, `1_000u64`, `1e2`, `2.50e1`), where it denotes a whole one. One that
/// is written with a point or an exponent denotes a double, as everywhere in RON.
fn whole(text: &str) -> Whole {
    /// The first double that is no `u64`: 2^64.
    const BEYOND: f64 = 18_446_744_073_709_551_616.0;
    if text.starts_with('-') {
        return Whole::IsNot;
    }
    match ron::from_str::<u64>(text) {
        Ok(n) => return Whole::Is(n),
        Err(why) if why.code == ron::Error::IntegerOutOfBounds => return Whole::TooLarge,
        Err(_) => {}
    }
    match ron::from_str::<f64>(text) {
        // The largest doubles are read as infinite, although their digits say a number.
        Ok(n) if n >= BEYOND && !text.contains("inf") => Whole::TooLarge,
        Ok(n) if n < BEYOND && n.fract() == 0.0 => Whole::Is(n as u64),
        _ => Whole::IsNot,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_whole_number_is_read() {
        use Whole::{Is, IsNot, TooLarge};
        for (text, value) in [
            ("0x10", Is(16)),
            ("0o17", Is(15)),
            ("0b101", Is(5)),
            ("0xff_ff", Is(65_535)),
            ("1_000", Is(1000)),
            ("+7", Is(7)),
            ("1e2", Is(100)),
            ("1E+2", Is(100)),
            ("2.50e1", Is(25)),
            ("3.0", Is(3)),
            ("4.", Is(4)),
            ("1200e-2", Is(12)),
            ("0e99", Is(0)),
            ("1.5", IsNot),
            ("1e-1", IsNot),
            ("-1", IsNot),
            ("-0.0", IsNot),
            (".5", IsNot),
            (".5e1", Is(5)),
            ("inf", IsNot),
            ("+inf", IsNot),
            ("NaN", IsNot),
            ("1e400", TooLarge),
            ("18446744073709551616.0", TooLarge),
            ("1e20", TooLarge),
            ("1e99999999999", TooLarge),
            ("18446744073709551615", Is(u64::MAX)),
            ("0x1_0000_0000_0000_0000", TooLarge),
        ] {
            assert_eq!(whole(text), value, "{text}");
        }
    }
}
