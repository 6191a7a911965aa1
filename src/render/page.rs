//! Pages in HTML: text made safe, tables, and pictures with their text twins.

use std::fmt::Write as _;

use super::svg;

/// Text inside an element or an attribute. Line ends become references, so that an HTML block of Markdown is not ended
/// by an empty line.
#[must_use]
pub fn escape(text: &str) -> String {
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
#[must_use]
pub fn inline(text: &str) -> String {
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

/// A whole number with its thousands set apart, in one piece.
#[must_use]
pub fn thousands(n: u64) -> String {
    crate::trace::transcript::number(n).replace(' ', "\u{a0}")
}

/// Rows under heads. The cells are text, the heads are markup.
#[must_use]
pub fn table<const N: usize>(heads: &[&str; N], rows: &[[String; N]]) -> String {
    let mut out = String::from("<div class=\"table-wrapper pr-table\"><table><thead><tr>");
    for head in heads {
        let _ = write!(out, "<th>{head}</th>");
    }
    out.push_str("</tr></thead><tbody>");
    for row in rows {
        out.push_str("<tr>");
        for cell in row {
            let _ = write!(out, "<td>{}</td>", escape(cell));
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
    out
}

/// A page of the book on a small screen, in pixels.
const PAGE: f64 = 750.0;

/// A picture with its caption and its text twin. It may be made smaller by `shrink`.
#[must_use]
pub fn figure(kind: &str, drawn: &str, twin: &str, caption: &str, shrink: f64) -> String {
    // A wide picture may be made smaller, but not so small that its words cannot be read: then it scrolls.
    let drawn = match svg::width(drawn).filter(|w| *w > PAGE).map(|w| w * shrink) {
        None => drawn.to_owned(),
        Some(least) => svg::at_least(drawn, least),
    };
    format!(
        "<figure class=\"pr-figure pr-{kind}\"><div class=\"pr-scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{caption}\">{}</div>\
         <figcaption>{caption}</figcaption><details class=\"pr-twin\"><summary>The same as text</summary>\
         <pre class=\"pr-text\" tabindex=\"0\">{}</pre></details></figure>",
        svg::in_one_line(&drawn),
        escape(twin.trim_end()),
        caption = escape(caption),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_mail_becomes_markup() {
        assert_eq!(escape("<a href=\"x\">&\n\n{{"), "&lt;a href=&quot;x&quot;&gt;&amp;&#10;&#10;&#123;&#123;");
        assert_eq!(inline("a*b_`<c>"), "a&#42;b&#95;&#96;&#60;c&#62;");
    }

    #[test]
    fn cells_are_text() {
        let page = table(&["<b>A</b>", "B"], &[["<i>".into(), "&".into()]]);
        let (head, row) = ("<tr><th><b>A</b></th><th>B</th></tr>", "<tr><td>&lt;i&gt;</td><td>&amp;</td></tr>");
        assert_eq!(
            page,
            format!(
                "<div class=\"table-wrapper pr-table\"><table><thead>{head}</thead><tbody>{row}</tbody></table></div>"
            )
        );
    }

    #[test]
    fn only_wide_pictures_get_a_least_width() {
        let page = |width: u32| figure("map", &format!("<svg width=\"{width}\">\n</svg>"), "a<b\n", "\"it\"", 0.5);
        assert!(page(751).contains("<svg style=\"min-width:376px\" width=\"751\"></svg>"), "{}", page(751));
        assert!(page(750).contains("<svg width=\"750\"></svg>") && page(750).contains(">a&lt;b</pre>"));
        assert!(page(750).contains("aria-label=\"&quot;it&quot;\"") && page(750).contains("pr-map"));
    }

    #[test]
    fn numbers_have_their_thousands_set_apart() {
        assert_eq!((thousands(12), thousands(1_234_567)), ("12".into(), "1\u{a0}234\u{a0}567".into()));
    }
}
