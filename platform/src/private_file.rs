//! Files with keys: made at the first start, for their owner's eyes only.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::durable_file;

/// Rights that such a file must not give: none to the group, none to others.
const FORBIDDEN_MODE: u32 = 0o077;

/// The file cannot be had, or should not be trusted.
#[derive(Debug, thiserror::Error)]
pub enum PrivateFileError {
    #[error("failed to {action} the {what} {}: {source}", .path.display())]
    Io { what: &'static str, path: PathBuf, action: &'static str, source: io::Error },
    #[error("the {what} {} can be read by others (mode {mode:03o}): chmod 600 it", .path.display())]
    Exposed { what: &'static str, path: PathBuf, mode: u32 },
}

/// Reads the file; makes it as `fresh` says if there is none.
pub(crate) fn read_or_make(
    what: &'static str,
    path: &Path,
    fresh: impl FnOnce() -> String,
) -> Result<Vec<u8>, PrivateFileError> {
    let failed =
        |action| move |source| PrivateFileError::Io { what, path: path.to_owned(), action, source };
    match fs::metadata(path) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            match durable_file::create(path, fresh().as_bytes(), 0o600) {
                // Another process of the cell was first: its keys are the keys.
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(failed("make")(error));
                }
                _ => {}
            }
        }
        Err(error) => return Err(failed("find")(error)),
    }
    let mode = fs::metadata(path).map_err(failed("find"))?.permissions().mode() & 0o777;
    if mode & FORBIDDEN_MODE != 0 {
        return Err(PrivateFileError::Exposed { what, path: path.to_owned(), mode });
    }
    fs::read(path).map_err(failed("read"))
}
