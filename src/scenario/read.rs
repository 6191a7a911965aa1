//! Reading pieces of the tree as what a field takes, and telling every mistake on the way.

use std::net::Ipv4Addr;
use std::ops::Range;
use std::sync::Arc;

use super::limits::LONGEST_RUN;
use super::schema::Shape;
use super::tree::{Kind, Node, Word};
use super::units;
use crate::diag::Diagnostic;
use crate::identity::{Domain, Mailbox};
use crate::sim::{Distribution, Duration, Instant, ParseDurationError};

/// Diagnostics beyond this number are only counted.
const MOST_DIAGNOSTICS: usize = 200;

/// Collects what is wrong.
pub(crate) struct Reader {
    pub(crate) file: Arc<str>,
    pub(crate) found: Vec<Diagnostic>,
    pub(crate) more: usize,
}

impl Reader {
    pub(crate) fn new(file: &Arc<str>) -> Reader {
        Reader { file: Arc::clone(file), found: Vec::new(), more: 0 }
    }

    /// A diagnostic about this file, to be finished and handed to [`Reader::push`].
    pub(crate) fn at(&self, span: &Range<usize>, code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(&self.file, span.clone(), code, message)
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        if self.found.len() < MOST_DIAGNOSTICS { self.found.push(diagnostic) } else { self.more += 1 }
    }

    /// Whether enough has been told; if so, counts one more. Asked before looking for near names, which takes time.
    pub(crate) fn is_full(&mut self) -> bool {
        let full = self.found.len() >= MOST_DIAGNOSTICS;
        self.more += usize::from(full);
        full
    }

    /// "expected X, found Y".
    pub(crate) fn wrong_type<T>(&mut self, node: &Node, expected: &str) -> Option<T> {
        let message = format!("expected {expected}, found {}", node.found());
        let short = expected.split([':', ',']).next().unwrap_or(expected);
        let d = self.at(&node.span, "wrong-type", message).label(format!("expected {short}"));
        self.push(d);
        None
    }

    /// A value that makes no sense.
    pub(crate) fn bad_value<T>(&mut self, span: &Range<usize>, message: impl Into<String>, label: &str) -> Option<T> {
        let d = self.at(span, "bad-value", message).label(label);
        self.push(d);
        None
    }

