//! Records sealed, appended, and read back by someone else.

use std::sync::Arc;

use event_archive::testing::MemoryStore;
use event_archive::{ObjectKey, ObjectStore};
use event_log::testing::MemoryLog;
use event_log::{EventLog, LogReader, ReadError, ReadLimit};
use events::channel::{ChannelDirectOpened, PostContent, PostCreated};
use events::directory::{NewProfile, UserCreated};
use events::retention::ChannelKeyAdvanced;
use events::{
    Actor, Body, ChannelEvent, ChannelId, DirectoryEvent, Event, EventId, KeyedHash, Meta,
    Partition, PostId, Topic, UserId,
};
use sealing::{
    Held, KeyName, KeyStore, Keys, MasterKeys, Month, ObjectKeyStore, OpenedLog, SealError,
};

const NOW: i64 = 1_790_000_000_000;
const MONTH_MS: i64 = 31 * 86_400_000;

struct World {
    objects: Arc<MemoryStore>,
    log: Arc<dyn EventLog>,
    channel: ChannelId,
    author: UserId,
}

fn master(names: &[&str]) -> Arc<MasterKeys> {
    let key = |name: &&str| ((*name).to_owned(), [name.as_bytes()[0]; 32]);
    Arc::new(MasterKeys::new(names.iter().map(key).collect()))
}

impl World {
    fn new() -> Self {
        Self {
            objects: Arc::new(MemoryStore::new()),
            log: Arc::new(MemoryLog::default()),
            channel: ChannelId::random(),
            author: UserId::random(),
        }
    }

    async fn store(&self) -> ObjectKeyStore {
        let opened = ObjectKeyStore::open(Arc::clone(&self.objects) as _, master(&["a"])).await;
        opened.expect("the store opens")
    }

    /// A process with nothing in memory.
    async fn keys(&self) -> Keys {
        Keys::new(Arc::new(self.store().await))
    }

    fn partition(&self) -> Partition {
        Partition::of(Topic::Channels, self.channel.as_bytes())
    }

    fn post(&self, message: &str) -> Event {
        let c = PostCreated {
            channel_id: self.channel,
            post_id: PostId::random(),
            author_id: self.author,
            root: None,
            mentions: Vec::new(),
            named: Vec::new(),
            broadcast: Default::default(),
            files: Vec::new(),
            marks_read: false,
            auto_follow: false,
            set_online: false,
            priority: Default::default(),
        };
        let p = PostContent { message: message.to_owned(), ..PostContent::default() };
        ChannelEvent::from(Body { c, p }).into()
    }

    /// The account and the channel begin, and so do their keys.
    async fn begin(&self, keys: &Keys) {
        let c = UserCreated {
            user_id: self.author,
            username_hash: KeyedHash::from_bytes([1; 16]),
            email_hash: KeyedHash::from_bytes([2; 16]),
            is_bot: false,
            locale: String::new(),
        };
        let account = DirectoryEvent::from(Body { c, p: NewProfile::default() });
        let (channel_id, by) = (self.channel, self.author);
        let channel = ChannelDirectOpened { channel_id, user_ids: vec![by], by };
        for event in [account.into(), ChannelEvent::from(Body::from(channel)).into()] {
            keys.sealer(&event, NOW).await.expect("a key");
        }
    }

    async fn write(&self, keys: &Keys, message: &str, at: i64) -> Result<(), SealError> {
        let event = self.post(message);
        let actor = Actor::User(self.author);
        let meta = Meta::new(EventId::random(), self.channel.0, at, 0, actor);
        let record = keys.sealer(&event, at).await?.encode("test", &meta, &event);
        self.log.append(self.partition(), record).await.expect("appended");
        Ok(())
    }

    fn opened(&self, keys: &Keys) -> OpenedLog {
        OpenedLog::new(Arc::clone(&self.log), keys.clone())
    }

    async fn read(&self, keys: &Keys) -> Result<Vec<String>, ReadError> {
        let read = self.opened(keys).read(self.partition(), 0, ReadLimit::default()).await?;
        Ok(read.iter().filter_map(|record| message(record)).collect())
    }

    async fn tailed(&self, keys: &Keys) -> Result<Vec<String>, ReadError> {
        let mut tail = self.opened(keys).tail(vec![(self.partition(), 0)]).await?;
        Ok(tail.next().await?.iter().filter_map(|record| message(record)).collect())
    }
}

