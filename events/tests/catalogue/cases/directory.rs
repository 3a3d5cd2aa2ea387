use std::collections::BTreeMap;

use events::directory::*;
use events::pictures::*;
use events::profile::*;
use events::retention::*;
use events::{
    Body, ChannelId, DirectoryEvent, EmojiId, HoldId, Id, KeyedHash, PolicyId, ProfileFieldId,
    SessionId, TeamId, UserId,
};

use super::{ANN, BOB, Case, id, personal};

const TEAM: TeamId = TeamId(id(0x40));
const CHANNEL: ChannelId = ChannelId(id(0x50));
/// The topic has one key.
const KEY: Id = Id([0; 16]);

pub fn cases() -> Vec<Case> {
    [cell(), accounts(), teams(), names(), pictures(), profile_fields(), retention()]
        .into_iter()
        .flatten()
        .map(|event| Case::current(KEY, event))
        .collect()
}

fn cell() -> Vec<DirectoryEvent> {
    vec![
        Body::from(CellOpened { partitions: 64, fingerprint: "fingerprint of secrets".into() })
            .into(),
        Body::from(RulesActivated { rules: 2 }).into(),
        Body::from(EpochOpened { epoch: 2 }).into(),
        Body::from(EpochSealed { epoch: 2 }).into(),
    ]
}

fn accounts() -> Vec<DirectoryEvent> {
    vec![
        user_created().into(),
        user_profile_changed().into(),
        Body {
            c: UserPasswordChanged { user_id: ANN, kept_session: Some(SessionId(id(0x60))) },
            p: PasswordHash { password_hash: personal("password_hash") },
        }
        .into(),
        Body::from(UserRolesChanged { user_id: BOB, system_admin: true }).into(),
        Body::from(UserGuestChanged { user_id: BOB, is_guest: true }).into(),
        Body::from(UserDeactivated { user_id: BOB }).into(),
        Body::from(UserActivated { user_id: BOB }).into(),
        Body::from(UserErased { user_id: BOB, by: ANN }).into(),
        Body::from(UserKeyDestroyed { user_id: BOB }).into(),
        Body::from(UserSessionsRevoked { user_id: BOB }).into(),
    ]
}

fn user_created() -> Body<UserCreated> {
    Body {
        c: UserCreated {
            user_id: ANN,
            username_hash: KeyedHash(id(0x61)),
            email_hash: KeyedHash(id(0x62)),
            is_bot: true,
            locale: "de".into(),
        },
        p: NewProfile {
            username: personal("username"),
            email: personal("email"),
            nickname: personal("nickname"),
            first_name: personal("first_name"),
            last_name: personal("last_name"),
            position: personal("position"),
            props: map("props"),
            notify_props: map("notify_props"),
            timezone: map("timezone"),
            password_hash: personal("password_hash"),
        },
    }
}

fn user_profile_changed() -> Body<UserProfileChanged> {
    Body {
        c: UserProfileChanged {
            user_id: ANN,
            username_hash: Some(KeyedHash(id(0x61))),
            email_hash: Some(KeyedHash(id(0x62))),
            locale: Some("fr".into()),
        },
        p: ProfilePatch {
            username: Some(personal("username")),
            email: Some(personal("email")),
            nickname: Some(personal("nickname")),
            first_name: Some(personal("first_name")),
            last_name: Some(personal("last_name")),
            position: Some(personal("position")),
            props: Some(map("props")),
            notify_props: Some(map("notify_props")),
            timezone: Some(map("timezone")),
        },
    }
}

fn teams() -> Vec<DirectoryEvent> {
    let default_channel = |name: &str, display_name: &str| DefaultChannel {
        channel_id: ChannelId::default_of(TEAM, name),
        name: name.into(),
        display_name: display_name.into(),
    };
    let member = |user_id: UserId, scheme_admin| NewTeamMember { user_id, scheme_admin };
    vec![
        Body {
            c: TeamCreated {
                team_id: TEAM,
                name: "engineering".into(),
                display_name: "Engineering".into(),
                description: "Builds things".into(),
                r#type: TeamType::InviteOnly,
                allow_open_invite: true,
                invite_id: id(0x63),
                creator_id: ANN,
                default_channels: vec![
                    default_channel("town-square", "Town Square"),
                    default_channel("off-topic", "Off-Topic"),
                ],
            },
            p: TeamContact { email: personal("email") },
        }
        .into(),
        Body::from(TeamMembersAdded {
            team_id: TEAM,
            members: vec![member(ANN, true), member(BOB, false)],
            via: JoinedVia::Add,
        })
        .into(),
        Body::from(TeamMemberRemoved { team_id: TEAM, user_id: BOB, generation: 12 }).into(),
        Body::from(TeamMemberRolesChanged {
            team_id: TEAM,
            user_id: BOB,
            generation: 12,
            scheme_admin: true,
        })
        .into(),
        Body::from(TeamChanged {
            team_id: TEAM,
            display_name: Some("Engineers".into()),
            description: Some("Build things".into()),
            company_name: Some("Example".into()),
            r#type: Some(TeamType::Open),
            allow_open_invite: Some(true),
        })
        .into(),
        Body::from(TeamInviteRegenerated { team_id: TEAM, invite_id: id(0x64) }).into(),
        Body::from(TeamArchived { team_id: TEAM }).into(),
        Body::from(TeamRestored { team_id: TEAM }).into(),
    ]
}

