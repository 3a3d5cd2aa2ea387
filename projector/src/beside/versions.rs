//! The versions of rows and index, by the names of their schemas and folders.
//!
//! The names are all there is to know: a schema in the making has a name of its own, so a version that is
//! called next is whole. Two versions change places in one transaction, and that decides; their folders
//! follow, and a crash in between leaves names that tell what is left to be done.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use read_model::Database;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use tokio::sync::watch;

use super::wish::Beside;

const TRY_AGAIN: Duration = Duration::from_millis(500);

/// One of the versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    Serving,
    /// Not whole yet, and of no use if a crash cuts it short.
    Making,
    Next,
    Previous,
}

impl Version {
    pub const ALL: [Self; 4] = [Self::Serving, Self::Making, Self::Next, Self::Previous];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::Making => "making",
            Self::Next => "next",
            Self::Previous => "previous",
        }
    }
}

impl From<Beside> for Version {
    fn from(beside: Beside) -> Self {
        match beside {
            Beside::Next => Self::Next,
            Beside::Previous => Self::Previous,
        }
    }
}

/// Where the versions are.
#[derive(Debug, Clone)]
pub struct Versions {
    serving: Database,
    index: Option<PathBuf>,
}

impl Versions {
    /// Those beside the version in `serving`, with its index in `index`.
    pub fn new(serving: Database, index: Option<PathBuf>) -> Self {
        Self { serving, index }
    }

    /// The rows of a version.
    pub fn database(&self, version: Version) -> Database {
        match version {
            Version::Serving => self.serving.clone(),
            _ => self.serving.beside(&format!("{}_{}", self.serving.schema(), version.name())),
        }
    }

    /// The index of a version.
    pub fn index(&self, version: Version) -> Option<PathBuf> {
        let serving = self.index.as_deref()?;
        Some(folder(serving, version))
    }

    /// Those whose rows are there.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn found(&self) -> sqlx::Result<Vec<Version>> {
        let mut connection = self.serving.connect().await?;
        let schemas: Vec<String> =
            sqlx::query_scalar("SELECT nspname::text FROM pg_namespace WHERE nspname = ANY($1)")
                .bind(Version::ALL.map(|version| self.database(version).schema().to_owned()))
                .fetch_all(&mut connection)
                .await?;
        let there =
            |version: &Version| schemas.iter().any(|s| s == self.database(*version).schema());
        Ok(Version::ALL.into_iter().filter(there).collect())
    }

    /// What is whole beside the version that serves.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub async fn beside(&self) -> sqlx::Result<Option<Beside>> {
        let found = self.found().await?;
        let whole = [Beside::Next, Beside::Previous];
        Ok(whole.into_iter().find(|beside| found.contains(&Version::from(*beside))))
    }

    /// Finishes what a crash left half done, before anybody opens the index; tries until it can.
    pub(crate) async fn recover(&self, mut stopping: watch::Receiver<bool>) {
        while let Err(error) = self.finish().await {
            tracing::warn!(
                error = platform::failure_line(&error),
                "failed to look after the versions of the rows; trying again"
            );
            let stopped = stopping.wait_for(|stop| *stop);
            if tokio::time::timeout(TRY_AGAIN, stopped).await.is_ok() {
                return;
            }
        }
    }

    /// Lets the folders follow the schemas.
    pub(crate) async fn finish(&self) -> Result<(), VersionsError> {
        let beside = self.beside().await?;
        Ok(self.index.as_deref().map_or(Ok(()), |serving| follow(serving, beside))?)
    }

    /// Removes a version; the one that serves stays.
    ///
    /// # Errors
    /// The database or the disk refuses; what is left goes with the next attempt.
    pub async fn remove(&self, version: Version) -> Result<(), VersionsError> {
        if version == Version::Serving {
            return Ok(());
        }
        // The rows first: a folder alone is nothing.
        self.database(version).drop_schema().await?;
        Ok(self.index(version).map_or(Ok(()), |index| remove(&index))?)
    }

    /// Removes all but the version that serves.
    ///
    /// # Errors
    /// As [`Self::remove`].
    pub async fn remove_all_beside(&self) -> Result<(), VersionsError> {
        for version in Version::ALL {
            self.remove(version).await?;
        }
        Ok(())
    }

    /// What was made is whole: it is the next one from now on.
    pub(crate) async fn promote(&self) -> Result<(), VersionsError> {
        if let (Some(made), Some(next)) = (self.index(Version::Making), self.index(Version::Next)) {
            rename(&made, &next)?;
        }
        let mut connection = self.serving.connect().await?;
        self.rename(Version::Making, Version::Next, &mut connection).await?;
        Ok(())
    }

    pub(super) async fn rename(
        &self,
        from: Version,
        to: Version,
        connection: &mut PgConnection,
    ) -> sqlx::Result<()> {
        let (from, to) = (self.database(from), self.database(to));
        let sql = format!("ALTER SCHEMA {} RENAME TO {}", from.schema(), to.schema());
        sqlx::query(AssertSqlSafe(sql)).execute(connection).await?;
        Ok(())
    }
}

