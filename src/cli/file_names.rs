//! Names of files that are safe on every file system, and different on those that do not tell upper from lower case.

use std::collections::BTreeMap;

/// The longest name, without what makes it unique and without an extension: with those, it is far below the 255 bytes that
/// file systems allow, and leaves room for a path.
const LONGEST: usize = 100;

/// Names that Windows keeps for devices, with whatever extension.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
/// The same with a digit behind.
const NUMBERED_DEVICES: [&str; 2] = ["com", "lpt"];

/// A text, such as an address, with `_` in the place of all that a file name cannot have everywhere.
pub(super) fn plain(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "@._+-=".contains(c) { c } else { '_' };
    text.chars().take(LONGEST).map(plain).collect()
}

/// The same as a whole name: it is no device, not hidden, not read as an option, and keeps its end.
fn whole(text: &str) -> String {
    let mut name = plain(text);
    // Windows takes a dot at the end away.
    if name.ends_with('.') {
        name.pop();
        name.push('_');
    }
    if name.is_empty() || name.starts_with(['.', '-']) || is_device(&name) {
        name.insert(0, '_');
    }
    name
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    DEVICES.contains(&stem.as_str())
        || NUMBERED_DEVICES
            .iter()
            .any(|device| stem.strip_prefix(device).is_some_and(|n| n.len() == 1 && n.as_bytes()[0].is_ascii_digit()))
}

/// Names that were given out in one directory.
#[derive(Debug, Default)]
pub(super) struct FileNames {
    /// In lower case: how often it was asked for.
    given: BTreeMap<String, u64>,
}

impl FileNames {
    /// A name for this text that nothing else has: the second that would be called the same gets `~2`.
    pub(super) fn name(&mut self, text: &str) -> String {
        let name = whole(text);
        let times = self.given.entry(name.to_ascii_lowercase()).or_default();
        *times += 1;
        // A tilde is in no name by itself, so that none is given twice.
        if *times == 1 { name } else { format!("{name}~{times}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_everywhere() {
        for (text, name) in [
            ("bob@blue.example", "bob@blue.example"),
            ("\"a b\"@blue.example", "_a_b_@blue.example"),
            ("\"../../etc/passwd\"@x", "_.._.._etc_passwd_@x"),
            ("a\\b:c*d?e|f<g>h\0i\n@x", "a_b_c_d_e_f_g_h_i_@x"),
            ("jürgen@grün.example", "j_rgen@gr_n.example"),
            ("nul.bob@blue.example", "_nul.bob@blue.example"),
            ("COM1.x@y", "_COM1.x@y"),
            ("lpt9", "_lpt9"),
            ("com10.x@y", "com10.x@y"),
            ("con@blue.example", "con@blue.example"),
            ("Con", "_Con"),
            (".hidden@x", "_.hidden@x"),
            ("-rf@x", "_-rf@x"),
            ("bob@[192.0.2.1].", "bob@_192.0.2.1__"),
            ("", "_"),
        ] {
            assert_eq!(FileNames::default().name(text), name, "{text}");
        }
        assert_eq!(FileNames::default().name(&"x".repeat(300)).len(), 100);
    }

    #[test]
    fn no_name_is_given_twice_whatever_the_case() {
        let mut names = FileNames::default();
        let given = ["bob@x", "Bob@x", "é@x", "_@x", "BOB@X", "bob@x~2"].map(|text| names.name(text));
        assert_eq!(given, ["bob@x", "Bob@x~2", "_@x", "_@x~2", "BOB@X~3", "bob@x_2"]);
    }
}
