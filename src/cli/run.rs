//! `postroad run`: a scenario from its first instant to its last, told.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::collect::{Collector, Keep, MOST_TOLD};
use super::document;
use super::failure::Failure;
use super::format::Format;
use super::input;
use super::mail_files::expected;
use super::number::whole;
use super::output_dir::{MailFormat, OutputDir};
use super::page::Page;
use super::screen::Screen;
use super::simulate::{Run, SLICES, Wishes, build, history, line_of, notes, simulate};
use super::status::Status;
use crate::capture::Choice;
use crate::scenario::Plan;
use crate::sim::{Duration, StopReason};
use crate::trace::Roster;
use crate::trace::jsonl::Detail;
use crate::trace::transcript::{self, Align, Line, Sheet, Style, counted, number};

/// Run a scenario and tell what happened
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The scenario file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Another seed than the scenario's
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole::<u64>(0, u64::MAX))]
    seed: Option<u64>,
    /// Run for so long instead of what the scenario says, such as 90s or 6h
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    until: Option<Duration>,
    /// Also write trace, capture, transcript, pictures and delivered mail into this directory, whole or not at all
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What --out captures for Wireshark: all (every packet once, where it was sent), host:NAME, link:A-B, or none
    #[arg(long, value_name = "WHERE", requires = "out", default_value_t)]
    capture: Wanted,
    /// How --out writes delivered mail: eml (mail/, a file for each mail), mbox (mailboxes/, a file for each mailbox), maildir
    /// (maildir/, a directory for each mailbox), or several of them with commas
    #[arg(
        long,
        value_enum,
        value_name = "FORMATS",
        requires = "out",
        value_delimiter = ',',
        default_value = "eml",
        hide_possible_values = true
    )]
    mail: Vec<MailFormat>,
    /// Put everything into the trace of --out, as in the trace of a small run: where people send more than 50 mails, it has
    /// only those packets that were lost, and no states of sessions
    #[arg(long, requires = "out")]
    full_trace: bool,
    /// How to tell it
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    /// Tell only which expectations came true
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Tell everything: every packet, the dialogues of however many mails, and where each failed expectation stands
    #[arg(short, long)]
    verbose: bool,
    /// Show passwords, and what proves them, where there would be stars
    #[arg(long)]
    secrets: bool,
    /// Do not judge what the scenario expects: for a file that you have changed
    #[arg(long)]
    no_expect: bool,
}

/// What to capture, if anything.
#[derive(Clone, Debug)]
struct Wanted(Option<Choice>);

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted(Some(Choice::All))
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(choice) => choice.fmt(f),
            None => f.write_str("none"),
        }
    }
}

impl FromStr for Wanted {
    type Err = String;
    fn from_str(word: &str) -> Result<Wanted, String> {
        if word == "none" {
            return Ok(Wanted(None));
        }
        word.parse().map(|choice| Wanted(Some(choice))).map_err(|error| format!("{error}, or none"))
    }
}

