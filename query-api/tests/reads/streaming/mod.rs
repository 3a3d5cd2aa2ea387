//! The stream of events: what comes, in which order, for whom, and what is left out.

mod access;
mod listener;
mod past;
mod redaction;
mod requests;

use events::channel::NoticeKind;
use events::directory::ChannelType;
use events::{ChannelEvent, ChannelId, PostId};

use crate::people::{Person, Team};
use crate::world::{Setup, World};

pub use listener::Listener;

/// Two people in one channel of a team, the first of whom administers the system.
pub struct Scene {
    pub world: World,
    pub ada: Person,
    pub bob: Person,
    pub team: Team,
    pub channel: ChannelId,
}

impl Scene {
    pub async fn set() -> Self {
        Self::set_in(World::start().await).await
    }

    /// With so few events in memory that nearly everything is read from the log.
    pub async fn set_forgetful() -> Self {
        let mut setup = Setup::default();
        setup.stream.ring_records_max = 2;
        Self::set_in(World::start_as(setup).await).await
    }

    pub async fn set_in(world: World) -> Self {
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let channel = world.channel(team, ChannelType::Private, "green", &ada).await;
        world.join(channel, &bob, NoticeKind::JoinChannel).await;
        Self { world, ada, bob, team, channel }
    }

    /// Everything of the channel, from its beginning.
    pub async fn history(&self, person: &Person) -> Listener {
        let path = format!("?from=beginning&channel_id={}", self.channel);
        Listener::open(&self.world, person, &path).await
    }

    /// Posts so many times.
    pub async fn say(&self, times: usize) -> Vec<PostId> {
        let mut posts = Vec::new();
        for n in 0..times {
            posts.push(self.world.say(self.channel, &self.ada, &format!("message {n}")).await);
        }
        posts
    }

    /// An event that the channel does not admit: somebody posts who is not in it.
    pub async fn refused(&self) {
        let stranger = self.world.person(&format!("s{}", PostId::random())).await;
        let (_, event): (_, ChannelEvent) =
            crate::people::post_created(self.channel, &stranger, "never", None, &[]);
        self.world.append_void(self.channel.0, event).await;
    }
}
