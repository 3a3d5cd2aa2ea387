//! The stream of events: what comes, in which order, for whom, and what is left out.

mod access;
mod listener;
mod past;
mod redaction;
mod requests;

use events::directory::ChannelType;
use events::{ChannelEvent, PostId};

use crate::people::Person;
use crate::world::{Setup, World};

pub use crate::scene::Scene;
pub use listener::Listener;

impl Scene {
    pub async fn set() -> Self {
        Self::start(ChannelType::Private).await
    }

    /// With so few events in memory that nearly everything is read from the log.
    pub async fn set_forgetful() -> Self {
        let mut setup = Setup::default();
        setup.stream.ring_records_max = 2;
        Self::set_in(World::start_as(setup).await).await
    }

    pub async fn set_in(world: World) -> Self {
        Self::start_in(world, ChannelType::Private).await
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
