//! Where a store of objects is.

use std::fmt;
use std::path::{Path, PathBuf};

use super::Setting;
use super::values::directory_after;

/// Which store of objects is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// In this directory, below the data directory unless it is absolute; None: where this store is by
    /// default.
    Directory(Option<PathBuf>),
    /// In a bucket of S3, under names that begin so: nothing, or parts that each end in a slash.
    Bucket { bucket: String, prefix: String },
}

/// Where a store is, once the data directory is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorePlace {
    Directory(PathBuf),
    Bucket { bucket: String, prefix: String },
}

impl StoreUrl {
    /// The store's place: a directory lies below `data` unless it was given as an absolute one, in
    /// `default` there if none was given.
    pub fn place(&self, data: &Path, default: &str) -> StorePlace {
        match self {
            Self::Directory(directory) => {
                StorePlace::Directory(data.join(directory.as_deref().unwrap_or(Path::new(default))))
            }
            Self::Bucket { bucket, prefix } => {
                StorePlace::Bucket { bucket: bucket.clone(), prefix: prefix.clone() }
            }
        }
    }
}

impl fmt::Display for StorePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(directory) => write!(f, "file:{}", directory.display()),
            Self::Bucket { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

impl Setting for StoreUrl {
    fn accepted() -> String {
        "file: or file:<directory>, relative to the data directory, or s3://<bucket>[/<prefix>]"
            .to_owned()
    }

    fn parse(text: &str) -> Result<Self, Option<String>> {
        if let Some(rest) = text.strip_prefix("s3://") {
            return bucket(rest).map_err(|reason| Some(reason.to_owned()));
        }
        if text == "file:" {
            return Ok(Self::Directory(None));
        }
        let directory = directory_after("file:", text, "");
        directory.map(|directory| Self::Directory(Some(directory))).ok_or(None)
    }
}

fn bucket(rest: &str) -> Result<StoreUrl, &'static str> {
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let prefix = prefix.trim_end_matches('/');
    if !is_bucket(bucket) {
        return Err(
            "a bucket has 3 to 63 of a-z 0-9 . and -, and begins and ends with one of a-z 0-9",
        );
    }
    if !prefix.is_empty() && !prefix.split('/').all(is_part) {
        return Err(
            "a prefix has parts of A-Z a-z 0-9 . _ - =, none empty, none beginning with a dot",
        );
    }
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    Ok(StoreUrl::Bucket { bucket: bucket.to_owned(), prefix })
}

fn is_bucket(text: &str) -> bool {
    let edge = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let inside = |b: u8| edge(b) || matches!(b, b'.' | b'-');
    let edges = [text.bytes().next(), text.bytes().next_back()];
    (3..=63).contains(&text.len())
        && text.bytes().all(inside)
        && edges.into_iter().flatten().all(edge)
}

/// What may stand between two slashes of an object's name.
fn is_part(text: &str) -> bool {
    let safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'=');
    (1..=200).contains(&text.len()) && !text.starts_with('.') && text.bytes().all(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn store_directories_are_below_the_data_directory_unless_absolute() {
        let data = Path::new("/srv/data");
        let place = |url| StoreUrl::parse(url).unwrap().place(data, "objects");
        let directory = |path: &str| StorePlace::Directory(path.into());
        assert_eq!(place("file:"), directory("/srv/data/objects"));
        assert_eq!(place("file:blobs/a"), directory("/srv/data/blobs/a"));
        assert_eq!(place("file:/mnt/blobs"), directory("/mnt/blobs"));
        assert_eq!(place("file:///mnt/blobs"), directory("/mnt/blobs"));
        for bad in ["", "objects", "file://host/x", "http://x", "s3:", "s3:/bucket"] {
            assert_eq!(StoreUrl::parse(bad), Err(None), "{bad}");
        }
    }

    #[test]
    fn a_bucket_may_have_a_prefix_with_or_without_its_last_slash() {
        let parsed = |url| StoreUrl::parse(url).unwrap();
        let bucket = |prefix: &str| StoreUrl::Bucket {
            bucket: "a-bucket.1".to_owned(),
            prefix: prefix.to_owned(),
        };
        for url in ["s3://a-bucket.1", "s3://a-bucket.1/"] {
            assert_eq!(parsed(url), bucket(""), "{url}");
        }
        for url in ["s3://a-bucket.1/chat/Archive_1", "s3://a-bucket.1/chat/Archive_1/"] {
            assert_eq!(parsed(url), bucket("chat/Archive_1/"), "{url}");
        }
        for bad in ["s3://", "s3://ab", "s3://Bucket", "s3://bucket-", "s3://a_bucket"] {
            let reason = StoreUrl::parse(bad).unwrap_err().unwrap_or_default();
            assert!(reason.contains("a bucket has"), "{bad}: {reason}");
        }
        for bad in ["s3://bucket//a", "s3://bucket/a//b", "s3://bucket/.a", "s3://bucket/a b"] {
            let reason = StoreUrl::parse(bad).unwrap_err().unwrap_or_default();
            assert!(reason.contains("a prefix has"), "{bad}: {reason}");
        }
    }
}
