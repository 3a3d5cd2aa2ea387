//! The committed files, and how they come to be.
//!
//! `UPDATE_GOLDEN=1` writes golden files that are missing, schemas and the catalogue's page. It never
//! changes a golden file: what one says stands on somebody's log. `UPDATE_GOLDEN=force` does, for the
//! time before the first release.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::{document, golden, schemas};

#[derive(Clone, Copy, PartialEq)]
enum Update {
    No,
    Missing,
    Force,
}

/// Whose files: whether they may change.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Golden,
    Generated,
}

impl Update {
    fn asked_for() -> Self {
        match std::env::var("UPDATE_GOLDEN").ok().as_deref() {
            None | Some("") => Self::No,
            Some("1") => Self::Missing,
            Some("force") => Self::Force,
            Some(other) => panic!("UPDATE_GOLDEN is {other:?}; it is 1 or force"),
        }
    }

    fn writes(self, kind: Kind, exists: bool) -> bool {
        match (self, kind) {
            (Self::No, _) => false,
            (Self::Missing, Kind::Golden) => !exists,
            (Self::Missing, Kind::Generated) | (Self::Force, _) => true,
        }
    }
}

/// Done once, before any test reads a file.
static UPDATED: LazyLock<()> = LazyLock::new(|| {
    let update = Update::asked_for();
    if update == Update::No {
        return;
    }
    for (path, text) in golden::current() {
        write(update, Kind::Golden, &path, &text);
    }
    for (path, text) in schemas::current() {
        write(update, Kind::Generated, &path, &text);
    }
    write(update, Kind::Generated, document::PATH, &document::current());
});

fn write(update: Update, kind: Kind, path: &str, text: &str) {
    let path = absolute(path);
    if update.writes(kind, path.exists()) {
        fs::create_dir_all(path.parent().expect("a file is in a folder")).unwrap();
        fs::write(&path, text).unwrap_or_else(|e| panic!("failed to write {path:?}: {e}"));
    }
}

/// `path` is relative to the crate.
fn absolute(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The committed text of `path`.
pub fn read(path: &str) -> String {
    LazyLock::force(&UPDATED);
    fs::read_to_string(absolute(path))
        .unwrap_or_else(|e| panic!("failed to read {path}: {e}; UPDATE_GOLDEN=1 writes it"))
}

/// Asserts that what is generated is what is committed.
pub fn assert_committed(path: &str, text: &str) {
    assert!(
        read(path) == text,
        "{path} is not what is generated now; review what `UPDATE_GOLDEN=1 cargo test -p events` changes"
    );
}

/// Names, without `.json`, of the files below `folder`, in order.
pub fn names_in(folder: &str) -> Vec<String> {
    LazyLock::force(&UPDATED);
    let root = absolute(folder);
    let (mut folders, mut names) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                names.push(name.strip_suffix(".json").unwrap_or(&name).to_owned());
            }
        }
    }
    names.sort_unstable();
    names
}

#[test]
fn only_force_changes_a_golden_file_that_exists() {
    assert!(!Update::No.writes(Kind::Golden, false) && !Update::No.writes(Kind::Generated, true));
    assert!(Update::Missing.writes(Kind::Golden, false));
    assert!(!Update::Missing.writes(Kind::Golden, true));
    assert!(Update::Missing.writes(Kind::Generated, true));
    assert!(Update::Force.writes(Kind::Golden, true));
}
