//! Making a new cluster.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use super::account::Account;
use super::place::{Opened, make_private};
use super::{Binaries, PostgresError};

/// The superuser of a private cluster, and the owner of its database.
pub(super) const USER: &str = "nottermost";

/// The version of the cluster at `path`; `None` if there is no cluster.
pub(super) fn version(path: &Path) -> Option<String> {
    fs::read_to_string(path.join("PG_VERSION")).ok().map(|version| version.trim().to_owned())
}

/// Whether one call brings a whole file system to the disk. It is twenty times faster than the
/// thousand calls, one per file, that initdb makes.
const SYNC_AT_ONCE: bool = cfg!(target_os = "linux");

/// Makes the cluster beside its place and moves it there when it is whole: a crash on the way
/// leaves nothing that looks like a cluster.
pub(super) async fn initdb(
    path: &Path,
    binaries: &Binaries,
    account: Option<Account>,
) -> Result<(), PostgresError> {
    let unfinished = path.with_extension("new");
    for leftover in [&unfinished, path] {
        match fs::remove_dir_all(leftover) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(PostgresError::io("remove", leftover)(error));
            }
            _ => {}
        }
    }
    make_private(&unfinished, account)?;
    run(&unfinished, binaries, account).await?;
    sync(&unfinished)?;
    fs::rename(&unfinished, path).map_err(PostgresError::io("move", &unfinished))?;
    let parent = path.parent().unwrap_or(Path::new("/"));
    let synced = fs::File::open(parent).and_then(|directory| directory.sync_all());
    synced.map_err(PostgresError::io("sync", parent))
}

async fn run(
    path: &Path,
    binaries: &Binaries,
    account: Option<Account>,
) -> Result<(), PostgresError> {
    let opened = Opened::directory(path, account)?;
    let mut command = Command::new(&binaries.initdb);
    command
        .arg("-D")
        .arg(opened.path())
        // Bytewise order and no libc whose update would reorder indexes; case and accents are
        // folded before they get here.
        .args(["-U", USER, "--locale=C", "--encoding=UTF8"])
        // Only the socket's owner and root reach the socket.
        .args(["--auth-local=trust", "--auth-host=reject"])
        .args(if SYNC_AT_ONCE { &["--no-sync"][..] } else { &[] })
        .stdin(Stdio::null())
        .kill_on_drop(true);
    clean_environment(&mut command);
    Account::run(account, &mut command);
    let output = command.output().await.map_err(PostgresError::io("run", &binaries.initdb))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(PostgresError::Initdb { path: path.to_owned(), output: last_lines(&said) })
}

#[cfg(target_os = "linux")]
fn sync(path: &Path) -> Result<(), PostgresError> {
    let directory = fs::File::open(path).map_err(PostgresError::io("open", path))?;
    rustix::fs::syncfs(directory).map_err(|errno| PostgresError::io("sync", path)(errno.into()))
}

#[cfg(not(target_os = "linux"))]
fn sync(_: &Path) -> Result<(), PostgresError> {
    Ok(())
}

/// Nothing of ours (`PGDATA`, `PGPORT`, locales) may change what Postgres does, and the working
/// directory may be one that it cannot enter.
pub(super) fn clean_environment(command: &mut Command) {
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C").env("TZ", "UTC");
    command.current_dir("/");
}

/// The end of what a program said, on one line.
fn last_lines(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(3)..].join("; ")
}
