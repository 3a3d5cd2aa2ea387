//! The data directory: whose it is, of what format, and that only one process uses it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::durable_file;

crate::settings_section! {
    /// Where everything that must last is kept.
    "data" => pub struct DataSettings {
        /// The data directory. It is made if it is not there.
        dir: PathBuf = "./data",
    }
}

/// What this version writes and reads.
const FORMAT: &str = "nottermost-data 2";
const FORMAT_FILE: &str = "FORMAT";
const LOCK_FILE: &str = "LOCK";
/// Locked by everyone who uses the directory, together.
const MEMBERS_FILE: &str = "MEMBERS";
/// What may stand in a directory that is not ours yet: a mount point's own, our lock, and a secrets
/// file that was put there beforehand.
const TOLERATED: [&str; 3] = ["lost+found", LOCK_FILE, "secrets.toml"];
/// Less free space than this is a full disk: the private Postgres alone needs most of it.
const FREE_BYTES_MIN: u64 = 128 << 20;

/// The data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    #[error("another nottermost{} runs on the data directory {}", holder(*.process), .path.display())]
    InUse { path: PathBuf, process: Option<u32> },
    #[error("processes of an installation run on the data directory {}: end them all", .path.display())]
    Joined { path: PathBuf },
    #[error("the data directory {} has the format {found:?}; this version reads {FORMAT:?}", .path.display())]
    OtherFormat { path: PathBuf, found: String },
    #[error("the directory {} is no data directory and holds other files ({example})", .path.display())]
    Foreign { path: PathBuf, example: String },
    #[error("the disk of the data directory {} is full: {free_mb} MB are free, {} are needed", .path.display(), FREE_BYTES_MIN >> 20)]
    Full { path: PathBuf, free_mb: u64 },
    #[error("failed to {action} the data directory {}: {source}", .path.display())]
    Io { path: PathBuf, action: &'static str, source: io::Error },
}

fn holder(process: Option<u32>) -> String {
    process.map(|id| format!(" (process {id})")).unwrap_or_default()
}

/// A data directory that this process may use for as long as this value lives.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    /// Locks go with the process, however it ends.
    _locks: Vec<File>,
}

