//! The catalogue: which event types stand in which topic, and their codec.

use bytes::Bytes;

use crate::Topic;
use crate::body::{Body, Fact, Owner};
use crate::bookmark::*;
use crate::channel::*;
use crate::custom_status::*;
use crate::directory::*;
use crate::draft::*;
use crate::pictures::*;
use crate::presence::*;
use crate::profile::*;
use crate::reminder::*;
use crate::retention::*;
use crate::scheduled_post::*;
use crate::sidebar::*;
use crate::thread::*;
use crate::user::*;

/// Why a body is no event.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// A type or version that this program does not know. It must not pass over it.
    #[error("{topic} holds {event_type} version {version}, which this program does not know")]
    Unknown { topic: &'static str, event_type: String, version: u32 },
    /// Bytes that no writer of this type makes: void for everyone.
    #[error("a body of {event_type} version {version} is invalid: {reason}")]
    Invalid { event_type: &'static str, version: u32, reason: String },
    /// The envelope lacks what every event has.
    #[error("an envelope is invalid: {0}")]
    Envelope(String),
}

/// Name, version and schema of an event type.
pub struct TypeInfo {
    pub topic: Topic,
    pub event_type: &'static str,
    pub version: u32,
    pub schema: fn() -> schemars::Schema,
}

macro_rules! catalogue {
    ($($(#[$doc:meta])* $topic:ident => $enum:ident { $($fact:ident),+ $(,)? })+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq)]
            pub enum $enum { $($fact(Body<$fact>)),+ }

            impl $enum {
                pub fn event_type(&self) -> &'static str {
                    match self { $(Self::$fact(_) => $fact::TYPE),+ }
                }

                pub fn version(&self) -> u32 {
                    match self { $(Self::$fact(_) => $fact::VERSION),+ }
                }

                fn encode(&self) -> Bytes {
                    match self { $(Self::$fact(body) => body.encode()),+ }
                }

                fn encode_sealed(&self, seal: impl FnOnce(&[u8]) -> String) -> Bytes {
                    match self { $(Self::$fact(body) => body.encode_sealed(seal)),+ }
                }

                fn owner(&self) -> Option<Owner> {
                    match self { $(Self::$fact(body) => body.c.owner()),+ }
                }

                fn decode(event_type: &str, version: u32, body: &[u8]) -> Result<Self, DecodeError> {
                    match event_type {
                        $($fact::TYPE => decoded::<$fact>(Topic::$topic, version, body).map(Self::$fact),)+
                        _ => Err(unknown(Topic::$topic, event_type, version)),
                    }
                }
            }

            $(
                impl From<Body<$fact>> for $enum {
                    fn from(body: Body<$fact>) -> Self { Self::$fact(body) }
                }
            )+

            impl From<$enum> for Event {
                fn from(event: $enum) -> Self { Self::$topic(event) }
            }
        )+

        /// Any event.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Event { $($topic($enum)),+ }

        impl Event {
            pub fn topic(&self) -> Topic {
                match self { $(Self::$topic(_) => Topic::$topic),+ }
            }

            pub fn event_type(&self) -> &'static str {
                match self { $(Self::$topic(event) => event.event_type()),+ }
            }

            pub fn version(&self) -> u32 {
                match self { $(Self::$topic(event) => event.version()),+ }
            }

            /// The body with everything in it readable.
            pub fn encode(&self) -> Bytes {
                match self { $(Self::$topic(event) => event.encode()),+ }
            }

            /// The body as it stands on the log: with the text that `seal` makes of the personal half.
            pub(crate) fn encode_sealed(&self, seal: impl FnOnce(&[u8]) -> String) -> Bytes {
                match self { $(Self::$topic(event) => event.encode_sealed(seal)),+ }
            }

            /// Whose the personal half is; nobody's where there is none.
            pub fn owner(&self) -> Option<Owner> {
                match self { $(Self::$topic(event) => event.owner()),+ }
            }

            /// # Errors
            /// [`DecodeError::Unknown`] for a type or version this program does not know,
            /// [`DecodeError::Invalid`] for bytes that no writer of the type makes.
            pub fn decode(topic: Topic, event_type: &str, version: u32, body: &[u8]) -> Result<Self, DecodeError> {
                match topic {
                    $(Topic::$topic => $enum::decode(event_type, version, body).map(Self::$topic)),+
                }
            }
        }

        /// Every type that is written today.
        pub fn catalogue() -> Vec<TypeInfo> {
            vec![$($(TypeInfo {
                topic: Topic::$topic,
                event_type: $fact::TYPE,
                version: $fact::VERSION,
                schema: || schemars::schema_for!(Body<$fact>),
            }),+),+]
        }
    };
}

