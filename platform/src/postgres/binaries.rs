//! Finding the machine's own Postgres.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::PostgresError;

/// Where packages put versions side by side; `*` stands for one name.
const PACKAGE_FOLDERS: [&str; 5] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/usr/local/pgsql/bin",
];

/// The programs of one Postgres version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    pub initdb: PathBuf,
    pub postgres: PathBuf,
    /// The major version, as the cluster's `PG_VERSION` says it.
    pub version: String,
}

impl Binaries {
    /// The binaries for a cluster of version `wanted`, or else the newest: first the directories of
    /// `search_path`, then those where packages put them.
    pub fn find(search_path: &str, wanted: Option<&str>) -> Result<Self, PostgresError> {
        let on_path = search_path.split(':').filter(|dir| !dir.is_empty()).map(PathBuf::from);
        let packaged = PACKAGE_FOLDERS.iter().flat_map(|pattern| newest_first(pattern));
        let mut first = None;
        for directory in on_path.chain(packaged) {
            let Some(found) = Self::in_directory(&directory) else { continue };
            if wanted.is_none_or(|version| version == found.version) {
                return Ok(found);
            }
            first.get_or_insert(found);
        }
        match (first, wanted) {
            (Some(found), Some(cluster)) => Err(PostgresError::OtherVersion {
                path: PathBuf::new(),
                cluster: cluster.to_owned(),
                found: found.version,
            }),
            _ => {
                let searched = PACKAGE_FOLDERS.map(|folder| format!(", {folder}")).concat();
                Err(PostgresError::NoBinaries { searched })
            }
        }
    }

    fn in_directory(directory: &Path) -> Option<Self> {
        let (initdb, postgres) = (directory.join("initdb"), directory.join("postgres"));
        if !initdb.is_file() || !postgres.is_file() {
            return None;
        }
        let output = Command::new(&postgres).arg("-V").output().ok()?;
        let version = major_version(std::str::from_utf8(&output.stdout).ok()?)?;
        Some(Self { initdb, postgres, version })
    }
}

/// `15` of `postgres (PostgreSQL) 15.9 (Debian …)`.
fn major_version(text: &str) -> Option<String> {
    let number =
        text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let major: String = number.chars().take_while(char::is_ascii_digit).collect();
    Some(major)
}

/// The directories that match, by the number in their name, the highest first.
fn newest_first(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![PathBuf::from(pattern)];
    };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let Ok(entries) = std::fs::read_dir(parent) else { return vec![] };
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let rest = name.strip_prefix(prefix)?;
            let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
            let directory = entry.path().join(after.trim_start_matches('/'));
            Some((digits.parse().unwrap_or(0), directory))
        })
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, directory)| directory).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn fake(directory: &Path, version: &str) {
        std::fs::create_dir_all(directory).unwrap();
        for name in ["initdb", "postgres"] {
            let path = directory.join(name);
            let script = format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n");
            std::fs::write(&path, script).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    #[test]
    fn takes_the_first_on_the_path_unless_the_cluster_is_of_another_version() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (dir.path().join("old"), dir.path().join("new"));
        fake(&old, "901.3");
        fake(&new, "902.1 (Debian)");
        let path = format!("/nowhere:{}:{}", old.display(), new.display());
        assert_eq!(Binaries::find(&path, None).unwrap().version, "901");
        let wanted = Binaries::find(&path, Some("902")).unwrap();
        assert_eq!(wanted.initdb, new.join("initdb"));
        let error = Binaries::find(&path, Some("903")).unwrap_err();
        assert!(matches!(error, PostgresError::OtherVersion { .. }));
    }

    #[test]
    fn package_folders_are_searched_from_the_newest() {
        let dir = tempfile::tempdir().unwrap();
        for version in ["9", "15", "16"] {
            std::fs::create_dir_all(dir.path().join(version).join("bin")).unwrap();
        }
        let found = newest_first(&format!("{}/*/bin", dir.path().display()));
        let expected = ["16", "15", "9"].map(|version| dir.path().join(version).join("bin"));
        assert_eq!(found, expected);
    }

    #[test]
    fn nothing_found_says_what_to_install() {
        let message = PostgresError::NoBinaries { searched: String::new() }.to_string();
        assert!(message.contains("apt-get install postgresql") && message.contains("DATABASE_URL"));
        assert!(!message.contains('\n'));
    }
}