impl Args {
    pub(super) fn work(self, screen: &mut Screen) -> Result<Status, Failure> {
        let Some((plan, source)) = input::scenario(&self.file)? else { return Ok(Status::Wrong) };
        let create = |target| OutputDir::create(target, expected(&plan), &self.mail);
        let mut output = self.out.as_deref().map(create).transpose()?;
        let keep = match (&output, self.format, self.quiet) {
            (Some(_), ..) => Keep::ToDraw,
            (None, Format::Text, false) if !self.verbose => Keep::ToTell,
            (None, Format::Json, _) => Keep::ToTell,
            _ => Keep::Nothing,
        };
        // Everything is told as it happens: nobody knows how much it will be.
        let tells = self.verbose && (output.is_some() || self.format == Format::Text);
        let wishes = Wishes {
            seed: self.seed,
            until: self.until,
            keep,
            packets: tells,
            mail: output.is_some(),
            story: tells,
            // A line that comes and goes would tear the story; and whoever reads it sees how far it is.
            progress: !(tells && self.format == Format::Text && screen.is_terminal()),
            slices: SLICES,
        };
        let others = match &mut output {
            Some(output) => {
                let is_large = expected(&plan) > MOST_TOLD as u64 && !self.full_trace;
                vec![output.trace(if is_large { Detail::Lean } else { Detail::Full })?]
            }
            None => Vec::new(),
        };
        let mut world = build(&plan, wishes);
        if self.secrets {
            world.show_secrets();
        }
        if let (Some(output), Wanted(Some(choice))) = (&mut output, &self.capture) {
            output.capture(&mut world, choice)?;
        }
        let mut telling = Telling { source: &source, screen: (self.format == Format::Text).then_some(&mut *screen) };
        if tells {
            telling.tell(head(world.roster(), &plan), output.as_mut());
        }
        let mut run = simulate(world, &plan, wishes, others, |world, collected| {
            if let Some(output) = &mut output {
                output.write_filed(world);
            }
            if let Some(story) = &mut collected.story {
                telling.tell(story.take_lines(), output.as_mut());
                if output.is_none() && telling.is_alone() {
                    collected.story = None;
                }
            }
        });
        if let Some(output) = &mut output {
            output.write_filed(&mut run.world);
        }
        if let Some(mut story) = run.collected.story.take() {
            telling.tell(story.finish(), output.as_mut());
            telling.tell_all(table(&run.collected), output.as_mut());
        }
        if self.no_expect {
            run.judgements.clear();
        }

        let name = input::shown_name(&self.file);
        let verdicts = || match self.no_expect {
            true => Page::default(),
            false => verdicts(&run, name, &source, self.verbose),
        };
        let whole = |short: bool| {
            let mut page = page(&run, &plan, tells, short);
            if self.out.is_none() && run.collected.mails.fates().delivered > 0 {
                let words =
                    "The mails themselves lie in the mailboxes: --out DIR writes them, with pictures of the run.";
                page.line(Line::of(Style::Faint, words));
                page.line(Line::new());
            }
            page.append(verdicts());
            if !run.missed.is_empty() {
                if !self.no_expect {
                    page.line(Line::new());
                }
                page.lines(notes(&run.missed, &source));
            }
            page
        };
        if let Some(output) = output {
            output.fill(&run, &whole(false).plain(&source))?;
        }
        match (self.format, self.quiet) {
            (Format::Json, _) => screen.text(&document::json(&run, &source)?),
            (Format::Text, true) => verdicts().show(&source, screen),
            (Format::Text, false) => whole(!self.verbose).show(&source, screen),
        }
        Ok(conclude(&run, &plan, wishes, screen))
    }
}

/// Where a story goes while it happens.
struct Telling<'a> {
    source: &'a str,
    /// None where something else is shown.
    screen: Option<&'a mut Screen>,
}

impl Telling<'_> {
    /// Whether whoever read what was shown has gone away.
    fn is_alone(&self) -> bool {
        self.screen.as_ref().is_none_or(|screen| screen.is_gone())
    }

    /// Tells lines of which there may be very many.
    fn tell_all(&mut self, mut lines: impl Iterator<Item = Line>, mut output: Option<&mut OutputDir>) {
        const SOME: usize = 1_000;
        loop {
            let some: Vec<Line> = lines.by_ref().take(SOME).collect();
            if some.is_empty() {
                return;
            }
            self.tell(some, output.as_deref_mut());
        }
    }

    fn tell(&mut self, lines: Vec<Line>, output: Option<&mut OutputDir>) {
        if lines.is_empty() {
            return;
        }
        let mut page = Page::default();
        page.lines(lines);
        if let Some(output) = output {
            output.transcribe(&page.plain(self.source));
        }
        if let Some(screen) = &mut self.screen {
            page.show(self.source, screen);
        }
    }
}

/// Who takes part, and the title of what follows.
fn head(roster: &Roster, plan: &Plan) -> Vec<Line> {
    let mut lines: Vec<Line> = transcript::people(roster, &plan.about).into_iter().collect();
    lines.extend([Line::of(Style::Heading, "What happened"), Line::new()]);
    lines
}

/// The exit status; a broken invariant is told first.
fn conclude(run: &Run, plan: &Plan, wishes: Wishes, screen: &mut Screen) -> Status {
    if let Err(violation) = &run.report {
        screen.flush();
        let mut page = Page::default();
        page.lines(history(plan, wishes, violation, &run.roster));
        super::screen::tell(&page.plain(""));
        return Status::Defect;
    }
    if run.is_met() { Status::Fine } else { Status::Unmet }
}

