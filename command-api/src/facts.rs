//! What commands have to know of posts and files: from the log where it is recent, else from rows.

use std::time::Instant;

use domain::commands::post::{FileFacts, PostFacts};
use domain::{Channels, PartitionFold, TouchKind};
use event_log::ReadLimit;
use events::channel::{AttachedFile, PostContent};
use events::{ChannelEvent, ChannelId, Event, FileId, Partition, Position, PostId, Topic, UserId};
use futures::future::join_all;
use moka::sync::Cache;
use platform::http::ApiError;
use read_model::queries::{PostOfCommand, UnreadFrom};
use read_model::rows::FileRow;
use read_model::{QueryError, StoredFile, stored_files};

use crate::executor::CommandApi;

/// Roots of which something is kept in memory.
const ROOTS_MAX: u64 = 20_000;

/// A root that was alive at a position. What is said here of it never changes but by its deletion.
#[derive(Debug, Clone, Copy)]
struct KnownRoot {
    channel_id: ChannelId,
    author_id: UserId,
    root_id: Option<PostId>,
    is_system: bool,
    create_at: i64,
    /// It was not deleted below this offset of its partition.
    alive_until: u64,
}

/// Roots that were replied to lately.
pub(crate) struct RootCache(Cache<PostId, KnownRoot>);

impl RootCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(ROOTS_MAX))
    }
}

/// The rows cannot be asked: the database is at fault, not the request.
pub(crate) fn unreadable(error: QueryError) -> ApiError {
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    ApiError::unavailable(format!("{error}: {cause}"))
}

/// Where something recent is known from, or that it must be read.
enum Recent {
    Known(PostFacts),
    /// The record at this offset tells.
    At(u64),
    Cold,
}

/// A root's facts, and where the rows stood if they were read.
pub(crate) type RootFacts = (Option<PostFacts>, Option<u64>);

impl CommandApi {
    /// What is known of the root of a reply in `channel`. Recent ones need no rows.
    ///
    /// # Errors
    /// The rows are needed and cannot be read.
    pub(crate) async fn root_facts(
        &self,
        channel: ChannelId,
        root: PostId,
    ) -> Result<RootFacts, QueryError> {
        let partition = Partition::of(Topic::Channels, channel.as_bytes());
        let recent = self.recent_root(&self.fold.channels(channel), channel, root);
        match recent {
            Recent::Known(facts) => return Ok((Some(facts), None)),
            Recent::At(offset) => {
                let read = self.root_in_record(partition, offset, root).await;
                if let Some(known) = read {
                    self.roots.0.insert(root, known);
                    return Ok((Some(known.facts(root)), None));
                }
            }
            Recent::Cold => {}
        }
        if let Some(post) = self.reader.post_of_command(root).await?
            && post.row.channel_id == channel
        {
            let facts = post_facts(&post);
            if !facts.deleted {
                self.roots.0.insert(root, KnownRoot::of(&facts, post.next_offset));
            }
            return Ok((Some(facts), Some(post.next_offset)));
        }
        let read = self.positioned(partition, self.reader.post_of_command(root));
        let (post, rows_at) = read.await?;
        Ok((post.as_ref().map(post_facts), Some(rows_at)))
    }

    /// What `read` finds, with an offset of the partition that the rows had passed: of what is not
    /// there no row can tell. Positions are read on both sides, because a database may go back.
    ///
    /// # Errors
    /// The rows cannot be read.
    pub(crate) async fn positioned<T>(
        &self,
        partition: Partition,
        read: impl Future<Output = Result<T, QueryError>>,
    ) -> Result<(T, u64), QueryError> {
        let position = async || {
            let positions = self.reader.positions().await?;
            Ok::<u64, QueryError>(positions.get(&partition).copied().unwrap_or(0))
        };
        let before = position().await?;
        let found = read.await?;
        Ok((found, position().await?.min(before)))
    }

    /// Where `user` would stand if all from `post` on were unread, and where the rows of the channel's
    /// partition stood that say so.
    ///
    /// # Errors
    /// The rows cannot be read.
    pub(crate) async fn unread_from(
        &self,
        partition: Partition,
        user: UserId,
        post: PostId,
    ) -> Result<(Option<UnreadFrom>, u64), QueryError> {
        if let Some(from) = self.reader.unread_from(user, post).await? {
            return Ok((Some(from), from.next_offset));
        }
        self.positioned(partition, self.reader.unread_from(user, post)).await
    }

