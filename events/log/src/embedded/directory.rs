//! The log's directory: whose it is, which format it has, whether it can be written.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, StatVfsMountFlags, flock, statvfs};
use rustix::io::Errno;

/// The one format that this version reads and writes.
const FORMAT: u32 = 1;
const FORMAT_LABEL: &str = "nottermost embedded log, format ";
const UNFINISHED_LABEL: &str = "nottermost unfinished copy of a log, format ";
const FORMAT_FILE: &str = "format";
const FORMAT_FILE_NEW: &str = "format.new";
const LOCK_FILE: &str = "lock";

/// Why a log could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the log in {} is in use by another process or another part of this one", .dir.display())]
    InUse { dir: PathBuf },
    #[error("the log in {} has the format {found:?}, this version reads only \"{FORMAT_LABEL}{FORMAT}\"", .dir.display())]
    OtherFormat { dir: PathBuf, found: String },
    #[error("the log in {} is a copy that was not finished: run the `replay copy-log` that makes it again", .dir.display())]
    Unfinished { dir: PathBuf },
    #[error("{} holds files that are not a log's: give the log a directory of its own", .dir.display())]
    Foreign { dir: PathBuf },
    #[error("the log's directory {} cannot be written: {reason}", .dir.display())]
    NotWritable { dir: PathBuf, reason: String },
    #[error("the disk of {} has {free} bytes free, the log needs {needed} to start", .dir.display())]
    DiskFull { dir: PathBuf, free: u64, needed: u64 },
    #[error("the log in {} is damaged: {reason}", .dir.display())]
    Damaged { dir: PathBuf, reason: String },
    #[error("failed to {action} {}", .path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
}

impl OpenError {
    pub(super) fn io(path: &Path, action: &'static str, source: io::Error) -> Self {
        match source.kind() {
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
                Self::NotWritable { dir: path.to_owned(), reason: source.to_string() }
            }
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                Self::DiskFull { dir: path.to_owned(), free: 0, needed: 1 }
            }
            _ => Self::Io { action, path: path.to_owned(), source },
        }
    }
}

/// What a directory is marked as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    Log,
    /// A log is being copied into it: nobody may take it for one.
    UnfinishedCopy,
}

impl Marker {
    fn text(self) -> String {
        let label = match self {
            Self::Log => FORMAT_LABEL,
            Self::UnfinishedCopy => UNFINISHED_LABEL,
        };
        format!("{label}{FORMAT}")
    }
}

/// A directory that is ours alone, of the right format, with room. Let go when dropped.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    /// One that is empty becomes `new`; who makes a log serve refuses what is an unfinished copy.
    pub(super) fn claim(path: &Path, new: Marker, free_bytes_min: u64) -> Result<Self, OpenError> {
        fs::create_dir_all(path).map_err(|e| OpenError::io(path, "create", e))?;
        let lock = lock(path)?;
        let marker = check_format(path, new)?;
        if marker == Marker::UnfinishedCopy && new == Marker::Log {
            return Err(OpenError::Unfinished { dir: path.to_owned() });
        }
        check_space(path, free_bytes_min)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn mark(&self, marker: Marker) -> io::Result<()> {
        mark(&self.path, marker)
    }

    /// Bytes that may still be written.
    pub(super) fn free_bytes(&self) -> io::Result<u64> {
        let stat = statvfs(&self.path)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

fn lock(path: &Path) -> Result<File, OpenError> {
    let file = path.join(LOCK_FILE);
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&file)
        .map_err(|e| OpenError::io(path, "open the lock file in", e))?;
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(lock),
        Err(Errno::WOULDBLOCK) => Err(OpenError::InUse { dir: path.to_owned() }),
        Err(other) => Err(OpenError::io(path, "lock", other.into())),
    }
}

/// Marks an empty directory as ours, and refuses any that is not.
fn check_format(path: &Path, new: Marker) -> Result<Marker, OpenError> {
    match fs::read(path.join(FORMAT_FILE)) {
        Ok(found) => {
            let is = |marker: &Marker| found.trim_ascii_end() == marker.text().as_bytes();
            if let Some(marker) = [Marker::Log, Marker::UnfinishedCopy].into_iter().find(is) {
                return Ok(marker);
            }
            let found = String::from_utf8_lossy(found.get(..80).unwrap_or(&found));
            let found = found.trim_end().to_owned();
            Err(OpenError::OtherFormat { dir: path.to_owned(), found })
        }
        Err(missing) if missing.kind() == ErrorKind::NotFound => {
            if holds_anything(path).map_err(|e| OpenError::io(path, "list", e))? {
                return Err(OpenError::Foreign { dir: path.to_owned() });
            }
            mark(path, new).map_err(|e| OpenError::io(path, "mark the format of", e))?;
            Ok(new)
        }
        Err(other) => Err(OpenError::io(path, "read the format of", other)),
    }
}

/// Whether there is more than what a start that was cut short leaves behind.
fn holds_anything(path: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name();
        if name != LOCK_FILE && name != FORMAT_FILE_NEW {
            return Ok(true);
        }
    }
    Ok(false)
}

fn mark(path: &Path, marker: Marker) -> io::Result<()> {
    let new = path.join(FORMAT_FILE_NEW);
    let mut file = File::create(&new)?;
    writeln!(file, "{}", marker.text())?;
    file.sync_all()?;
    fs::rename(&new, path.join(FORMAT_FILE))?;
    File::open(path)?.sync_all()
}

fn check_space(path: &Path, needed: u64) -> Result<(), OpenError> {
    let stat = statvfs(path).map_err(|e| OpenError::io(path, "examine", e.into()))?;
    if stat.f_flag.contains(StatVfsMountFlags::RDONLY) {
        let reason = "the file system is read-only".to_owned();
        return Err(OpenError::NotWritable { dir: path.to_owned(), reason });
    }
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    if free < needed {
        return Err(OpenError::DiskFull { dir: path.to_owned(), free, needed });
    }
    Ok(())
}
