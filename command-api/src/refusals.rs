//! Refusals as the contract says them. An endpoint that says one differently maps it itself.

use domain::Refusal;
use domain::commands::channel::ChannelRejection;
use domain::commands::directory::DirectoryRejection;
use domain::commands::post::PostRejection;
use domain::commands::readstate::ReadstateRejection;
use domain::commands::reminder::ReminderRejection;
use domain::commands::scheduled_post::ScheduledPostRejection;
use domain::commands::sidebar::SidebarRejection;
use domain::commands::user::UserRejection;
use http::StatusCode;
use platform::http::ApiError;

use crate::executor::{Ended, Written};

/// A decision's no.
pub(crate) trait Rejection {
    fn to_error(self) -> ApiError;
}

impl<R: Rejection> Ended<R> {
    /// The event in force, or nothing where it held already.
    ///
    /// # Errors
    /// What refused it.
    pub(crate) fn written(self) -> Result<Option<Written>, ApiError> {
        self.written_or(R::to_error)
    }
}

impl<R> Ended<R> {
    /// As [`Ended::written`], with another mapping of the decision's no.
    pub(crate) fn written_or(
        self,
        to_error: impl FnOnce(R) -> ApiError,
    ) -> Result<Option<Written>, ApiError> {
        match self {
            Self::Written(written) => Ok(Some(written)),
            Self::AlreadySo => Ok(None),
            Self::Rejected(rejection) => Err(to_error(rejection)),
            Self::Refused(refusal) => Err(refused(refusal)),
        }
    }
}

fn bad(id: &'static str, message: &'static str) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, id, message)
}

pub(crate) fn team_exists() -> ApiError {
    bad("app.team.save.existing.app_error", "A team of this name already exists.")
}

pub(crate) fn last_admin() -> ApiError {
    bad(
        "api.nottermost.last_admin.app_error",
        "This is the last active administrator of the system.",
    )
}

fn unknown_policy() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "app.data_retention.get_policy.app_error",
        "There is no such retention policy.",
    )
}

fn unknown_scheduled_post() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "app.scheduled_post.get.app_error",
        "There is no such scheduled post, or it has been sent.",
    )
}

fn unknown_profile_field() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "app.custom_profile_attributes.property_field_not_found.app_error",
        "There is no such field.",
    )
}

fn profile_field_name_taken() -> ApiError {
    bad(
        "api.nottermost.profile_field.name_taken.app_error",
        "Another field of profiles has this name.",
    )
}

fn too_many_profile_fields() -> ApiError {
    ApiError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "app.custom_profile_attributes.limit_reached.app_error",
        "There are as many fields of profiles as there may be.",
    )
}

fn held() -> ApiError {
    bad(
        "api.nottermost.legal_hold.held.app_error",
        "A legal hold keeps what this account wrote: it cannot be erased.",
    )
}

pub(crate) fn fixed_members() -> ApiError {
    bad(
        "api.channel.add_members.direct_group.app_error",
        "The members of a direct or group channel do not change.",
    )
}

fn guest() -> ApiError {
    bad("api.nottermost.guest.app_error", "Guests administer nothing.")
}

pub(crate) fn channel_archived() -> ApiError {
    bad("api.channel.archived.app_error", "This channel is archived.")
}

pub(crate) fn team_archived() -> ApiError {
    bad("api.nottermost.team.archived.app_error", "This team is archived.")
}

fn unknown_bookmark() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "app.channel.bookmark.get.app_error",
        "There is no such bookmark.",
    )
}

fn too_many_bookmarks() -> ApiError {
    bad("app.channel.bookmark.max.app_error", "A channel has at most fifty bookmarks.")
}

pub(crate) fn not_in_team() -> ApiError {
    bad("api.channel.add_user.to.channel.not_in_team.app_error", "Not a member of the team.")
}

