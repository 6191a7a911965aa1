//! How wide text is, without a font: tables that err on the wide side, for pixels and for terminal columns.
//!
//! The pixel tables are those of wide common fonts (DejaVu Sans and its mono-spaced sister); a viewer that sets the text
//! in something narrower only leaves more room. So a layout is the same on every machine, fonts or none.

use unicode_width::UnicodeWidthChar as _;

use crate::trace::Octets;

/// The kinds of letter that pictures use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// Prose.
    Sans,
    /// Prose that stands out.
    Bold,
    /// What went over the wire.
    Mono,
}

/// Thousandths of the font size, from space to tilde.
#[rustfmt::skip]
const SANS: [u16; 95] = [
    317, 400, 459, 837, 636, 950, 779, 274, 390, 390, 500, 837, 317, 360, 317, 336, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 636, 336, 336, 837, 837, 837, 530, 1000, 684, 686, 698, 770, 631, 575, 774, 751, 294, 294, 655, 557,
    862, 748, 787, 603, 787, 694, 634, 610, 731, 684, 988, 685, 610, 685, 390, 336, 390, 837, 500, 500, 612, 634, 549,
    634, 615, 352, 634, 633, 277, 277, 579, 277, 974, 633, 611, 634, 634, 411, 520, 392, 633, 591, 817, 591, 591, 524,
    636, 336, 636, 837,
];
/// Thousandths of the font size, from space to tilde.
#[rustfmt::skip]
const BOLD: [u16; 95] = [
    348, 456, 520, 837, 695, 1001, 872, 306, 457, 457, 522, 837, 379, 415, 379, 365, 695, 695, 695, 695, 695, 695,
    695, 695, 695, 695, 399, 399, 837, 837, 837, 580, 1000, 773, 762, 733, 830, 683, 683, 820, 836, 372, 372, 774,
    637, 995, 836, 850, 732, 850, 770, 720, 682, 812, 773, 1103, 770, 724, 725, 457, 365, 457, 837, 500, 500, 674,
    715, 592, 715, 678, 435, 715, 711, 342, 342, 665, 342, 1041, 711, 687, 715, 715, 493, 595, 478, 711, 651, 923,
    645, 651, 582, 711, 365, 711, 837,
];
const MONO: u16 = 602;

/// The width of `text` in pixels, rounded up and never too small.
pub(crate) fn pixels(text: &str, face: Face, size: f64) -> f64 {
    let thousandths: u64 = text.chars().map(|c| u64::from(advance(c, face))).sum();
    // A hundredth more than the table: fonts round each letter.
    (thousandths as f64 * size * 1.01 / 1000.0).ceil()
}

fn advance(c: char, face: Face) -> u16 {
    if c.is_ascii() {
        let Some(place) = (c as usize).checked_sub(32).filter(|p| *p < 95) else { return 0 };
        return match face {
            Face::Sans => SANS[place],
            Face::Bold => BOLD[place],
            Face::Mono => MONO,
        };
    }
    match (columns_of(c), c) {
        (0, _) => 0,
        (2, '\u{1f000}'..) => 1400,
        (2, _) => 1050,
        (_, '\u{2010}'..='\u{2027}') => 1000,
        (_, '\u{2190}'..='\u{2bff}') => 1000,
        _ => 900,
    }
}

/// The width of `text` on a terminal, in columns.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

