//! Text made safe for a page.

use std::fmt::Write as _;

/// Text inside an element or an attribute. Line ends become references, so that an HTML block of Markdown is not ended
/// by an empty line.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '{' => out.push_str("&#123;"),
            '}' => out.push_str("&#125;"),
            c => out.push(c),
        }
    }
    out
}

/// Text in the middle of Markdown: nothing in it is taken for markup.
pub(super) fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | ',') {
            out.push(c);
        } else {
            let _ = write!(out, "&#{};", c as u32);
        }
    }
    out
}

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

/// An SVG in one line without what a page does not need.
pub(super) fn svg(drawn: &str) -> String {
    drawn.lines().map(str::trim_end).collect::<Vec<_>>().concat()
}

/// A whole number with its thousands set apart, in one piece.
pub(super) fn thousands(n: u64) -> String {
    crate::trace::transcript::number(n).replace(' ', "\u{a0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_mail_becomes_markup() {
        assert_eq!(escape("<a href=\"x\">&\n\n{{"), "&lt;a href=&quot;x&quot;&gt;&amp;&#10;&#10;&#123;&#123;");
        assert_eq!(inline("a*b_`<c>"), "a&#42;b&#95;&#96;&#60;c&#62;");
        assert_eq!(
            words("say `<*>` **now** *a* <b>"),
            "say <code>&lt;*&gt;</code> <strong>now</strong> <em>a</em> &lt;b&gt;"
        );
        assert_eq!(words(&value("a<b")), value("a<b"));
    }

    #[test]
    fn numbers_have_commas() {
        assert_eq!((thousands(12), thousands(1_234_567)), ("12".into(), "1\u{a0}234\u{a0}567".into()));
    }
}
