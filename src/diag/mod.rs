//! What can go wrong with an input: diagnostics with a place, a reason and a hint.
//!
//! A [`Diagnostic`] names a range of bytes of a text and says what is wrong there, what was expected, and what to do.
//! [`render`] shows it the way rustc does. Nothing here reads or writes files, and no byte of the text that could
//! steer a terminal comes through.

mod diagnostic;
mod near;
mod shown;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

pub use diagnostic::Diagnostic;
pub use near::{distance, nearest};
use shown::Window;
pub use shown::{byte_order_mark, safe};

/// Lines longer than this are not shown: only the place is named.
const LONGEST_LINE: usize = 1000;

/// Lines of the text are cut to so many columns, where nothing else is said.
const COLUMNS: usize = 140;

/// Shows one diagnostic about `source`, ending with a line end.
#[must_use]
pub fn render(diagnostic: &Diagnostic, source: &str, coloured: bool) -> String {
    render_within(diagnostic, source, coloured, COLUMNS)
}

/// The same on a screen of so many columns: of longer lines of the text, only what is around the place is shown. Nothing
/// else is cut.
#[must_use]
pub fn render_within(diagnostic: &Diagnostic, source: &str, coloured: bool, columns: usize) -> String {
    let renderer = if coloured { Renderer::styled() } else { Renderer::plain() }.term_width(columns);
    let file = safe(&diagnostic.file);
    let mut group = Group::with_title(Level::ERROR.primary_title(safe(&diagnostic.message)).id(diagnostic.code));
    let window = Window::around(source, diagnostic);
    if window.longest_line > LONGEST_LINE {
        group = group.element(Origin::path(file).line(window.line).char_column(window.column));
        if !diagnostic.label.is_empty() {
            group = group.element(Level::NOTE.message(safe(&diagnostic.label)));
        }
    } else {
        let label = (!diagnostic.label.is_empty()).then(|| safe(&diagnostic.label));
        let snippet = Snippet::source(window.text)
            .line_start(window.first_line)
            .path(file)
            .annotation(AnnotationKind::Primary.span(window.span).label(label));
        let also = window.also.into_iter().map(|(span, label)| AnnotationKind::Context.span(span).label(safe(label)));
        group = group.element(snippet.annotations(also));
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(safe(note)));
    }
    for help in &diagnostic.helps {
        group = group.element(Level::HELP.message(safe(help)));
    }
    let mut out = renderer.render(&[group]);
    out.push('\n');
    out
}

/// Shows several diagnostics with empty lines between them, in the order of the file.
#[must_use]
pub fn render_all(diagnostics: &[Diagnostic], source: &str, coloured: bool) -> String {
    render_all_within(diagnostics, source, coloured, COLUMNS)
}

/// The same on a screen of so many columns, as [`render_within`] does it.
#[must_use]
pub fn render_all_within(diagnostics: &[Diagnostic], source: &str, coloured: bool, columns: usize) -> String {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|d| (d.span.start, d.span.end));
    let shown: Vec<String> = sorted.iter().map(|d| render_within(d, source, coloured, columns)).collect();
    shown.join("\n")
}

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::sync::Arc;

    use super::*;

    fn sample(span: Range<usize>) -> Diagnostic {
        Diagnostic::error(&Arc::from("a.ron"), span, "unknown-host", "there is no host `lapptop`")
            .label("not one of the hosts")
            .did_you_mean("lapptop", ["laptop", "mail.green.example"])
    }

    #[test]
    fn it_looks_like_rustc() {
        let source = "(\n    hosts: {},\n    links: [(\"lapptop\", \"b\")],\n)\n";
        let at = source.find("\"lapp").unwrap();
        let shown = render(&sample(at..at + 9), source, false);
        let expected = "error[unknown-host]: there is no host `lapptop`\n --> a.ron:3:14\n  |\n3 |     links: \
                        [(\"lapptop\", \"b\")],\n  |              ^^^^^^^^^ not one of the hosts\n  |\n  = help: did \
                        you mean `laptop`?\n";
        assert_eq!(shown, expected);
        assert!(render(&sample(at..at + 9), source, true).contains("\u{1b}["));
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let source = "(title: \"a\u{1b}[31m\u{202e}\u{9b}\r\u{7}b\")";
        let mut diagnostic = sample(8..source.len() - 1);
        diagnostic.message = "bad \u{1b}]0;x\u{7}\nsecond line".into();
        diagnostic.file = "a\u{1b}.ron".into();
        let shown = render(&diagnostic, source, false);
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
        assert!(!shown.contains('\u{202e}'));
    }

    #[test]
    fn a_byte_order_mark_takes_no_column() {
        let shown = render(&sample(11..20), "\u{feff}(hosts: \"lapptop\")\n", false);
        assert!(shown.contains("a.ron:1:9\n") && shown.contains("\n1 | (hosts: \"lapptop\")\n"), "{shown}");
        assert!(shown.contains("\n  |         ^^^^^^^^^ not"), "{shown}");
        assert!(render(&sample(0..0), "\u{feff}", false).contains("a.ron:1:1\n"));
    }

    #[test]
    fn any_span_of_any_text_can_be_shown() {
        for source in ["", "\u{feff}", "\u{feff}\n", "\n", "ü", "(\r\n)", "a\nb\nc\nd\ne\nf\ng\n", &"x".repeat(5000)] {
            for start in 0..source.len().min(12) + 2 {
                for end in start..source.len().min(12) + 3 {
                    let shown = render(&sample(start..end), source, false);
                    assert!(shown.contains("a.ron:"), "{source:?} {start} {end}\n{shown}");
                }
            }
        }
    }
}
