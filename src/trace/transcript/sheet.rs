//! Columns that line up.

use super::{Line, Style};

/// On which side of its column a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Rows of cells.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    columns: Vec<Align>,
    widths: Vec<usize>,
    rows: Vec<Vec<Line>>,
}

impl Sheet {
    /// An empty sheet with these columns.
    #[must_use]
    pub fn new(columns: &[Align]) -> Sheet {
        Sheet { columns: columns.to_vec(), widths: vec![0; columns.len()], rows: Vec::new() }
    }

    /// A row of headings.
    pub fn head(&mut self, cells: &[&str]) {
        self.row(cells.iter().map(|text| Line::of(Style::Faint, text)).collect());
    }

    /// A row.
    pub fn row(&mut self, cells: Vec<Line>) {
        self.measure(&cells);
        self.rows.push(cells);
    }

    /// Makes the columns wide enough for a row that is not kept: a sheet of very many rows is measured first and written
    /// then, by [`line`](Sheet::line).
    pub fn measure(&mut self, cells: &[Line]) {
        for (cell, widest) in cells.iter().zip(&mut self.widths) {
            *widest = cell.width().max(*widest);
        }
    }

    /// The rows as lines that begin with `indent` spaces, with two spaces between columns. Columns that are empty
    /// everywhere below the headings stay.
    #[must_use]
    pub fn lines(mut self, indent: usize) -> Vec<Line> {
        let rows = std::mem::take(&mut self.rows);
        rows.into_iter().map(|row| self.line(indent, row)).collect()
    }

    /// A row that was [measured](Sheet::measure), as a line.
    #[must_use]
    pub fn line(&self, indent: usize, cells: Vec<Line>) -> Line {
        let mut line = Line::new();
        line.push(Style::Plain, " ".repeat(indent));
        let last = cells.len().saturating_sub(1);
        for (i, cell) in cells.into_iter().enumerate() {
            let align = self.columns.get(i).copied().unwrap_or(Align::Left);
            let free = self.widths.get(i).map_or(0, |w| w.saturating_sub(cell.width()));
            let (before, after) = if align == Align::Right { (free, 0) } else { (0, free) };
            line.push(Style::Plain, " ".repeat(before));
            line.append(cell);
            if i < last {
                line.push(Style::Plain, " ".repeat(after + 2));
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut sheet = Sheet::new(&[Align::Right, Align::Left, Align::Left]);
        sheet.head(&["id", "subject", "fate"]);
        for (id, subject) in [("1", "日本"), ("10", "Hello")] {
            sheet.row([id, subject, "x"].map(|t| Line::of(Style::Plain, t)).to_vec());
        }
        let lines: Vec<String> = sheet.lines(2).iter().map(Line::text).collect();
        assert_eq!(lines, ["  id  subject  fate", "   1  日本     x", "  10  Hello    x"]);
    }
}
