//! Every `tests/bad-scenarios/NAME.ron` is shown exactly as `NAME.stderr` says. `UPDATE=1` writes the latter anew.

use std::fs;
use std::path::Path;

use crate::diag;
use crate::scenario::load;

#[test]
fn bad_scenarios_are_told_exactly_like_this() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad-scenarios");
    let update = std::env::var_os("UPDATE").is_some();
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "ron"));
    files.sort();
    assert!(files.len() >= 45, "only {} bad scenarios", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        let told = match load(name, &text) {
            Ok(_) => "no mistake found\n".to_owned(),
            Err(diagnostics) => diag::render_all(&diagnostics, &text, false),
        };
        let golden = file.with_extension("stderr");
        if update {
            fs::write(&golden, &told).unwrap();
        } else if fs::read_to_string(&golden).unwrap_or_default() != told {
            wrong.push(format!("--- {name}\n{told}"));
        }
        assert_ne!(told, "no mistake found\n", "{name} is good");
    }
    assert!(wrong.is_empty(), "not as expected:\n{}", wrong.join("\n"));
}