/// What a post says; nothing of another event.
fn message(record: &events::Record) -> Option<String> {
    match events::decode(record).expect("an event").1 {
        Event::Channels(ChannelEvent::PostCreated(body)) => Some(body.p.message),
        Event::Channels(ChannelEvent::ChannelKeyAdvanced(_)) => None,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_was_sealed_is_read_by_another_process_and_stands_nowhere_in_clear() {
    let world = World::new();
    world.begin(&world.keys().await).await;
    world.write(&world.keys().await, "the plan", NOW).await.unwrap();
    assert_eq!(world.read(&world.keys().await).await.unwrap(), ["the plan"]);
    assert_eq!(world.tailed(&world.keys().await).await.unwrap(), ["the plan"]);
    let raw = world.log.read(world.partition(), 0, ReadLimit::default()).await.unwrap();
    let raw = format!("{:?}", raw[0]);
    assert!(!raw.contains("the plan") && !raw.contains("message"), "{raw}");
}

#[tokio::test]
async fn a_destroyed_person_reads_as_erased_and_writes_no_more() {
    let world = World::new();
    world.begin(&world.keys().await).await;
    let keys = world.keys().await;
    world.write(&keys, "the plan", NOW).await.unwrap();
    keys.destroy(world.author).await.unwrap();
    for keys in [keys, world.keys().await] {
        assert_eq!(world.read(&keys).await.unwrap(), [""]);
        let refused = world.write(&keys, "more", NOW).await;
        assert!(matches!(refused, Err(SealError::Erased(person)) if person == world.author));
    }
}

#[tokio::test]
async fn a_ratchet_that_moved_on_erases_the_months_before() {
    let world = World::new();
    world.begin(&world.keys().await).await;
    let keys = world.keys().await;
    for (message, at) in [("old", NOW), ("new", NOW + 3 * MONTH_MS)] {
        world.write(&keys, message, at).await.unwrap();
    }
    let another = world.keys().await;
    assert_eq!(world.read(&another).await.unwrap(), ["old", "new"]);
    keys.advance(world.channel, NOW + 3 * MONTH_MS).await.unwrap();
    assert_eq!(world.read(&keys).await.unwrap(), ["", "new"]);
    assert_eq!(world.read(&world.keys().await).await.unwrap(), ["", "new"]);
    // Whoever has the key in memory forgets it at the event that says so.
    let sealed_from = Month::of(NOW + 3 * MONTH_MS).begins_at_ms();
    let advanced = ChannelKeyAdvanced { channel_id: world.channel, sealed_from };
    let event: Event = ChannelEvent::from(Body::from(advanced)).into();
    let meta = Meta::new(EventId::random(), world.channel.0, NOW, 0, Actor::System);
    let record = events::encode("test", &meta, &event);
    world.log.append(world.partition(), record).await.unwrap();
    assert_eq!(world.read(&another).await.unwrap(), ["", "new"]);
    // It never moves back.
    keys.advance(world.channel, NOW).await.unwrap();
    assert_eq!(world.read(&world.keys().await).await.unwrap(), ["", "new"]);
    // A clock that is behind seals under the oldest month that there is.
    world.write(&keys, "late", NOW).await.unwrap();
    assert_eq!(world.read(&world.keys().await).await.unwrap(), ["", "new", "late"]);
}

#[tokio::test]
async fn a_key_that_is_missing_is_an_error_and_no_erasure() {
    let world = World::new();
    world.begin(&world.keys().await).await;
    world.write(&world.keys().await, "the plan", NOW).await.unwrap();
    let key = KeyName::Person(world.author).object();
    let kept = world.objects.get(&key).await.unwrap().unwrap();
    world.objects.delete(&key).await.unwrap();
    let keys = world.keys().await;
    let written = world.write(&keys, "more", NOW).await;
    assert!(
        matches!(written, Err(SealError::Store(_))),
        "no new key takes the place of a lost one"
    );
    let mut tail = world.opened(&keys).tail(vec![(world.partition(), 0)]).await.unwrap();
    for _ in 0..2 {
        let error = tail.next().await.unwrap_err().to_string();
        assert!(error.contains("lacks the key people/") && error.contains("restore"), "{error}");
    }
    world.objects.put(&key, kept).await.unwrap();
    let read = tail.next().await.unwrap();
    assert_eq!(
        message(&read[0]).unwrap(),
        "the plan",
        "the tail lost nothing while the key was away"
    );
}

#[tokio::test]
async fn two_processes_that_make_a_key_at_once_use_the_same() {
    let world = World::new();
    let (one, other) = (world.keys().await, world.keys().await);
    tokio::join!(world.begin(&one), world.begin(&other));
    let (first, second) =
        tokio::join!(world.write(&one, "one", NOW), world.write(&other, "other", NOW));
    first.unwrap();
    second.unwrap();
    let mut read = world.read(&world.keys().await).await.unwrap();
    read.sort();
    assert_eq!(read, ["one", "other"]);
}

#[tokio::test]
async fn a_store_of_another_master_key_is_refused() {
    let world = World::new();
    world.begin(&world.keys().await).await;
    world.write(&world.keys().await, "the plan", NOW).await.unwrap();
    let other = ObjectKeyStore::open(Arc::clone(&world.objects) as _, master(&["b"])).await;
    let error = other.unwrap_err().to_string();
    assert!(error.contains("no master key \"a\""), "{error}");
}

#[tokio::test]
async fn keys_are_wrapped_anew_under_another_master_key() {
    let world = World::new();
    world.begin(&world.keys().await).await;
    world.write(&world.keys().await, "the plan", NOW).await.unwrap();
    let erased = UserId::random();
    world.keys().await.destroy(erased).await.unwrap();
    let both = ObjectKeyStore::open(Arc::clone(&world.objects) as _, master(&["b", "a"]));
    let both = both.await.unwrap();
    assert_eq!(both.rewrap().await.unwrap(), 3, "a person's, a channel's and the check");
    assert_eq!(both.rewrap().await.unwrap(), 0);
    let new = ObjectKeyStore::open(Arc::clone(&world.objects) as _, master(&["b"])).await.unwrap();
    assert_eq!(new.get(KeyName::Person(erased)).await.unwrap(), Some(Held::Destroyed));
    assert_eq!(world.read(&Keys::new(Arc::new(new))).await.unwrap(), ["the plan"]);
}

#[tokio::test]
async fn a_channels_key_does_not_pass_for_a_persons() {
    let world = World::new();
    world.begin(&world.keys().await).await;
    world.write(&world.keys().await, "the plan", NOW).await.unwrap();
    let person = KeyName::Person(world.author).object();
    let channel = KeyName::Channel(world.channel).object();
    let bytes = world.objects.get(&channel).await.unwrap().unwrap();
    world.objects.put(&person, bytes).await.unwrap();
    let error = world.read(&world.keys().await).await.unwrap_err().to_string();
    assert!(error.contains("cannot be unwrapped"), "{error}");
    let check = ObjectKey::parse("check").unwrap();
    assert!(world.objects.get(&check).await.unwrap().is_some());
}

/// What somebody with access to the log appends decides nothing by its personal half.
#[tokio::test]
async fn a_half_that_no_writer_seals_reads_as_erased() {
    let world = World::new();
    world.begin(&world.keys().await).await;
    let keys = world.keys().await;
    world.write(&keys, "the plan", NOW).await.unwrap();
    let raw = world.log.read(world.partition(), 0, ReadLimit::default()).await.unwrap();
    let body = String::from_utf8(raw[0].body.to_vec()).unwrap();
    let sealed = String::from_utf8(events::sealed(&raw[0].body).unwrap().to_vec()).unwrap();
    let twice = format!(r#"{{"c":{{}},"p":0,"p":"{sealed}"}}"#);
    let doubled = events::opened(twice.as_bytes(), Some(b"{}"));
    for opened in [doubled, events::opened(twice.as_bytes(), None)] {
        let read = serde_json::from_slice::<serde_json::Map<_, serde_json::Value>>(&opened);
        assert!(read.is_ok(), "duplicates are the codec's business");
        assert!(serde_json::from_slice::<Body<PostCreated>>(&opened).is_err());
    }
    for half in ["", "x", "AAAA", &sealed[1..], &sealed.replace(&sealed[60..64], "AAAA")] {
        let body = body.replace(&sealed, half).into_bytes().into();
        let headers = raw[0].headers.clone();
        let record = events::NewRecord { key: raw[0].key, headers, body };
        world.log.append(world.partition(), record).await.unwrap();
    }
    let read = world.read(&keys).await.unwrap();
    assert_eq!(read, ["the plan", "", "", "", "", ""]);
}
