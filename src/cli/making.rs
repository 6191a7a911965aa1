//! Directories in the making: hidden beside their place until they are whole, and never left behind.
//!
//! Ctrl-C and a request to end (SIGTERM, SIGHUP) remove them first. What a crash of the machine leaves behind, the next
//! one with the same place removes: whoever makes a directory holds a lock on a file in it, which goes with the process.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

/// The status of a program that was interrupted: 128 and the number of SIGINT.
const INTERRUPTED: i32 = 130;

/// The file that is locked. It goes away before the directory takes its place.
const LOCK: &str = ".lock";
/// Written when the lock is held: a directory without it is not ours to remove.
const LOCKED: &str = ".locked";

/// What an interruption has to remove. Whoever holds it is not interrupted.
static MAKING: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn making() -> MutexGuard<'static, Vec<PathBuf>> {
    MAKING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A directory in the making. Dropped before [`Making::finish`], it goes away.
pub(super) struct Making {
    path: PathBuf,
    lock: Option<File>,
}

impl Making {
    /// A new directory beside `target`.
    pub(super) fn beside(target: &Path) -> io::Result<Making> {
        watch_for_interruptions();
        let prefix = prefix(target);
        if let Some(parent) = target.parent() {
            sweep(parent, &prefix);
        }
        let mut name = OsString::from(&prefix);
        name.push(std::process::id().to_string());
        let path = target.with_file_name(name);
        let mut all = making();
        fs::create_dir(&path)?;
        all.push(path.clone());
        drop(all);
        let mut made = Making { path, lock: None };
        let lock = File::create(made.path.join(LOCK))?;
        // A file system without locks has nobody who sweeps.
        if lock.try_lock().is_ok() {
            fs::write(made.path.join(LOCKED), "")?;
        }
        made.lock = Some(lock);
        Ok(made)
    }

    /// Where it is until it takes its place.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// It is whole: `place` puts it where it belongs, and no interruption comes between.
    pub(super) fn finish<T>(mut self, place: impl FnOnce(&Path) -> T) -> T {
        let mut all = making();
        let _ = fs::remove_file(self.path.join(LOCKED));
        let _ = fs::remove_file(self.path.join(LOCK));
        // Elsewhere than on Unix, a directory with an open file in it cannot be renamed.
        self.lock = None;
        let done = place(&self.path);
        // Where it could not be put in its place, it is still here.
        if self.path.exists() {
            let _ = fs::remove_dir_all(&self.path);
        }
        all.retain(|path| *path != self.path);
        done
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        // An interruption that has begun to remove it also ends the program.
        let mut all = making();
        if all.contains(&self.path) {
            self.lock = None;
            let _ = fs::remove_dir_all(&self.path);
            all.retain(|path| *path != self.path);
        }
    }
}

/// How the names of directories begin that are in the making for `target`.
fn prefix(target: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(target.file_name().unwrap_or_default());
    prefix.push(".postroad-");
    prefix
}

/// Removes what processes that are gone have left behind.
fn sweep(parent: &Path, prefix: &OsString) {
    let prefix = prefix.to_string_lossy();
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_one = name.strip_prefix(&*prefix).is_some_and(|pid| pid.bytes().all(|b| b.is_ascii_digit()));
        let path = entry.path();
        if !is_one || !path.join(LOCKED).is_file() {
            continue;
        }
        // Who can have the lock knows that the one who had it is gone.
        if let Ok(lock) = File::open(path.join(LOCK))
            && lock.try_lock().is_ok()
        {
            drop(lock);
            let _ = fs::remove_dir_all(&path);
        }
    }
}

fn watch_for_interruptions() {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| {
        // Where somebody has asked that signals be ignored (`nohup`), it stays so.
        let _ = ctrlc::try_set_handler(|| {
            let all = making();
            for path in all.iter() {
                // The run goes on until the program has ended, and may add a file in between.
                for _ in 0..100 {
                    if fs::remove_dir_all(path).is_ok() || !path.exists() {
                        break;
                    }
                }
            }
            std::process::exit(INTERRUPTED);
        });
    });
}
