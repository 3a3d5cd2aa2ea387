use events::custom_status::*;
use events::directory::{EpochOpened, EpochSealed, RulesActivated};
use events::draft::*;
use events::presence::{
    PositionsNoted, PresenceChanged, ProcessNoted, SessionSeen, StatusChosen, TypingStarted,
};
use events::profile::*;
use events::reminder::*;
use events::scheduled_post::*;
use events::sidebar::*;
use events::thread::*;
use events::user::*;
use events::{
    Body, ChannelId, FileId, PostId, PresenceEvent, ProfileFieldId, ReadstateEvent,
    ScheduledPostId, SessionId, TeamId, UserEvent,
};

use super::{ANN, Case, id, personal};

const CHANNEL: ChannelId = ChannelId(id(0x50));

pub fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = users()
        .into_iter()
        .chain(sidebar())
        .chain(custom_statuses())
        .chain(scheduled_posts())
        .chain(reminders())
        .chain([profile_values()])
        .map(|event| Case::current(ANN.0, event))
        .collect();
    cases.extend(readstate().into_iter().chain(drafts()).map(|event| Case::current(ANN.0, event)));
    cases.extend(presence());
    cases
}

fn users() -> Vec<UserEvent> {
    let preferences = |value: &str| Preferences {
        preferences: vec![Preference {
            category: personal("category"),
            name: personal("name"),
            value: personal(value),
        }],
    };
    let (user_id, session_id) = (ANN, SessionId(id(0x60)));
    vec![
        Body::from(RulesActivated { rules: 2 }).into(),
        Body::from(EpochOpened { epoch: 2 }).into(),
        Body::from(EpochSealed { epoch: 2 }).into(),
        Body {
            c: SessionCreated {
                user_id,
                session_id,
                token_hash: TokenHash(std::array::from_fn(|i| u8::try_from(i * 8).unwrap())),
                expires_at: 1_769_817_600_000,
                auth_generation: 9,
            },
            p: SessionOrigin {
                device_id: personal("device_id"),
                user_agent: personal("user_agent"),
                address: personal("address"),
            },
        }
        .into(),
        Body::from(SessionRevoked { user_id, session_id }).into(),
        Body::from(SessionUsed { user_id, session_id, used_before: 1_767_225_600_200 }).into(),
        Body::from(UserStateErased { user_id }).into(),
        Body { c: PreferencesSet { user_id }, p: preferences("value") }.into(),
        Body { c: PreferencesDeleted { user_id }, p: preferences("deleted value") }.into(),
        Body::from(StatusSet { user_id, status: StatusKind::Dnd, dnd_end_ms: 1_767_229_200_000 })
            .into(),
    ]
}

fn sidebar() -> [UserEvent; 4] {
    let (user_id, team_id, own) = (ANN, TeamId(id(0x40)), CategoryKey::Own(id(0x74)));
    let category = |category_id, sorting, sort_order| Category {
        category_id,
        sorting,
        muted: true,
        collapsed: true,
        channel_ids: vec![CHANNEL],
        sort_order,
    };
    let names = || CategoryNames { names: vec![personal("name"), personal("other name")] };
    let made = SidebarCategoryCreated {
        user_id,
        team_id,
        category_id: own,
        categories: vec![
            category(own, CategorySorting::Unset, 10),
            category(CategoryKey::Favorites, CategorySorting::Manual, 0),
        ],
        order: vec![CategoryKey::Favorites, own],
        favorites_removed: vec![CHANNEL],
    };
    let changed = SidebarCategoriesChanged {
        user_id,
        team_id,
        categories: vec![
            category(CategoryKey::Channels, CategorySorting::Alphabetical, 0),
            category(CategoryKey::DirectMessages, CategorySorting::Recent, 10),
        ],
        favorites_added: vec![CHANNEL],
        favorites_removed: vec![ChannelId(id(0x51))],
    };
    [
        Body { c: made, p: names() }.into(),
        Body { c: changed, p: names() }.into(),
        Body::from(SidebarCategoryDeleted { user_id, team_id, category_id: own }).into(),
        Body::from(SidebarOrderSet { user_id, team_id, order: vec![own, CategoryKey::Channels] })
            .into(),
    ]
}

