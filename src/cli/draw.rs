//! `postroad draw`: pictures from a stored trace.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::input;
use super::number::whole;
use super::screen::Screen;
use super::status::Status;
use crate::render::{ladder, map, waterfall};
use crate::sim::{Duration, Instant};
use crate::trace::{HostId, MailId, Record, Roster, jsonl, visible};

/// Draw a chart from a trace
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The trace, as `postroad run --out` writes it; `-` is standard input
    #[arg(value_name = "TRACE.jsonl")]
    trace: String,
    /// What to draw
    #[arg(long, value_enum, value_name = "CHART")]
    chart: Chart,
    /// Only this mail, by its number
    #[arg(long, value_name = "ID", allow_negative_numbers = true, value_parser = whole::<u64>(0, u64::MAX))]
    mail: Option<u64>,
    /// Ladder: only what these hosts do, and say to each other
    #[arg(long, value_name = "HOST,..", value_delimiter = ',')]
    hosts: Vec<String>,
    /// Ladder: nothing before this time of the run, such as 1.5s
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    from: Option<Duration>,
    /// Ladder: nothing after this time of the run
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    to: Option<Duration>,
    /// Ladder: also packets
    #[arg(long)]
    packets: bool,
    /// Ladder: whether to show questions to name servers
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Dns::Auto)]
    dns: Dns,
    /// Draw with letters, not as SVG
    #[arg(long)]
    text: bool,
    /// Columns of a drawing with letters [default: 120]
    #[arg(long, value_name = "N", allow_negative_numbers = true, requires = "text", value_parser = whole::<u16>(40, 1000))]
    width: Option<u16>,
    /// Write to this file, not to standard output: *.svg, or *.txt with --text
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Columns of a drawing with letters, where nothing is asked for.
const COLUMNS: u16 = 120;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Chart {
    /// A lifeline for every host, an arrow for everything said
    Ladder,
    /// Hosts and links, and the way of a mail
    Map,
    /// Where the time of a mail went: DNS, connections, TLS, dialogues, content, waiting
    Waterfall,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Dns {
    /// Where few hosts handle the mail; elsewhere as notes
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Args {
    pub(super) fn work(self, screen: &mut Screen) -> Result<Status, Failure> {
        let name = input::shown_name(&self.trace);
        let instant = |time: Option<Duration>| time.map(|t| Instant::ZERO + t);
        let (from, to) = (instant(self.from), instant(self.to));
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from > to
        {
            return Err(Failure::said(format!("--from {from} is later than --to {to}")));
        }
        let is_narrow = from.is_some() || to.is_some() || !self.hosts.is_empty();
        if self.chart != Chart::Ladder && (is_narrow || self.packets || self.dns != Dns::Auto) {
            return Err(Failure::said(
                "--hosts, --from, --to, --packets and --dns are for a ladder; other charts show the whole run",
            ));
        }
        if let Some(output) = &self.output {
            refuse_input(&self.trace, output)?;
            refuse_format(output, self.text)?;
        }
        let read = jsonl::read(input::open(&self.trace)?);
        let (roster, records) = read.map_err(|error| Failure::said(format!("{name}: {error}")))?;
        let mail = self.mail.map(MailId);
        if let Some(mail) = mail {
            known(mail, &records, name)?;
        }
        let hosts = self.hosts.iter().map(|host| host_of(host, &roster, name)).collect::<Result<Vec<_>, _>>()?;
        let columns = usize::from(self.width.unwrap_or(COLUMNS));
        let drawing = match self.chart {
            Chart::Ladder => {
                let options = ladder::Options {
                    mail,
                    hosts,
                    from,
                    to,
                    packets: self.packets,
                    dns: match self.dns {
                        Dns::Auto => ladder::Dns::WhereItFits,
                        Dns::Always => ladder::Dns::Always,
                        Dns::Never => ladder::Dns::Never,
                    },
                    ..ladder::Options::default()
                };
                if self.text {
                    ladder::text(&roster, &records, &options, columns)
                } else {
                    ladder::svg(&roster, &records, &options)
                }
            }
            Chart::Waterfall => {
                let options = waterfall::Options { mail, ..waterfall::Options::default() };
                if self.text {
                    waterfall::text(&roster, &records, &options, columns)
                } else {
                    waterfall::svg(&roster, &records, &options)
                }
            }
            Chart::Map => {
                let options = map::Options { mail, ..map::Options::default() };
                if self.text {
                    map::text(&roster, &records, &options, columns)
                } else {
                    map::svg(&roster, &records, &options)
                }
            }
        };
        match &self.output {
            Some(path) => write_whole(path, drawing.as_bytes())?,
            None => screen.text(&drawing),
        }
        Ok(Status::Fine)
    }
}

/// The host of this name.
fn host_of(wanted: &str, roster: &Roster, name: &str) -> Result<HostId, Failure> {
    let place = roster.hosts.iter().position(|host| *host.name == *wanted);
    let place = place.and_then(|place| u32::try_from(place).ok());
    place.map(HostId).ok_or_else(|| {
        let known: Vec<&str> = roster.hosts.iter().map(|host| &*host.name).take(12).collect();
        let more = if roster.hosts.len() > known.len() { ", …" } else { "" };
        Failure::said(format!("{name} has no host {}; it has {}{more}", visible(wanted.as_bytes()), known.join(", ")))
    })
}

/// Whether the trace has the mail.
pub(super) fn known(mail: MailId, records: &[Record], name: &str) -> Result<(), Failure> {
    if records.iter().any(|r| r.mail == Some(mail)) {
        return Ok(());
    }
    let has = match records.iter().filter_map(|r| r.mail).max() {
        None => "it has no mail at all".to_owned(),
        Some(MailId(last)) => format!("its mails are numbered 1 to {last}"),
    };
    Err(Failure::said(format!("{name} has no mail {}; {has}", mail.0)))
}

/// A trace cannot be made again as fast as a picture.
fn refuse_input(trace: &str, output: &Path) -> Result<(), Failure> {
    let is_file = |path: &Path| fs::metadata(path).is_ok_and(|data| data.is_file());
    let same = || fs::canonicalize(trace).is_ok_and(|trace| fs::canonicalize(output).is_ok_and(|out| trace == out));
    if is_file(output) && same() {
        let shown = output.display();
        return Err(Failure::said(format!(
            "{shown} is the trace itself, and stays as it is; choose another file for -o"
        )));
    }
    Ok(())
}

/// A picture in a file whose name says that it is something else is of no use.
fn refuse_format(output: &Path, text: bool) -> Result<(), Failure> {
    let Some(extension) = output.extension() else { return Ok(()) };
    let (right, other, switch) = if text { ("txt", "svg", "without --text") } else { ("svg", "txt", "with --text") };
    if extension.eq_ignore_ascii_case(right) {
        return Ok(());
    }
    let named = |extension: &str| super::input::quoted(&output.with_extension(extension).display().to_string());
    let (shown, what) = (output.display(), if text { "text" } else { "SVG" });
    Err(Failure::said(match extension.to_str() {
        Some(found) if found.eq_ignore_ascii_case(other) => {
            format!("{shown}: this drawing is {what}; write it to {}, or draw it {switch}", named(right))
        }
        Some(found) if !text => {
            let (svg, wanted) = (named("svg"), super::input::quoted(&output.display().to_string()));
            format!(
                "{shown}: a drawing is SVG, not {found}; write it to {svg}, and let another program turn it into {wanted}"
            )
        }
        _ => format!("{shown}: this drawing is {what}; write it to {}", named(right)),
    }))
}

/// Writes a file beside its place first, so that there is never half of one.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |e| Failure::write(path, e);
    // Devices and pipes cannot be replaced.
    if fs::metadata(path).is_ok_and(|data| !data.is_file()) {
        return fs::write(path, bytes).map_err(failed);
    }
    let mut name = OsString::from(".");
    name.push(path.file_name().ok_or_else(|| Failure::said(format!("{} is no file name", path.display())))?);
    name.push(format!(".postroad-{}", std::process::id()));
    let making = path.with_file_name(name);
    let written = fs::write(&making, bytes).and_then(|()| fs::rename(&making, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&making);
        failed(error)
    })
}