    pub(crate) fn text<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        match &node.kind {
            Kind::Text(text) => Some(text),
            _ => self.wrong_type(node, "a text in quotation marks"),
        }
    }

    pub(crate) fn bool(&mut self, node: &Node) -> Option<bool> {
        match node.kind {
            Kind::Bool(b) => Some(b),
            _ => self.wrong_type(node, "`true` or `false`"),
        }
    }

    /// A whole number from `least` to `most`.
    pub(crate) fn number(&mut self, node: &Node, least: u64, most: u64) -> Option<u64> {
        let Kind::Number(text) = &node.kind else { return self.wrong_type(node, "a whole number") };
        let digits: String = text.chars().filter(|c| *c != '_').collect();
        let limits = match most {
            u64::MAX => format!("expected a number from {least} on"),
            _ => format!("expected a number from {least} to {most}"),
        };
        match digits.parse::<u64>() {
            Ok(n) if (least..=most).contains(&n) => Some(n),
            Ok(_) => self.bad_value(&node.span, format!("{text} is out of range"), &limits),
            Err(_) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
                self.bad_value(&node.span, format!("{text} is out of range"), &limits)
            }
            Err(_) => match whole(text) {
                Whole::Is(n) if (least..=most).contains(&n) => Some(n),
                Whole::Is(_) | Whole::TooLarge => {
                    self.bad_value(&node.span, format!("{text} is out of range"), &limits)
                }
                Whole::IsNot => {
                    self.bad_value(&node.span, format!("`{text}` is not a whole number"), "expected a whole number")
                }
            },
        }
    }

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
            t.parse::<Duration>().map_err(|why| match why {
                ParseDurationError::Unit(unit) if unit.is_empty() => {
                    "the unit is missing; use ns, us, ms, s, min, h or d".into()
                }
                why => why.to_string(),
            })
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
            let (least, most) = (super::presets::bytes(least), super::presets::bytes(most));
            // As it is written: whoever has said gigabytes thinks in gigabytes.
            let written = match &node.kind {
                Kind::Text(text) => text.trim().to_owned(),
                _ => super::presets::bytes(size),
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

    pub(crate) fn ipv4(&mut self, node: &Node) -> Option<Ipv4Addr> {
        let text = self.text(node)?;
        let address: Option<Ipv4Addr> = text.parse().ok();
        match address {
            Some(a) if !(a.is_unspecified() || a.is_broadcast() || a.is_multicast() || a.is_loopback()) => Some(a),
            Some(_) => self.bad_value(&node.span, format!("`{text}` cannot be the address of a host"), "not for hosts"),
            None => {
                self.bad_value(&node.span, format!("`{text}` is not an IPv4 address"), "expected one like 192.0.2.7")
            }
        }
    }

    pub(crate) fn domain(&mut self, node: &Node) -> Option<Domain> {
        let text = self.text(node)?;
        match text.parse::<Domain>() {
            Ok(domain) if !domain.is_literal() => Some(domain),
            Ok(_) => self.bad_value(&node.span, format!("`{text}` is an address, not a domain"), "expected a domain"),
            Err(why) => {
                let d = self.at(&node.span, "bad-domain", format!("`{text}` is not a domain: {why}"));
                self.push(d.label("expected a domain such as \"blue.example\""));
                None
            }
        }
    }

    pub(crate) fn mailbox(&mut self, node: &Node) -> Option<Mailbox> {
        let text = self.text(node)?;
        match text.parse::<Mailbox>() {
            Ok(mailbox) => Some(mailbox),
            Err(why) => {
                let d = self.at(&node.span, "bad-mailbox", format!("`{text}` is not a mailbox: {why}"));
                self.push(d.label("expected a mailbox such as \"bob@blue.example\""));
                None
            }
        }
    }

    /// One line of text: no control characters.
    pub(crate) fn line<'n>(&mut self, node: &'n Node, most: usize) -> Option<&'n str> {
        let text = self.text(node)?;
        if let Some(c) = text.chars().find(|c| c.is_control()) {
            let message = format!("a control character ({}) cannot stand here", c.escape_default());
            return self.bad_value(&node.span, message, "expected one line of text");
        }
        if text.len() > most {
            let message = format!("this text has {} bytes", text.len());
            return self.bad_value(&node.span, message, &format!("expected at most {most}"));
        }
        Some(text)
    }

    pub(crate) fn list<'n>(&mut self, node: &'n Node, of: &str) -> Option<&'n [Node]> {
        match &node.kind {
            Kind::List(items) => Some(items),
            _ => {
                let message = format!("expected a list of {of}, found {}", node.found());
                let mut d = self.at(&node.span, "wrong-type", message).label("expected `[` ... `]`");
                if matches!(node.kind, Kind::Text(_) | Kind::Tuple(..) | Kind::Struct(..)) {
                    d = d.help("a list of one is written in square brackets, too");
                }
                self.push(d);
                None
            }
        }
    }

    pub(crate) fn map<'n>(&mut self, node: &'n Node, of: &str) -> Option<&'n [(Node, Node)]> {
        match &node.kind {
            Kind::Map(entries) => Some(entries),
            _ => self.wrong_type(node, &format!("a map {of}, in curly brackets")),
        }
    }

    /// One of some words.
    pub(crate) fn choice<T: Copy>(&mut self, node: &Node, what: &str, choices: &[(&str, T)]) -> Option<T> {
        let name = match &node.kind {
            Kind::Name(name) | Kind::Text(name) => name,
            _ => {
                let names: Vec<&str> = choices.iter().map(|(n, _)| *n).collect();
                return self.wrong_type(node, &format!("{what} ({})", names.join(", ")));
            }
        };
        if let Some((_, value)) = choices.iter().find(|(n, _)| n == name) {
            return Some(*value);
        }
        let names: Vec<&str> = choices.iter().map(|(n, _)| *n).collect();
        let d = self.at(&node.span, "unknown-word", format!("`{name}` is not {what}"));
        let d = d.label(format!("expected {}", names.join(", "))).did_you_mean(name, names);
        self.push(d);
        None
    }

    /// Time between events: a duration, or `Fixed(..)`, `Uniform(..)`, `Exponential(..)`.
    pub(crate) fn gaps(&mut self, node: &Node) -> Option<Distribution> {
        let longest = LONGEST_RUN;
        let one = |r: &mut Reader, n: &Node| r.duration_in(n, Duration::ZERO, longest).map(Duration::as_nanos);
        let spread = match &node.kind {
            Kind::Tuple(Some(word), items) => match (word.text.as_str(), items.as_slice()) {
                ("Fixed", [a]) => Distribution::Fixed(one(self, a)?),
                ("Exponential", [a]) => Distribution::Exponential(one(self, a)?),
                ("Uniform", [a, b]) => {
                    let (a, b) = (one(self, a), one(self, b));
                    self.uniform(node, a, b)?
                }
                _ => return self.unknown_spread(word, "Fixed(a), Uniform(a, b), Exponential(mean)"),
            },
            Kind::Text(_) | Kind::Number(_) => Distribution::Fixed(one(self, node)?),
            _ => return self.wrong_type(node, "a duration, Fixed(..), Uniform(..) or Exponential(..)"),
        };
        Some(spread)
    }

    pub(crate) fn uniform(&mut self, node: &Node, low: Option<u64>, high: Option<u64>) -> Option<Distribution> {
        let (low, high) = (low?, high?);
        if low > high {
            return self.bad_value(
                &node.span,
                "the first value is larger than the second",
                "expected Uniform(least, most)",
            );
        }
        Some(Distribution::Uniform(low, high))
    }

    pub(crate) fn unknown_spread<T>(&mut self, word: &Word, known: &str) -> Option<T> {
        let d = self.at(&word.span, "unknown-word", format!("`{}` is not a distribution written like this", word.text));
        let d = d.label(format!("expected {known}"));
        let d = d.did_you_mean(
            &word.text,
            ["Fixed", "Uniform", "Exponential", "Pareto"].into_iter().filter(|n| *n != word.text),
        );
        self.push(d);
        None
    }

    /// The fields of a group; tells unknown ones and missing ones.
    pub(crate) fn fields<'n>(&mut self, node: &'n Node, shape: &'static Shape) -> Option<Fields<'n>> {
        let entries: &[(Word, Node)] = match &node.kind {
            Kind::Struct(word, entries) if word.as_ref().is_none_or(|w| w.text == shape.name) => entries,
            Kind::Tuple(word, items) if items.is_empty() && word.as_ref().is_none_or(|w| w.text == shape.name) => &[],
            Kind::Name(name) if name == shape.name => &[],
            _ => {
                let some = shape.fields.first().map_or("", |f| f.name);
                return self.wrong_type(node, &format!("named fields, such as ({some}: ..)"));
            }
        };
        let known: Vec<&'static str> = shape.all_fields().map(|f| f.name).collect();
        let mut strange = false;
        for (word, _) in entries {
            let unknown = !known.contains(&word.text.as_str());
            strange |= unknown;
            if unknown && !self.is_full() {
                let message = format!("{} has no field `{}`", shape.name, word.text);
                let d = self.at(&word.span, "unknown-field", message).label("unknown field");
                let near = crate::diag::nearest(&word.text, known.iter().copied());
                let d = match near {
                    Some(near) => d.help(format!("did you mean `{near}`?")),
                    None => d.note(format!("its fields are {}", known.join(", "))),
                };
                self.push(d);
            }
        }
        for field in shape.all_fields().filter(|f| f.default.is_none()) {
            if !entries.iter().any(|(w, n)| w.text == field.name && !matches!(n.kind, Kind::Nothing)) {
                let d =
                    self.at(&node.span, "missing-field", format!("{} needs the field `{}`", shape.name, field.name));
                self.push(d.label(format!("add `{}: ..`", field.name)).note(format!("it takes: {}", field.takes)));
            }
        }
        Some(Fields { shape, span: node.span.clone(), strange, entries })
    }

    /// A word with fields, one of several.
    pub(crate) fn variant<'n>(&mut self, node: &'n Node, what: &str, shapes: &[&'static Shape]) -> Option<Fields<'n>> {
        let (name, span) = match &node.kind {
            Kind::Struct(Some(w), _) | Kind::Tuple(Some(w), _) => (w.text.as_str(), &w.span),
            Kind::Name(name) => (name.as_str(), &node.span),
            _ => {
                let names: Vec<&str> = shapes.iter().map(|s| s.name).collect();
                return self.wrong_type(node, &format!("{what}: {}", names.join(", ")));
            }
        };
        let Some(shape) = shapes.iter().find(|s| s.name == name) else {
            let names: Vec<&str> = shapes.iter().map(|s| s.name).collect();
            let d = self.at(span, "unknown-word", format!("`{name}` is not {what}"));
            let d = d.label(format!("expected {}", names.join(", "))).did_you_mean(name, names);
            self.push(d);
            return None;
        };
        self.fields(node, shape)
    }
}