impl DataDir {
    /// Makes the directory if need be, locks it, and checks that its format is ours.
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        Self::locked(path, File::try_lock_shared)
    }

    /// As [`Self::open`], for who must be the only one on it.
    ///
    /// # Errors
    /// As [`Self::open`], and [`DataDirError::Joined`].
    pub fn open_alone(path: &Path) -> Result<Self, DataDirError> {
        Self::locked(path, File::try_lock)
    }

    /// As [`Self::open`] beside other processes of the installation: it is locked by nobody, or by the
    /// one that writes what only one may write.
    ///
    /// # Errors
    /// As [`Self::open`], but for [`DataDirError::InUse`].
    pub fn join(path: &Path) -> Result<Self, DataDirError> {
        let path = made(path)?;
        check_free_space(&path)?;
        check_format(&path)?;
        let member = member(&path, File::try_lock_shared)?;
        Ok(Self { path, _locks: vec![member] })
    }

    fn locked(path: &Path, join: TryLock) -> Result<Self, DataDirError> {
        let path = made(path)?;
        let lock = lock(&path)?;
        check_free_space(&path)?;
        check_format(&path)?;
        let member = member(&path, join)?;
        Ok(Self { path, _locks: vec![lock, member] })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

type TryLock = fn(&File) -> Result<(), TryLockError>;

/// Absolute, because other processes (Postgres) have another working directory.
fn made(path: &Path) -> Result<PathBuf, DataDirError> {
    let failed = |action| move |source| DataDirError::Io { path: path.to_owned(), action, source };
    fs::create_dir_all(path).map_err(failed("make"))?;
    fs::canonicalize(path).map_err(failed("find"))
}

fn lock_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

fn lock(path: &Path) -> Result<File, DataDirError> {
    let failed = |source| DataDirError::Io { path: path.to_owned(), action: "lock", source };
    let mut file = lock_file(&path.join(LOCK_FILE)).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut process = String::new();
            // Only for the message; a holder that has not written its id yet has no number.
            let _ = file.read_to_string(&mut process);
            let process = process.trim().parse().ok();
            return Err(DataDirError::InUse { path: path.to_owned(), process });
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    file.set_len(0).map_err(failed)?;
    file.rewind().map_err(failed)?;
    writeln!(file, "{}", std::process::id()).map_err(failed)?;
    Ok(file)
}

fn member(path: &Path, lock: TryLock) -> Result<File, DataDirError> {
    let failed = |source| DataDirError::Io { path: path.to_owned(), action: "join", source };
    let file = lock_file(&path.join(MEMBERS_FILE)).map_err(failed)?;
    match lock(&file) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DataDirError::Joined { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

fn check_free_space(path: &Path) -> Result<(), DataDirError> {
    let stat = rustix::fs::statvfs(path).map_err(|error| DataDirError::Io {
        path: path.to_owned(),
        action: "examine",
        source: error.into(),
    })?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    if free < FREE_BYTES_MIN {
        return Err(DataDirError::Full { path: path.to_owned(), free_mb: free >> 20 });
    }
    Ok(())
}

fn check_format(path: &Path) -> Result<(), DataDirError> {
    let failed = |action| move |source| DataDirError::Io { path: path.to_owned(), action, source };
    match fs::read(path.join(FORMAT_FILE)) {
        Ok(found) if found == format!("{FORMAT}\n").as_bytes() => Ok(()),
        Ok(found) => {
            let found: String = String::from_utf8_lossy(&found).trim().chars().take(80).collect();
            Err(DataDirError::OtherFormat { path: path.to_owned(), found })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => match mark(path) {
            // Another process of the installation was first, and may have begun to fill it.
            Err(_) if path.join(FORMAT_FILE).exists() => check_format(path),
            marked => marked,
        },
        Err(error) => Err(failed("read")(error)),
    }
}

fn mark(path: &Path) -> Result<(), DataDirError> {
    refuse_foreign(path)?;
    let format = format!("{FORMAT}\n");
    durable_file::create(&path.join(FORMAT_FILE), format.as_bytes(), 0o644)
        .map_err(|source| DataDirError::Io { path: path.to_owned(), action: "mark", source })
}

fn refuse_foreign(path: &Path) -> Result<(), DataDirError> {
    let failed = |source| DataDirError::Io { path: path.to_owned(), action: "list", source };
    for entry in fs::read_dir(path).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
        // What a crash left of writing the format file.
        let ours = name.starts_with(FORMAT_FILE) && name.ends_with(".new");
        if !ours && !TOLERATED.contains(&name.as_str()) {
            return Err(DataDirError::Foreign { path: path.to_owned(), example: name });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_made_marked_and_opened_again() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        drop(DataDir::open(&path).unwrap());
        assert_eq!(fs::read_to_string(path.join("FORMAT")).unwrap(), "nottermost-data 2\n");
        DataDir::open(&path).unwrap();
    }

    #[test]
    fn a_second_process_is_told_that_the_first_runs() {
        let dir = tempfile::tempdir().unwrap();
        let first = DataDir::open(dir.path()).unwrap();
        let message = DataDir::open(dir.path()).unwrap_err().to_string();
        let process = format!("another nottermost (process {})", std::process::id());
        assert!(message.starts_with(&process), "{message}");
        drop(first);
        DataDir::open(dir.path()).unwrap();
    }

    #[test]
    fn processes_that_join_at_once_use_it_together() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new");
        let joined: Vec<_> = std::thread::scope(|scope| {
            let joining = (0..8).map(|_| scope.spawn(|| DataDir::join(&path)));
            joining.collect::<Vec<_>>().into_iter().map(|joined| joined.join().unwrap()).collect()
        });
        assert!(joined.iter().all(Result::is_ok), "{joined:?}");
        DataDir::open(&path).unwrap();
    }

    #[test]
    fn another_format_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("FORMAT"), "nottermost-data 1\n").unwrap();
        let message = DataDir::open(dir.path()).unwrap_err().to_string();
        assert!(message.contains("\"nottermost-data 1\""), "{message}");
        assert!(message.contains("\"nottermost-data 2\""), "{message}");
    }

    #[test]
    fn a_directory_of_other_files_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.tex"), "").unwrap();
        let message = DataDir::open(dir.path()).unwrap_err().to_string();
        assert!(message.contains("thesis.tex"), "{message}");
        assert!(!dir.path().join("FORMAT").exists());
    }

    #[test]
    fn a_path_that_is_a_file_is_one_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let message = DataDir::open(&file).unwrap_err().to_string();
        assert!(message.starts_with("failed to make the data directory"), "{message}");
        assert!(!message.contains('\n'));
    }
}
