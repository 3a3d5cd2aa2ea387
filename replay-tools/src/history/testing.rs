//! A small history in memory: an archive of sealed records, and what is asked of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use event_archive::segments::{Archive, Archived};
use event_archive::testing::MemoryStore;
use event_log::EventLog;
use event_log::testing::MemoryLog;
use events::channel::*;
use events::directory::*;
use events::retention::ChannelPostsExpired;
use events::{
    Actor, Body, ChannelId, Event, EventId, Id, KeyedHash, Meta, NewRecord, Partition, PostId,
    Record, SharedRecord, TeamId, UserId,
};
use fold::{FoldSet, verdicts};
use sealing::Keys;

use super::moment::Instant;
use super::source::{ReadFrom, Source};
use crate::archive_log::ArchiveLog;

/// 2026-11-26T09:12:03.000Z; each record is appended a second after the one before.
pub(crate) const BEGIN_MS: i64 = 1_795_684_323_000;
const RECORDS_OF_A_SEGMENT: usize = 4;

pub(crate) struct World {
    pub keys: Keys,
    pub store: Arc<MemoryStore>,
    pub objects: Arc<MemoryStore>,
    records: BTreeMap<Partition, Vec<SharedRecord>>,
    now_ms: i64,
}

/// Ada, who founded the team, and Bob, whom she brought into its channel.
pub(crate) struct Scene {
    pub ada: UserId,
    pub bob: UserId,
    pub team: TeamId,
    pub channel: ChannelId,
}

impl World {
    pub async fn new() -> Self {
        Self {
            keys: sealing::testing::keys().await,
            store: Arc::default(),
            objects: Arc::default(),
            records: BTreeMap::new(),
            now_ms: BEGIN_MS,
        }
    }

    pub async fn scene(&mut self) -> Scene {
        let (ada, bob) = (self.person("ada").await, self.person("bob").await);
        let (team, channel) = (TeamId::random(), ChannelId::random());
        let created = TeamCreated {
            team_id: team,
            name: "engines".into(),
            display_name: "Engines".into(),
            description: String::new(),
            r#type: TeamType::Open,
            allow_open_invite: true,
            invite_id: Id::random(),
            creator_id: ada,
            default_channels: Vec::new(),
        };
        let contact = TeamContact { email: "ada@example.org".into() };
        self.directory(ada, Body { c: created, p: contact }).await;
        self.join_team(team, ada, bob).await;
        let claimed = ChannelNameClaimed {
            team_id: team,
            channel_id: channel,
            name: "looms".into(),
            channel: ClaimedChannel {
                r#type: ChannelType::Private,
                display_name: "Looms".into(),
                header: String::new(),
                purpose: String::new(),
                creator_id: ada,
                creator_generation: 2,
            },
        };
        self.directory(ada, Body::from(claimed)).await;
        let member = NewMember { user_id: ada, generation: 2, scheme_admin: true };
        let created = ChannelCreated {
            channel_id: channel,
            team_id: team,
            r#type: ChannelType::Private,
            display_name: "Looms".into(),
            header: String::new(),
            purpose: "weaving".into(),
            creator_id: Some(ada),
            is_default: false,
            members: vec![member],
        };
        self.channel(channel, ada, Body::from(created)).await;
        let scene = Scene { ada, bob, team, channel };
        self.add_bob(&scene).await;
        scene
    }

    pub async fn person(&mut self, username: &str) -> UserId {
        let user_id = UserId::random();
        let c = UserCreated {
            user_id,
            username_hash: KeyedHash(user_id.0),
            email_hash: KeyedHash(user_id.0),
            is_bot: false,
            locale: "en".into(),
        };
        let p = NewProfile {
            username: username.into(),
            email: format!("{username}@example.org"),
            password_hash: "$argon2id$secret".into(),
            ..NewProfile::default()
        };
        self.directory(user_id, Body { c, p }).await;
        user_id
    }

    pub async fn rename(&mut self, user_id: UserId, username: &str) {
        let c = UserProfileChanged {
            user_id,
            username_hash: Some(KeyedHash(Id::random())),
            email_hash: None,
            locale: None,
        };
        let p = ProfilePatch { username: Some(username.into()), ..ProfilePatch::default() };
        self.directory(user_id, Body { c, p }).await;
    }

    async fn join_team(&mut self, team_id: TeamId, by: UserId, user_id: UserId) {
        let members = vec![NewTeamMember { user_id, scheme_admin: false }];
        let added = TeamMembersAdded { team_id, members, via: JoinedVia::Add };
        self.directory(by, Body::from(added)).await;
    }