catalogue! {
    Directory => DirectoryEvent {
        CellOpened, RulesActivated, EpochOpened, EpochSealed,
        UserCreated, UserProfileChanged, UserPasswordChanged,
        UserRolesChanged, UserGuestChanged,
        UserDeactivated, UserActivated, UserErased, UserKeyDestroyed,
        UserSessionsRevoked, TeamCreated,
        TeamMembersAdded, TeamMemberRemoved, TeamMemberRolesChanged,
        TeamChanged, TeamInviteRegenerated, TeamArchived, TeamRestored,
        ChannelNameClaimed, ChannelNameChanged,
        RetentionPolicyCreated, RetentionPolicyChanged, RetentionPolicyDeleted,
        LegalHoldPlaced, LegalHoldReleased, RetentionRunFinished,
        UserPictureChanged, TeamIconChanged, EmojiCreated, EmojiDeleted,
        ProfileFieldCreated, ProfileFieldChanged, ProfileFieldDeleted,
    }
    Channels => ChannelEvent {
        RulesActivated, EpochOpened, EpochSealed,
        ChannelCreated, ChannelDirectOpened, ChannelGroupOpened,
        ChannelSettingsChanged, ChannelPrivacyChanged, ChannelArchived, ChannelRestored,
        ChannelMembersAdded, ChannelMemberRemoved, ChannelMemberRolesChanged, ChannelModerated,
        PostCreated, PostEdited, PostDeleted, PostPinned, PostUnpinned,
        ReactionAdded, ReactionRemoved, FileUploaded, ChannelAuthorErased,
        ChannelPostsExpired, ChannelKeyAdvanced, ThreadFollowed, ThreadUnfollowed, ChannelMemberNotifyChanged,
        PostAcknowledged, PostAcknowledgementRemoved,
        BookmarkCreated, BookmarkChanged, BookmarkDeleted, BookmarkMoved,
    }
    Users => UserEvent {
        RulesActivated, EpochOpened, EpochSealed,
        SessionCreated, SessionRevoked, SessionUsed, PreferencesSet, PreferencesDeleted, StatusSet,
        UserStateErased,
        SidebarCategoryCreated, SidebarCategoriesChanged, SidebarCategoryDeleted, SidebarOrderSet,
        CustomStatusSet, CustomStatusCleared, CustomStatusRecentRemoved,
        ScheduledPostCreated, ScheduledPostChanged, ScheduledPostDeleted,
        ScheduledPostFired, ScheduledPostSent, ScheduledPostFailed,
        ReminderSet, ReminderFired, ReminderEnded,
        ProfileValuesSet,
    }
    Readstate => ReadstateEvent {
        RulesActivated, EpochOpened, EpochSealed, ReadMarkerAdvanced, ReadMarkerSetBack,
        ThreadMarkerAdvanced, ThreadMarkerSetBack, ThreadMarkersAdvanced,
        DraftSaved, DraftDeleted, DraftsErased,
    }
    Presence => PresenceEvent {
        TypingStarted, PresenceChanged, StatusChosen, SessionSeen, PositionsNoted, ProcessNoted,
    }
}

fn decoded<F: Fact>(topic: Topic, version: u32, body: &[u8]) -> Result<Body<F>, DecodeError> {
    match Body::<F>::decode(version, body) {
        None => Err(unknown(topic, F::TYPE, version)),
        Some(Ok(body)) => Ok(body),
        Some(Err(error)) => {
            Err(DecodeError::Invalid { event_type: F::TYPE, version, reason: error.to_string() })
        }
    }
}

fn unknown(topic: Topic, event_type: &str, version: u32) -> DecodeError {
    DecodeError::Unknown { topic: topic.name(), event_type: event_type.to_owned(), version }
}
