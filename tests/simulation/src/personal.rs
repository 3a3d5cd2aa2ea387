//! What a node makes of requests on what is somebody's own: threads they follow, drafts, their sidebar.

use domain::commands::Decision;
use domain::commands::draft::{DeleteDraft, SaveDraft};
use domain::commands::readstate::Seen;
use domain::commands::sidebar::{
    CategoryUpdate, CreateCategory, DeleteCategory, SetCategoryOrder, Sidebar, UpdateCategories,
};
use domain::commands::thread::{
    FollowThread, ReadThread, ReadThreads, SetThreadUnread, ThreadSeen,
};
use events::draft::{DraftContent, DraftEnd};
use events::sidebar::{CategoryKey, CategorySorting};
use events::{ChannelId, PARTITIONS, TeamId, UserId};
use projector::MemoryTables;
use rand::rngs::SmallRng;

use crate::decide::fresh;
use crate::node::Node;
use crate::request::Ask;
use crate::rows;

impl Ask {
    pub fn decide_thread(&self, node: &Node, rows: &MemoryTables) -> Result<Decision, String> {
        match self {
            Self::Follow { user, root, channel, follow } => {
                let directory = node.set.directory();
                let channels = node.set.channels(*channel);
                let row = rows.posts.get(root).ok_or("unknown post")?;
                let held = rows::thread_state(rows, *user, *root);
                let command = FollowThread {
                    actor: *user,
                    user_id: *user,
                    root: rows::facts(row),
                    reply_count: row.reply_count,
                    follows: held.is_some_and(|thread| thread.following),
                    follow: *follow,
                };
                command.decide(directory.state(), channels.state()).map_err(|r| format!("{r:?}"))
            }
            Self::ReadThread { .. } | Self::SetThreadUnread { .. } => self.decide_mark(node, rows),
            Self::ReadThreads { user, scope } => {
                let (user_id, read_to) = (*user, ends_of(node, *user));
                let command = ReadThreads { actor: *user, user_id, scope: *scope, read_to };
                command.decide(node.set.directory().state()).map_err(|r| format!("{r:?}"))
            }
            other => unreachable!("{other:?} is decided elsewhere"),
        }
    }

    fn decide_mark(&self, node: &Node, rows: &MemoryTables) -> Result<Decision, String> {
        let (Self::ReadThread { user, root, channel, .. }
        | Self::SetThreadUnread { user, root, channel, .. }) = self
        else {
            unreachable!("only markers of threads are decided here")
        };
        let row = rows.posts.get(root).ok_or("unknown post")?;
        let held = rows::thread_state(rows, *user, *root).ok_or("no such thread")?;
        let directory = node.set.directory();
        let channels = node.set.channels(*channel);
        let seen = Seen::of(directory.state(), channels.state(), *channel, *user)
            .map_err(|rejection| format!("{rejection:?}"))?;
        let thread = |read_to| ThreadSeen {
            actor: *user,
            user_id: *user,
            root: rows::facts(row),
            seen,
            viewed_at: held.last_viewed_at,
            before: held.unread,
            now: rows::thread_unread(rows, *user, *root, read_to),
        };
        let decided = match self {
            Self::SetThreadUnread { post, .. } => {
                let post = rows::facts_of(rows, *post).ok_or("unknown post")?;
                SetThreadUnread { thread: thread(post.create_at - 1), post }
                    .decide(directory.state())
            }
            Self::ReadThread { until, .. } => {
                let thread = thread(ReadThread::read_to(*until, &seen));
                ReadThread { thread, until: *until }.decide(directory.state())
            }
            other => unreachable!("{other:?} moves no marker"),
        };
        decided.map_err(|rejection| format!("{rejection:?}"))
    }

    pub fn decide_draft(&self, node: &Node) -> Result<Decision, String> {
        let directory = node.set.directory();
        let decided =
            match self {
                Self::SaveDraft { user, place, text } => {
                    let readstate = node.set.readstate(*user);
                    let channels = node.set.channels(place.0);
                    let message = text.map_or_else(String::new, |text| format!("draft {text}"));
                    let content = DraftContent { message, ..DraftContent::default() };
                    SaveDraft { user_id: *user, place: *place, file_ids: Vec::new(), content }
                        .decide(directory.state(), channels.state(), readstate.state())
                }
                Self::EndDraft { user, place, saved_until } => {
                    let readstate = node.set.readstate(*user);
                    let because =
                        if saved_until.is_some() { DraftEnd::Sent } else { DraftEnd::Discarded };
                    DeleteDraft {
                        actor: *user,
                        user_id: *user,
                        place: *place,
                        because,
                        saved_until: *saved_until,
                    }
                    .decide(directory.state(), readstate.state())
                }
                other => unreachable!("{other:?} is decided elsewhere"),
            };
        decided.map_err(|rejection| format!("{rejection:?}"))
    }

    pub fn decide_sidebar(
        &self,
        node: &Node,
        rows: &MemoryTables,
        rng: &mut SmallRng,
    ) -> Result<Decision, String> {
        let directory = node.set.directory();
        let directory = directory.state();
        let decided = match self {
            Self::CreateCategory { user, team, channels } => CreateCategory {
                sidebar: sidebar(rows, *user, *team),
                category: update(CategoryKey::Own(fresh(rng)), channels),
            }
            .decide(directory),
            Self::FillCategory { user, team, category, channels } => UpdateCategories {
                sidebar: sidebar(rows, *user, *team),
                updates: vec![update(*category, channels)],
            }
            .decide(directory),
            Self::DeleteCategory { user, team, category } => {
                DeleteCategory { sidebar: sidebar(rows, *user, *team), category_id: *category }
                    .decide(directory)
            }
            Self::OrderCategories { user, team, order } => {
                SetCategoryOrder { sidebar: sidebar(rows, *user, *team), order: order.clone() }
                    .decide(directory)
            }
            other => unreachable!("{other:?} is decided elsewhere"),
        };
        decided.map_err(|rejection| format!("{rejection:?}"))
    }
}

/// The latest time of all channels that somebody is in.
fn ends_of(node: &Node, user: UserId) -> i64 {
    let of_partition = |index| {
        let fold = node.set.channels_at(index);
        fold.state().channels_of(user).map(|(_, channel, _)| channel.last_at).max()
    };
    (0..PARTITIONS).filter_map(of_partition).max().unwrap_or(0)
}

fn sidebar(rows: &MemoryTables, user: UserId, team: TeamId) -> Sidebar {
    let arrangement = rows::arrangement(rows, user, team);
    Sidebar {
        actor: user,
        user_id: user,
        team_id: team,
        current: arrangement.shown(),
        conversations: arrangement.conversations.iter().copied().collect(),
    }
}

fn update(category_id: CategoryKey, channels: &[ChannelId]) -> CategoryUpdate {
    CategoryUpdate {
        category_id,
        name: format!("{category_id}"),
        sorting: CategorySorting::Manual,
        muted: false,
        collapsed: false,
        channel_ids: channels.to_vec(),
    }
}
