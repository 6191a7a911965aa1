//! `mailboxes/` and `maildir/` of an output: what each mailbox holds, as mail programs read it.
//!
//! An mbox is one file: mails one after the other, each behind a line `From REVERSE-PATH DATE`, with the line ends and the dates of
//! the default format of RFC 4155 appendix A. A line of a mail that begins as that line does gets a `>` in front, and so does one
//! that has some already: this variety is called mboxrd, and is taken because what it adds can be taken away again. RFC 4155 has no
//! such quoting, and asks for seven bits; a mail that has eight keeps them.
//!
//! A Maildir is a directory with a file for each mail. What is new lies in `new/`; a mail program moves it to `cur/` when it has
//! seen it, and puts what it knows behind a colon then. Here is no colon, which Windows does not allow in a name. Files are
//! not written to `tmp/` first: nobody sees the output before it is whole.
//!
//! The lines of both end with a line feed alone, as they do on disks where mail servers write them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::file_names::{FileNames, plain};
use crate::agent::Filed;
use crate::identity::ReversePath;
use crate::octets::Rope;
use crate::sim::calendar::Calendar;
use crate::trace::{HostId, Roster};

/// What stands in an mbox for a mail whose reverse-path is empty, as Sendmail and Postfix have it.
const NOBODY: &str = "MAILER-DAEMON";
/// What an mbox's mails begin with.
const FROM: &[u8] = b"From ";

/// The directories of a Maildir, that new mail comes into first.
pub(super) const MAILDIR_PARTS: [&str; 3] = ["new", "cur", "tmp"];

/// The mailboxes of all hosts, written as mail is filed.
pub(super) struct Boxes {
    mbox: Option<PathBuf>,
    maildir: Option<PathBuf>,
    names: FileNames,
    /// What the files of a mailbox of a host are called: as many as there are mailboxes that got mail, however much it was.
    known: BTreeMap<(HostId, String), String>,
    /// The mail at hand.
    buffer: Vec<u8>,
}

impl Boxes {
    /// Mailboxes as mbox, as Maildir, or both, in these directories.
    pub(super) fn new(mbox: Option<PathBuf>, maildir: Option<PathBuf>) -> Boxes {
        Boxes { mbox, maildir, names: FileNames::default(), known: BTreeMap::new(), buffer: Vec::new() }
    }

    /// Makes the directories, unless that is done.
    pub(super) fn prepare(&self) -> io::Result<()> {
        self.mbox.iter().chain(&self.maildir).filter(|d| !d.is_dir()).try_for_each(fs::create_dir)
    }

    /// Writes mails in the order of filing. One file is open at a time: mails of one mailbox come together.
    pub(super) fn write(&mut self, filed: &[Filed], roster: &Roster) -> io::Result<()> {
        if self.mbox.is_none() && self.maildir.is_none() {
            return Ok(());
        }
        let calendar = Calendar::new(roster.start_unix_secs, 0);
        let mut by_box: BTreeMap<(HostId, &str), Vec<&Filed>> = BTreeMap::new();
        for filed in filed {
            by_box.entry((filed.host, filed.mailbox.as_str())).or_default().push(filed);
        }
        // Names are given in the order of filing, wherever a run is cut into slices.
        for filed in filed {
            self.name(filed)?;
        }
        for ((host, mailbox), mails) in by_box {
            let Some(name) = self.known.get(&(host, mailbox.to_owned())) else { continue };
            if let Some(directory) = &self.mbox {
                let file = File::options().append(true).create(true).open(directory.join(format!("{name}.mbox")))?;
                let mut out = BufWriter::new(file);
                for filed in &mails {
                    unix(filed.letter.content.rope(), &mut self.buffer);
                    let from = match &filed.letter.from {
                        ReversePath::Null => NOBODY,
                        ReversePath::Mailbox(mailbox) => mailbox.as_str(),
                    };
                    append(&mut out, from, &calendar.asctime(filed.at), &self.buffer)?;
                }
                out.flush()?;
            }
            if let Some(directory) = &self.maildir {
                let new = directory.join(name).join(MAILDIR_PARTS[0]);
                for filed in &mails {
                    unix(filed.letter.content.rope(), &mut self.buffer);
                    fs::write(new.join(file_name(filed, &calendar, roster, self.buffer.len())), &self.buffer)?;
                }
            }
        }
        Ok(())
    }

