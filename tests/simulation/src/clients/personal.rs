//! What people ask for that is theirs alone: threads they follow and read, drafts, their sidebar.

use domain::sidebar::Shown;
use events::sidebar::CategoryKey;
use events::thread::ThreadScope;
use events::{ChannelId, TeamId, UserId};
use projector::MemoryTables;
use rand::Rng;
use rand::rngs::SmallRng;
use read_model::rows::PostRow;

use super::{Clients, one, some_thread, view};
use crate::request::Ask;
use crate::rows;

/// Places in which drafts are begun at most, so that they meet.
const PLACES_MAX: usize = 4;

impl Clients {
    pub(super) fn mind_thread(
        &mut self,
        rng: &mut SmallRng,
        rows: &MemoryTables,
        user: UserId,
    ) -> Ask {
        let Some(root) = some_thread(rng, rows) else {
            let channel = self.some_channel(rng);
            return view(rng, user, channel);
        };
        let (id, channel) = (root.id, root.channel_id);
        let post = post_of_thread(rng, rows, root);
        match rng.random_range(0..12) {
            0..2 => Ask::Follow { user, root: id, channel, follow: true },
            2..4 => Ask::Follow { user, root: id, channel, follow: false },
            4..6 => {
                let until = post.create_at + rng.random_range(-1..=1);
                Ask::ReadThread { user, root: id, channel, until }
            }
            6..8 => Ask::SetThreadUnread { user, root: id, post: post.id, channel },
            8 => Ask::View { user, channel, threads: true },
            _ => {
                let team = one(rng, &self.teams);
                let of_team = rng.random::<bool>().then_some(ThreadScope::Team(team));
                let scope = of_team.unwrap_or(ThreadScope::Channel(channel));
                Ask::ReadThreads { user, scope }
            }
        }
    }

    pub(super) fn draft(
        &mut self,
        rng: &mut SmallRng,
        rows: &MemoryTables,
        user: UserId,
        channel: ChannelId,
    ) -> Ask {
        let full = self.drafts.len() >= PLACES_MAX;
        if self.drafts.is_empty() || (!full && rng.random_ratio(1, 3)) {
            let root = some_thread(rng, rows).filter(|_| rng.random_ratio(1, 3));
            let place = root.map_or((channel, None), |root| (root.channel_id, Some(root.id)));
            self.drafts.push((user, place));
        }
        let last = self.drafts.last().copied().filter(|_| rng.random());
        let (user, place) = last.unwrap_or_else(|| one(rng, &self.drafts));
        self.texts += 1;
        match rng.random_range(0..6) {
            0 => Ask::EndDraft { user, place, saved_until: None },
            1 => Ask::SaveDraft { user, place, text: None },
            _ => Ask::SaveDraft { user, place, text: Some(self.texts) },
        }
    }

    /// What people see in the rows they move about.
    pub(super) fn arrange(
        &mut self,
        rng: &mut SmallRng,
        rows: &MemoryTables,
        user: UserId,
        team: TeamId,
    ) -> Ask {
        let shown = rows::arrangement(rows, user, team).shown();
        let channels = some_of(rng, &shown);
        let category = one(rng, &keys(&shown));
        let own: Vec<CategoryKey> =
            keys(&shown).into_iter().filter(|key| !key.is_default()).collect();
        match rng.random_range(0..10) {
            0..2 if own.len() < 3 => Ask::CreateCategory { user, team, channels },
            2 if !own.is_empty() => Ask::DeleteCategory { user, team, category: one(rng, &own) },
            3..5 => {
                let mut order = keys(&shown);
                let (from, to) =
                    (rng.random_range(0..order.len()), rng.random_range(0..order.len()));
                order.swap(from, to);
                Ask::OrderCategories { user, team, order }
            }
            _ => Ask::FillCategory { user, team, category, channels },
        }
    }
}

fn keys(shown: &[Shown]) -> Vec<CategoryKey> {
    shown.iter().map(|one| one.category.category_id).collect()
}

/// Some of the channels that are shown, in any order.
fn some_of(rng: &mut SmallRng, shown: &[Shown]) -> Vec<ChannelId> {
    let mut left: Vec<ChannelId> =
        shown.iter().flat_map(|one| &one.category.channel_ids).copied().collect();
    let most = rng.random_range(0..=left.len());
    (0..most).map(|_| left.swap_remove(rng.random_range(0..left.len()))).collect()
}

/// The root, or a reply.
fn post_of_thread<'r>(
    rng: &mut SmallRng,
    rows: &'r MemoryTables,
    root: &'r PostRow,
) -> &'r PostRow {
    let replies = rows.posts.values().filter(|post| post.root_id == Some(root.id));
    let posts: Vec<&PostRow> = std::iter::once(root).chain(replies).collect();
    one(rng, &posts)
}