    pub async fn add_bob(&mut self, scene: &Scene) {
        let member = NewMember { user_id: scene.bob, generation: 3, scheme_admin: false };
        let added = ChannelMembersAdded {
            channel_id: scene.channel,
            members: vec![member],
            by: scene.ada,
            via: JoinedVia::Add,
            notice: None,
        };
        self.channel(scene.channel, scene.ada, Body::from(added)).await;
    }

    pub async fn remove_bob(&mut self, scene: &Scene) {
        let partition = Partition::of(events::Topic::Channels, scene.channel.as_bytes());
        let began = |record: &&SharedRecord| {
            record.header("ce_type").is_some_and(|name| name == "channel.members_added")
        };
        let since = self.records[&partition].iter().rfind(began).map(|record| record.offset);
        let removed = ChannelMemberRemoved {
            channel_id: scene.channel,
            user_id: scene.bob,
            membership: since,
            generation: 3,
            by: scene.ada,
            because: LeftBecause::Removed,
            is_guest: false,
            notice: None,
        };
        self.channel(scene.channel, scene.ada, Body::from(removed)).await;
    }

    pub async fn say(&mut self, channel: ChannelId, author: UserId, message: &str) -> PostId {
        self.reply(channel, author, message, None).await
    }

    pub async fn reply(
        &mut self,
        channel_id: ChannelId,
        author_id: UserId,
        message: &str,
        root: Option<(PostId, UserId)>,
    ) -> PostId {
        let post_id = PostId::random();
        let c = PostCreated {
            channel_id,
            post_id,
            author_id,
            root: root.map(|(post_id, author_id)| Root { post_id, author_id }),
            mentions: Vec::new(),
            named: Vec::new(),
            broadcast: Broadcast::None,
            files: Vec::new(),
            marks_read: true,
            auto_follow: false,
            set_online: false,
            priority: Default::default(),
        };
        let p = PostContent { message: message.into(), ..PostContent::default() };
        self.channel(channel_id, author_id, Body { c, p }).await;
        post_id
    }

    pub async fn edit(
        &mut self,
        channel_id: ChannelId,
        author_id: UserId,
        post_id: PostId,
        message: &str,
    ) {
        let c = PostEdited {
            channel_id,
            post_id,
            author_id,
            create_at: 0,
            root_id: None,
            is_pinned: false,
            has_reactions: false,
            reply_count: 0,
            files: Vec::new(),
            priority: Default::default(),
        };
        let p = PostContent { message: message.into(), ..PostContent::default() };
        self.channel(channel_id, author_id, Body { c, p }).await;
    }

    pub async fn delete(&mut self, scene: &Scene, author_id: UserId, post_id: PostId, by: UserId) {
        let channel_id = scene.channel;
        let deleted = PostDeleted { channel_id, post_id, author_id, root_id: None, by };
        self.channel(channel_id, by, Body::from(deleted)).await;
    }

    pub async fn pin(&mut self, channel_id: ChannelId, by: UserId, post_id: PostId) {
        let pinned = PostPinned { channel_id, post_id, root_id: None, by };
        self.channel(channel_id, by, Body::from(pinned)).await;
    }

    pub async fn react(&mut self, channel_id: ChannelId, user_id: UserId, post_id: PostId) {
        let emoji_name = "tada".into();
        let added = ReactionAdded { channel_id, post_id, root_id: None, user_id, emoji_name };
        self.channel(channel_id, user_id, Body::from(added)).await;
    }

    pub async fn set_header(&mut self, channel_id: ChannelId, by: UserId, header: &str) {
        let changed = ChannelSettingsChanged {
            channel_id,
            display_name: None,
            header: Some(header.into()),
            purpose: None,
            notices: Vec::new(),
        };
        self.channel(channel_id, by, Body::from(changed)).await;
    }

    /// Bob is erased; his key is there for a while yet.
    pub async fn erase_bob(&mut self, scene: &Scene) {
        let erased = UserErased { user_id: scene.bob, by: scene.ada };
        self.directory(scene.ada, Body::from(erased)).await;
        let erased = ChannelAuthorErased { channel_id: scene.channel, user_id: scene.bob };
        self.channel(scene.channel, scene.ada, Body::from(erased)).await;
    }

    /// What was said in the channel until now is past its time, but for what `kept` said.
    pub async fn expire(&mut self, scene: &Scene, kept: &[UserId]) {
        let expired = ChannelPostsExpired {
            channel_id: scene.channel,
            before: self.now_ms,
            files_before: self.now_ms,
            kept_author_ids: kept.to_vec(),
            policy_id: None,
            run_id: Id::default(),
            posts: 2,
            files: 0,
        };
        self.channel(scene.channel, scene.ada, Body::from(expired)).await;
    }

