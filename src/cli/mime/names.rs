//! Names for files that somebody else has chosen, made harmless on every system.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::safe;
use crate::mime::read::Part;

/// A name has at most so many bytes: less than any file system takes, with room for a path.
const LONGEST: usize = 100;
/// So much of that may be what stands behind the last dot.
const LONGEST_EXTENSION: usize = 16;

/// A file name for a part, made of the name that the mail gives it, or else of its number.
pub(super) fn file_name(part: &Part, number: usize) -> String {
    let given = part.file_name.as_deref().map(harmless).filter(|name| !name.is_empty());
    given.unwrap_or_else(|| format!("part-{number}.{}", extension(&part.media_type)))
}

/// Without anything that could lead elsewhere, hide the file, or be something else than a file. May be empty.
fn harmless(name: &str) -> String {
    let shown = safe(name);
    let plain = |c: char| if "/\\:<>\"|?*\u{fffd}".contains(c) || c.is_control() { '_' } else { c };
    let mut name: String = shown.trim().chars().map(plain).collect();
    // A name that begins with a dot is hidden, one with a dash is an option of many programs.
    if name.starts_with(['.', '-']) {
        name.replace_range(..1, "_");
    }
    if is_reserved(&name) {
        name.insert(0, '_');
    }
    let (stem, extension) = parts(&name);
    joined(stem, "", extension)
}

/// A device of Windows, whatever stands behind the first dot.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    let numbered = |prefix: &str| {
        let rest = stem.strip_prefix(prefix).map(|rest| rest.chars().collect::<Vec<char>>());
        matches!(rest.as_deref(), Some(['0'..='9' | '¹' | '²' | '³']))
    };
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"].contains(&stem.as_str())
        || numbered("COM")
        || numbered("LPT")
}

/// What stands in front of the last dot, and the rest with it, unless that is too long for an extension.
fn parts(name: &str) -> (&str, &str) {
    match name.rfind('.').filter(|dot| *dot > 0 && name.len() - dot <= LONGEST_EXTENSION) {
        Some(dot) => name.split_at(dot),
        None => (name, ""),
    }
}

/// Puts a name together, of which the stem is cut where all would be too long.
fn joined(stem: &str, number: &str, extension: &str) -> String {
    // Windows takes dots and spaces at the end away, and two names become one.
    let extension = extension.trim_end_matches(['.', ' ']);
    let mut end = stem.len().min(LONGEST - number.len() - extension.len());
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    let stem = &stem[..end];
    let stem = if number.is_empty() && extension.is_empty() { stem.trim_end_matches(['.', ' ']) } else { stem };
    format!("{stem}{number}{extension}")
}

/// What a file of this type ends with.
fn extension(media_type: &str) -> &'static str {
    match media_type {
        "text/plain" | "message/delivery-status" | "text/rfc822-headers" => "txt",
        "text/html" => "html",
        "text/calendar" => "ics",
        "text/csv" => "csv",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "image/svg+xml" => "svg",
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        "application/json" => "json",
        "application/pgp-signature" => "asc",
        "message/rfc822" | "message/global" => "eml",
        _ => "bin",
    }
}

/// Names that have been given out. Upper and lower case are the same, as they are on many systems.
#[derive(Default)]
pub(super) struct Names {
    taken: BTreeSet<String>,
    /// The last number that was put to a name, so that very many parts of one name do not count from the beginning.
    numbers: BTreeMap<String, u64>,
}

impl Names {
    /// The name, or the same with a number, which has not been given out before.
    pub(super) fn take(&mut self, name: &str) -> String {
        if self.taken.insert(name.to_lowercase()) {
            return name.to_owned();
        }
        let (stem, extension) = parts(name);
        let number = self.numbers.entry(name.to_lowercase()).or_insert(1);
        loop {
            *number += 1;
            let numbered = joined(stem, &format!("-{number}"), extension);
            if self.taken.insert(numbered.to_lowercase()) {
                return numbered;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_elsewhere() {
        for (given, made) in [
            ("a.txt", "a.txt"),
            ("Grüße €.pdf", "Grüße €.pdf"),
            ("../../etc/passwd", "_._.._etc_passwd"),
            ("/etc/passwd", "_etc_passwd"),
            ("C:\\Windows\\x.dll", "C__Windows_x.dll"),
            (".bashrc", "_bashrc"),
            ("-rf", "_rf"),
            ("..", "_"),
            (".", "_"),
            ("", ""),
            ("   ", ""),
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("Com1.tar.gz", "_Com1.tar.gz"),
            ("LPT¹", "_LPT¹"),
            ("COM10", "COM10"),
            ("console.txt", "console.txt"),
            ("a. . .", "a"),
            ("a.txt.", "a.txt"),
            ("a.txt ", "a.txt"),
            ("a\u{1b}[31m\0\n\u{202e}fdp.exe", "a_[31m_ _fdp.exe"),
            ("a:b|c?d*e<f>g\"h", "a_b_c_d_e_f_g_h"),
        ] {
            assert_eq!(harmless(given), made, "{given:?}");
        }
        for long in ["x".repeat(300), "ü".repeat(300), format!("{}.tar.gz", "x".repeat(300)), ".".repeat(300)] {
            let made = harmless(&long);
            assert!(made.len() <= LONGEST && !made.is_empty() && !made.ends_with('.'), "{made}");
        }
        assert!(harmless(&format!("{}.pdf", "ü".repeat(300))).ends_with("ü.pdf"));
    }

    #[test]
    fn names_are_given_out_once() {
        let mut names = Names::default();
        let taken: Vec<String> = ["a.txt", "A.TXT", "a-2.txt", "a.txt", "b", "B"].map(|n| names.take(n)).to_vec();
        assert_eq!(taken, ["a.txt", "A-2.TXT", "a-2-2.txt", "a-3.txt", "b", "B-2"]);
        let long = "x".repeat(LONGEST);
        assert_eq!(names.take(&long), long);
        assert_eq!(names.take(&long).len(), LONGEST);
    }
}
