//! Rows of drafts.

use events::Body;
use events::draft::DraftSaved;
use read_model::rows::DraftRow;
use serde_json::{Map, Value};

use super::RowChanges;
use crate::patches::{json_text, text};

impl RowChanges {
    pub(super) fn save_draft(&mut self, saved: &Body<DraftSaved>, at: i64) {
        let Body { c, p } = saved;
        let root_id = c.root_id.unwrap_or_default();
        let row = DraftRow {
            user_id: c.user_id,
            channel_id: c.channel_id,
            root_id,
            create_at: c.begun_at.unwrap_or(at),
            update_at: at,
            message: text(&p.message),
            props: map_text(&p.props),
            priority: map_text(&p.priority),
            file_ids: json_text(&c.file_ids),
        };
        self.drafts.insert((c.user_id, c.channel_id, root_id), Some(row));
    }
}

pub(super) fn map_text(map: &Map<String, Value>) -> String {
    if map.is_empty() { String::new() } else { json_text(map) }
}
