//! Every `tests/bad-scenarios/NAME.ron` is shown exactly as `NAME.stderr` says. `POSTROAD_BLESS=1` writes the latter anew.

use std::fs;

use crate::diag;
use crate::scenario::load;
use crate::testing::{Golden, files};

#[test]
fn bad_scenarios_are_told_exactly_like_this() {
    let mut golden = Golden::default();
    for file in files("tests/bad-scenarios", "ron", 45) {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        let told = match load(name, &text) {
            Ok(_) => "no mistake found\n".to_owned(),
            Err(diagnostics) => diag::render_all(&diagnostics, &text, false),
        };
        golden.check(&file.with_extension("stderr"), &told);
        assert_ne!(told, "no mistake found\n", "{name} is good");
    }
    golden.finish();
}
