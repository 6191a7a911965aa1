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
use crate::mime::read::{line_numbers, read};
use crate::trace::transcript::Line;
use mail::Mail;

/// A mail of more bytes is not read.
const MOST_BYTES: u64 = 1 << 30;

/// Take a mail apart: its parts, what they say, and what is wrong with it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The mail; `-` is standard input
    #[arg(value_name = "FILE.eml")]
    file: String,
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
        let tree = read(&bytes);
        let lines = line_numbers(&bytes, tree.defects.iter().map(|defect| defect.at));
        let mail = Mail { bytes: &bytes, tree: &tree, lines };
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

/// The tree of a mail as the command tells it.
pub(super) fn told(bytes: &[u8]) -> Vec<Line> {
    let tree = read(bytes);
    let lines = line_numbers(bytes, tree.defects.iter().map(|defect| defect.at));
    text::tell(&Mail { bytes, tree: &tree, lines }, &[])
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
