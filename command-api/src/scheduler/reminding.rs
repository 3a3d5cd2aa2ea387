//! Reminds people of posts: the system's bot writes to them.

use domain::commands::channel::OpenDirectChannel;
use domain::rights;
use events::channel::PostContent;
use events::priority::Priority;
use events::reminder::{ReminderEnd, ReminderEnded};
use events::{Actor, Body, ChannelId, EventId, Id, Partition, Position, PostId, Topic, UserId};
use platform::http::ApiError;

use super::Due;
use crate::endpoints::posts::Parsed;
use crate::executor::{CommandApi, Ended, Order, undelayed};
use crate::facts::unreadable;

impl CommandApi {
    /// Writes to the person, unless the post is gone or not theirs to read any more.
    pub(super) async fn remind(
        &self,
        due: &Due,
        post_id: PostId,
        fired: Position,
    ) -> Result<(), ApiError> {
        let reminded =
            self.still_reads(due, post_id).await? && self.write_to(due, post_id, fired).await?;
        let because = if reminded { ReminderEnd::Reminded } else { ReminderEnd::InVain };
        let (user_id, said_at) = (due.user, due.timer.said_at);
        let ended = ReminderEnded { user_id, post_id, said_at, because };
        self.end_errand(due, fired, Body::from(ended).into()).await
    }

    async fn still_reads(&self, due: &Due, post_id: PostId) -> Result<bool, ApiError> {
        let channel = due.timer.channel_id;
        let partition = Partition::of(Topic::Channels, channel.as_bytes());
        self.rows_at_ends(&[Partition::DIRECTORY, partition]).await?;
        let post = self.reader.post_of_command(post_id).await.map_err(unreadable)?;
        let stands = post.is_some_and(|post| post.row.delete_at == 0);
        let directory = self.fold.directory();
        let channels = self.fold.channels(channel);
        Ok(stands && rights::may_read(directory.state(), channels.state(), channel, due.user))
    }

    /// Whether that could be done.
    async fn write_to(
        &self,
        due: &Due,
        post_id: PostId,
        fired: Position,
    ) -> Result<bool, ApiError> {
        let bot = self.system_bot().await?;
        // It names nobody: what is copied here would outlive an erasure.
        let link = self.permalink(due, post_id);
        let message = format!("You asked to be reminded of this message: {link}");
        let Some(channel) = self.conversation(bot, due.user, fired).await? else {
            return Ok(false);
        };
        let set_at = due.timer.said_at.to_be_bytes();
        let id = Id::derived("reminder", &[due.user.as_bytes(), post_id.as_bytes(), &set_at]);
        let content = PostContent { message, ..PostContent::default() };
        let post = Parsed {
            channel,
            root: None,
            files: Vec::new(),
            content,
            set_online: false,
            priority: Priority::default(),
        };
        match self.say_once(bot, &post, PostId(id), fired).await? {
            Ended::Written(_) | Ended::AlreadySo => Ok(true),
            Ended::Rejected(_) | Ended::Refused(_) => Ok(false),
        }
    }

    /// The conversation of the two, opened if there is none; none if either account takes part in nothing.
    async fn conversation(
        &self,
        bot: UserId,
        user: UserId,
        fired: Position,
    ) -> Result<Option<ChannelId>, ApiError> {
        let command = OpenDirectChannel { actor: bot, user_ids: [bot, user], knows_all: true };
        let channel = command.channel_id();
        let partition = Partition::of(Topic::Channels, channel.as_bytes());
        let rests_on = [Partition::DIRECTORY, partition];
        let order = Order {
            id: EventId::step(&fired, "channel.direct_opened", channel.as_bytes()).into(),
            partition,
            rests_on: &rests_on,
            actor: Actor::System,
            cause: Some(fired),
            connection_id: None,
        };
        let ended = self.submit(order, || {
            let directory = self.fold.directory();
            let channels = self.fold.channels(channel);
            undelayed(command.decide(directory.state(), channels.state()))
        });
        match ended.await? {
            Ended::Written(_) | Ended::AlreadySo => Ok(Some(channel)),
            Ended::Rejected(_) | Ended::Refused(_) => Ok(None),
        }
    }

    /// In the team of the post's channel; of a conversation, in any that the person is in.
    fn permalink(&self, due: &Due, post_id: PostId) -> String {
        let team = {
            let directory = self.fold.directory();
            let channels = self.fold.channels(due.timer.channel_id);
            let channel = channels.state().channel(due.timer.channel_id);
            channel.and_then(|channel| channel.team_id).or_else(|| {
                let mut memberships = directory.state().memberships_of(due.user);
                memberships.find(|(_, held)| held.active).map(|(team, _)| team)
            })
        };
        let names = self.fold.names();
        let team = team.map_or("_redirect", |team| names.team(team));
        format!("{}/{team}/pl/{post_id}", self.settings.site_url)
    }
}
