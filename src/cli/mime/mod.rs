//! `postroad mime`: what a mail is made of, and what is wrong with it.

mod extract;
mod json;
mod mail;
mod names;
mod text;

use std::io::Read;
use std::path::PathBuf;

use super::failure::Failure;
use super::format::Format;
use super::input;
use super::screen::Screen;
use super::status::Status;
use crate::diag::safe;
use crate::mime::read::{Defect, Flaw, Tree, fields, line_numbers, mails, read};
use crate::trace::transcript::Line;
use mail::Mail;

/// A mail of more bytes is not read.
const MOST_BYTES: u64 = 1 << 30;
/// Bytes of a first line that are shown.
const FIRST_LINE: usize = 60;

/// Take a mail apart: its parts, what they say, and what is wrong with it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The mail; `-` is standard input
    #[arg(value_name = "FILE.eml")]
    file: String,
    /// Of a mailbox file: which of its mails, from 1 on
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), default_value_t = 1)]
    nth: u64,
    /// How to tell it
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    format: Format,
    /// Write what the parts hold, decoded, into files in this directory; nothing is ever overwritten
    #[arg(long, value_name = "DIR")]
    extract: Option<PathBuf>,
}

impl Args {
    pub(super) fn work(self, screen: &mut Screen) -> Result<Status, Failure> {
        let bytes = bytes(&self.file)?;
        let all = mails(&bytes);
        let number = usize::try_from(self.nth).unwrap_or(usize::MAX);
        let Some(range) = all.get(number - 1) else {
            let name = input::shown_name(&self.file);
            let has = if all.len() == 1 { "one mail only".to_owned() } else { format!("{} mails only", all.len()) };
            return Err(Failure::said(format!("{name} has {has}: there is no number {number}")));
        };
        let bytes = &bytes[range.clone()];
        let mut tree = read(bytes);
        refuse_other(input::shown_name(&self.file), bytes, &tree)?;
        if all.len() > number {
            let count = (all.len() - number) as u64;
            tree.defects.push(Defect { part: 0, at: bytes.len(), what: Flaw::MoreMails { count } });
        }
        let lines = line_numbers(bytes, tree.defects.iter().map(|defect| defect.at));
        let mail = Mail { bytes, tree: &tree, lines, number, of: all.len() };
        let written = match &self.extract {
            Some(directory) => extract::extract(&mail, directory)?,
            None => Vec::new(),
        };
        match self.format {
            Format::Text => text::tell(&mail, &written).iter().for_each(|line| screen.line(line)),
            Format::Json => screen.text(&json::json(&mail, &written)?),
        }
        Ok(Status::Fine)
    }
}

/// What has not one header field is no mail, however broken mails are.
fn refuse_other(name: &str, bytes: &[u8], tree: &Tree) -> Result<(), Failure> {
    // Names of real fields. JSON and logs have colons, too.
    let is_name = |name: &[u8]| {
        name.first().is_some_and(u8::is_ascii_alphabetic)
            && name.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
    };
    if fields(&bytes[tree.parts[0].header.clone()]).any(|field| is_name(field.name)) {
        return Ok(());
    }
    let line = bytes.split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default();
    let text = safe(&String::from_utf8_lossy(&line[..line.len().min(FIRST_LINE)]));
    let begins = match text.trim() {
        _ if bytes.is_empty() => "it is empty".to_owned(),
        "" => "it begins with an empty line".to_owned(),
        text => format!("its first line is `{text}`"),
    };
    Err(Failure::said(format!(
        "{name} is no mail: {begins}, and no header field such as `Subject: Hello` comes before the first empty line \
         (RFC 5322 §2.1); give a file that holds a mail with its header section"
    )))
}

/// The tree of a mail as the command tells it.
pub(super) fn told(bytes: &[u8]) -> Vec<Line> {
    let tree = read(bytes);
    let lines = line_numbers(bytes, tree.defects.iter().map(|defect| defect.at));
    text::tell(&Mail { bytes, tree: &tree, lines, number: 1, of: 1 }, &[])
}

/// The whole file.
fn bytes(file: &str) -> Result<Vec<u8>, Failure> {
    let name = input::shown_name(file);
    let mut bytes = Vec::new();
    input::open(file)?.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| Failure::read(name, error))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Failure::said(format!(
            "{name} is longer than 1 GiB: that is no mail, or none that anybody can send"
        )));
    }
    Ok(bytes)
}
