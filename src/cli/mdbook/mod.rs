//! `postroad mdbook`: a preprocessor for mdBook that runs scenarios and puts what happened into the chapters.
//!
//! Nothing in the book is typed that a run can produce. A chapter says what it wants to show:
//!
//! ```text
//! {{#postroad ladder mail=1}}
//! It arrives after {{#postroad value kind=delivered show=age}}.
//! ```
//!
//! and this module runs the chapter's scenario, `scenarios/NAME.ron` for the chapter `NAME.md` unless the directive
//! names another, and writes the picture or the number in its place. With the word `secrets`, passwords are shown as by
//! `postroad run --secrets`. A directive that names something that the run has not got is an error with the chapter and
//! the line.

mod ask;
mod compare;
mod directive;
mod hops;
mod html;
mod press;
mod query;
mod show;
mod sources;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::Value;

use super::failure::Failure;
use super::screen::{Screen, complain};
use super::status::Status;
use crate::render::page;
use ask::Ask;
use directive::{Directive, Piece, pieces};
use press::{Change, Press, Run};

/// Expand the directives of the book; mdBook calls this
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    ask: Option<Question>,
}

#[derive(Debug, clap::Subcommand)]
enum Question {
    /// Say whether the output format can be served
    Supports {
        /// The name of the format
        renderer: String,
    },
}

impl Args {
    pub(super) fn work(self, command: clap::Command, screen: &mut Screen) -> Result<Status, Failure> {
        if let Some(Question::Supports { renderer }) = self.ask {
            return Ok(if renderer == "html" { Status::Fine } else { Status::Unmet });
        }
        let mut input = String::new();
        std::io::stdin().read_to_string(&mut input).map_err(|error| Failure::read("standard input", error))?;
        let no_book = |why: String| Failure::said(format!("this is not what mdBook says to a preprocessor: {why}"));
        let Ok([context, mut book]) = serde_json::from_str::<[Value; 2]>(&input) else {
            return Err(no_book("expected a list of the context and the book".into()));
        };
        let root = context["root"].as_str().ok_or_else(|| no_book("the context has no `root`".into()))?;
        // The project is the directory above the book.
        let mut project = PathBuf::from(root);
        project.push(context["config"]["preprocessor"]["postroad"]["project"].as_str().unwrap_or(".."));
        let items = book["items"].as_array_mut().ok_or_else(|| no_book("the book has no `items`".into()))?;
        let expander = Expander::new(&project, command);
        let mut problems = Vec::new();
        each_chapter(items, &mut |path, content| match expander.chapter(path, content) {
            Ok(expanded) => *content = expanded,
            Err(found) => problems.extend(found),
        });
        if problems.is_empty() {
            let text = serde_json::to_string(&book).map_err(|why| no_book(why.to_string()))?;
            screen.text(&text);
            return Ok(Status::Fine);
        }
        for problem in problems {
            complain(&problem.to_string());
        }
        Ok(Status::Wrong)
    }
}

fn each_chapter(items: &mut [Value], work: &mut impl FnMut(&str, &mut String)) {
    for item in items {
        let Some(chapter) = item.get_mut("Chapter") else { continue };
        let path = chapter["path"].as_str().unwrap_or_default().to_owned();
        if let Some(Value::String(content)) = chapter.get_mut("content") {
            work(&path, content);
        }
        if let Some(Value::Array(below)) = chapter.get_mut("sub_items") {
            each_chapter(below, work);
        }
    }
}

/// What is wrong with a chapter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{chapter}, line {line}: {message}")]
pub struct Problem {
    /// The chapter's file, as `SUMMARY.md` has it.
    pub chapter: String,
    /// The line in it.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// Expands chapters; every run is made once.
pub struct Expander {
    press: Press,
    command: clap::Command,
    asked: Cell<usize>,
    /// Questions and their answers, in HTML.
    answers: RefCell<Vec<(String, String)>>,
}

/// What a chapter has said so far.
struct Chapter {
    scenario: Option<String>,
    changes: BTreeMap<String, (String, Vec<Change>)>,
}

impl Expander {
    /// Expands with the scenarios and sources of the project in this directory, and with what the command line takes.
    #[must_use]
    pub fn new(project: &Path, command: clap::Command) -> Expander {
        Expander { press: Press::new(project), command, asked: Cell::new(0), answers: RefCell::default() }
    }

