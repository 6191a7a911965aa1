//! Standard output and standard error: styles become colours where the terminal wants them, and a reader that goes
//! away is no error.

use std::io::{self, BufWriter, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Color, Style as Ansi};

use super::failure::Failure;
use super::wrap;
use crate::diag::{self, Diagnostic, safe};
use crate::trace::transcript::{Line, Style};

/// Standard output.
pub(super) struct Screen {
    out: BufWriter<io::Stdout>,
    coloured: bool,
    is_terminal: bool,
    /// How wide the terminal is; none where it is no terminal.
    columns: Option<usize>,
    /// The reader has gone away: nothing is written any more.
    gone: bool,
    error: Option<io::Error>,
}

impl Screen {
    pub(super) fn new() -> Screen {
        let coloured = !matches!(AutoStream::choice(&io::stdout()), ColorChoice::Never);
        let is_terminal = io::stdout().is_terminal();
        let columns = columns(is_terminal);
        let out = BufWriter::with_capacity(1 << 16, io::stdout());
        Screen { out, coloured, is_terminal, columns, gone: false, error: None }
    }

    /// Whether it is a terminal, which standard error may share.
    pub(super) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Whether the reader has gone away.
    pub(super) fn is_gone(&self) -> bool {
        self.gone
    }

    /// How wide the terminal is; none where there is no terminal, and lines stay whole.
    pub(super) fn columns(&self) -> Option<usize> {
        self.columns
    }

    /// Writes a text as it is.
    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        if self.gone {
            return;
        }
        if let Err(error) = self.out.write_all(bytes) {
            self.fail(error);
        }
    }

    /// Writes a line.
    pub(super) fn line(&mut self, line: &Line) {
        let mut text = if self.coloured { coloured(line) } else { line.text() };
        if let Some(columns) = self.columns {
            text = wrap::wrapped(&text, columns);
        }
        text.push('\n');
        self.text(&text);
    }

    /// Writes a diagnostic about `source`.
    pub(super) fn diagnostic(&mut self, diagnostic: &Diagnostic, source: &str) {
        let text = match self.columns {
            None => diag::render(diagnostic, source, self.coloured),
            Some(columns) => {
                wrap::diagnostic(&diag::render_within(diagnostic, source, self.coloured, columns), columns)
            }
        };
        self.text(&text);
    }

    /// Shows what has been written so far.
    pub(super) fn flush(&mut self) {
        if !self.gone
            && let Err(error) = self.out.flush()
        {
            self.fail(error);
        }
    }

    fn fail(&mut self, error: io::Error) {
        self.gone = true;
        if error.kind() != io::ErrorKind::BrokenPipe {
            self.error = Some(error);
        }
    }

    /// The end: whether everything was written that somebody wanted to read.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        self.flush();
        match self.error.take() {
            Some(error) => Err(Failure::write("standard output", error)),
            None => Ok(()),
        }
    }
}

/// Says what is wrong, in one line on standard error.
pub(super) fn complain(text: &str) {
    let style = Ansi::new().bold().fg_color(Some(Color::Ansi(AnsiColor::Red)));
    let lines: Vec<String> = text.lines().map(safe).collect();
    let _ = writeln!(anstream::stderr().lock(), "{style}error{style:#}: {}", lines.join("\n"));
}

/// Writes to standard error what was made for it.
pub(super) fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Writes what is wrong with `source` to standard error.
pub(super) fn tell_all(diagnostics: &[Diagnostic], source: &str) {
    let coloured = !matches!(AutoStream::choice(&io::stderr()), ColorChoice::Never);
    tell(&match columns(io::stderr().is_terminal()) {
        None => diag::render_all(diagnostics, source, coloured),
        Some(columns) => wrap::diagnostic(&diag::render_all_within(diagnostics, source, coloured, columns), columns),
    });
}

/// How wide a terminal is: what COLUMNS says, or else what the terminal says. None where it is no terminal.
fn columns(is_terminal: bool) -> Option<usize> {
    /// Nothing can be read in less.
    const LEAST: usize = 30;
    if !is_terminal {
        return None;
    }
    let asked = std::env::var("COLUMNS").ok().and_then(|text| text.trim().parse::<usize>().ok()).filter(|n| *n > 0);
    let columns = asked.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)))?;
    (columns > 0).then_some(columns.max(LEAST))
}

/// Whether somebody watches standard error.
pub(super) fn stderr_is_watched() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Colours that can be told apart without seeing red from green: blue for clients, cyan for servers, and every good or
/// bad word has a sign of its own as well.
fn ansi(style: Style) -> Ansi {
    let colour = |colour: AnsiColor| Ansi::new().fg_color(Some(Color::Ansi(colour)));
    match style {
        Style::Plain => Ansi::new(),
        Style::Title => Ansi::new().bold().underline(),
        Style::Heading => Ansi::new().bold(),
        Style::Faint => Ansi::new().dimmed(),
        Style::Time => colour(AnsiColor::Magenta),
        Style::Host => Ansi::new().bold(),
        Style::Client => colour(AnsiColor::BrightBlue),
        Style::Server => colour(AnsiColor::Cyan),
        Style::Good => colour(AnsiColor::Green).bold(),
        Style::Warning => colour(AnsiColor::Yellow),
        Style::Bad => colour(AnsiColor::Red).bold(),
    }
}

fn coloured(line: &Line) -> String {
    let mut text = String::new();
    for piece in line.pieces() {
        let style = ansi(piece.style);
        text.push_str(&format!("{style}{}{style:#}", piece.text));
    }
    text
}