fn names() -> Vec<DirectoryEvent> {
    vec![
        Body::from(ChannelNameClaimed {
            team_id: TEAM,
            channel_id: CHANNEL,
            name: "release".into(),
            channel: ClaimedChannel {
                r#type: ChannelType::Private,
                display_name: "Release".into(),
                header: "What ships when".into(),
                purpose: "To ship".into(),
                creator_id: ANN,
                creator_generation: 11,
            },
        })
        .into(),
        Body::from(ChannelNameChanged { channel_id: CHANNEL, name: "releases".into() }).into(),
    ]
}

fn pictures() -> Vec<DirectoryEvent> {
    let stored = || StoredPicture {
        object: "pictures/2026-01-01/yyyyyyyyyyyyyyyyyyyyyyyyyy".into(),
        key: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".into(),
    };
    vec![
        Body {
            c: UserPictureChanged { user_id: ANN, object: Some(stored().object) },
            p: PictureKey { key: personal("key") },
        }
        .into(),
        Body::from(TeamIconChanged { team_id: TEAM, icon: Some(stored()) }).into(),
        Body::from(EmojiCreated {
            emoji_id: EmojiId(id(0x94)),
            name: "party_parrot".into(),
            creator_id: ANN,
            image: stored(),
        })
        .into(),
        Body::from(EmojiDeleted { emoji_id: EmojiId(id(0x94)), by: BOB }).into(),
    ]
}

fn profile_fields() -> Vec<DirectoryEvent> {
    let field_id = ProfileFieldId(id(0x98));
    let field = |name: &str| ProfileField {
        field_id,
        name: name.into(),
        r#type: ProfileFieldType::Multiselect,
        display_name: "What somebody can do".into(),
        visibility: ProfileVisibility::Always,
        value_type: ProfileValueType::Phone,
        sort_order: 3,
        options: vec![ProfileOption {
            id: "rust".into(),
            name: "Rust".into(),
            color: "orange".into(),
        }],
        managed: true,
    };
    vec![
        Body::from(ProfileFieldCreated { field: field("Skills"), by: ANN }).into(),
        Body::from(ProfileFieldChanged { field: field("Crafts"), by: BOB }).into(),
        Body::from(ProfileFieldDeleted { field_id, by: ANN }).into(),
    ]
}

fn retention() -> Vec<DirectoryEvent> {
    let (policy_id, hold_id) = (PolicyId(id(0x91)), HoldId(id(0x93)));
    vec![
        Body::from(RetentionPolicyCreated {
            policy_id,
            display_name: "Sales".into(),
            post_days: 90,
            team_ids: vec![TEAM],
            channel_ids: vec![CHANNEL],
            by: ANN,
        })
        .into(),
        Body::from(RetentionPolicyChanged {
            policy_id,
            display_name: Some("Sales and support".into()),
            post_days: Some(-1),
            team_ids: Some(vec![]),
            channel_ids: Some(vec![CHANNEL]),
            teams_added: vec![TEAM],
            teams_removed: vec![TEAM],
            channels_added: vec![CHANNEL],
            channels_removed: vec![CHANNEL],
            by: ANN,
        })
        .into(),
        Body::from(RetentionPolicyDeleted { policy_id, by: ANN }).into(),
        Body {
            c: LegalHoldPlaced {
                hold_id,
                user_ids: vec![BOB],
                channel_ids: vec![CHANNEL],
                by: ANN,
            },
            p: HoldMatter { name: personal("name") },
        }
        .into(),
        Body::from(LegalHoldReleased { hold_id, by: ANN }).into(),
        Body::from(RetentionRunFinished {
            run_id: id(0x92),
            began_at: 1_767_225_600_000,
            by: Some(ANN),
            channels: 3,
            posts: 40,
            files: 2,
            channels_held: 1,
            keys_advanced: 4,
            objects_removed: 5,
            channels_failed: 6,
        })
        .into(),
    ]
}

fn map(field: &str) -> BTreeMap<String, String> {
    [("one", 1), ("two", 2)]
        .map(|(key, n)| (key.to_owned(), personal(&format!("{field}.{n}"))))
        .into()
}