/// What a number of RON denotes.
#[derive(Debug, PartialEq, Eq)]
enum Whole {
    Is(u64),
    TooLarge,
    IsNot,
}

/// Reads what RON takes for a number: every base, underscores and suffixes (`0x10`, `1_000u64`), and floats that denote
/// a whole number exactly (`1e2`, `2.50e1`).
fn whole(text: &str) -> Whole {
    if text.starts_with('-') {
        return Whole::IsNot;
    }
    match ron::from_str::<u64>(text) {
        Ok(n) => return Whole::Is(n),
        Err(why) if why.code == ron::Error::IntegerOutOfBounds => return Whole::TooLarge,
        Err(_) => {}
    }
    let clean: String = text.chars().filter(|c| *c != '_').collect();
    let clean = clean.strip_suffix("f32").or(clean.strip_suffix("f64")).unwrap_or(&clean);
    let (mantissa, exponent) = clean.split_once(['e', 'E']).unwrap_or((clean, "0"));
    let mantissa = mantissa.strip_prefix('+').unwrap_or(mantissa);
    let (before, behind) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{before}{behind}");
    let Ok(exponent) = exponent.parse::<i64>() else { return Whole::IsNot };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Whole::IsNot;
    }
    let Ok(places) = i64::try_from(behind.len()) else { return Whole::IsNot };
    let kept = digits.trim_end_matches('0');
    let zeros = exponent.saturating_sub(places).saturating_add((digits.len() - kept.len()) as i64);
    let significant = kept.trim_start_matches('0');
    match (significant.is_empty(), u32::try_from(zeros)) {
        (true, _) => Whole::Is(0),
        (false, Err(_)) if zeros < 0 => Whole::IsNot,
        (false, Err(_)) => Whole::TooLarge,
        (false, Ok(zeros)) => {
            let number = significant.parse::<u64>().ok();
            let number = number.zip(10_u64.checked_pow(zeros)).and_then(|(n, factor)| n.checked_mul(factor));
            number.map_or(Whole::TooLarge, Whole::Is)
        }
    }
}

