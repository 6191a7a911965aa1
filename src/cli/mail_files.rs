//! `mail/` of an output: a file for each mail that was filed, numbered in the order of filing.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use super::file_names::plain;
use crate::octets::Rope;
use crate::scenario::Plan;

/// Numbers have at least so many digits.
const LEAST_DIGITS: usize = 3;
/// More digits are not foreseen: a scenario may allow more mail than anybody can wait for.
const MOST_FORESEEN: usize = 6;

/// The files of the mails that were filed so far.
pub(super) struct MailFiles {
    directory: PathBuf,
    written: u64,
    /// How many digits the numbers have.
    digits: usize,
}

impl MailFiles {
    /// Files in this directory, for about so many mails. With the right number of digits from the beginning, none has
    /// to be renamed in the end.
    pub(super) fn new(directory: PathBuf, expected: u64) -> MailFiles {
        let digits = digits(expected).clamp(LEAST_DIGITS, MOST_FORESEEN);
        MailFiles { directory, written: 0, digits }
    }

    /// Makes the directory, unless that is done.
    pub(super) fn prepare(&self) -> io::Result<()> {
        if self.directory.is_dir() { Ok(()) } else { fs::create_dir(&self.directory) }
    }

    /// Writes the next mail, which was filed for an address. With an error comes the name of the file.
    pub(super) fn write(&mut self, to: &str, content: &Rope) -> Result<(), (String, io::Error)> {
        self.written += 1;
        let name = format!("{:0digits$}-{}.eml", self.written, plain(to), digits = self.digits);
        let written = File::create(self.directory.join(&name)).and_then(|file| {
            let mut out = BufWriter::new(file);
            content.chunks().iter().try_for_each(|chunk| out.write_all(chunk))?;
            out.flush()
        });
        written.map_err(|error| (name, error))
    }

    /// How many there are is known now: all numbers get as many digits, so that a listing is in order. A few mails have
    /// few digits, whatever was foreseen.
    pub(super) fn finish(&self) -> io::Result<()> {
        let needed = digits(self.written).max(LEAST_DIGITS);
        let digits = if needed > LEAST_DIGITS { needed.max(self.digits) } else { LEAST_DIGITS };
        // Where all were foreseen, no name is looked at.
        if digits == self.digits || self.written == 0 {
            return Ok(());
        }
        let names: io::Result<Vec<_>> = fs::read_dir(&self.directory)?.map(|e| e.map(|e| e.file_name())).collect();
        for name in names? {
            let Some((number, rest)) = name.to_str().and_then(|name| name.split_once('-')) else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            let padded = format!("{number:0digits$}-{rest}");
            if *name != *padded {
                fs::rename(self.directory.join(&name), self.directory.join(padded))?;
            }
        }
        Ok(())
    }
}

/// How many mails a plan wants to be filed: a copy for each recipient. Reports and what aliases make more of it come on
/// top, mail that never arrives goes off.
pub(super) fn expected(plan: &Plan) -> u64 {
    let letters = plan.mail.iter().map(|mail| mail.count.saturating_mul(mail.recipients.len() as u64));
    letters.chain(plan.traffic.iter().map(|traffic| traffic.count)).fold(0, u64::saturating_add)
}

fn digits(n: u64) -> usize {
    n.to_string().len()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::simulate::{SLICES, Slices, Wishes, build, simulate};
    use super::*;

    /// Files in a directory of their own, which goes away with them.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Place {
            let path = std::env::temp_dir().join(format!("postroad-mail-files-{}-{name}", std::process::id()));
            fs::create_dir_all(&path).expect("a directory for temporary files");
            Place(path)
        }

        /// The names of the files, as a listing has them.
        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).expect("it is there");
            let mut names: Vec<String> =
                entries.map(|e| e.expect("it can be read").file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// What is there after so many mails, of which so many were foreseen.
    fn names(expected: u64, written: u64) -> Vec<String> {
        let place = Place::new(&format!("{expected}-{written}"));
        let mut files = MailFiles::new(place.0.clone(), expected);
        for _ in 0..written {
            files.write("bob@blue.example", &Rope::new()).expect("it can be written");
        }
        files.finish().expect("it can be renamed");
        place.names()
    }

    /// Numbers from 1, with so many digits.
    fn numbered(written: u64, digits: usize) -> Vec<String> {
        (1..=written).map(|n| format!("{n:0digits$}-bob@blue.example.eml")).collect()
    }

    #[test]
    fn a_listing_is_in_order_whatever_was_foreseen() {
        for (expected, written, digits) in [
            (0, 0, 3),
            (1, 2, 3),
            (999, 999, 3),
            // More than foreseen.
            (999, 1_000, 4),
            (1, 1_001, 4),
            // As foreseen, and fewer.
            (1_000, 1_000, 4),
            (10_000, 1_000, 5),
            // A few mails look as they always do.
            (10_000, 999, 3),
            (u64::MAX, 12, 3),
            (u64::MAX, 1_000, 6),
        ] {
            let right = numbered(written, digits);
            assert!(names(expected, written) == right, "{written} mails of {expected}");
        }
    }

    #[test]
    fn mails_are_written_as_the_run_goes_on_and_none_is_renamed() {
        let text = r#"(
            title: "Many mails",
            hosts: {
                "laptop": User(mailbox: "alice@green.example", submits_to: "mx.blue.example"),
                "mx.blue.example": Mta(domains: ["blue.example"], mailboxes: ["bob"]),
            },
            // What is written is what was filed, whether the mailboxes keep it or not.
            keep_mail: false,
            links: [("laptop", "mx.blue.example", (latency: "5ms"))],
            mail: [(at: "1s", from: "alice@green.example", to: ["bob@blue.example"], count: 1200, every: "50ms")],
        )"#;
        let plan = crate::scenario::load("many.ron", text).expect("a scenario");
        let place = Place::new("slices");
        let mut files = MailFiles::new(place.0.clone(), expected(&plan));
        let slices = Slices { write: 1 << 10, ..SLICES };
        let wishes = Wishes { mail: true, slices, ..Wishes::only_to_run() };
        let slices = Cell::new(0);
        let mut take = |world: &mut crate::world::World| {
            let filed = world.take_filed();
            for filed in &filed {
                files.write(filed.letter.to.as_str(), filed.letter.content.rope()).expect("it can be written");
            }
            filed.len()
        };
        let mut run = simulate(build(&plan, wishes), &plan, wishes, Vec::new(), |world, _| {
            slices.set(slices.get() + usize::from(take(world) > 0));
        });
        take(&mut run.world);
        assert!(slices.get() > 5, "{} slices", slices.get());
        // Before anything could have been renamed.
        assert!(place.names() == numbered(1_200, 4));
        files.finish().expect("nothing is to do");
        assert!(place.names() == numbered(1_200, 4));
    }
}
