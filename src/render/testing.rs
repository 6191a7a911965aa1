//! What holds for every picture, for the tests of each chart.

use super::scene::Scene;
use super::text_width;

/// Well-formed enough for XML: every tag closes, no stray markup, no control letters.
pub(crate) fn assert_well_formed(svg: &str) {
    assert!(svg.chars().all(|c| c == '\n' || !c.is_control()), "control letters");
    assert!(!svg.contains('\u{e000}'), "a mark was left");
    let (mut open, mut rest): (Vec<&str>, &str) = (Vec::new(), svg);
    while let Some(start) = rest.find('<') {
        let text = &rest[..start];
        assert!(!text.contains('>'), "stray > in {text:?}");
        for (at, _) in text.match_indices('&') {
            let entity = text[at..].split(';').next().unwrap();
            assert!(["&lt", "&gt", "&amp", "&quot", "&apos"].contains(&entity), "{entity}");
        }
        let end = start + rest[start..].find('>').expect("a tag that ends");
        let tag = &rest[start + 1..end];
        let name = tag.trim_matches('/').split_whitespace().next().unwrap();
        let known = ["svg", "title", "desc", "text", "polyline", "polygon", "circle", "rect", "line"];
        assert!(known.contains(&name), "{name}");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None if tag.ends_with('/') => {}
            None => open.push(name),
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "{open:?}");
}

/// With POSTROAD_PICTURES set to a directory, the pictures can be looked at.
pub(crate) fn keep(name: &str, picture: &str) {
    if let Ok(folder) = std::env::var("POSTROAD_PICTURES") {
        std::fs::write(format!("{folder}/{name}"), picture).unwrap();
    }
}

/// What holds for every chart: no two words overlap, the picture can be read by programs, and its text twin is no wider than asked.
pub(crate) fn assert_good(scene: &Scene, picture: &str, twin: impl Fn(usize) -> String) {
    scene.assert_legible();
    assert_well_formed(picture);
    for width in [40, 72, 100, 160] {
        for line in twin(width).lines() {
            let columns = text_width::columns(line);
            assert!(columns <= width, "{columns} columns instead of {width}: {line}");
        }
    }
}