/// The fields of one group.
#[derive(Clone)]
pub(crate) struct Fields<'n> {
    pub(crate) shape: &'static Shape,
    pub(crate) span: Range<usize>,
    /// Whether some field has a name that none has here: what seems to be missing may be meant by it.
    pub(crate) strange: bool,
    entries: &'n [(Word, Node)],
}

impl<'n> Fields<'n> {
    /// A group of which nothing is written.
    pub(crate) fn none(shape: &'static Shape, span: Range<usize>) -> Fields<'n> {
        Fields { shape, span, strange: false, entries: &[] }
    }

    /// What was written for a field. (The first, where it was written twice: that is told elsewhere.)
    pub(crate) fn get(&self, name: &str) -> Option<&'n Node> {
        debug_assert!(self.shape.all_fields().any(|f| f.name == name), "{} has no {name}", self.shape.name);
        let (_, node) = self.entries.iter().find(|(w, _)| w.text == name)?;
        (!matches!(node.kind, Kind::Nothing)).then_some(node)
    }

    /// Reads a field, or takes the default where it is not written or wrong.
    pub(crate) fn or<T>(&self, name: &str, default: T, read: impl FnOnce(&'n Node) -> Option<T>) -> T {
        self.get(name).and_then(read).unwrap_or(default)
    }

    /// Reads a field that may be absent.
    pub(crate) fn opt<T>(&self, name: &str, read: impl FnOnce(&'n Node) -> Option<T>) -> Option<T> {
        self.get(name).and_then(read)
    }

    /// The items of a list; nothing where it is not written.
    pub(crate) fn items(&self, r: &mut Reader, name: &str, of: &str) -> &'n [Node] {
        self.get(name).and_then(|node| r.list(node, of)).unwrap_or(&[])
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
            ("inf", IsNot),
            ("1e20", TooLarge),
            ("1e99999999999", TooLarge),
            ("18446744073709551615", Is(u64::MAX)),
            ("0x1_0000_0000_0000_0000", TooLarge),
        ] {
            assert_eq!(whole(text), value, "{text}");
        }
    }
}
