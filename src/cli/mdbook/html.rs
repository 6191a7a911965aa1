//! What authors of the book write, as HTML.

use crate::render::page::{escape, inline};

/// A line of an author's words: `code`, **strong** and *stressed* are marked up, everything else is text. Pieces of HTML that
/// [`value`] has put in already stay.
pub(super) fn words(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.trim();
    let (mut code, mut strong, mut stressed) = (false, false, false);
    while let Some(c) = rest.chars().next() {
        if !code && let Some(value) = rest.strip_prefix(VALUE_OPEN) {
            let end = value.find(VALUE_CLOSE).unwrap_or(value.len());
            out.push_str(VALUE_OPEN);
            out.push_str(&value[..end]);
            out.push_str(VALUE_CLOSE);
            rest = value[end..].strip_prefix(VALUE_CLOSE).unwrap_or("");
        } else if c == '`' {
            out.push_str(if code { "</code>" } else { "<code>" });
            code = !code;
            rest = &rest[1..];
        } else if let (false, Some(after)) = (code, rest.strip_prefix("**")) {
            out.push_str(if strong { "</strong>" } else { "<strong>" });
            strong = !strong;
            rest = after;
        } else if let (false, Some(after)) = (code, rest.strip_prefix('*')) {
            out.push_str(if stressed { "</em>" } else { "<em>" });
            stressed = !stressed;
            rest = after;
        } else {
            out.push_str(&escape(&c.to_string()));
            rest = &rest[c.len_utf8()..];
        }
    }
    for (open, close) in [(code, "</code>"), (strong, "</strong>"), (stressed, "</em>")] {
        out.push_str(if open { close } else { "" });
    }
    out
}

/// Stands in front of a value of the run.
pub(super) const VALUE_OPEN: &str = "<span class=\"pr-value\">";
/// Stands after it.
pub(super) const VALUE_CLOSE: &str = "</span>";

/// A value of the run in the middle of a sentence.
pub(super) fn value(text: &str) -> String {
    format!("{VALUE_OPEN}{}{VALUE_CLOSE}", inline(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_author_writes_is_marked_up() {
        assert_eq!(
            words("say `<*>` **now** *a* <b>"),
            "say <code>&lt;*&gt;</code> <strong>now</strong> <em>a</em> &lt;b&gt;"
        );
        assert_eq!(words(&value("a<b")), value("a<b"));
    }
}