/// A version cannot be looked after.
#[derive(Debug, thiserror::Error)]
pub enum VersionsError {
    #[error("failed to look after the versions of the rows")]
    Database(#[from] sqlx::Error),
    #[error("failed to look after the versions of the search index")]
    Index(#[from] io::Error),
}

fn folder(serving: &Path, version: Version) -> PathBuf {
    if version == Version::Serving {
        return serving.to_owned();
    }
    let mut name = serving.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(version.name());
    serving.with_file_name(name)
}

/// Gives the folders the names of the schemas. If the two versions have changed places and their folders have
/// not, or only one of them, then there is a folder with the name that the version beside had before.
fn follow(serving: &Path, beside: Option<Beside>) -> io::Result<()> {
    let Some(beside) = beside else {
        remove(&folder(serving, Version::Next))?;
        return remove(&folder(serving, Version::Previous));
    };
    let (own, before) = (folder(serving, beside.into()), folder(serving, beside.swapped().into()));
    if !before.exists() {
        return Ok(());
    }
    if serving.exists() && own.exists() {
        // Nothing is known by that name any more.
        return remove(&before);
    }
    if serving.exists() {
        rename(serving, &own)?;
    }
    rename(&before, serving)
}

/// Durable before the next step.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    remove(to)?;
    fs::rename(from, to)?;
    to.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folders(tempfile::TempDir);

    impl Folders {
        /// Each holds a file that says what it is.
        fn with(folders: &[(Version, &str)]) -> Self {
            let it = Self(tempfile::tempdir().unwrap());
            for (version, content) in folders {
                fs::create_dir(it.path(*version)).unwrap();
                fs::write(it.path(*version).join("content"), content).unwrap();
            }
            it
        }

        fn serving(&self) -> PathBuf {
            self.0.path().join("index")
        }

        fn path(&self, version: Version) -> PathBuf {
            folder(&self.serving(), version)
        }

        fn content(&self, version: Version) -> Option<String> {
            fs::read_to_string(self.path(version).join("content")).ok()
        }

        fn follow(&self, beside: Option<Beside>) {
            follow(&self.serving(), beside).unwrap();
        }
    }

    #[test]
    fn folders_follow_a_cutover_wherever_it_was_cut_short() {
        let before = [(Version::Serving, "old"), (Version::Next, "new")];
        let between = [(Version::Previous, "old"), (Version::Next, "new")];
        let after = [(Version::Previous, "old"), (Version::Serving, "new")];
        for folders in [before, between, after] {
            let it = Folders::with(&folders);
            it.follow(Some(Beside::Previous));
            assert_eq!(it.content(Version::Serving).as_deref(), Some("new"));
            assert_eq!(it.content(Version::Previous).as_deref(), Some("old"));
            assert_eq!(it.content(Version::Next), None);
        }
    }

    #[test]
    fn folders_follow_a_rollback_wherever_it_was_cut_short() {
        let before = [(Version::Serving, "new"), (Version::Previous, "old")];
        let between = [(Version::Next, "new"), (Version::Previous, "old")];
        let after = [(Version::Next, "new"), (Version::Serving, "old")];
        for folders in [before, between, after] {
            let it = Folders::with(&folders);
            it.follow(Some(Beside::Next));
            assert_eq!(it.content(Version::Serving).as_deref(), Some("old"));
            assert_eq!(it.content(Version::Next).as_deref(), Some("new"));
            assert_eq!(it.content(Version::Previous), None);
        }
    }

    #[test]
    fn folders_without_rows_go_and_the_one_that_serves_stays() {
        let it = Folders::with(&[(Version::Serving, "old"), (Version::Next, "half")]);
        it.follow(None);
        assert_eq!(it.content(Version::Serving).as_deref(), Some("old"));
        assert_eq!(it.content(Version::Next), None);
    }

    #[test]
    fn a_folder_that_was_left_behind_never_takes_the_place_of_one_that_serves() {
        let all = [(Version::Serving, "new"), (Version::Previous, "old"), (Version::Next, "stale")];
        let it = Folders::with(&all);
        it.follow(Some(Beside::Previous));
        assert_eq!(it.content(Version::Serving).as_deref(), Some("new"));
        assert_eq!(it.content(Version::Previous).as_deref(), Some("old"));
    }
}
