//! What is kept in memory. Nothing here is thrown away when the log moves on: each entry carries the
//! position it stands for, and is only shown where the fold says that nothing has changed since. So it
//! is never older than what a write was answered with, and rights are never older than it.

mod pages;
mod posts;
mod profiles;

use std::time::Duration;

pub(crate) use pages::{PageShape, Pages};
pub(crate) use posts::{Posts, ShownPost};
pub(crate) use profiles::Profiles;

/// How long an entry that nobody asks for is kept.
const IDLE: Duration = Duration::from_secs(15 * 60);

/// The weight of an entry of `bytes`, with what it takes beside them.
pub(crate) fn weight(bytes: usize) -> u32 {
    const BESIDE: usize = 256;
    u32::try_from(bytes + BESIDE).unwrap_or(u32::MAX)
}