fn columns_of(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// `text` cut to `room` pixels, with `…` where something is missing. Empty when not even that fits.
pub(crate) fn elide(text: &str, face: Face, size: f64, room: f64) -> String {
    elide_by(text, |t| pixels(t, face, size) <= room)
}

/// `text` in at most `most` lines of `room` pixels, broken where it reads best; the last line is cut where it must be.
/// Whether anything is missing is said as well.
pub(crate) fn wrap(text: &str, face: Face, size: f64, room: f64, most: usize) -> (Vec<String>, bool) {
    let fits = |t: &str| pixels(t, face, size) <= room;
    let (mut lines, mut rest) = (Vec::new(), text.trim());
    while !rest.is_empty() && !fits(rest) && lines.len() + 1 < most {
        let cut = rest.char_indices().skip(1).map(|(at, _)| at).take_while(|at| fits(rest[..*at].trim_end()));
        let places: Vec<usize> = cut.collect();
        let before = |at: usize| rest[..at].chars().next_back().unwrap_or(' ');
        // Between words and in front of an address; else inside an address; else anywhere.
        let good = |at: &&usize| match rest[**at..].chars().next() {
            Some('·' | '→' | ' ') => false,
            Some('<') => before(**at) != '>',
            _ => before(**at) == ' ',
        };
        let fair = |at: &&usize| matches!(before(**at), '@' | '.' | ',' | ':' | '/' | '-');
        // A word alone on a line is a waste of it.
        let ample = |at: &&usize| good(at) && pixels(&rest[..**at], face, size) >= 0.3 * room;
        let places = || places.iter();
        let best = places().rfind(ample).or_else(|| places().rfind(fair)).or_else(|| places().rfind(good));
        let best = best.or(places().last());
        let Some(at) = best.copied() else { break };
        lines.push(rest[..at].trim_end().to_owned());
        rest = rest[at..].trim_start();
    }
    let is_cut = !fits(rest);
    if !rest.is_empty() {
        lines.push(elide(rest, face, size, room));
    }
    (lines, is_cut)
}

/// `text` cut to `room` terminal columns, with `…` where something is missing.
pub(crate) fn elide_columns(text: &str, room: usize) -> String {
    elide_by(text, |t| columns(t) <= room)
}

fn elide_by(text: &str, fits: impl Fn(&str) -> bool) -> String {
    if fits(text) {
        return text.into();
    }
    // Binary search for the longest beginning that leaves room for the mark.
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let candidate = |n: usize| format!("{}…", text[..ends[n]].trim_end());
    let (mut low, mut high) = (0, ends.len() - 1);
    while low < high {
        let middle = (low + high).div_ceil(2);
        if fits(&candidate(middle)) { low = middle } else { high = middle - 1 }
    }
    let best = candidate(low);
    if fits(&best) { best } else { String::new() }
}

/// Text of a trace made safe for a picture: nothing that steers, reorders or breaks markup.
///
/// A stored trace holds [`crate::trace::visible`] text where the run held bytes; both must look alike here. So what is
/// not printable becomes its escape, and backslashes, which only escapes need, are never doubled.
pub(crate) fn clean(text: &str) -> String {
    clean_bytes(text.as_bytes())
}

/// Like [`clean`] for bytes from the wire.
pub(crate) fn words(octets: &Octets) -> String {
    clean_bytes(&octets.0)
}

fn clean_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for (place, part) in bytes.split(|b| *b == b'\\').enumerate() {
        let shown = crate::trace::visible(part);
        if place > 0 && !out.ends_with('\\') && !shown.starts_with('\\') {
            out.push('\\');
        }
        out.push_str(&shown);
    }
    out
}

/// A number with its thousands set apart, as everywhere.
pub(crate) fn thousands(n: u64) -> String {
    crate::trace::transcript::number(n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::octets::Chunk;

    #[test]
    fn elided_text_fits_and_says_so() {
        let text = "RCPT TO:<a-very-long-name@blue.example>";
        for room in [0.0, 5.0, 9.0, 20.0, 100.0, 1000.0] {
            let cut = elide(text, Face::Mono, 12.0, room);
            assert!(pixels(&cut, Face::Mono, 12.0) <= room);
            assert!(cut == text || cut.is_empty() || cut.ends_with('…'), "{cut}");
        }
        assert_eq!(elide_columns("日本語テキスト", 7), "日本語…");
        assert_eq!(elide_columns("abc", 3), "abc");
    }

    #[test]
    fn long_text_breaks_where_it_reads_best() {
        let lines = |text: &str, room: f64| wrap(text, Face::Mono, 10.0, room, 2);
        let whole = |a: &str, b: &str| (vec![a.to_owned(), b.to_owned()], false);
        assert_eq!(lines("EHLO laptop", 200.0), (vec!["EHLO laptop".to_owned()], false));
        assert_eq!(lines("MAIL FROM:<alice@green.example>", 140.0), whole("MAIL FROM:", "<alice@green.example>"));
        assert_eq!(
            lines("354 End data with <CR><LF>.<CR><LF>", 120.0),
            whole("354 End data with", "<CR><LF>.<CR><LF>")
        );
        assert_eq!(lines("mail.green.example", 80.0), whole("mail.green.", "example"));
        let (cut, is_cut) = lines("one two three four five", 50.0);
        assert!(is_cut && cut[1].ends_with('…'), "{cut:?}");
    }

    #[test]
    fn a_stored_line_looks_like_the_live_one() {
        for bytes in [&b"a\x1b[0m\xff"[..], b"C:\\dir \x00", "grün \u{202e}x".as_bytes(), b"\\\\two", b"\x1b\x1b\\"] {
            let live = Octets(Chunk::copy_from(bytes));
            let stored = Octets(Chunk::from(live.visible()));
            assert_eq!(words(&live), words(&stored));
            assert!(words(&live).chars().all(|c| !c.is_control()));
        }
    }

    #[test]
    fn numbers_have_commas() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1000", "1 234 567"]);
    }
}
