//! Two people in one channel of a team, the first of whom administers the system.

use events::ChannelId;
use events::channel::NoticeKind;
use events::directory::ChannelType;

use crate::people::{Person, Team};
use crate::world::World;

pub struct Scene {
    pub world: World,
    pub ada: Person,
    pub bob: Person,
    pub team: Team,
    pub channel: ChannelId,
}

impl Scene {
    pub async fn start(kind: ChannelType) -> Self {
        Self::start_in(World::start().await, kind).await
    }

    pub async fn start_in(world: World, kind: ChannelType) -> Self {
        let ada = world.person("ada").await;
        let bob = world.person("bob").await;
        let team = world.team(&ada, "tea").await;
        world.join_team(team, &bob).await;
        let channel = world.channel(team, kind, "green", &ada).await;
        world.join(channel, &bob, NoticeKind::JoinChannel).await;
        Self { world, ada, bob, team, channel }
    }
}
