//! That somebody has begun to write, and when; never what.

use std::collections::{BTreeMap, BTreeSet};

use events::draft::{DraftDeleted, DraftSaved};
use events::{ChannelId, PostId, UserId};
use serde::{Deserialize, Serialize};

use crate::directory::refuse_if;
use crate::verdict::Refusal;

/// Where a draft is: in a channel, or of a reply to a post of it.
pub type DraftPlace = (ChannelId, Option<PostId>);

/// A draft as the rules see it, in assigned times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub begun_at: i64,
    pub saved_at: i64,
}

/// The drafts of the people in one partition.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Drafts {
    drafts: BTreeMap<UserId, BTreeMap<DraftPlace, Draft>>,
    erased: BTreeSet<UserId>,
}

impl Drafts {
    pub fn draft(&self, user: UserId, place: DraftPlace) -> Option<Draft> {
        self.drafts.get(&user)?.get(&place).copied()
    }

    /// How many the person has.
    pub fn count(&self, user: UserId) -> usize {
        self.drafts.get(&user).map_or(0, BTreeMap::len)
    }

    /// Whether nothing more of the person is taken in.
    pub fn has_erased(&self, user: UserId) -> bool {
        self.erased.contains(&user)
    }

    pub(crate) fn admit_saved(&self, saved: &DraftSaved) -> Result<(), Refusal> {
        refuse_if(self.has_erased(saved.user_id), Refusal::UserInactive)
    }

    pub(crate) fn admit_deleted(&self, deleted: &DraftDeleted) -> Result<(), Refusal> {
        let place = (deleted.channel_id, deleted.root_id);
        let held = self.draft(deleted.user_id, place).ok_or(Refusal::Already)?;
        let later = deleted.saved_until.is_some_and(|until| held.saved_at > until);
        refuse_if(later, Refusal::Behind)
    }

    pub(crate) fn save(&mut self, saved: &DraftSaved, at: i64) {
        let place = (saved.channel_id, saved.root_id);
        let begun_at = saved.begun_at.unwrap_or(at);
        let of_user = self.drafts.entry(saved.user_id).or_default();
        of_user.insert(place, Draft { begun_at, saved_at: at });
    }

    pub(crate) fn delete(&mut self, deleted: &DraftDeleted) {
        let Some(of_user) = self.drafts.get_mut(&deleted.user_id) else { return };
        of_user.remove(&(deleted.channel_id, deleted.root_id));
        if of_user.is_empty() {
            self.drafts.remove(&deleted.user_id);
        }
    }

    pub(crate) fn erase(&mut self, user: UserId) {
        self.drafts.remove(&user);
        self.erased.insert(user);
    }
}
