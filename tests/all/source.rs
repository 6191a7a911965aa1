//! The source as the tests of the house read it: files, their code, and the modules that the code names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One file.
pub(super) struct Source {
    /// Below `src`, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    /// The module at the top, `None` for `lib.rs` and `main.rs`.
    pub(super) fn module(&self) -> Option<&str> {
        let first = self.path.split('/').next().unwrap_or_default();
        let name = first.strip_suffix(".rs").unwrap_or(first);
        (name != "lib" && name != "main").then_some(name)
    }
    pub(super) fn is_test(&self) -> bool {
        let file = self.path.rsplit('/').next().unwrap_or_default();
        file == "tests.rs" || file.ends_with("_tests.rs") || file == "testing.rs" || self.path.contains("tests/")
    }
    /// Everything before the tests, without comments.
    pub(super) fn code(&self) -> String {
        let mut code = String::new();
        for line in self.text.lines().take(self.lines_before_tests()) {
            code.push_str(line.split("//").next().unwrap_or_default());
            code.push('\n');
        }
        code
    }
    pub(super) fn lines_before_tests(&self) -> usize {
        let lines: Vec<&str> = self.text.lines().collect();
        // `#[cfg(test)]` in front of anything but a module with its tests inside is part of the code.
        let cut = (0..lines.len()).find(|i| {
            lines[*i].trim() == "#[cfg(test)]"
                && lines.get(i + 1).is_some_and(|l| l.trim_start().starts_with("mod ") && l.contains('{'))
        });
        cut.unwrap_or(lines.len())
    }
    /// The modules of this crate that the code names.
    pub(super) fn uses(&self) -> BTreeSet<String> {
        let code = self.code();
        let mut used = BTreeSet::new();
        let mut rest = code.as_str();
        while let Some(at) = rest.find("crate::") {
            let before = rest[..at].chars().next_back();
            rest = &rest[at + "crate::".len()..];
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            if rest.starts_with('{') {
                used.extend(heads(group(rest)));
            } else {
                used.insert(word(rest).to_owned());
            }
        }
        used
    }
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// What stands between the brace at the beginning of `text` and the one that closes it.
fn group(text: &str) -> &str {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[1..at];
        }
    }
    text
}

/// The first words of the items of a group.
fn heads(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut items) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(&group[start..]);
    items.iter().map(|i| word(i.trim()).to_owned()).filter(|w| !w.is_empty()).collect()
}

/// All files under `src`, in the order of their paths.
pub(super) fn sources() -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.sort();
    found
        .into_iter()
        .map(|path| {
            let below = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            Source { path: below, text: std::fs::read_to_string(&path).unwrap() }
        })
        .collect()
}

#[test]
fn the_reader_of_imports_reads_imports() {
    let source = Source {
        path: "agent/x.rs".into(),
        text: "//! x\nuse crate::{net::lane, sim::{Instant, Duration},\n  trace};\nuse crate::dns;\n// crate::cli\n\
               fn f() { crate::store::g(); mycrate::smtp::h() }\n#[cfg(test)]\nmod tests { use crate::world; }\n"
            .into(),
    };
    let expected = ["dns", "net", "sim", "store", "trace"];
    assert_eq!(source.uses().into_iter().collect::<Vec<_>>(), expected);
}
