//! SVG as text: its root, its escapes, and how it stands in a page.

/// Text for XML: markup escaped, letters that XML 1.0 forbids replaced.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// The beginning of a picture of so many pixels, whose own units are `scale` to a pixel, with what a screen reader says of
/// it.
#[must_use]
pub fn root((width, height): (f64, f64), scale: f64, title: &str, description: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {} {}\" stroke-linecap=\"round\" stroke-linejoin=\"round\">\n<title>{}</title>\n<desc>{}</desc>\n",
        width * scale,
        height * scale,
        escape(title),
        escape(description)
    )
}

/// The width that a picture gives itself, in pixels.
#[must_use]
pub fn width(drawn: &str) -> Option<f64> {
    drawn.split_once("width=\"").and_then(|(_, rest)| rest.split('"').next()?.parse().ok())
}

/// The picture for a page that may shrink it, but not below so many pixels.
#[must_use]
pub fn at_least(drawn: &str, pixels: f64) -> String {
    drawn.replacen("<svg ", &format!("<svg style=\"min-width:{pixels:.0}px\" "), 1)
}

/// A picture in one line, as a block of HTML in Markdown needs it.
#[must_use]
pub fn in_one_line(drawn: &str) -> String {
    drawn.lines().map(str::trim_end).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_trace_becomes_markup() {
        assert_eq!(escape("<a b='\"'>&\u{0}\u{ffff}ü"), "&lt;a b=&apos;&quot;&apos;&gt;&amp;\u{fffd}\u{fffd}ü");
    }

    #[test]
    fn a_root_knows_its_size() {
        let drawn = root((300.5, 20.0), 4.0, "<t>", "d");
        assert!(
            drawn.contains("viewBox=\"0 0 1202 80\"") && drawn.contains("<title>&lt;t&gt;</title>\n<desc>d</desc>")
        );
        assert_eq!(width(&drawn), Some(300.5));
        assert!(at_least(&drawn, 240.4).starts_with("<svg style=\"min-width:240px\" xmlns="));
        assert_eq!(in_one_line("<svg>  \n<g>\n"), "<svg><g>");
    }
}
