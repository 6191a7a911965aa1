//! What is to be shown: lines of a transcript, and diagnostics between them.

use super::screen::Screen;
use super::wrap;
use crate::diag::{self, Diagnostic};
use crate::trace::transcript::Line;

enum Part {
    Line(Line),
    Diagnostic(Box<Diagnostic>),
}

/// A page about one scenario.
#[derive(Default)]
pub(super) struct Page {
    parts: Vec<Part>,
}

impl Page {
    pub(super) fn line(&mut self, line: Line) {
        self.parts.push(Part::Line(line));
    }
    pub(super) fn lines(&mut self, lines: impl IntoIterator<Item = Line>) {
        self.parts.extend(lines.into_iter().map(Part::Line));
    }
    pub(super) fn diagnostic(&mut self, diagnostic: Diagnostic) {
        self.parts.push(Part::Diagnostic(Box::new(diagnostic)));
    }
    pub(super) fn append(&mut self, other: Page) {
        self.parts.extend(other.parts);
    }

    /// Shows it. `source` is the text of the scenario.
    pub(super) fn show(&self, source: &str, screen: &mut Screen) {
        let mut rest = self.parts.as_slice();
        while let Some((part, after)) = rest.split_first() {
            rest = after;
            match part {
                Part::Diagnostic(diagnostic) => screen.diagnostic(diagnostic, source),
                Part::Line(line) => {
                    let Some(columns) = screen.columns().filter(|_| wrap::is_running(line)) else {
                        screen.line(line);
                        continue;
                    };
                    let mut running = vec![line];
                    while let Some((Part::Line(next), after)) = rest.split_first()
                        && wrap::is_running(next)
                        && next.pieces()[0].style == line.pieces()[0].style
                    {
                        running.push(next);
                        rest = after;
                    }
                    wrap::joined(&running, columns).iter().for_each(|line| screen.line(line));
                }
            }
        }
    }

    /// The same words without colours.
    pub(super) fn plain(&self, source: &str) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Line(line) => {
                    text.push_str(&line.text());
                    text.push('\n');
                }
                Part::Diagnostic(diagnostic) => text.push_str(&diag::render(diagnostic, source, false)),
            }
        }
        text
    }
}