    /// A deletion below the window's floor is forgotten, so only what was alive at or above it counts.
    fn recent_root(
        &self,
        fold: &PartitionFold<Channels>,
        channel: ChannelId,
        root: PostId,
    ) -> Recent {
        let window = fold.window();
        if window.last_touch(root.0, TouchKind::Deleted).is_some() {
            return Recent::Known(gone(channel, root));
        }
        // What was known before the channel's posts expired may be gone.
        let expired = window.last_touch(channel.0, TouchKind::Deleted);
        let known = self.roots.0.get(&root);
        if let Some(known) = known
            && known.alive_until >= window.floor()
            && expired.is_none_or(|at| known.alive_until > at)
        {
            self.roots.0.insert(root, KnownRoot { alive_until: fold.next(), ..known });
            return Recent::Known(known.facts(root));
        }
        let touches = [TouchKind::Created, TouchKind::Replied];
        let told = touches.into_iter().find_map(|kind| window.last_touch(root.0, kind));
        let told = told.filter(|told| expired.is_none_or(|at| *told > at));
        told.map_or(Recent::Cold, Recent::At)
    }

    /// The root as the record that created it, or a reply to it, tells.
    async fn root_in_record(
        &self,
        partition: Partition,
        offset: u64,
        root: PostId,
    ) -> Option<KnownRoot> {
        let limit = ReadLimit { records_max: 1, ..ReadLimit::default() };
        let records = self.fold.log().read(partition, offset, limit).await.ok()?;
        let (_, event) = events::decode(records.first()?).ok()?;
        let Event::Channels(ChannelEvent::PostCreated(body)) = event else { return None };
        let post = &body.c;
        let (author_id, root_id) = if post.post_id == root {
            (post.author_id, post.root.as_ref().map(|root| root.post_id))
        } else {
            let answered = post.root.as_ref().filter(|answered| answered.post_id == root)?;
            (answered.author_id, None)
        };
        Some(KnownRoot {
            channel_id: post.channel_id,
            author_id,
            root_id,
            is_system: false,
            create_at: 0,
            alive_until: offset,
        })
    }

    /// A post that a request names, whatever the caller may know of it. Unknown ones are looked for
    /// again in rows that have reached the ends of all channels: no 404 from behind.
    ///
    /// # Errors
    /// A 404, or a 503 if that cannot be found out now.
    pub(crate) async fn known_post(&self, post: PostId) -> Result<PostOfCommand, ApiError> {
        if let Some(found) = self.reader.post_of_command(post).await.map_err(unreadable)? {
            return Ok(found);
        }
        let partitions: Vec<Partition> = Topic::Channels.partitions().collect();
        let deadline = self.deadline();
        while Instant::now() < deadline {
            let ends = self.rows_at_ends(&partitions).await?;
            if let Some(found) = self.reader.post_of_command(post).await.map_err(unreadable)? {
                return Ok(found);
            }
            // A database that went back between the two knows nothing for certain.
            let positions = self.reader.positions().await.map_err(unreadable)?;
            let there = |(p, end): (&Partition, &u64)| positions.get(p).is_some_and(|at| at >= end);
            if partitions.iter().zip(&ends).all(there) {
                return Err(ApiError::post_not_found());
            }
        }
        Err(ApiError::unavailable("the rows keep going back"))
    }

    /// Brings fold and rows to where the partitions end now; answers the ends.
    ///
    /// # Errors
    /// A 503 at the deadline.
    pub(crate) async fn rows_at_ends(
        &self,
        partitions: &[Partition],
    ) -> Result<Vec<u64>, ApiError> {
        let deadline = self.deadline();
        let ends = self.fold.catch_up(partitions, deadline).await.map_err(ApiError::unavailable)?;
        let passed = partitions.iter().zip(&ends).map(|(p, end)| self.projection.passed(*p, *end));
        by(deadline, join_all(passed)).await?;
        Ok(ends)
    }

