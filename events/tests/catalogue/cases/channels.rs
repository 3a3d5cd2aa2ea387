use events::bookmark::*;
use events::channel::*;
use events::directory::{ChannelType, EpochOpened, EpochSealed, JoinedVia, RulesActivated};
use events::priority::{Priority, PriorityLevel};
use events::retention::{ChannelKeyAdvanced, ChannelPostsExpired};
use events::thread::{ThreadFollowed, ThreadUnfollowed};
use events::{Body, BookmarkId, ChannelEvent, ChannelId, FileId, PolicyId, PostId, TeamId, UserId};
use serde_json::json;

use super::{ANN, BOB, Case, EVE, id, personal};

const TEAM: TeamId = TeamId(id(0x40));
const CHANNEL: ChannelId = ChannelId(id(0x50));
const POST: PostId = PostId(id(0x70));
const ROOT: PostId = PostId(id(0x71));
const PRIORITY: Priority = Priority { level: PriorityLevel::Urgent, requested_ack: true };

pub fn cases() -> Vec<Case> {
    let here = [settings(), membership(), posts(), marks(), bookmarks()];
    let mut cases: Vec<Case> =
        here.into_iter().flatten().map(|event| Case::current(CHANNEL.0, event)).collect();
    cases.extend(talks());
    let earlier = moderated(Moderatee::Guests, Moderated::CreateReactions).into();
    cases.push(Case { version: 1, subject: CHANNEL.0, event: earlier });
    cases
}

/// With one thing that is free again.
fn moderated(whom: Moderatee, what: Moderated) -> ChannelEvent {
    let silence =
        Moderation { whom: Moderatee::Members, what: Moderated::CreatePost, allowed: false };
    let changes = vec![silence, Moderation { whom, what, allowed: true }];
    Body::from(ChannelModerated { channel_id: CHANNEL, changes, by: ANN }).into()
}

fn notice(kind: NoticeKind) -> Notice {
    Notice {
        post_id: PostId(id(0x72)),
        kind,
        by: ANN,
        user_ids: vec![BOB, EVE],
        old: "Release".into(),
        new: "Releases".into(),
    }
}

fn member(user_id: UserId, scheme_admin: bool) -> NewMember {
    NewMember { user_id, generation: 11, scheme_admin }
}

fn settings() -> Vec<ChannelEvent> {
    vec![
        Body::from(RulesActivated { rules: 2 }).into(),
        Body::from(EpochOpened { epoch: 2 }).into(),
        Body::from(EpochSealed { epoch: 2 }).into(),
        Body::from(ChannelCreated {
            channel_id: CHANNEL,
            team_id: TEAM,
            r#type: ChannelType::Open,
            display_name: "Release".into(),
            header: "What ships when".into(),
            purpose: "To ship".into(),
            creator_id: Some(ANN),
            is_default: true,
            members: vec![member(ANN, true)],
        })
        .into(),
        Body::from(ChannelSettingsChanged {
            channel_id: CHANNEL,
            display_name: Some("Releases".into()),
            header: Some("What ships and when".into()),
            purpose: Some("To ship often".into()),
            notices: vec![
                notice(NoticeKind::DisplaynameChange),
                notice(NoticeKind::HeaderChange),
                notice(NoticeKind::PurposeChange),
            ],
        })
        .into(),
        Body::from(ChannelPrivacyChanged {
            channel_id: CHANNEL,
            r#type: ChannelType::Private,
            notice: notice(NoticeKind::ChangeChanPrivacy),
        })
        .into(),
        Body::from(ChannelArchived {
            channel_id: CHANNEL,
            notice: notice(NoticeKind::ChannelDeleted),
        })
        .into(),
        Body::from(ChannelRestored {
            channel_id: CHANNEL,
            notice: notice(NoticeKind::ChannelRestored),
        })
        .into(),
    ]
}

fn talks() -> [Case; 2] {
    let direct = ChannelId::direct(ANN, BOB);
    let group = ChannelId::group(&[ANN, BOB, EVE]);
    let opened: [(ChannelId, ChannelEvent); 2] = [
        (
            direct,
            Body::from(ChannelDirectOpened {
                channel_id: direct,
                user_ids: vec![ANN, BOB],
                by: ANN,
            })
            .into(),
        ),
        (
            group,
            Body::from(ChannelGroupOpened {
                channel_id: group,
                user_ids: vec![ANN, BOB, EVE],
                by: ANN,
            })
            .into(),
        ),
    ];
    opened.map(|(channel, event)| Case::current(channel.0, event))
}