fn custom_statuses() -> [UserEvent; 3] {
    let said = || CustomStatus {
        emoji: personal("emoji"),
        text: personal("text"),
        duration: personal("duration"),
        expires_at: personal("expires_at"),
    };
    let user_id = ANN;
    let content = CustomStatusContent { status: said(), recent: vec![said()] };
    let set = CustomStatusSet { user_id, expires_at_ms: 1_767_229_200_000 };
    let removed = CustomStatusRecentRemoved { user_id };
    [
        Body { c: set, p: content }.into(),
        Body::from(CustomStatusCleared { user_id }).into(),
        Body { c: removed, p: RecentCustomStatuses { recent: vec![said()] } }.into(),
    ]
}

fn scheduled_posts() -> [UserEvent; 6] {
    let (scheduled_id, user_id) = (ScheduledPostId(id(0x76)), ANN);
    let (channel_id, root_id) = (CHANNEL, Some(PostId(id(0x71))));
    let created = ScheduledPostCreated {
        scheduled_id,
        user_id,
        channel_id,
        root_id,
        file_ids: vec![FileId(id(0x75))],
        due_at: 1_767_229_200_000,
    };
    let changed = ScheduledPostChanged {
        scheduled_id,
        user_id,
        channel_id,
        root_id,
        file_ids: vec![FileId(id(0x75))],
        due_at: 1_767_229_260_000,
        created_at: 1_767_225_600_700,
    };
    let map = |name: &str| [("name".to_owned(), personal(name).into())].into_iter().collect();
    let content = || ScheduledContent {
        message: personal("message"),
        props: map("props"),
        priority: map("priority"),
    };
    let post_id = PostId(id(0x77));
    let error_code = ScheduledPostError::NoChannelMember;
    [
        Body { c: created, p: content() }.into(),
        Body { c: changed, p: content() }.into(),
        Body::from(ScheduledPostDeleted { scheduled_id, user_id, channel_id, root_id }).into(),
        Body::from(ScheduledPostFired { scheduled_id, user_id, said_at: 4711 }).into(),
        Body::from(ScheduledPostSent { scheduled_id, user_id, channel_id, root_id, post_id })
            .into(),
        Body::from(ScheduledPostFailed { scheduled_id, user_id, said_at: 4711, error_code }).into(),
    ]
}

fn reminders() -> [UserEvent; 3] {
    let (user_id, post_id) = (ANN, PostId(id(0x71)));
    let set = ReminderSet {
        user_id,
        post_id,
        channel_id: CHANNEL,
        root_id: Some(PostId(id(0x70))),
        author_id: ANN,
        due_at: 1_767_229_200_000,
    };
    let because = ReminderEnd::Reminded;
    [
        Body::from(set).into(),
        Body::from(ReminderFired { user_id, post_id, said_at: 4711 }).into(),
        Body::from(ReminderEnded { user_id, post_id, said_at: 4711, because }).into(),
    ]
}

fn profile_values() -> UserEvent {
    let field_ids = vec![ProfileFieldId(id(0x98)), ProfileFieldId(id(0x99))];
    let many = vec![personal("many"), personal("more")];
    let values = vec![ProfileValue::One(personal("one")), ProfileValue::Many(many)];
    Body { c: ProfileValuesSet { user_id: ANN, field_ids }, p: ProfileValues { values } }.into()
}

