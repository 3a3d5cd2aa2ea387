//! Where a server is tried: a folder of its own, and if need be a machine that lacks something.

use std::path::{Path, PathBuf};

use anyhow::Result;
use tempfile::TempDir;
use tokio::process::Command;

/// What the machine lacks, seen by one process only: it gets mounts of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// No Postgres where packages put it, and none in PATH.
    Postgres,
    /// The data directory is on a disk that cannot be written.
    Writing,
    /// The data directory is on a disk that is full.
    Space,
    /// The data directory is on a disk with room for a start and little more.
    MuchSpace,
}

/// A folder for one test; it goes with this value.
#[derive(Debug)]
pub struct Room(TempDir);

impl Room {
    pub fn new() -> Result<Self> {
        Ok(Self(tempfile::Builder::new().prefix("nottermost-system-").tempdir()?))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Where a server in this room keeps its data.
    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// The command that runs `program` on a machine that lacks this.
    pub(crate) fn command(&self, program: &Path, lack: Option<Lack>) -> Result<Command> {
        let Some(lack) = lack else { return Ok(Command::new(program)) };
        std::fs::create_dir_all(self.data())?;
        let mut command = Command::new("unshare");
        // Mounts need a superuser; where we are none, one of a world of our own.
        let flags: &[&str] =
            if rustix::process::geteuid().is_root() { &["-m"] } else { &["-r", "-m"] };
        command.args(flags).args(["/bin/sh", "-euc", lack.script(), "sh"]);
        command.arg(self.data()).arg(program);
        if lack == Lack::Postgres {
            command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        }
        Ok(command)
    }
}

impl Lack {
    /// Makes it so, then becomes the program: `$1` is the data directory, `$2` the program.
    fn script(self) -> &'static str {
        match self {
            Self::Postgres => {
                "for folder in /usr/lib/postgresql /usr/pgsql-* /usr/local/pgsql; do
                     if [ -d \"$folder\" ]; then mount -t tmpfs none \"$folder\"; fi
                 done
                 exec \"$2\""
            }
            Self::Writing => "mount -t tmpfs none \"$1\"; mount -o remount,ro \"$1\"; exec \"$2\"",
            Self::Space => "mount -t tmpfs -o size=4m none \"$1\"; exec \"$2\"",
            Self::MuchSpace => "mount -t tmpfs -o size=600m none \"$1\"; exec \"$2\"",
        }
    }
}