    /// A chapter with all its directives carried out.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn chapter(&self, path: &str, text: &str) -> Result<String, Vec<Problem>> {
        let stem = Path::new(path).file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        let own = format!("scenarios/{stem}.ron");
        let scenario = self.press.read(&own).is_ok().then_some(own);
        let mut chapter = Chapter { scenario, changes: BTreeMap::new() };
        let mut problems = Vec::new();
        let out = self.expand(&mut chapter, text, 0, &mut |line, message| {
            problems.push(Problem { chapter: path.to_owned(), line, message });
        });
        if problems.is_empty() { Ok(out) } else { Err(problems) }
    }

    fn expand(&self, chapter: &mut Chapter, text: &str, above: usize, wrong: &mut dyn FnMut(usize, String)) -> String {
        let mut out = String::with_capacity(text.len() * 2);
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Directive(directive, line) => {
                    match directive
                        .and_then(|d| self.directive(chapter, &d).map_err(|why| format!("{}: {why}", d.name)))
                    {
                        Ok(made) => out.push_str(&made),
                        Err(why) => wrong(line + above, why),
                    }
                }
                Piece::Ask(text, line) => match self.ask(chapter, text, line + above, wrong) {
                    Ok(made) => out.push_str(&made),
                    Err(why) => wrong(line + above, format!("ask: {why}")),
                },
            }
        }
        out
    }

    fn ask(
        &self,
        chapter: &mut Chapter,
        text: &str,
        line: usize,
        wrong: &mut dyn FnMut(usize, String),
    ) -> Result<String, String> {
        // Values in the question and the choices first, then the block is taken apart.
        let text = self.expand(chapter, text, line - 1, wrong);
        let ask = Ask::read(&text)?;
        let (run, _) = self.run(chapter, &ask.answer)?;
        let answer = match ask.answer.name.as_str() {
            "value" => query::value(&run, &plain(&ask.answer))?,
            other => return Err(format!("`{other}` gives no answer; `value` does")),
        };
        self.asked.set(self.asked.get() + 1);
        let shown = ask.show(self.asked.get(), &answer)?;
        self.answers.borrow_mut().push((shown.question, shown.said));
        Ok(shown.widget)
    }

    /// The run that a directive is about, and its file.
    fn run(&self, chapter: &Chapter, directive: &Directive) -> Result<(Rc<Run>, String), String> {
        let (file, changes) = self.subject(chapter, directive)?;
        Ok((self.press.run(&file, &changes, directive.has(SECRETS))?, file))
    }

    /// The scenario that a directive is about, and how it is changed.
    fn subject(&self, chapter: &Chapter, directive: &Directive) -> Result<(String, Vec<Change>), String> {
        if let Some(name) = directive.get("change") {
            let known = chapter.changes.get(name);
            return known.cloned().ok_or_else(|| format!("no change `{name}` is made before this line"));
        }
        let named = directive.words.first().filter(|w| is_file(w));
        match (named, &chapter.scenario) {
            (Some(name), _) => Ok((self.press.scenario_file(name)?, Vec::new())),
            (None, Some(own)) => Ok((own.clone(), Vec::new())),
            (None, None) => Err("this chapter has no scenario of its own: name one".into()),
        }
    }

    fn directive(&self, chapter: &mut Chapter, directive: &Directive) -> Result<String, String> {
        match directive.name.as_str() {
            "source" => return sources::source(&self.press, directive),
            "module" => return sources::module(&self.press, directive),
            "reference" => return sources::reference(directive, &self.command),
            "labs" => return self.labs(),
            "answers" => return self.answers(),
            "change" => return self.change(chapter, directive),
            _ => {}
        }
        let (file, changes) = self.subject(chapter, directive)?;
        let secrets = directive.has(SECRETS);
        let plain = plain(directive);
        match directive.name.as_str() {
            "diff" => return hops::diff(&self.press.plan(&file, &self.press.changed(&file, &changes)?)?, &plain),
            "scenario" => return sources::scenario(&self.press.changed(&file, &changes)?, &file, &plain),
            "diagnostic" => {
                let Err(told) = self.press.plan(&file, &self.press.changed(&file, &changes)?) else {
                    return Err(format!("{file} has no mistake with this change"));
                };
                return Ok(format!("<pre class=\"pr-dialogue pr-told\" tabindex=\"0\">{}</pre>", page::escape(&told)));
            }
            _ => {}
        }
        let run = self.press.run(&file, &changes, secrets)?;
        match directive.name.as_str() {
            "value" => query::value(&run, &plain).map(|v| html::value(&v)),
            "ladder" => show::ladder(&run, &plain),
            "map" => show::map(&run, &plain),
            "waterfall" => show::waterfall(&run, &plain),
            "dialogue" => show::dialogue(&run, &plain),
            "transcript" => show::transcript(&run, &plain),
            "timeline" => show::timeline(&run, &plain),
            "why" => show::why(&run, &plain),
            "mails" => show::mails(&run, &plain),
            "expectations" => show::expectations(&run, &plain),
            "message" => show::message(&run, &plain),
            "parts" => hops::parts(&run, &plain),
            "headers" => hops::headers(&run, &plain),
            "hex" => show::hex(&run, &plain),
            "compare" => compare::compare(&*self.press.run(&file, &[], secrets)?, &run, &plain),
            other => Err(format!("there is no directive `{other}`")),
        }
    }

    /// `change NAME replace=... with=...`: gives a change its name, and shows it.
    fn change(&self, chapter: &mut Chapter, directive: &Directive) -> Result<String, String> {
        let plain = plain(directive);
        plain.only(&plain.words.iter().map(String::as_str).collect::<Vec<_>>(), &["replace", "with", "after"])?;
        let name = plain.words.first().ok_or("give the change a name")?.clone();
        let mut changes = Vec::new();
        let mut subject = directive.clone();
        subject.pairs.clear();
        let (file, _) = self.subject(chapter, &subject)?;
        if let Some(before) = directive.get("after") {
            let known =
                chapter.changes.get(before).ok_or_else(|| format!("no change `{before}` is made before this"))?;
            changes.extend(known.1.iter().cloned());
        }
        let mut old = None;
        for (key, value) in &directive.pairs {
            match (key.as_str(), old.take()) {
                ("replace", None) => old = Some(value.clone()),
                ("with", Some(replace)) => changes.push(Change { replace, with: value.clone() }),
                ("after", None) => {}
                _ => return Err("write replace=... with=... in this order".into()),
            }
        }
        if old.is_some() || changes.is_empty() {
            return Err("write replace=... with=... in this order".into());
        }
        let shown = sources::change(&self.press, &file, &changes)?;
        if chapter.changes.insert(name.clone(), (file, changes)).is_some() {
            return Err(format!("the change `{name}` is made twice"));
        }
        Ok(if directive.has("silent") { String::new() } else { shown })
    }

    /// `answers`: the questions of all labs with what the runs say.
    fn answers(&self) -> Result<String, String> {
        let mut out = String::new();
        for file in self.press.scenarios()? {
            let stem = file.trim_start_matches("scenarios/").trim_end_matches(".ron");
            let path = format!("labs/{stem}.md");
            let text = self.press.read(&format!("book/src/{path}"))?;
            let title = text.lines().next().unwrap_or_default().trim_start_matches('#').trim();
            self.answers.borrow_mut().clear();
            self.chapter(&path, &text).map_err(|found| format!("{path} has {} mistakes of its own", found.len()))?;
            out.push_str(&format!("\n### {title}\n\n| question | answer |\n| --- | --- |\n"));
            for (question, said) in self.answers.borrow().iter() {
                out.push_str(&format!("| {} | {} |\n", question.replace('|', "&#124;"), said.replace('|', "&#124;")));
            }
        }
        Ok(out)
    }

    /// `labs`: every scenario that ships, with its title and what it says about itself.
    fn labs(&self) -> Result<String, String> {
        let mut out = String::from("| number | lab | what to look at |\n| --- | --- | --- |\n");
        for file in self.press.scenarios()? {
            let text = self.press.read(&file)?;
            let plan = self.press.plan(&file, &text)?;
            let stem = file.trim_start_matches("scenarios/").trim_end_matches(".ron");
            let number = stem.split('-').next().unwrap_or_default();
            // The first line of the file says in a sentence what it is about.
            let about = text.lines().next().and_then(|l| l.strip_prefix("//")).map_or("", str::trim);
            let about = about.split_once(": ").map_or(about, |(_, about)| about);
            let mut letters = about.chars();
            let about: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
            let title = page::inline(&plan.title);
            out.push_str(&format!("| {number} | [{title}](labs/{stem}.md) | {} |\n", page::inline(&about)));
        }
        Ok(out)
    }
}

/// The word with which a directive shows passwords.
const SECRETS: &str = "secrets";

/// Whether a word names a scenario.
fn is_file(word: &str) -> bool {
    word.ends_with(".ron") || (word.len() == 2 && word.bytes().all(|b| b.is_ascii_digit()))
}

/// The directive without what says which run it is about: the name of its scenario, and whether secrets are shown.
fn plain(directive: &Directive) -> Directive {
    let mut plain = directive.clone();
    if plain.words.first().is_some_and(|w| is_file(w)) {
        plain.words.remove(0);
    }
    plain.words.retain(|w| w != SECRETS);
    plain
}
