//! Files that lie beside a scenario. Nothing outside of its folder is read, and no link leads out of it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::octets::Chunk;
use crate::scenario::Files;

/// What is larger fits into no mail.
const LARGEST_BYTES: u64 = 200 << 20;

/// The folder of a scenario.
pub(super) struct Beside {
    folder: Option<PathBuf>,
}

impl Beside {
    /// Beside this file. Standard input (`-`) lies in no folder.
    pub(super) fn file(file: &Path) -> Beside {
        let parent = || match file.parent() {
            Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
            Some(parent) => parent.to_owned(),
            None => PathBuf::from("."),
        };
        Beside { folder: (file.as_os_str() != "-").then(parent) }
    }
}

impl Files for Beside {
    fn read(&mut self, path: &str) -> Result<Chunk, String> {
        let folder = self.folder.as_ref().ok_or("a scenario from standard input lies in no folder")?;
        let told = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => error.to_string(),
        };
        let folder = fs::canonicalize(folder).map_err(told)?;
        // With all links followed: what counts is where they lead.
        let target = fs::canonicalize(folder.join(path)).map_err(told)?;
        if !target.starts_with(&folder) {
            return Err("a link leads out of the scenario's folder".to_owned());
        }
        // A device or a pipe has no end, and opening one may wait for ever.
        if !fs::metadata(&target).map_err(told)?.is_file() {
            return Err("it is not a file".to_owned());
        }
        let mut octets = Vec::new();
        File::open(&target).and_then(|file| file.take(LARGEST_BYTES + 1).read_to_end(&mut octets)).map_err(told)?;
        if octets.len() as u64 > LARGEST_BYTES {
            return Err("it is larger than 200 MiB".to_owned());
        }
        Ok(Chunk::from(octets))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_from_outside_of_the_folder() {
        let root = std::env::temp_dir().join(format!("postroad-beside-{}", std::process::id()));
        let folder = root.join("lesson");
        fs::create_dir_all(folder.join("letters")).unwrap();
        fs::write(root.join("secret.txt"), "secret").unwrap();
        fs::write(folder.join("letters/a.txt"), "a").unwrap();
        let mut files = Beside::file(&folder.join("lesson.ron"));
        assert_eq!(&*files.read("letters/a.txt").unwrap(), b"a");
        assert_eq!(files.read("letters/b.txt").unwrap_err(), "there is no such file");
        assert_eq!(files.read("letters").unwrap_err(), "it is not a file");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../secret.txt", folder.join("out")).unwrap();
            std::os::unix::fs::symlink("letters/a.txt", folder.join("in")).unwrap();
            assert_eq!(files.read("out").unwrap_err(), "a link leads out of the scenario's folder");
            assert_eq!(&*files.read("in").unwrap(), b"a");
        }
        // The checker lets no such path come here; it would be of no use.
        assert_eq!(files.read("../secret.txt").unwrap_err(), "a link leads out of the scenario's folder");
        assert!(Beside::file(Path::new("-")).read("letters/a.txt").is_err());
        fs::remove_dir_all(root).unwrap();
    }
}
