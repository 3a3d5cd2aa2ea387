//! Why there is no database.

use std::io;
use std::path::PathBuf;

/// The database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    #[error(
        "found no Postgres on this machine (looked for initdb and postgres in PATH{searched}): \
         install it (Debian: apt-get install postgresql, macOS: brew install postgresql) or set \
         DATABASE_URL"
    )]
    NoBinaries { searched: String },
    #[error(
        "the private Postgres cluster {} is of version {cluster}, this machine has {found}: install \
         that version, or remove the directory (it is rebuilt from the log)",
        .path.display()
    )]
    OtherVersion { path: PathBuf, cluster: String, found: String },
    #[error(
        "Postgres does not run as root, and this machine has neither a user postgres nor nobody: \
         add one or set DATABASE_URL"
    )]
    NoAccount,
    #[error("failed to {action} {}: {source}", .path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("the directory {} for the private Postgres' socket belongs to somebody else", .path.display())]
    ForeignSocketDirectory { path: PathBuf },
    #[error("failed to make the private Postgres cluster {}: {output}", .path.display())]
    Initdb { path: PathBuf, output: String },
    #[error("the private Postgres ended while it started: {output}")]
    Ended { output: String },
    #[error("the private Postgres was not ready after {seconds} s: {reason}")]
    NotReady { seconds: u64, reason: String },
    #[error("processes of an earlier private Postgres do not end: {ids}")]
    Survivors { ids: String },
    #[error("the database address cannot be read (database.url, DATABASE_URL)")]
    InvalidUrl,
    #[error("failed to reach Postgres at {host}:{port} (database.url, DATABASE_URL): {reason}")]
    Unreachable { host: String, port: u16, reason: String },
}

impl PostgresError {
    pub(super) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