fn drafts() -> [ReadstateEvent; 3] {
    let (user_id, channel_id, root_id) = (ANN, CHANNEL, Some(PostId(id(0x71))));
    let saved = DraftSaved {
        user_id,
        channel_id,
        root_id,
        file_ids: vec![FileId(id(0x75))],
        begun_at: Some(1_767_225_600_700),
    };
    let map = |name: &str| [("name".to_owned(), personal(name).into())].into_iter().collect();
    let content = DraftContent {
        message: personal("message"),
        props: map("props"),
        priority: map("priority"),
    };
    let because = DraftEnd::Sent;
    let saved_until = Some(1_767_225_600_900);
    [
        Body { c: saved, p: content }.into(),
        Body::from(DraftDeleted { user_id, channel_id, root_id, because, saved_until }).into(),
        Body::from(DraftsErased { user_id }).into(),
    ]
}

fn readstate() -> [ReadstateEvent; 8] {
    let marker = ReadMarker {
        channel_id: CHANNEL,
        as_of: 1_767_225_600_900,
        read_to: 1_767_225_600_800,
        totals: totals(10),
    };
    [
        Body::from(RulesActivated { rules: 2 }).into(),
        Body::from(EpochOpened { epoch: 2 }).into(),
        Body::from(EpochSealed { epoch: 2 }).into(),
        Body::from(ReadMarkerAdvanced {
            user_id: ANN,
            markers: vec![marker, marker],
            threads: false,
        })
        .into(),
        Body::from(ReadMarkerSetBack {
            user_id: ANN,
            marker,
            post_id: PostId(id(0x70)),
            now: totals(20),
            urgent_mentions: 2,
        })
        .into(),
        Body::from(ThreadMarkerAdvanced { user_id: ANN, marker: thread_marker() }).into(),
        Body::from(ThreadMarkerSetBack {
            user_id: ANN,
            marker: thread_marker(),
            post_id: PostId(id(0x70)),
        })
        .into(),
        Body::from(ThreadMarkersAdvanced {
            user_id: ANN,
            team_id: Some(TeamId(id(0x40))),
            channel_id: Some(CHANNEL),
            read_to: 1_767_225_600_700,
        })
        .into(),
    ]
}

fn thread_marker() -> ThreadMarker {
    ThreadMarker {
        channel_id: CHANNEL,
        root_id: PostId(id(0x71)),
        as_of: 1_767_225_600_900,
        read_to: 1_767_225_600_800,
        before: ThreadUnread { replies: 3, mentions: 1 },
        now: ThreadUnread { replies: 2, mentions: 1 },
    }
}

fn totals(from: i64) -> Totals {
    Totals {
        msgs: from + 5,
        msgs_root: from + 4,
        mentions: from + 3,
        mentions_root: from + 2,
        broadcasts: from + 1,
    }
}

fn presence() -> [Case; 6] {
    let typing =
        TypingStarted { user_id: ANN, channel_id: CHANNEL, parent_id: Some(PostId(id(0x71))) };
    let online = PresenceChanged {
        user_id: ANN,
        status: StatusKind::Online,
        last_activity_at: 1_767_225_600_100,
    };
    let chosen = StatusChosen { user_id: ANN, status: StatusKind::Away };
    let seen = SessionSeen { user_id: ANN, session_id: SessionId(id(0x60)) };
    let noted = PositionsNoted {
        process_id: id(0x72),
        service: "realtime".to_owned(),
        next: [("channels-07".to_owned(), 4711), ("directory-00".to_owned(), 12)].into(),
        gone: false,
    };
    let process = ProcessNoted {
        process_id: id(0x73),
        service: "projector".to_owned(),
        version: "1.2.3".to_owned(),
        rules: 2,
        gone: false,
    };
    [
        Case::current(CHANNEL.0, PresenceEvent::from(Body::from(typing))),
        Case::current(ANN.0, PresenceEvent::from(Body::from(online))),
        Case::current(ANN.0, PresenceEvent::from(Body::from(chosen))),
        Case::current(ANN.0, PresenceEvent::from(Body::from(seen))),
        Case::current(id(0x72), PresenceEvent::from(Body::from(noted))),
        Case::current(id(0x73), PresenceEvent::from(Body::from(process))),
    ]
}
