//! Predict, then reveal: a question whose right answer the run decides.
//!
//! ````text
//! ```ask
//! Which reply comes next?
//! answer: value kind=line side=client direction=received nth=2 show=code
//! - 220
//! - 250 | `250` and a list
//! ---
//! Words that are revealed with the answer; directives work in here.
//! ```
//! ````
//!
//! A choice is right when what stands before its `|` is the answer, or `low..high` (durations or numbers) holds it.
//! Without choices the reader writes the answer.

use super::directive::Directive;
use super::html::words;
use crate::render::page;
use crate::render::page::escape;
use crate::sim::Duration;

/// A question as it is written.
pub(super) struct Ask<'a> {
    question: String,
    pub(super) answer: Directive,
    choices: Vec<(&'a str, String)>,
    /// Markdown.
    reveal: &'a str,
}

/// A question as it is shown, in HTML.
pub(super) struct Shown {
    pub(super) question: String,
    pub(super) said: String,
    pub(super) widget: String,
}

impl<'a> Ask<'a> {
    /// Reads the lines of a block.
    pub(super) fn read(text: &'a str) -> Result<Ask<'a>, String> {
        let (head, reveal) = text.split_once("\n---\n").unwrap_or((text, ""));
        let mut question = String::new();
        let mut answer = None;
        let mut choices = Vec::new();
        for line in head.lines() {
            if let Some(value) = line.strip_prefix("answer:") {
                answer = Some(Directive::read(value)?);
            } else if let Some(choice) = line.strip_prefix("- ") {
                let (key, label) = match choice.split_once(" | ") {
                    Some((key, label)) => (key.trim(), label.trim().to_owned()),
                    None => (choice.trim(), range_in_words(choice.trim())),
                };
                choices.push((key, label));
            } else {
                question.push_str(line.trim());
                question.push(' ');
            }
        }
        let answer = answer.ok_or("the question has no `answer:`")?;
        Ok(Ask { question, answer, choices, reveal })
    }

    /// The question, the right answer and the widget; `answer` is what the run says.
    pub(super) fn show(&self, number: usize, answer: &str) -> Result<Shown, String> {
        let right: Vec<usize> =
            self.choices.iter().enumerate().filter(|(_, (key, _))| fits(key, answer)).map(|(i, _)| i).collect();
        let (choices, data) = if self.choices.is_empty() {
            let input = format!(
                "<label class=\"pr-free\"><span>Your answer</span><input type=\"text\" name=\"pr-ask-{number}\" \
                 autocomplete=\"off\" spellcheck=\"false\"></label>"
            );
            (input, format!("data-answer=\"{}\"", escape(answer)))
        } else {
            let [right] = right[..] else {
                return Err(format!("the run says `{answer}`, and {} of the choices say so", right.len()));
            };
            let choices: String = self
                .choices
                .iter()
                .enumerate()
                .map(|(i, (_, label))| {
                    format!(
                        "<label class=\"pr-choice\"><input type=\"radio\" name=\"pr-ask-{number}\" value=\"{i}\">\
                         <span>{}</span></label>",
                        words(label)
                    )
                })
                .collect();
            (choices, format!("data-right=\"{right}\""))
        };
        let said = match right.first() {
            Some(i) if fits_exactly(self.choices[*i].0, answer) => words(&self.choices[*i].1),
            Some(i) => format!("{}: {}", words(&self.choices[*i].1), escape(answer)),
            None => escape(answer),
        };
        let question = words(&self.question);
        let widget = format!(
            "<div class=\"pr-ask\" {data}><fieldset><legend><span class=\"pr-tag\">Predict</span> {}</legend>\
             {choices}<p class=\"pr-actions\"><button type=\"button\" class=\"pr-check\" hidden>Check</button>\
             <span class=\"pr-verdict\" role=\"status\" aria-live=\"polite\"></span></p></fieldset>\
             <details class=\"pr-answer\"><summary>What the run says</summary>\
             <p class=\"pr-said\"><strong>{said}</strong></p>\n\n{}\n\n</details></div>\n",
            question,
            self.reveal.trim(),
        );
        Ok(Shown { question, said, widget })
    }
}

/// What a reader sees of `4..8`.
fn range_in_words(key: &str) -> String {
    let Some((low, high)) = key.split_once("..") else { return key.to_owned() };
    let apart = |n: &str| n.trim().parse::<u64>().map_or_else(|_| n.trim().to_owned(), page::thousands);
    let (low, high_text) = (apart(low), apart(high));
    match (low.as_str(), high_text.as_str(), high.trim().parse::<u64>()) {
        ("", high, _) => format!("fewer than {high}"),
        (low, "", _) => format!("{low} or more"),
        (low, _, Ok(high)) => format!("{low} to {}", page::thousands(high.saturating_sub(1))),
        (low, high, Err(_)) => format!("{low} to {high}"),
    }
}

fn fits_exactly(key: &str, answer: &str) -> bool {
    key == answer
}

fn fits(key: &str, answer: &str) -> bool {
    if fits_exactly(key, answer) {
        return true;
    }
    let Some((low, high)) = key.split_once("..") else { return false };
    let number = |text: &str| -> Option<u64> {
        let text = text.trim();
        // Thousands stand apart, as `page::thousands` writes them.
        text.replace([',', '\u{a0}'], "").parse().ok().or_else(|| {
            let text = text.replace("days", "d").replace("day", "d");
            text.parse::<Duration>().ok().map(Duration::as_nanos)
        })
    };
    match number(answer) {
        Some(n) => {
            (low.trim().is_empty() || number(low).is_some_and(|l| n >= l))
                && (high.trim().is_empty() || number(high).is_some_and(|h| n < h))
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_decides() {
        let ask = Ask::read("Which\none?\nanswer: value count\n- 1\n- 2 | two\n---\nBecause.").unwrap();
        let shown = ask.show(3, "2").unwrap().widget;
        assert!(shown.contains("data-right=\"1\"") && shown.contains("<strong>two</strong>"), "{shown}");
        assert!(ask.show(3, "3").is_err());
    }

    #[test]
    fn ranges_hold_numbers_and_times() {
        assert!(fits("1 s..10 s", "1.42 s") && !fits("..1 s", "1.42 s") && fits("6 h..", "6 h 10 min"));
        assert!(fits("5..10", "7") && !fits("5..7", "7") && fits("1 d..", "5 days 1 h"));
    }
}
