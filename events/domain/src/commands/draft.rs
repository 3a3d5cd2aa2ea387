//! Commands on drafts.

use events::draft::{DraftContent, DraftDeleted, DraftEnd, DraftSaved};
use events::{FileId, Nothing, UserId};

use super::post::{FILES_MAX, MESSAGE_CHARS_MAX, PROPS_BYTES_MAX, PostRejection as R, member_of};
use super::{Decision, ensure, fits, in_readstate};
use crate::channel::Channels;
use crate::directory::Directory;
use crate::drafts::DraftPlace;
use crate::rights;
use crate::user::Readstate;

/// Drafts of one person.
pub const DRAFTS_MAX: usize = 1_000;

type Decided = Result<Decision, R>;

/// Keeps what somebody has begun to write. Nothing written is no draft.
#[derive(Debug, Clone)]
pub struct SaveDraft {
    pub user_id: UserId,
    pub place: DraftPlace,
    pub file_ids: Vec<FileId>,
    pub content: DraftContent,
}

impl SaveDraft {
    /// Whether there is anything to keep.
    pub fn is_empty(&self) -> bool {
        self.content.message.is_empty() && self.file_ids.is_empty()
    }

    /// # Errors
    /// [`PostRejection`](super::post::PostRejection)
    pub fn decide(
        &self,
        directory: &Directory,
        channels: &Channels,
        readstate: &Readstate,
    ) -> Decided {
        let (channel_id, root_id) = self.place;
        member_of(directory, channels, channel_id, self.user_id)?;
        let drafts = readstate.drafts();
        let held = drafts.draft(self.user_id, self.place);
        if self.is_empty() {
            return Ok(deleted(
                self.user_id,
                self.place,
                held.is_some(),
                DraftEnd::Discarded,
                None,
            ));
        }
        ensure(held.is_some() || drafts.count(self.user_id) < DRAFTS_MAX, R::Invalid("drafts"))?;
        ensure(self.file_ids.len() <= FILES_MAX, R::TooManyFiles)?;
        ensure(fits(&self.content.message, MESSAGE_CHARS_MAX), R::MessageTooLong)?;
        for (map, name) in [(&self.content.props, "props"), (&self.content.priority, "priority")] {
            let bytes = serde_json::to_vec(map).map_or(usize::MAX, |json| json.len());
            ensure(bytes <= PROPS_BYTES_MAX, R::Invalid(name))?;
        }
        let c = DraftSaved {
            user_id: self.user_id,
            channel_id,
            root_id,
            file_ids: self.file_ids.clone(),
            begun_at: held.map(|held| held.begun_at),
        };
        Ok(in_readstate(c, self.content.clone()))
    }
}

/// Lets go of a draft, which may be of a channel that the person has left.
#[derive(Debug, Clone, Copy)]
pub struct DeleteDraft {
    pub actor: UserId,
    pub user_id: UserId,
    pub place: DraftPlace,
    pub because: DraftEnd,
    /// One that was saved later stays.
    pub saved_until: Option<i64>,
}

impl DeleteDraft {
    /// # Errors
    /// [`PostRejection`](super::post::PostRejection)
    pub fn decide(&self, directory: &Directory, readstate: &Readstate) -> Decided {
        ensure(rights::may_act_for(directory, self.actor, self.user_id), R::Forbidden)?;
        let held = readstate.drafts().draft(self.user_id, self.place);
        let stands = held.is_some_and(|d| self.saved_until.is_none_or(|until| d.saved_at <= until));
        Ok(deleted(self.user_id, self.place, stands, self.because, self.saved_until))
    }
}

fn deleted(
    user_id: UserId,
    (channel_id, root_id): DraftPlace,
    stands: bool,
    because: DraftEnd,
    saved_until: Option<i64>,
) -> Decision {
    if !stands {
        return Decision::AlreadySo;
    }
    let c = DraftDeleted { user_id, channel_id, root_id, because, saved_until };
    in_readstate(c, Nothing {})
}
