//! No text makes the reader panic or hang.

use proptest::prelude::*;

use super::FIRST;
use crate::diag;
use crate::scenario::{load, starter};

fn try_it(text: &str) {
    if let Err(diagnostics) = load("fuzz.ron", text) {
        assert!(!diagnostics.is_empty());
        let shown = diag::render_all(&diagnostics, text, false);
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        try_it(&text);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        try_it(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn text_of_ron_letters(text in "[(){}\\[\\]:,\"a-cM/*r#0-9. \n-]{0,120}") {
        try_it(&text);
        try_it(&format!("(hosts: {text})"));
    }

    #[test]
    fn good_files_with_a_hole(at in 0_usize..4000, length in 0_usize..40, put in "[(){}\\[\\]:,\"a-z0-9 %-]{0,12}") {
        for text in [FIRST.to_owned(), starter("x")] {
            let at = at % text.len();
            let end = (at + length).min(text.len());
            if text.is_char_boundary(at) && text.is_char_boundary(end) {
                try_it(&format!("{}{put}{}", &text[..at], &text[end..]));
            }
        }
    }

    #[test]
    fn good_files_with_words_swapped(a in 0_usize..200, b in 0_usize..200) {
        let text = starter("x");
        let mut words: Vec<&str> = text.split_inclusive([' ', '(', ')', ',', ':']).collect();
        let (a, b) = (a % words.len(), b % words.len());
        words.swap(a, b);
        try_it(&words.concat());
    }
}

#[test]
fn deep_and_long_texts_end_soon() {
    let started = std::time::Instant::now();
    try_it(&"(".repeat(100_000));
    try_it(&"[".repeat(100_000));
    try_it(&"(a:".repeat(50_000));
    try_it(&"Some(".repeat(50_000));
    try_it(&"/*".repeat(50_000));
    try_it(&format!("(title: \"{}\")", "x".repeat(1_000_000)));
    let many: String = (0..20_000).map(|i| format!("(\"a{i}\",\"b{i}\",Lan),")).collect();
    try_it(&format!("(hosts: {{\"a\": Router}}, links: [{many}])"));
    let many: String = (0..20_000).map(|i| format!("\"h{i}\": Rooter(x{i}: 1),")).collect();
    try_it(&format!("(hosts: {{{many}}})"));
    let many: String = (0..20_000).map(|i| format!("f{i}: 1,")).collect();
    try_it(&format!("({many})"));
    assert!(started.elapsed().as_secs() < 120, "{:?}", started.elapsed());
}
