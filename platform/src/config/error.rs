//! What can be wrong with a configuration. Each message names the key, the value, where it came
//! from and what is accepted.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    File { path: PathBuf, line: usize },
    Environment { variable: String },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment { variable } => write!(f, "environment variable {variable}"),
        }
    }
}

/// A configuration that no process may start with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("bad configuration: {key} = {value} (from {origin}) is refused: {reason}")]
    BadValue { key: String, value: String, origin: Origin, reason: String },
    #[error("bad configuration: unknown key {key} (from {origin}); known here: {known}")]
    UnknownKey { key: String, origin: Origin, known: String },
    #[error("bad configuration: {path}:{line}: {reason}")]
    NotToml { path: PathBuf, line: usize, reason: String },
    #[error("bad configuration: failed to read the file {path} (from {named_by}): {reason}")]
    Unreadable { path: PathBuf, named_by: &'static str, reason: String },
    #[error("bad configuration: environment variable {variable} is not valid UTF-8")]
    NotUnicode { variable: String },
}
