//! What goes for ever: of people who were erased, and of channels whose posts are past their time.

use std::collections::{BTreeMap, BTreeSet};

use events::PostId;
use read_model::rows::PostRow;

use super::MemoryTables;
use crate::changes::{Expiry, Gone};

impl MemoryTables {
    pub(super) fn let_go(&mut self, gone: &Gone) {
        self.erase(gone);
        for expiry in &gone.expired {
            self.expire(expiry);
        }
    }

    fn erase(&mut self, gone: &Gone) {
        for ((channel, author), at) in &gone.authors {
            let said = |post: &PostRow| {
                post.channel_id == *channel && post.user_id == *author && post.notice.is_empty()
            };
            for post in self.posts.values_mut().filter(|post| said(post)) {
                for text in [&mut post.message, &mut post.props, &mut post.files] {
                    text.clear();
                }
                post.pending_post_id.clear();
                post.update_at = post.update_at.max(*at);
            }
            let posts = &self.posts;
            self.post_versions.retain(|(post, _), _| !posts.get(post).is_some_and(said));
            self.files.retain(|_, file| file.channel_id != *channel || file.owner_id != *author);
            self.acknowledgements
                .retain(|(_, user), row| row.channel_id != *channel || user != author);
            self.bookmarks.retain(|_, row| {
                row.channel_id != *channel
                    || (row.owner_id != *author && row.file_owner_id != *author)
            });
        }
        for person in &gone.people {
            self.team_members.retain(|(user, _), _| user != person);
            let teams = self.teams.values_mut().filter(|team| team.creator_id == *person);
            teams.for_each(|team| team.email.clear());
            let holds = self.holds.values_mut().filter(|hold| hold.placed_by == *person);
            holds.for_each(|hold| hold.name.clear());
        }
        for person in &gone.states {
            self.preferences.retain(|(user, _, _), _| user != person);
            self.statuses.remove(person);
            self.sidebar_categories.retain(|(user, _, _), _| user != person);
            self.custom_statuses.remove(person);
            self.recent_statuses.remove(person);
            self.profile_values.retain(|(user, _), _| user != person);
            self.session_devices.retain(|(user, _), _| user != person);
            self.sidebar_orders.retain(|(user, _), _| user != person);
            self.scheduled_posts.retain(|(user, _), _| user != person);
            self.scheduled_post_failures.retain(|(user, _), _| user != person);
        }
        self.drafts.retain(|(user, _, _), _| !gone.drafts.contains(user));
    }

    fn expire(&mut self, expiry: &Expiry) {
        let Expiry { channel_id, before, files_before, kept_authors, at } = expiry;
        let spared = |post: &PostRow| kept_authors.contains(&post.user_id);
        let past = |post: &PostRow| {
            post.channel_id == *channel_id && post.create_at < *before && !spared(post)
        };
        let expired: BTreeSet<PostId> =
            self.posts.values().filter(|post| past(post)).map(|post| post.id).collect();
        let answered: BTreeSet<PostId> = self
            .posts
            .values()
            .filter(|post| !past(post))
            .filter_map(|post| post.root_id)
            .collect();
        self.post_versions.retain(|(post, _), _| !expired.contains(post));
        let files_of_posts = *before.max(files_before);
        let posts = &self.posts;
        self.files.retain(|_, file| {
            let past = match file.post_id {
                None => file.create_at < *files_before,
                Some(post) => posts
                    .get(&post)
                    .is_some_and(|post| post.create_at < files_of_posts && !spared(post)),
            };
            file.channel_id != *channel_id || kept_authors.contains(&file.owner_id) || !past
        });
        self.posts.retain(|id, post| {
            !expired.contains(id) || (post.root_id.is_none() && answered.contains(id))
        });
        let posts = &self.posts;
        self.reactions.retain(|(post, ..), _| !expired.contains(post) || posts.contains_key(post));
        self.acknowledgements
            .retain(|(post, _), _| !expired.contains(post) || posts.contains_key(post));
        self.bookmarks.retain(|_, row| {
            let is_past = row.file_at > 0 && row.file_at < *files_before;
            row.channel_id != *channel_id || kept_authors.contains(&row.file_owner_id) || !is_past
        });
        self.thread_members
            .retain(|(root, _), _| !expired.contains(root) || posts.contains_key(root));
        for post in self.posts.values_mut().filter(|post| expired.contains(&post.id)) {
            if post.notice.is_empty() {
                for text in [&mut post.message, &mut post.props, &mut post.files] {
                    text.clear();
                }
                post.pending_post_id.clear();
                post.update_at = post.update_at.max(*at);
            }
        }
        self.recount_old_roots(expiry);
        self.let_go_of_old_files(expiry);
    }

    fn recount_old_roots(&mut self, expiry: &Expiry) {
        let old = |post: &&PostRow| {
            post.channel_id == expiry.channel_id
                && post.create_at < expiry.before
                && post.root_id.is_none()
                && post.reply_count > 0
        };
        let roots: Vec<(PostId, i64)> =
            self.posts.values().filter(old).map(|root| (root.id, root.delete_at)).collect();
        for (id, delete_at) in roots {
            let replies = self.posts.values().filter(|post| post.root_id == Some(id));
            let counting = |reply: &&PostRow| {
                reply.delete_at == 0 || (delete_at > expiry.at && reply.delete_at == delete_at)
            };
            let times: Vec<i64> = replies.filter(counting).map(|reply| reply.create_at).collect();
            if let Some(root) = self.posts.get_mut(&id) {
                root.reply_count = times.len() as i64;
                root.last_reply_at = times.into_iter().max().unwrap_or(0);
            }
            self.recount_old_participants(id, expiry.at);
        }
    }

    fn recount_old_participants(&mut self, root: PostId, expired_at: i64) {
        let deleted_at = self.posts.get(&root).map_or(0, |root| root.delete_at);
        let of_root = self.thread_members.values_mut().filter(|row| row.root_id == root);
        for row in of_root.filter(|row| row.replied_at > 0) {
            let counting = self.posts.values().filter(|reply| {
                reply.root_id == Some(root)
                    && reply.user_id == row.user_id
                    && (reply.delete_at == 0
                        || (deleted_at > expired_at && reply.delete_at == deleted_at))
            });
            row.replied_at = counting.map(|reply| reply.create_at).max().unwrap_or(0);
        }
    }

    fn let_go_of_old_files(&mut self, expiry: &Expiry) {
        let old = |post: &PostRow| {
            post.channel_id == expiry.channel_id
                && post.create_at < expiry.files_before
                && !expiry.kept_authors.contains(&post.user_id)
        };
        if expiry.files_before <= expiry.before {
            return;
        }
        let mut of_posts: BTreeMap<PostId, bool> = BTreeMap::new();
        for ((post, replaced_at), version) in &mut self.post_versions {
            // What was in force then was replaced by the first that came later.
            let replaced_later = of_posts.entry(*post).or_insert(false);
            if self.posts.get(post).is_some_and(old) && !*replaced_later {
                version.files.clear();
            }
            *replaced_later |= *replaced_at >= expiry.at;
        }
        for post in self.posts.values_mut().filter(|post| old(post)) {
            if !post.files.is_empty() && post.edit_at < expiry.at {
                post.files.clear();
                post.update_at = post.update_at.max(expiry.at);
            }
        }
    }
}