    /// Waits until the rows hold what stands at a position.
    ///
    /// # Errors
    /// A 503 at the deadline.
    pub(crate) async fn rows_hold(&self, position: Position) -> Result<(), ApiError> {
        let Position { partition, offset, .. } = position;
        by(self.deadline(), self.projection.passed(partition, offset + 1)).await
    }

    /// What is known of files that a post is to show, in their order, and where the rows stood.
    ///
    /// # Errors
    /// The rows cannot be read.
    pub(crate) async fn file_facts(
        &self,
        channel: ChannelId,
        files: &[FileId],
    ) -> Result<(Vec<Option<FileFacts>>, u64), QueryError> {
        let found = self.reader.files_of_command(channel, files).await?;
        let facts = files
            .iter()
            .map(|id| found.files.iter().find(|row| row.id == *id).map(file_facts))
            .collect();
        Ok((facts, found.next_offset))
    }
}

/// Waits for rows until the deadline.
async fn by<T>(deadline: Instant, rows: impl Future<Output = T>) -> Result<T, ApiError> {
    let waited = tokio::time::timeout_at(deadline.into(), rows).await;
    waited.map_err(|_| ApiError::unavailable("the read model lags behind the log"))
}

impl KnownRoot {
    fn of(facts: &PostFacts, alive_until: u64) -> Self {
        Self {
            channel_id: facts.channel_id,
            author_id: facts.author_id,
            root_id: facts.root_id,
            is_system: facts.is_system,
            create_at: facts.create_at,
            alive_until,
        }
    }

    fn facts(self, post_id: PostId) -> PostFacts {
        PostFacts {
            post_id,
            channel_id: self.channel_id,
            author_id: self.author_id,
            root_id: self.root_id,
            create_at: self.create_at,
            is_system: self.is_system,
            is_pinned: false,
            deleted: false,
            deleted_by: None,
        }
    }
}

/// A post that was deleted: what else it was does not matter any more.
fn gone(channel_id: ChannelId, post_id: PostId) -> PostFacts {
    PostFacts {
        post_id,
        channel_id,
        author_id: UserId::default(),
        root_id: None,
        create_at: 0,
        is_system: false,
        is_pinned: false,
        deleted: true,
        deleted_by: None,
    }
}

/// What the rules have to know of a post, from its row.
pub(crate) fn post_facts(post: &PostOfCommand) -> PostFacts {
    let row = &post.row;
    PostFacts {
        post_id: row.id,
        channel_id: row.channel_id,
        author_id: row.user_id,
        root_id: row.root_id,
        create_at: row.create_at,
        is_system: !row.notice.is_empty(),
        is_pinned: row.is_pinned,
        deleted: row.delete_at > 0,
        deleted_by: row.deleted_by,
    }
}

/// What a post says, from its row.
pub(crate) fn post_content(post: &PostOfCommand) -> PostContent {
    let row = &post.row;
    let files = stored_files(&row.files);
    PostContent {
        message: row.message.clone(),
        props: serde_json::from_str(&row.props).unwrap_or_default(),
        mini_previews: mini_previews(&files),
        file_names: files.into_iter().map(|file| file.1).collect(),
        pending_post_id: row.pending_post_id.clone(),
    }
}

/// As they stand in an event: absent where no file has one.
fn mini_previews(files: &[StoredFile]) -> Vec<String> {
    let has_any = files.iter().any(|file| !file.2.is_empty());
    files.iter().filter(|_| has_any).map(|file| file.2.clone()).collect()
}

/// The files of a post, from its row.
pub(crate) fn post_files(post: &PostOfCommand) -> Vec<AttachedFile> {
    stored_files(&post.row.files).into_iter().map(|file| file.0).collect()
}

pub(crate) fn file_facts(row: &FileRow) -> FileFacts {
    FileFacts {
        file: AttachedFile {
            file_id: row.id,
            size: row.size,
            mime_type: row.mime_type.clone(),
            extension: row.extension.clone(),
            width: row.width,
            height: row.height,
            has_preview: row.has_preview,
        },
        name: row.name.clone(),
        mini_preview: row.mini_preview.clone(),
        owner_id: row.owner_id,
        channel_id: row.channel_id,
        attached: row.post_id.is_some(),
    }
}
