//! `--extract`: what the parts of a mail hold, decoded, in files.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::mail::{Mail, Written};
use super::names::{Names, file_name};
use crate::cli::failure::Failure;
use crate::mime::read::Holds;

/// Writes each part that holds no others into a file of its own, and each mail inside the mail, which is whole as it stands. The names are made of those in the mail; a file that is
/// there already stays as it is, and the new one gets a number.
pub(super) fn extract(mail: &Mail<'_>, directory: &Path) -> Result<Vec<Written>, Failure> {
    fs::create_dir_all(directory).map_err(|error| Failure::write(directory, error))?;
    let mut names = Names::default();
    let mut all = Vec::new();
    let parts = mail.tree.parts.iter().enumerate();
    for (index, part) in parts.filter(|(_, part)| part.holds != Holds::Parts) {
        let wanted = file_name(part, index + 1);
        let (path, file) = create(directory, &wanted, &mut names)?;
        let mut out = BufWriter::with_capacity(1 << 16, file);
        let (mut written, mut bytes) = (Ok(()), 0);
        part.encoding.decode(&mail.bytes[part.body.clone()], &mut |piece| {
            if written.is_ok() {
                written = out.write_all(piece);
                bytes += piece.len() as u64;
            }
        });
        written.and_then(|()| out.flush()).map_err(|error| Failure::write(&path, error))?;
        all.push(Written { part: index, path, bytes });
    }
    Ok(all)
}

/// A new file. Nothing that is there is opened, and no symbolic link is followed.
fn create(directory: &Path, wanted: &str, names: &mut Names) -> Result<(PathBuf, File), Failure> {
    loop {
        let path = directory.join(names.take(wanted));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if is_there(&error, &path) => {}
            Err(error) => return Err(Failure::write(&path, error)),
        }
    }
}

/// Whether something of this name exists already. Some systems say of a directory that access is denied.
fn is_there(error: &io::Error, path: &Path) -> bool {
    error.kind() == ErrorKind::AlreadyExists || fs::symlink_metadata(path).is_ok()
}