fn membership() -> Vec<ChannelEvent> {
    vec![
        Body::from(ChannelMembersAdded {
            channel_id: CHANNEL,
            members: vec![member(BOB, false), member(EVE, true)],
            by: ANN,
            via: JoinedVia::Add,
            notice: Some(notice(NoticeKind::AddToChannel)),
        })
        .into(),
        Body::from(ChannelMemberRemoved {
            channel_id: CHANNEL,
            user_id: BOB,
            membership: Some(40),
            generation: 11,
            by: ANN,
            because: LeftBecause::TeamEnded,
            is_guest: true,
            notice: Some(notice(NoticeKind::RemoveFromChannel)),
        })
        .into(),
        Body::from(ChannelMemberRolesChanged {
            channel_id: CHANNEL,
            user_id: BOB,
            membership: 40,
            scheme_admin: true,
        })
        .into(),
        moderated(Moderatee::Members, Moderated::ManageBookmarks),
        Body::from(ChannelMemberNotifyChanged {
            channel_id: CHANNEL,
            user_id: BOB,
            notify_props: [("desktop", "all"), ("mark_unread", "mention")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        })
        .into(),
    ]
}

fn file() -> AttachedFile {
    AttachedFile {
        file_id: FileId(id(0x80)),
        size: 12_345,
        mime_type: "image/png".into(),
        extension: "png".into(),
        width: 640,
        height: 480,
        has_preview: false,
    }
}

/// The props are in alphabetical order, which is theirs whether or not maps keep another.
fn content() -> PostContent {
    let props = json!({
        "attachments": [{ "fields": [1, -2, 3.5, true, null], "text": personal("attachment") }],
        "from_bot": personal("from_bot"),
    });
    PostContent {
        message: personal("message"),
        props: props.as_object().expect("it is written as an object").clone(),
        file_names: vec![personal("file_name")],
        mini_previews: vec![],
        pending_post_id: personal("pending_post_id"),
    }
}

fn posts() -> Vec<ChannelEvent> {
    vec![
        Body {
            c: PostCreated {
                channel_id: CHANNEL,
                post_id: POST,
                author_id: ANN,
                root: Some(Root { post_id: ROOT, author_id: BOB }),
                mentions: vec![BOB],
                named: vec![BOB, EVE],
                broadcast: Broadcast::Channel,
                files: vec![file()],
                marks_read: true,
                auto_follow: true,
                set_online: true,
                priority: PRIORITY,
            },
            p: content(),
        }
        .into(),
        Body {
            c: PostEdited {
                channel_id: CHANNEL,
                post_id: POST,
                author_id: ANN,
                create_at: 1_767_225_600_000,
                root_id: Some(ROOT),
                is_pinned: true,
                has_reactions: true,
                reply_count: 3,
                files: vec![file()],
                priority: PRIORITY,
            },
            p: content(),
        }
        .into(),
        Body::from(PostDeleted {
            channel_id: CHANNEL,
            post_id: POST,
            author_id: ANN,
            root_id: Some(ROOT),
            by: EVE,
        })
        .into(),
        Body::from(ChannelAuthorErased { channel_id: CHANNEL, user_id: ANN }).into(),
        Body::from(ChannelPostsExpired {
            channel_id: CHANNEL,
            before: 1_767_225_600_000,
            files_before: 1_767_225_600_001,
            kept_author_ids: vec![BOB],
            policy_id: Some(PolicyId(id(0x91))),
            run_id: id(0x92),
            posts: 40,
            files: 2,
        })
        .into(),
        Body::from(ChannelKeyAdvanced { channel_id: CHANNEL, sealed_from: 1_767_225_600_000 })
            .into(),
        Body {
            c: FileUploaded {
                channel_id: CHANNEL,
                owner_id: ANN,
                file: file(),
                object: "files/80".into(),
            },
            p: FileDetails {
                name: personal("name"),
                sha256: personal("sha256"),
                key: personal("key"),
                mini_preview: String::new(),
            },
        }
        .into(),
    ]
}

fn marks() -> Vec<ChannelEvent> {
    let (channel_id, post_id, root_id) = (CHANNEL, POST, Some(ROOT));
    let emoji_name = || "thumbsup".to_owned();
    vec![
        Body::from(PostPinned { channel_id, post_id, root_id, by: BOB }).into(),
        Body::from(PostUnpinned { channel_id, post_id, root_id, by: BOB }).into(),
        Body::from(ReactionAdded {
            channel_id,
            post_id,
            root_id,
            user_id: BOB,
            emoji_name: emoji_name(),
        })
        .into(),
        Body::from(ReactionRemoved {
            channel_id,
            post_id,
            root_id,
            user_id: BOB,
            emoji_name: emoji_name(),
        })
        .into(),
        Body::from(ThreadFollowed { channel_id, root_id: ROOT, user_id: BOB, reply_count: 4 })
            .into(),
        Body::from(ThreadUnfollowed { channel_id, root_id: ROOT, user_id: BOB, reply_count: 4 })
            .into(),
        Body::from(PostAcknowledged { channel_id, post_id, root_id, user_id: BOB }).into(),
        Body::from(PostAcknowledgementRemoved { channel_id, post_id, root_id, user_id: BOB })
            .into(),
    ]
}

fn bookmarks() -> Vec<ChannelEvent> {
    let (channel_id, bookmark_id) = (CHANNEL, BookmarkId(id(0x84)));
    let replaces = Some(BookmarkId(id(0x85)));
    let created_at = 1_767_225_600_000;
    let file =
        Some(BookmarkedFile { file_id: FileId(id(0x80)), owner_id: ANN, create_at: created_at });
    let content = || BookmarkContent {
        display_name: personal("display_name"),
        link_url: personal("link_url"),
        image_url: personal("image_url"),
        emoji: personal("emoji"),
    };
    vec![
        Body { c: BookmarkCreated { channel_id, bookmark_id, owner_id: ANN, file }, p: content() }
            .into(),
        Body {
            c: BookmarkChanged { channel_id, bookmark_id, replaces, owner_id: ANN, file },
            p: content(),
        }
        .into(),
        Body::from(BookmarkDeleted { channel_id, bookmark_id, by: BOB }).into(),
        Body::from(BookmarkMoved { channel_id, bookmark_id, place: 2, by: BOB }).into(),
    ]
}