/// A refusal by the log: the state changed between decision and record.
pub(crate) fn refused(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::UsernameTaken => ApiError::username_exists(),
        Refusal::EmailTaken => ApiError::email_exists(),
        Refusal::UnknownUser => ApiError::user_not_found(),
        Refusal::LastAdmin => last_admin(),
        Refusal::TeamNameTaken => team_exists(),
        Refusal::UnknownTeam => ApiError::team_not_found(),
        Refusal::ChannelNameTaken => ApiError::channel_exists(),
        Refusal::UnknownChannel => ApiError::channel_not_found(),
        Refusal::Archived => ApiError::post_to_deleted_channel(),
        Refusal::TeamArchived => team_archived(),
        Refusal::DefaultChannel => ApiError::leave_default_channel(),
        Refusal::FixedMembers => fixed_members(),
        Refusal::UnknownSession => ApiError::session_expired(),
        Refusal::UnknownPolicy => unknown_policy(),
        Refusal::EmojiNameTaken => ApiError::emoji_duplicate(),
        Refusal::NotWaiting => unknown_scheduled_post(),
        Refusal::UnknownProfileField => unknown_profile_field(),
        Refusal::ProfileFieldNameTaken => profile_field_name_taken(),
        Refusal::TooManyProfileFields => too_many_profile_fields(),
        Refusal::Held => held(),
        Refusal::Guest => guest(),
        Refusal::Expired => ApiError::post_not_found(),
        Refusal::UnknownBookmark => unknown_bookmark(),
        Refusal::TooManyBookmarks => too_many_bookmarks(),
        Refusal::NotAMember
        | Refusal::NotATeamMember
        | Refusal::UserInactive
        | Refusal::OtherMembership
        | Refusal::GenerationEnded
        | Refusal::Forbidden => ApiError::forbidden(),
        Refusal::Already
        | Refusal::Behind
        | Refusal::TokenTaken
        | Refusal::NotErased
        | Refusal::NotExpired
        | Refusal::OtherEpoch
        | Refusal::NotTheNextRules
        | Refusal::CellOpen => ApiError::internal(format!("an event was refused: {refusal:?}")),
    }
}

impl Rejection for DirectoryRejection {
    fn to_error(self) -> ApiError {
        match self {
            Self::Invalid(field) => ApiError::invalid_body(field),
            Self::Forbidden | Self::NotATeamMember => ApiError::forbidden(),
            Self::UsernameTaken => ApiError::username_exists(),
            Self::EmailTaken => ApiError::email_exists(),
            Self::UnknownUser => ApiError::user_not_found(),
            Self::UserInactive => bad(
                "api.team.add_members.user_deactivated.app_error",
                "This account is deactivated.",
            ),
            Self::Erased => {
                bad("api.nottermost.user.erased.app_error", "This account was erased for ever.")
            }
            Self::LastAdmin => last_admin(),
            Self::Guest => guest(),
            Self::Bot => {
                bad("api.nottermost.guest.bot.app_error", "The account of a bot is nobody's.")
            }
            Self::UnknownTeam => ApiError::team_not_found(),
            Self::TeamArchived => team_archived(),
            Self::NoSuchMember => ApiError::team_member_not_found(),
            Self::TeamNameTaken => team_exists(),
            Self::UnknownChannel => ApiError::channel_not_found(),
            Self::ChannelNameTaken => ApiError::channel_exists(),
            Self::DefaultChannel => bad(
                "api.channel.update_channel.tried.app_error",
                "The default channels of a team keep their names.",
            ),
            Self::Archived => channel_archived(),
            Self::UnknownEmoji => ApiError::new(
                StatusCode::NOT_FOUND,
                "app.emoji.get.no_result",
                "There is no such emoji.",
            ),
            Self::EmojiName => bad(
                "model.emoji.name.app_error",
                "The name of an emoji has 1 to 64 of the characters a-z, A-Z, 0-9, +, - and _.",
            ),
            Self::EmojiNameTaken => ApiError::emoji_duplicate(),
            Self::TooManyEmoji => bad(
                "api.nottermost.emoji.too_many.app_error",
                "There are as many custom emoji as there may be, or as one person may make.",
            ),
            Self::UnknownProfileField => unknown_profile_field(),
            Self::ProfileFieldNameTaken => profile_field_name_taken(),
            Self::TooManyProfileFields => too_many_profile_fields(),
            Self::UnknownPolicy => unknown_policy(),
            Self::UnknownHold => ApiError::new(
                StatusCode::NOT_FOUND,
                "api.nottermost.legal_hold.unknown.app_error",
                "There is no such legal hold.",
            ),
            Self::Held => held(),
        }
    }
}

