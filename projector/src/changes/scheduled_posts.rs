//! Rows of posts that are to be sent later.

use events::scheduled_post::{ScheduledPostChanged, ScheduledPostCreated, ScheduledPostFailed};
use events::{Body, ScheduledPostId, UserId};
use read_model::rows::{ScheduledPostFailureRow, ScheduledPostRow};

use super::RowChanges;
use super::drafts::map_text;
use crate::patches::{json_text, text};

impl RowChanges {
    pub(super) fn schedule(&mut self, created: &Body<ScheduledPostCreated>, at: i64) {
        let Body { c, p } = created;
        let row = ScheduledPostRow {
            user_id: c.user_id,
            id: c.scheduled_id,
            channel_id: c.channel_id,
            root_id: c.root_id,
            create_at: at,
            update_at: at,
            scheduled_at: c.due_at,
            message: text(&p.message),
            props: map_text(&p.props),
            priority: map_text(&p.priority),
            file_ids: json_text(&c.file_ids),
        };
        self.scheduled_posts.insert((c.user_id, c.scheduled_id), Some(row));
    }

    pub(super) fn reschedule(&mut self, changed: &Body<ScheduledPostChanged>, at: i64) {
        let Body { c, p } = changed;
        let row = ScheduledPostRow {
            user_id: c.user_id,
            id: c.scheduled_id,
            channel_id: c.channel_id,
            root_id: c.root_id,
            create_at: c.created_at,
            update_at: at,
            scheduled_at: c.due_at,
            message: text(&p.message),
            props: map_text(&p.props),
            priority: map_text(&p.priority),
            file_ids: json_text(&c.file_ids),
        };
        self.scheduled_posts.insert((c.user_id, c.scheduled_id), Some(row));
        self.scheduled_post_failures.insert((c.user_id, c.scheduled_id), None);
    }

    pub(super) fn unschedule(&mut self, user_id: UserId, id: ScheduledPostId) {
        self.scheduled_posts.insert((user_id, id), None);
        self.scheduled_post_failures.insert((user_id, id), None);
    }

    pub(super) fn fail_scheduled(&mut self, c: &ScheduledPostFailed, at: i64) {
        let row = ScheduledPostFailureRow {
            user_id: c.user_id,
            id: c.scheduled_id,
            failed_at: at,
            error_code: c.error_code.code().to_owned(),
        };
        self.scheduled_post_failures.insert((c.user_id, c.scheduled_id), Some(row));
    }
}
