//! Where a cluster's files and its socket are, reachable for the user that Postgres runs as.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::PostgresError;
use super::account::Account;

/// The socket is below `/tmp` because its path may have about a hundred bytes only, and because the
/// data directory may be closed to the user that Postgres runs as.
const SOCKET_PARENT: &str = "/tmp";

/// A directory as the arguments of one child process name it.
///
/// Root's data directory is often below one that nobody else may enter (`/root`, a private
/// temporary directory). The child then gets the directory as an open descriptor and a path that
/// leads there directly.
pub(super) struct Opened {
    path: PathBuf,
    /// Kept open until the child is started.
    _descriptor: Option<OwnedFd>,
}

impl Opened {
    pub fn directory(path: &Path, account: Option<Account>) -> Result<Self, PostgresError> {
        if account.is_none() || !cfg!(target_os = "linux") {
            return Ok(Self { path: path.to_owned(), _descriptor: None });
        }
        let directory = File::open(path).map_err(PostgresError::io("open", path))?;
        // Unlike the original, the duplicate is inherited by child processes.
        let inherited = rustix::io::dup(&directory)
            .map_err(io::Error::from)
            .map_err(PostgresError::io("open", path))?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", inherited.as_raw_fd()));
        Ok(Self { path, _descriptor: Some(inherited) })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes a directory that only `account` may use.
pub(super) fn make_private(path: &Path, account: Option<Account>) -> Result<(), PostgresError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(PostgresError::io("make", path))?;
    if let Some(Account { uid, gid }) = account {
        chown(path, Some(uid), Some(gid))
            .map_err(PostgresError::io("change the owner of", path))?;
    }
    Ok(())
}

/// Where the socket of the cluster at `cluster` is: at the same place at every start.
pub(super) fn socket_place(cluster: &Path, account: Option<Account>) -> PathBuf {
    let owner = Account::owner_uid(account);
    let digest = Sha256::digest(cluster.as_os_str().as_encoded_bytes());
    let name: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    Path::new(SOCKET_PARENT).join(format!("nottermost-{owner}-{name}"))
}

/// Makes the directory of the socket of the cluster at `cluster`.
pub(super) fn socket_directory(
    cluster: &Path,
    account: Option<Account>,
) -> Result<PathBuf, PostgresError> {
    let owner = Account::owner_uid(account);
    let path = socket_place(cluster, account);
    match DirBuilder::new().mode(0o700).create(&path) {
        Ok(()) => make_private(&path, account)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(PostgresError::io("make", &path)(error)),
    }
    // Anyone may put something in /tmp; whoever owns the directory could listen in our stead. One
    // that we made and could not give away before a crash is still root's.
    let found = fs::symlink_metadata(&path).map_err(PostgresError::io("examine", &path))?;
    let ours = found.uid() == owner || found.uid() == rustix::process::geteuid().as_raw();
    if !found.is_dir() || !ours {
        return Err(PostgresError::ForeignSocketDirectory { path });
    }
    make_private(&path, account)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700))
        .map_err(PostgresError::io("close", &path))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_of_a_cluster_is_always_at_the_same_short_place() {
        let dir = tempfile::tempdir().unwrap();
        let cluster = dir.path().join("a".repeat(200));
        let first = socket_directory(&cluster, None).unwrap();
        assert_eq!(socket_directory(&cluster, None).unwrap(), first);
        assert!(first.join(".s.PGSQL.5432").as_os_str().len() < 100);
        fs::remove_dir(&first).unwrap();
    }

    #[test]
    fn a_link_in_the_place_of_the_socket_directory_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let cluster = dir.path().join("cluster");
        let place = socket_directory(&cluster, None).unwrap();
        fs::remove_dir(&place).unwrap();
        std::os::unix::fs::symlink(dir.path(), &place).unwrap();
        let error = socket_directory(&cluster, None).unwrap_err();
        assert!(matches!(error, PostgresError::ForeignSocketDirectory { .. }));
        fs::remove_file(&place).unwrap();
    }
}
