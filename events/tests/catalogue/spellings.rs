//! How choices are spelled on the log. The golden files show one choice of each kind; these are all.

use events::channel::{Broadcast, LeftBecause, Moderated, Moderatee, NoticeKind};
use events::directory::{ChannelType, JoinedVia, TeamType};
use events::draft::DraftEnd;
use events::priority::PriorityLevel;
use events::profile::{ProfileFieldType, ProfileValueType, ProfileVisibility};
use events::reminder::ReminderEnd;
use events::scheduled_post::ScheduledPostError;
use events::sidebar::CategorySorting;
use events::user::StatusKind;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn assert_spelled<T>(spellings: &[(T, &str)])
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    for (value, text) in spellings {
        let json = format!("{text:?}");
        assert_eq!(serde_json::to_string(value).unwrap(), json);
        assert_eq!(serde_json::from_str::<T>(&json).unwrap(), *value);
    }
    assert!(serde_json::from_str::<T>("\"of another program\"").is_err());
}

#[test]
fn choices_are_spelled_as_ever() {
    assert_spelled(&[
        (ChannelType::Open, "O"),
        (ChannelType::Private, "P"),
        (ChannelType::Direct, "D"),
        (ChannelType::Group, "G"),
    ]);
    assert_spelled(&[(TeamType::Open, "O"), (TeamType::InviteOnly, "I")]);
    assert_spelled(&[
        (JoinedVia::Join, "join"),
        (JoinedVia::Add, "add"),
        (JoinedVia::Step, "step"),
    ]);
    assert_spelled(&[
        (LeftBecause::Left, "left"),
        (LeftBecause::Removed, "removed"),
        (LeftBecause::TeamEnded, "team_ended"),
    ]);
    assert_spelled(&Moderated::ALL.map(|what| (what, what.name())));
    assert_spelled(&[(Moderatee::Members, "members"), (Moderatee::Guests, "guests")]);
    assert_spelled(&[
        (Broadcast::None, "none"),
        (Broadcast::Here, "here"),
        (Broadcast::Channel, "channel"),
        (Broadcast::All, "all"),
    ]);
    assert_spelled(&[
        (StatusKind::Online, "online"),
        (StatusKind::Away, "away"),
        (StatusKind::Dnd, "dnd"),
        (StatusKind::Offline, "offline"),
    ]);
    assert_spelled(&[(DraftEnd::Discarded, "discarded"), (DraftEnd::Sent, "sent")]);
    assert_spelled(&[(ReminderEnd::Reminded, "reminded"), (ReminderEnd::InVain, "in_vain")]);
    assert_spelled(&[
        (PriorityLevel::Standard, "standard"),
        (PriorityLevel::Important, "important"),
        (PriorityLevel::Urgent, "urgent"),
    ]);
    assert_spelled(&[
        (CategorySorting::Unset, ""),
        (CategorySorting::Alphabetical, "alpha"),
        (CategorySorting::Recent, "recent"),
        (CategorySorting::Manual, "manual"),
    ]);
}

#[test]
fn choices_in_profiles_are_spelled_as_ever() {
    assert_spelled(&[
        (ProfileFieldType::Text, "text"),
        (ProfileFieldType::Select, "select"),
        (ProfileFieldType::Multiselect, "multiselect"),
        (ProfileFieldType::Date, "date"),
        (ProfileFieldType::User, "user"),
        (ProfileFieldType::Multiuser, "multiuser"),
    ]);
    assert_spelled(&[
        (ProfileVisibility::Always, "always"),
        (ProfileVisibility::WhenSet, "when_set"),
        (ProfileVisibility::Hidden, "hidden"),
    ]);
    assert_spelled(&[
        (ProfileValueType::Plain, ""),
        (ProfileValueType::Email, "email"),
        (ProfileValueType::Url, "url"),
        (ProfileValueType::Phone, "phone"),
    ]);
}

#[test]
fn why_a_post_could_not_be_sent_is_spelled_as_ever_and_as_clients_read_it() {
    use ScheduledPostError as E;
    let spellings = [
        (E::ChannelArchived, "channel_archived"),
        (E::ChannelNotFound, "channel_not_found"),
        (E::UserDeleted, "user_deleted"),
        (E::NoChannelMember, "no_channel_member"),
        (E::NoChannelPermission, "no_channel_permission"),
        (E::ThreadDeleted, "thread_deleted"),
        (E::InvalidPost, "invalid_post"),
        (E::UnableToSend, "unable_to_send"),
    ];
    assert_spelled(&spellings);
    assert!(spellings.iter().all(|(error, text)| error.code() == *text));
}

const NOTICES: [(NoticeKind, &str, bool); 12] = [
    (NoticeKind::JoinChannel, "join_channel", false),
    (NoticeKind::LeaveChannel, "leave_channel", false),
    (NoticeKind::AddToChannel, "add_to_channel", false),
    (NoticeKind::RemoveFromChannel, "remove_from_channel", false),
    (NoticeKind::JoinTeam, "join_team", false),
    (NoticeKind::LeaveTeam, "leave_team", false),
    (NoticeKind::DisplaynameChange, "displayname_change", true),
    (NoticeKind::HeaderChange, "header_change", true),
    (NoticeKind::PurposeChange, "purpose_change", true),
    (NoticeKind::ChannelDeleted, "channel_deleted", true),
    (NoticeKind::ChannelRestored, "channel_restored", true),
    (NoticeKind::ChangeChanPrivacy, "change_chan_privacy", true),
];

#[test]
fn notices_are_spelled_as_ever_and_have_their_post_type() {
    assert_spelled(&NOTICES.map(|(kind, text, _)| (kind, text)));
    for (kind, text, counts) in NOTICES {
        assert_eq!(kind.post_type(), format!("system_{text}"));
        assert_eq!(NoticeKind::from_post_type(kind.post_type()), Some(kind));
        assert_eq!(kind.counts(), counts, "{text}");
    }
    assert_eq!(NoticeKind::from_post_type("join_channel"), None);
}

#[test]
fn channel_types_have_the_letters_of_the_contract() {
    for (kind, letter, in_team) in [
        (ChannelType::Open, "O", true),
        (ChannelType::Private, "P", true),
        (ChannelType::Direct, "D", false),
        (ChannelType::Group, "G", false),
    ] {
        assert_eq!((kind.letter(), kind.in_team()), (letter, in_team));
        assert_eq!(ChannelType::from_letter(letter), Some(kind));
    }
    assert_eq!(ChannelType::from_letter("o"), None);
}
