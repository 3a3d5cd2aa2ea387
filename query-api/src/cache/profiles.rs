//! People's own profiles.

use std::sync::Arc;

use events::{Partition, UserId};
use moka::sync::Cache;
use platform::clock::now_ms;
use platform::http::ApiError;

use super::{IDLE, weight};
use crate::app::{App, failed};
use crate::render::Rendered;

const BYTES_MAX: u64 = 32 << 20;

/// Own profiles, rendered. `directory` is quiet, so an entry stands until it grows at all, or the
/// person says that they are at something else, or what they are at ends.
pub(crate) struct Profiles(Cache<UserId, Arc<Profile>>);

struct Profile {
    rendered: Rendered,
    /// It contains everything of `directory` below this offset.
    next_offset: u64,
    /// And everything of the person's own partition below this one.
    own_offset: u64,
    /// When what it says that the person is at ends, Unix ms.
    status_ends_at: Option<i64>,
}

impl Profile {
    /// Whether what it says that the person is at has not ended.
    fn is_so_at(&self, now_ms: i64) -> bool {
        self.status_ends_at.is_none_or(|ends_at| now_ms < ends_at)
    }
}

impl Profiles {
    pub fn new() -> Self {
        let weigh = |_: &UserId, profile: &Arc<Profile>| weight(profile.rendered.body.len());
        let cache =
            Cache::builder().max_capacity(BYTES_MAX).weigher(weigh).time_to_idle(IDLE).build();
        Self(cache)
    }
}

impl App {
    /// The profile of `user` as its owner sees it, if there is one.
    pub(crate) async fn own_profile(&self, user: UserId) -> Result<Option<Rendered>, ApiError> {
        if let Some(held) = self.profiles.0.get(&user)
            && held.next_offset == self.fold.next(Partition::DIRECTORY)
            && held.own_offset >= self.fold.users(user).state().custom_status_until(user)
            && held.is_so_at(now_ms())
        {
            return Ok(Some(held.rendered.clone()));
        }
        let Some(read) = self.reader.user_at(user).await.map_err(failed)? else {
            return Ok(None);
        };
        let rendered = Rendered::new(wire::to_json(&read.user.to_wire()));
        let profile = Profile {
            rendered: rendered.clone(),
            next_offset: read.next_offset,
            own_offset: read.own_offset,
            status_ends_at: read.status_ends_at,
        };
        self.profiles.0.insert(user, Arc::new(profile));
        Ok(Some(rendered))
    }
}
