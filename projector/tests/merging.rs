//! Rows do not depend on how the log is read: batches of any size, partitions in any order.

mod common;

use common::history::History;
use common::interleaving::Interleaving;
use projector::{MemoryTables, PositionsMoved};
use rand::SeedableRng;
use rand::rngs::StdRng;

fn projected(history: &History, seed: u64, len_max: usize) -> MemoryTables {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut tables = MemoryTables::default();
    let mut reader = Interleaving::new(&history.log);
    while let Some(changes) = reader.batch(&mut rng, len_max) {
        tables.apply(&changes).expect("each batch starts where the last one ended");
    }
    tables
}

#[test]
fn rows_are_equal_however_records_are_batched_and_partitions_interleaved() {
    for seed in 0..400 {
        let history = History::random(seed, 250);
        let one_by_one = projected(&history, seed, 1);
        for (other, len_max) in [(seed + 1_000, 7), (seed + 2_000, 40), (seed + 3_000, 10_000)] {
            let merged = projected(&history, other, len_max);
            let difference = one_by_one.difference(&merged);
            assert_eq!(difference, None, "seed {seed}, batches up to {len_max}");
        }
    }
}

#[test]
fn histories_reach_every_table() {
    let mut all = MemoryTables::default();
    for seed in 0..40 {
        let tables = projected(&History::random(seed, 600), seed, 10);
        all.users.extend(tables.users);
        all.post_versions.extend(tables.post_versions);
        all.reactions.extend(tables.reactions);
        all.acknowledgements.extend(tables.acknowledgements);
        all.bookmarks.extend(tables.bookmarks);
        all.files.extend(tables.files);
        all.preferences.extend(tables.preferences);
        all.statuses.extend(tables.statuses);
        all.read_markers.extend(tables.read_markers);
        all.thread_members.extend(tables.thread_members);
        all.thread_markers.extend(tables.thread_markers);
        all.thread_floors.extend(tables.thread_floors);
        all.posts.extend(tables.posts);
        all.teams.extend(tables.teams);
        all.team_members.extend(tables.team_members);
        all.channel_members.extend(tables.channel_members);
        all.notify_props.extend(tables.notify_props);
        all.sidebar_categories.extend(tables.sidebar_categories);
        all.sidebar_orders.extend(tables.sidebar_orders);
        all.custom_statuses.extend(tables.custom_statuses);
        all.recent_statuses.extend(tables.recent_statuses);
        all.profile_values.extend(tables.profile_values);
        all.session_devices.extend(tables.session_devices);
        all.drafts.extend(tables.drafts);
        all.scheduled_posts.extend(tables.scheduled_posts);
        all.scheduled_post_failures.extend(tables.scheduled_post_failures);
    }
    assert!(all.teams.values().any(|team| team.delete_at > 0));
    assert!(all.teams.values().any(|team| !team.company_name.is_empty()));
    assert!(!all.post_versions.is_empty() && !all.reactions.is_empty());
    assert!(!all.acknowledgements.is_empty());
    assert!(all.bookmarks.values().any(|row| row.original_id.is_some()));
    assert!(all.bookmarks.values().any(|row| row.delete_at > 0));
    assert!(all.bookmarks.values().any(|row| row.delete_at == 0 && row.file_at > 0));
    assert!(all.posts.values().any(|post| post.requested_ack));
    assert!(!all.preferences.is_empty() && !all.statuses.is_empty());
    assert!(!all.read_markers.is_empty());
    assert!(!all.thread_markers.is_empty() && !all.thread_floors.is_empty());
    let of_threads = || all.thread_members.values();
    assert!(of_threads().any(|row| row.following && row.replied_at > 0));
    assert!(of_threads().any(|row| row.following && row.base_at == 0), "implied or named");
    assert!(of_threads().any(|row| !row.following));
    assert!(all.files.values().any(|file| file.post_id.is_some()));
    assert!(all.files.values().any(|file| file.has_preview));
    assert!(all.users.values().any(|user| !user.picture_object.is_empty()));
    assert!(all.posts.values().any(|post| post.reply_count > 0));
    assert!(all.posts.values().any(|post| post.delete_at > 0 && post.root_id.is_some()));
    assert!(all.posts.values().any(|post| !post.mentions.is_empty()));
    assert!(all.posts.values().any(|post| !post.notice.is_empty()));
    assert!(all.team_members.values().any(|member| member.scheme_admin));
    assert!(all.channel_members.values().any(|member| member.scheme_admin));
    assert!(all.notify_props.values().any(|row| row.is_muted));
    assert!(all.notify_props.values().any(|row| row.ignores_broadcasts));
    assert!(!all.sidebar_categories.is_empty() && !all.sidebar_orders.is_empty());
    assert!(!all.custom_statuses.is_empty() && !all.recent_statuses.is_empty());
    assert!(!all.scheduled_posts.is_empty() && !all.scheduled_post_failures.is_empty());
    assert!(!all.drafts.is_empty() && !all.profile_values.is_empty());
    assert!(!all.session_devices.is_empty());
}

#[test]
fn a_batch_that_does_not_start_where_the_rows_stand_writes_nothing() {
    let history = History::random(1, 100);
    let mut rng = StdRng::seed_from_u64(1);
    let mut reader = Interleaving::new(&history.log);
    let mut tables = MemoryTables::default();
    while let Some(changes) = reader.batch(&mut rng, 20) {
        tables.apply(&changes).expect("each batch starts where the last one ended");
        let before = tables.clone();
        assert_eq!(tables.apply(&changes), Err(PositionsMoved));
        assert_eq!(tables, before);
    }
}
