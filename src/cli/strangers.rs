//! What an output is made of, and whether a directory holds anything else.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::boxes::MAILDIR_PARTS;
use super::failure::Failure;

/// The file by which an output of ours is known.
pub(super) const MARKER: &str = ".postroad";
pub(super) const CAPTURE: &str = "capture.pcapng";
/// What one needs to read sealed connections; only where there were some.
pub(super) const KEYS: &str = "keys.log";
pub(super) const TRANSCRIPT: &str = "transcript.txt";
/// What an output holds besides its marker and the directories of mail.
const FILES: [&str; 6] = ["trace.jsonl", CAPTURE, KEYS, TRANSCRIPT, "ladder.svg", "map.svg"];
/// A file for each mail.
pub(super) const MAIL: &str = "mail";
/// A file for each mailbox.
pub(super) const MAILBOXES: &str = "mailboxes";
/// A directory for each mailbox.
pub(super) const MAILDIR: &str = "maildir";

/// Only nothing, an empty directory, or an earlier output of ours may be replaced.
pub(super) fn refuse_strangers(target: &Path) -> Result<(), Failure> {
    let shown = target.display();
    let data = match fs::symlink_metadata(target) {
        Ok(data) => data,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::read(&shown.to_string(), error)),
    };
    if !data.is_dir() {
        return Err(Failure::said(format!("{shown} is there already and is no directory; it stays as it is")));
    }
    let held = names(target)?;
    if held.is_empty() {
        return Ok(());
    }
    if !held.iter().any(|name| name == MARKER) {
        return Err(Failure::said(format!(
            "{shown} is not empty and was not written by postroad; choose another directory for --out"
        )));
    }
    let is_known = |n: &str| n == MARKER || [MAIL, MAILBOXES, MAILDIR].contains(&n) || FILES.contains(&n);
    let mut foreign: Vec<String> = held.into_iter().filter(|n| !is_known(n)).collect();
    foreign.extend(others(target, MAIL, |name| name.ends_with(".eml"))?);
    foreign.extend(others(target, MAILBOXES, |name| name.ends_with(".mbox"))?);
    if target.join(MAILDIR).is_dir() {
        for name in names(&target.join(MAILDIR))? {
            let one = format!("{MAILDIR}/{name}");
            if !target.join(&one).is_dir() {
                foreign.push(one);
                continue;
            }
            foreign.extend(others(target, &one, |name| MAILDIR_PARTS.contains(&name))?);
            for part in MAILDIR_PARTS {
                // A mail program that has looked in has moved mails and marked them: that is somebody's work.
                foreign.extend(others(target, &format!("{one}/{part}"), |_| part == MAILDIR_PARTS[0])?);
            }
        }
    }
    foreign.sort();
    match foreign.first() {
        None => Ok(()),
        Some(first) => Err(Failure::said(format!(
            "{shown} holds `{first}`, which postroad did not write; move it away or choose another directory for --out"
        ))),
    }
}

/// What a directory of an output holds that is not ours, where it is one.
fn others(target: &Path, directory: &str, is_ours: impl Fn(&str) -> bool) -> Result<Vec<String>, Failure> {
    let path = target.join(directory);
    let found = if path.is_dir() { names(&path)? } else { Vec::new() };
    Ok(found.into_iter().filter(|name| !is_ours(name)).map(|name| format!("{directory}/{name}")).collect())
}

fn names(directory: &Path) -> Result<Vec<String>, Failure> {
    let failed = |e| Failure::read(&directory.display().to_string(), e);
    let entries = fs::read_dir(directory).map_err(failed)?;
    entries.map(|e| e.map(|e| e.file_name().to_string_lossy().into_owned()).map_err(failed)).collect()
}