impl Rejection for ChannelRejection {
    fn to_error(self) -> ApiError {
        match self {
            Self::Invalid(field) => ApiError::invalid_body(field),
            Self::UnknownChannel => ApiError::channel_not_found(),
            Self::Archived => channel_archived(),
            Self::TeamArchived => team_archived(),
            Self::NoSuchMember => ApiError::channel_member_not_found(),
            Self::Forbidden => ApiError::forbidden(),
            Self::UnknownUser => ApiError::user_not_found(),
            Self::NotATeamMember => not_in_team(),
            Self::DefaultChannel => ApiError::leave_default_channel(),
            Self::FixedMembers => fixed_members(),
            Self::UnknownBookmark => unknown_bookmark(),
            Self::TooManyBookmarks => too_many_bookmarks(),
            Self::FileUnusable => bad(
                "api.channel.bookmark.file.app_error",
                "The file is unknown, not yours, of another channel or in use already.",
            ),
            Self::Guest => guest(),
        }
    }
}

impl Rejection for PostRejection {
    fn to_error(self) -> ApiError {
        match self {
            Self::Invalid(field) => ApiError::invalid_body(field),
            Self::MessageTooLong => bad(
                "model.post.is_valid.message_length.app_error",
                "The message is longer than 16383 characters.",
            ),
            Self::TooManyFiles => {
                bad("model.post.is_valid.file_ids.app_error", "A post has at most ten files.")
            }
            Self::UnknownChannel => ApiError::channel_not_found(),
            Self::Archived => ApiError::post_to_deleted_channel(),
            Self::Forbidden => ApiError::forbidden(),
            Self::UnknownPost => ApiError::post_not_found(),
            Self::UnknownRoot => ApiError::post_root_invalid(),
            Self::FileUnusable => bad(
                "api.post.create_post.file_ids.app_error",
                "A file is unknown, not yours, of another channel or attached already.",
            ),
            Self::PriorityOfReply => bad(
                "api.post.post_priority.priority_post_only_allowed_for_root_post.request_error",
                "A reply has the priority of its thread.",
            ),
            Self::TooLate => ApiError::new(
                StatusCode::FORBIDDEN,
                "api.acknowledgement.delete.deadline.app_error",
                "An acknowledgement can be taken back for five minutes.",
            ),
        }
    }
}

impl Rejection for ScheduledPostRejection {
    fn to_error(self) -> ApiError {
        match self {
            Self::Invalid(field) => ApiError::invalid_body(field),
            Self::TooMany => bad(
                "api.nottermost.scheduled_post.too_many.app_error",
                "There are as many scheduled posts as one person may have.",
            ),
            Self::Unknown => unknown_scheduled_post(),
            Self::Post(rejection) => rejection.to_error(),
        }
    }
}

impl Rejection for ReminderRejection {
    fn to_error(self) -> ApiError {
        match self {
            Self::Invalid(field) => ApiError::invalid_body(field),
            Self::TooMany => bad(
                "api.nottermost.reminder.too_many.app_error",
                "There are as many reminders as one person may have.",
            ),
            Self::Post(rejection) => rejection.to_error(),
        }
    }
}

impl Rejection for UserRejection {
    fn to_error(self) -> ApiError {
        match self {
            Self::Invalid(field) => ApiError::invalid_body(field),
            Self::Forbidden => ApiError::forbidden(),
            Self::UnknownUser => ApiError::user_not_found(),
            Self::UserInactive => ApiError::login_inactive(),
            Self::UnknownSession => ApiError::session_expired(),
            Self::SessionsEnded => ApiError::invalid_credentials(),
        }
    }
}

impl Rejection for SidebarRejection {
    fn to_error(self) -> ApiError {
        match self {
            Self::Invalid(field) => ApiError::invalid_body(field),
            Self::Forbidden => ApiError::forbidden(),
            Self::UnknownTeam => ApiError::team_not_found(),
            Self::UnknownCategory => ApiError::new(
                StatusCode::NOT_FOUND,
                "app.channel.sidebar_categories.app_error",
                "There is no such category.",
            ),
        }
    }
}

impl Rejection for ReadstateRejection {
    fn to_error(self) -> ApiError {
        match self {
            Self::Invalid(field) => ApiError::invalid_body(field),
            Self::Forbidden => ApiError::forbidden(),
            Self::UnknownChannel => ApiError::channel_not_found(),
            Self::UnknownPost => ApiError::post_not_found(),
        }
    }
}