/// Everything that is told, but for the expectations, and for the story and the table of mails where those have been
/// `told`. `short` leaves out what
/// repeats itself.
fn page(run: &Run, plan: &Plan, told: bool, short: bool) -> Page {
    let mut page = Page::default();
    let collected = &run.collected;
    if told || !collected.is_large() {
        if !told {
            page.lines(head(&run.roster, plan));
            let options = transcript::Options { packets: false, short };
            page.lines(transcript::story(&run.roster, &collected.records, &options));
            page.lines(table(collected));
        }
    } else {
        page.lines(transcript::people(&run.roster, &plan.about));
        let mails = counted(collected.mails.list().len() as u64, "mail", "mails");
        page.line(Line::of(Style::Heading, "What happened"));
        page.line(Line::of(Style::Faint, format!("  to {mails}, too many to tell one by one: -v tells it all")));
        page.line(Line::new());
        page.lines(collected.mails.summary());
    }
    page.lines(totals(run));
    page
}

/// What stands below the story.
fn table(collected: &Collector) -> impl Iterator<Item = Line> {
    let mails = &collected.mails;
    let table = (!mails.list().is_empty()).then(|| mails.table());
    [Line::new()].into_iter().chain(table.into_iter().flatten())
}

/// How long and how much.
fn totals(run: &Run) -> Vec<Line> {
    let world = &run.world;
    let time = transcript::clock(world.ended_at());
    let why = match run.stop {
        StopReason::Idle => "nothing was left to happen",
        StopReason::Deadline => "the time was up",
        StopReason::EventLimit => "too many events",
        StopReason::Halted => "an invariant broke",
    };
    let mut lines = vec![Line::of(Style::Heading, "The run")];
    let mut sheet = Sheet::new(&[Align::Left, Align::Left]);
    let mut row = |word: &str, value: String, note: &str| {
        sheet.row(vec![Line::new().and(word), Line::new().and(value).with(Style::Faint, note)]);
    };
    row("virtual time", time, &format!(", until {why}"));
    let net = [(world.connections(), "connections"), (world.packets(), "packets"), (world.events(), "events")];
    row("network", net.map(|(n, word)| format!("{} {word}", number(n))).join(", "), "");
    let queued = run.collected.mails.queued();
    if queued > 0 {
        row("still queued", counted(queued, "mail", "mails"), "");
    }
    lines.extend(sheet.lines(2));
    lines.push(Line::new());
    lines
}

/// The expectations: a line each, with what happened instead where one failed; in their places in the file when asked
/// for `details`.
fn verdicts(run: &Run, file: &str, source: &str, details: bool) -> Page {
    let mut page = Page::default();
    if run.judgements.is_empty() {
        page.line(Line::of(Style::Faint, "The scenario expects nothing."));
        return page;
    }
    page.line(Line::of(Style::Heading, "Expectations"));
    for judgement in &run.judgements {
        if judgement.met {
            page.line(Line::of(Style::Good, "  ✓ ").and(&judgement.expected));
        } else {
            let place = format!("  (line {})", line_of(source, judgement.span.start));
            page.line(
                Line::of(Style::Bad, "  ✗ ")
                    .and(&judgement.expected)
                    .with(Style::Warning, format!(" — {}", first_words(&judgement.happened)))
                    .with(Style::Faint, place),
            );
        }
    }
    let unmet = run.judgements.iter().filter(|j| !j.met).count() as u64;
    if unmet == 0 {
        return page;
    }
    if details {
        for judgement in run.judgements.iter().filter(|j| !j.met) {
            page.line(Line::new());
            page.diagnostic(judgement.diagnostic(file));
        }
    }
    // Whoever changes one line of a scenario sees this, and has done nothing wrong.
    page.line(Line::new());
    let all = counted(run.judgements.len() as u64, "expectation", "expectations");
    page.line(Line::new().and(format!("{} of {all} did not come true.", number(unmet))));
    let hint = if details { "" } else { "-v shows them in the file, " };
    for words in [
        "Expectations are what the author of the file claims about the run. If you have changed the file, this may be"
            .to_owned(),
        format!("just what you wanted to see: read above what happened. {hint}--no-expect leaves them out."),
    ] {
        page.line(Line::of(Style::Faint, words));
    }
    page
}

/// The beginning of what happened: one line of a terminal is for one expectation.
fn first_words(happened: &str) -> String {
    const MOST: usize = 100;
    match happened.char_indices().nth(MOST) {
        None => happened.to_owned(),
        Some((end, _)) => format!("{}…", happened[..end].trim_end()),
    }
}