    /// Finds a name for the mailbox, and makes its Maildir where it is new.
    fn name(&mut self, filed: &Filed) -> io::Result<()> {
        let key = (filed.host, filed.mailbox.as_str().to_owned());
        if self.known.contains_key(&key) {
            return Ok(());
        }
        let name = self.names.name(filed.mailbox.as_str());
        if let Some(directory) = &self.maildir {
            make(&directory.join(&name))?;
        }
        self.known.insert(key, name);
        Ok(())
    }
}

fn make(maildir: &Path) -> io::Result<()> {
    fs::create_dir(maildir)?;
    MAILDIR_PARTS.iter().try_for_each(|part| fs::create_dir(maildir.join(part)))
}

/// A name that no other file of the Maildir has: when it was filed, the number of the mail in the run, its number in the
/// mailbox, the host, and the size, which Dovecot reads there.
fn file_name(filed: &Filed, calendar: &Calendar, roster: &Roster, size: usize) -> String {
    let host = roster.hosts.get(filed.host.0 as usize).map_or("nobody", |h| &*h.name);
    let (seconds, micros) = (calendar.unix_secs(filed.at), filed.at.as_nanos() / 1_000 % 1_000_000);
    format!("{seconds}.M{micros}P{}Q{}.{},S={size}", filed.mail.0, filed.number, plain(host))
}

/// The mail with line feeds for line ends.
fn unix(rope: &Rope, into: &mut Vec<u8>) {
    into.clear();
    for chunk in rope.chunks() {
        let mut rest: &[u8] = chunk;
        while let Some(at) = memchr::memchr(b'\n', rest) {
            into.extend_from_slice(&rest[..at]);
            if into.last() == Some(&b'\r') {
                into.pop();
            }
            into.push(b'\n');
            rest = &rest[at + 1..];
        }
        into.extend_from_slice(rest);
    }
}

/// One mail of an mbox.
fn append(out: &mut impl Write, from: &str, date: &str, mail: &[u8]) -> io::Result<()> {
    writeln!(out, "From {from} {date}")?;
    for line in mail.split_inclusive(|b| *b == b'\n') {
        if is_quoted(line) {
            out.write_all(b">")?;
        }
        out.write_all(line)?;
    }
    // A mail that does not end its last line has that done here; an empty line ends every mail.
    if mail.last().is_some_and(|last| *last != b'\n') {
        out.write_all(b"\n")?;
    }
    out.write_all(b"\n")
}

/// Whether the line is `From ` with any number of `>` before it.
fn is_quoted(line: &[u8]) -> bool {
    let arrows = line.iter().take_while(|b| **b == b'>').count();
    line[arrows..].starts_with(FROM)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::octets::Chunk;

    fn mbox(mails: &[&str]) -> String {
        let (mut out, mut buffer) = (Vec::new(), Vec::new());
        for mail in mails {
            unix(&Rope::from(Chunk::copy_from(mail.as_bytes())), &mut buffer);
            append(&mut out, "a@b", "Mon Jan  5 09:00:00 2026", &buffer).expect("memory takes it");
        }
        String::from_utf8(out).expect("it is a text")
    }

    #[test]
    fn lines_that_look_like_the_beginning_of_a_mail_are_quoted() {
        let head = "From a@b Mon Jan  5 09:00:00 2026\n";
        let mail =
            "Subject: x\r\nFrom: y\r\n\r\nFrom me\r\n>From you\r\n>>From\r\n> From us\r\nfrom all\r\n From z\r\n";
        let kept = "Subject: x\nFrom: y\n\n>From me\n>>From you\n>>From\n> From us\nfrom all\n From z\n";
        assert_eq!(mbox(&[mail, mail]), format!("{head}{kept}\n{head}{kept}\n"));
    }

    #[test]
    fn a_mail_need_not_end_its_last_line_or_have_one() {
        let head = "From a@b Mon Jan  5 09:00:00 2026\n";
        assert_eq!(mbox(&["x"]), format!("{head}x\n\n"));
        assert_eq!(mbox(&[""]), format!("{head}\n"));
        assert_eq!(mbox(&["a\rb\nc\r\r\n"]), format!("{head}a\rb\nc\r\n\n"), "what is no line end stays");
    }

    #[test]
    fn a_line_end_that_chunks_share_is_one() {
        let mut rope = Rope::new();
        for part in ["a\r", "\nb\r", "\r", "\nc"] {
            rope.push(Chunk::copy_from(part.as_bytes()));
        }
        let mut buffer = Vec::new();
        unix(&rope, &mut buffer);
        assert_eq!(buffer, b"a\nb\r\nc");
    }
}
