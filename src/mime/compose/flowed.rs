//! Text whose lines a reader may break elsewhere (RFC 3676).

/// Where a line is broken softly (RFC 3676 §4.2), the space at its end included.
const WIDTH: usize = 72;
/// No quote is taken to be deeper.
const DEEPEST: usize = 32;

/// The lines of a text as `format=flowed` has them: long ones end with a space where they go on, and what a reader or a
/// server could mistake for something else has a space in front (RFC 3676 §4.4). Lines that begin with `>` are quoted.
pub(super) fn flow<'t>(lines: impl Iterator<Item = &'t str>) -> Vec<String> {
    let mut out = Vec::new();
    for line in lines {
        let depth = line.bytes().take_while(|b| *b == b'>').count().min(DEEPEST);
        let text = &line[depth..];
        let text = if depth > 0 { text.strip_prefix(' ').unwrap_or(text) } else { text };
        // A space at the end of a line says that it goes on. The line above a signature keeps its own (§4.3).
        let text = if text == "-- " { text } else { text.trim_end_matches(' ') };
        paragraph(&mut out, &">".repeat(depth), text);
    }
    out
}

fn paragraph(out: &mut Vec<String>, quote: &str, text: &str) {
    let mut rest = text;
    loop {
        let room = WIDTH.saturating_sub(quote.len() + 1);
        let end = match rest.char_indices().nth(room) {
            None => rest.len(),
            // At the last space that fits, else behind the word that is too long.
            Some((full, _)) => match rest[..full].rfind(' ').filter(|at| !rest[..*at].trim().is_empty()) {
                Some(at) => at + 1,
                None => rest[full..].find(' ').map_or(rest.len(), |at| full + at + 1),
            },
        };
        let (line, tail) = rest.split_at(end);
        let stuffed =
            !quote.is_empty() && !line.is_empty() || line.starts_with([' ', '>']) || line.starts_with("From ");
        out.push(format!("{quote}{}{line}", if stuffed { " " } else { "" }));
        if tail.is_empty() {
            return;
        }
        rest = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As RFC 3676 §4.5 has it: soft lines are joined, stuffing goes away.
    fn read(lines: &[String]) -> Vec<(usize, String)> {
        let mut out: Vec<(usize, String)> = Vec::new();
        let mut goes_on = false;
        for line in lines {
            let depth = line.bytes().take_while(|b| *b == b'>').count();
            let text = &line[depth..];
            let text = text.strip_prefix(' ').unwrap_or(text);
            match out.last_mut() {
                Some((open, joined)) if goes_on && *open == depth => joined.push_str(text),
                _ => out.push((depth, text.to_owned())),
            }
            goes_on = text.ends_with(' ') && text != "-- ";
        }
        out
    }

    #[test]
    fn what_flows_comes_together_again() {
        let long = "a word and another one, ".repeat(12);
        let text = [
            "Hello",
            "",
            " indented",
            "From here on",
            "> quoted",
            ">> twice quoted",
            long.trim_end(),
            "-- ",
            "Alice  ",
            &format!("> {}", long.trim_end()),
        ];
        let lines = flow(text.into_iter());
        assert!(lines.iter().all(|line| line.len() <= 78), "{lines:#?}");
        let expected = [
            (0, "Hello"),
            (0, ""),
            (0, " indented"),
            (0, "From here on"),
            (1, "quoted"),
            (2, "twice quoted"),
            (0, long.trim_end()),
            (0, "-- "),
            (0, "Alice"),
            (1, long.trim_end()),
        ];
        let read = read(&lines);
        let read: Vec<(usize, &str)> = read.iter().map(|(depth, text)| (*depth, text.as_str())).collect();
        assert_eq!(read, expected);
        assert!(lines.contains(&" From here on".to_owned()) && lines.contains(&"  indented".to_owned()));
    }

    #[test]
    fn a_word_that_is_too_long_stays_whole() {
        let url = format!("see https://blue.example/{} for more", "x".repeat(100));
        let lines = flow([url.as_str()].into_iter());
        assert_eq!(lines.concat(), url);
        assert!(lines.iter().rev().skip(1).all(|line| line.ends_with(' ')));
    }
}
