//! What no compiler and no lint checks: the length of files, who reads the environment, that a
//! crate says what it is.

use std::fs;
use std::path::Path;

use architecture::{Workspace, root, rust_files};

/// A longer file is searched instead of read.
const LINES_MAX: usize = 800;
/// Longer files, each with the reason why it is one.
const LONGER: &[(&str, &str)] = &[];

/// The files of the product that may read the environment: what a process is told comes in through
/// its configuration.
const READS_ENVIRONMENT: &[&str] =
    &["platform/src/config/sources.rs", "platform/src/postgres/cluster.rs"];

fn read(path: &Path) -> String {
    fs::read_to_string(root().join(path)).expect("our files are readable text")
}

#[test]
fn no_file_is_too_long_to_be_read() {
    let files = rust_files();
    assert!(files.len() > 50, "looks at the whole repository");
    let listed = |path: &Path| LONGER.iter().any(|(name, _)| Path::new(name) == path);
    let lines = |path: &Path| read(path).lines().count();
    let long: Vec<_> = files
        .iter()
        .filter(|path| lines(path) > LINES_MAX && !listed(path))
        .map(|path| format!("{} ({})", path.display(), lines(path)))
        .collect();
    assert!(long.is_empty(), "more than {LINES_MAX} lines: {}", long.join(", "));
    for (name, reason) in LONGER {
        assert!(lines(Path::new(name)) > LINES_MAX, "{name} is short now; it was listed: {reason}");
    }
}

#[test]
fn the_environment_is_read_in_one_place() {
    let product = |path: &&std::path::PathBuf| {
        let tests = ["tests", "benches", "examples"];
        !path.components().any(|part| tests.iter().any(|name| part.as_os_str() == *name))
    };
    let reads = |path: &Path| read(path).contains("env::var");
    let readers: Vec<_> = rust_files()
        .iter()
        .filter(product)
        .filter(|path| reads(path))
        .map(|path| path.display().to_string())
        .filter(|path| !READS_ENVIRONMENT.contains(&path.as_str()))
        .collect();
    assert!(readers.is_empty(), "read the environment past the configuration: {readers:?}");
    for path in READS_ENVIRONMENT {
        assert!(reads(Path::new(path)), "{path} no longer reads the environment: take it off");
    }
}

#[test]
fn every_crate_says_what_it_owns() {
    let said = |file: &Path| {
        let text = fs::read_to_string(file).unwrap_or_default();
        text.lines().map_while(|line| line.strip_prefix("//!")).map(str::len).sum::<usize>() > 80
    };
    let silent: Vec<_> = Workspace::load()
        .folders()
        .into_iter()
        .filter(|(_, folder)| !["src/lib.rs", "src/main.rs"].iter().any(|f| said(&folder.join(f))))
        .map(|(name, _)| name)
        .collect();
    assert!(silent.is_empty(), "their root files do not say what they own: {silent:?}");
}

#[test]
fn every_setting_is_read_by_somebody() {
    let page = read(Path::new("docs/CONFIGURATION.md"));
    let settings: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("### `")).collect();
    assert!(settings.len() > 10, "finds the settings in the reference page");
    let declares = |path: &&std::path::PathBuf| path.starts_with("platform/src/config");
    let tests = |path: &&std::path::PathBuf| path.iter().any(|part| part == "tests");
    let files = rust_files();
    let code: Vec<_> = files
        .iter()
        .filter(|path| !declares(path) && !tests(path))
        .map(|path| read(path))
        .collect();
    let unread: Vec<_> = settings
        .iter()
        .filter_map(|line| line.trim_end_matches('`').split_once('.'))
        .filter(|(section, field)| {
            // `config.limits.file_bytes_max`, or `settings.otlp_endpoint` where the section is handed on.
            let reads = ["config", "settings", "self"].map(|from| format!("{from}.{field}"));
            let whole = format!("{section}.{field}");
            !code.iter().any(|text| text.contains(&whole) || reads.iter().any(|r| text.contains(r)))
        })
        .collect();
    assert!(unread.is_empty(), "nobody reads these settings: {unread:?}");
}
