//! The newest page of channels.

use std::sync::Arc;

use domain::rights;
use events::{ChannelId, Partition, Topic, UserId};
use moka::sync::Cache;
use platform::http::ApiError;

use super::{IDLE, weight};
use crate::app::{App, of_channel};
use crate::caller::Caller;
use crate::render::{self, NamesOfToday, Rendered, Told};

const BYTES_MAX: u64 = 128 << 20;
const CHANNELS_MAX: u64 = 100_000;

/// What makes two newest pages of a channel different.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PageShape {
    pub per_page: u32,
    pub with_roots: bool,
}

/// Newest pages, rendered.
///
/// Every event of a channel takes a time of its own, so that a page of the same channel at the same
/// last time is the same page; except for what people are called in system posts, which custom emoji there
/// are and what is known of links. A page with links to posts is made for each reader anew.
pub(crate) struct Pages {
    pages: Cache<(ChannelId, PageShape), Arc<Page>>,
    seen: Cache<ChannelId, Moment>,
}

struct Page {
    rendered: Rendered,
    /// The channel's last time.
    last_at: i64,
    /// It contains everything of the channel's partition below this offset.
    next_offset: u64,
    told: Told,
}

/// A channel's last time, with an offset below which everything of it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Moment {
    last_at: i64,
    next_offset: u64,
}

impl Pages {
    pub fn new() -> Self {
        let weigh = |_: &(ChannelId, PageShape), page: &Arc<Page>| weight(page.rendered.body.len());
        let pages =
            Cache::builder().max_capacity(BYTES_MAX).weigher(weigh).time_to_idle(IDLE).build();
        let seen = Cache::builder().max_capacity(CHANNELS_MAX).time_to_idle(IDLE).build();
        Self { pages, seen }
    }

    /// The earliest moment known for what stands now: in a busy partition the rows soon pass it, while
    /// they never catch up with the partition itself.
    fn earliest(&self, channel: ChannelId, now: Moment) -> Moment {
        match self.seen.get(&channel) {
            Some(seen) if seen.last_at == now.last_at && seen.next_offset <= now.next_offset => {
                seen
            }
            _ => {
                self.seen.insert(channel, now);
                now
            }
        }
    }
}

impl App {
    /// The newest posts of a channel.
    pub(crate) async fn newest_page(
        &self,
        caller: &Caller,
        channel: ChannelId,
        shape: PageShape,
    ) -> Result<Rendered, ApiError> {
        let moment = self.moment(caller.user, channel)?;
        if let Some(moment) = moment
            && let Some(held) = self.pages.pages.get(&(channel, shape))
            && held.last_at == moment.last_at
            && held.next_offset <= moment.next_offset
            && render::are_called(self, &held.told)
        {
            return Ok(held.rendered.clone());
        }
        let since = moment.map(|moment| self.pages.earliest(channel, moment));
        let mut read = self
            .granted(&of_channel(channel), ApiError::channel_not_found, || {
                self.reader.posts_newest_at(caller.user, channel, shape.per_page, shape.with_roots)
            })
            .await?;
        let ends = self.take_out_ended(&mut read.value);
        let shown = read.value.posts.iter().chain(&read.value.roots);
        let names = NamesOfToday::of_reader(self, caller.user, shown).await?;
        let rendered = Rendered::new(render::page(&read.value, &names));
        let links_to_posts = names.are_of_reader();
        if let Some(since) = since
            && read.next_offset >= since.next_offset
            && !links_to_posts
            && !ends.await_rows()
        {
            let page = Page {
                rendered: rendered.clone(),
                last_at: since.last_at,
                next_offset: read.next_offset,
                told: names.told(),
            };
            self.pages.pages.insert((channel, shape), Arc::new(page));
        }
        Ok(rendered)
    }

    /// The channel's moment now, if `user` may read it now.
    fn moment(&self, user: UserId, channel: ChannelId) -> Result<Option<Moment>, ApiError> {
        let partition = Partition::of(Topic::Channels, channel.as_bytes());
        self.require_current(&[partition])?;
        let directory = self.fold.directory();
        let channels = self.fold.channels_at(partition.index);
        let next_offset = channels.next();
        let Some(held) = channels.state().channel(channel) else { return Ok(None) };
        let may = rights::member(directory.state(), held, user).is_some();
        Ok(may.then_some(Moment { last_at: held.last_at, next_offset }))
    }
}