    /// Other bytes as the body of the newest record of a partition.
    pub fn garble(&mut self, partition: Partition, body: impl FnOnce(&str) -> String) {
        let last = self.records[&partition].last().unwrap();
        let Record { key, headers, body: was, .. } = Record::clone(last);
        let body = body(std::str::from_utf8(&was).unwrap()).into();
        self.records.get_mut(&partition).unwrap().pop();
        self.put(partition, NewRecord { key, headers, body });
    }

    /// Bytes that are no event.
    pub fn scrawl(&mut self, partition: Partition) {
        let record = NewRecord { key: [0; 16], headers: Vec::new(), body: "scrawl".into() };
        self.put(partition, record);
    }

    async fn directory<E>(&mut self, actor: UserId, event: E)
    where
        E: Into<events::DirectoryEvent>,
    {
        let event = Event::from(event.into());
        self.append(Id::default(), actor, Partition::DIRECTORY, event).await;
    }

    pub async fn channel<E>(&mut self, channel: ChannelId, actor: UserId, event: E)
    where
        E: Into<events::ChannelEvent>,
    {
        let event = Event::from(event.into());
        let partition = Partition::of(events::Topic::Channels, channel.as_bytes());
        self.append(channel.0, actor, partition, event).await;
    }

    async fn append(&mut self, subject: Id, actor: UserId, partition: Partition, event: Event) {
        let read_at = self.records.get(&partition).map_or(0, |records| records.len() as u64);
        let actor = Actor::User(actor);
        let meta = Meta::new(EventId::random(), subject, self.now_ms, read_at, actor);
        let sealer = self.keys.sealer(&event, self.now_ms).await.unwrap();
        let record = sealer.encode("test", &meta, &event);
        self.put(partition, record);
    }

    fn put(&mut self, partition: Partition, record: NewRecord) {
        let records = self.records.entry(partition).or_default();
        let NewRecord { key, headers, body } = record;
        let (offset, appended_ms) = (records.len() as u64, self.now_ms);
        records.push(Arc::new(Record { partition, offset, appended_ms, key, headers, body }));
        self.now_ms += 1_000;
    }

    pub fn archive(&self) -> Archive {
        Archive::new(Arc::clone(&self.store) as _, "cell-1")
    }

    /// The records in a log that takes more.
    pub async fn log(&self) -> Arc<MemoryLog> {
        let log = MemoryLog::new();
        for (partition, records) in &self.records {
            for record in records {
                let Record { appended_ms, key, headers, body, .. } = Record::clone(record);
                log.set_clock(appended_ms);
                log.append(*partition, NewRecord { key, headers, body }).await.unwrap();
            }
        }
        log.set_clock(self.now_ms);
        Arc::new(log)
    }

    /// Takes what a log holds beyond it.
    pub fn follow(&mut self, log: &MemoryLog, partition: Partition) {
        self.records.insert(partition, log.records(partition));
    }

    /// Archives what is new, and reads it.
    pub async fn source(&self) -> Source {
        let archive = self.archive();
        let set = FoldSet::new();
        for (partition, records) in &self.records {
            let mut archived = Vec::new();
            let mut end = archive.end(*partition).await.unwrap();
            let ended = end.next_offset;
            for record in records {
                let folded = set.apply(Arc::clone(record)).unwrap();
                if record.offset >= ended {
                    let verdict = verdicts::encode(&folded.verdict);
                    archived.push(Archived { record: Arc::clone(record), verdict });
                }
                let is_last = record.offset + 1 == records.len() as u64;
                if archived.len() == RECORDS_OF_A_SEGMENT || (is_last && !archived.is_empty()) {
                    let hash = verdicts::state_hash(set.hash(*partition));
                    archive.append(*partition, &end, &archived, Some(&hash)).await.unwrap();
                    end = archive.end(*partition).await.unwrap();
                    archived.clear();
                }
            }
        }
        let log = Arc::new(ArchiveLog::new(archive.clone()));
        let objects = Arc::clone(&self.objects) as _;
        Source::of(log, self.keys.clone(), ReadFrom::Archive, archive, objects).await.unwrap()
    }

    /// The clock of the log is behind for a while.
    pub fn set_back(&mut self, ms: i64) {
        self.now_ms -= ms;
    }

    /// The time of the next record.
    pub fn now(&self) -> Instant {
        Instant(self.now_ms)
    }
}
