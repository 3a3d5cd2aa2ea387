//! Sends what somebody wrote for later.

use domain::Refusal;
use domain::commands::Decision;
use domain::commands::post::PostRejection;
use domain::commands::scheduled_post::error_of;
use events::channel::PostContent;
use events::scheduled_post::{
    ScheduledContent, ScheduledPostError, ScheduledPostFailed, ScheduledPostSent,
};
use events::{
    Actor, Body, Event, EventId, FileId, Id, Partition, Position, PostId, ScheduledPostId, Topic,
    UserEvent, UserId,
};
use http::StatusCode;
use platform::http::ApiError;

use super::Due;
use crate::endpoints::posts::{Parsed, later_priority};
use crate::executor::{CommandApi, Ended, Order};
use crate::submission::Decided;

impl CommandApi {
    /// Sends it as it was when it was fired, with the rights of now, or says why that cannot be.
    pub(super) async fn send_scheduled(
        &self,
        due: &Due,
        scheduled_id: ScheduledPostId,
        fired: Position,
    ) -> Result<(), ApiError> {
        let (user_id, said_at) = (due.user, due.timer.said_at);
        let said_at_bytes = said_at.to_be_bytes();
        let post_id = Id::derived("scheduled_post", &[scheduled_id.as_bytes(), &said_at_bytes]);
        let post_id = PostId(post_id);
        let post = self.scheduled(due).await?;
        let said = match self.say_once(user_id, &post, post_id, fired).await {
            Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                let event = failed(due, scheduled_id, ScheduledPostError::InvalidPost);
                return self.end_errand(due, fired, event).await;
            }
            said => said?,
        };
        let event = match said {
            Ended::Written(_) | Ended::AlreadySo => {
                let (channel_id, root_id) = (post.channel, post.root);
                let c = ScheduledPostSent { scheduled_id, user_id, channel_id, root_id, post_id };
                Body::from(c).into()
            }
            Ended::Rejected(rejection) => {
                let directory = self.fold.directory();
                let channels = self.fold.channels(post.channel);
                let (directory, channels) = (directory.state(), channels.state());
                let error_code = error_of(rejection, directory, channels, post.channel, user_id);
                failed(due, scheduled_id, error_code)
            }
            Ended::Refused(refusal) => failed(due, scheduled_id, error_of_refusal(refusal)),
        };
        self.end_errand(due, fired, event).await
    }

    /// What it says, from the event that last said so.
    async fn scheduled(&self, due: &Due) -> Result<Parsed, ApiError> {
        let (_, event) = self.read_event(due.partition(), due.timer.said_at).await?;
        match event {
            Event::Users(UserEvent::ScheduledPostCreated(b)) => Ok(parsed(due, b.c.file_ids, b.p)),
            Event::Users(UserEvent::ScheduledPostChanged(b)) => Ok(parsed(due, b.c.file_ids, b.p)),
            other => Err(ApiError::internal(format!("no scheduled post: {}", other.event_type()))),
        }
    }

    /// Says `post` under an id that follows from what was fired. Where the log's window has forgotten that,
    /// the rows know: a post that they hold stands, whatever became of it since.
    pub(super) async fn say_once(
        &self,
        author: UserId,
        post: &Parsed,
        post_id: PostId,
        fired: Position,
    ) -> Result<Ended<PostRejection>, ApiError> {
        let partition = Partition::of(Topic::Channels, post.channel.as_bytes());
        let rests_on = [Partition::DIRECTORY, partition];
        let order = Order {
            id: EventId::step(&fired, "post.created", author.as_bytes()).into(),
            partition,
            rests_on: &rests_on,
            actor: Actor::System,
            cause: Some(fired),
            connection_id: None,
        };
        self.submit(order, || {
            Box::pin(async {
                let reading = self.positioned(partition, self.reader.post_of_command(post_id));
                let (held, at) = reading.await?;
                if held.is_some() {
                    return Ok(Decided::new(Ok(Decision::AlreadySo), Some(at)));
                }
                let (command, rows_at) = self.composed(author, post, post_id).await?;
                let rows_at = rows_at.map_or(at, |rows_at| rows_at.min(at));
                let directory = self.fold.directory();
                let channels = self.fold.channels(post.channel);
                let decision = command.decide(directory.state(), channels.state());
                Ok(Decided::new(decision, Some(rows_at)))
            })
        })
        .await
    }
}

fn parsed(due: &Due, files: Vec<FileId>, said: ScheduledContent) -> Parsed {
    let ScheduledContent { message, props, priority } = said;
    Parsed {
        channel: due.timer.channel_id,
        root: due.timer.root_id,
        files,
        content: PostContent { message, props, ..PostContent::default() },
        set_online: false,
        // It was read when it was written.
        priority: later_priority(&priority).unwrap_or_default(),
    }
}

fn failed(due: &Due, scheduled_id: ScheduledPostId, error_code: ScheduledPostError) -> UserEvent {
    let (user_id, said_at) = (due.user, due.timer.said_at);
    Body::from(ScheduledPostFailed { scheduled_id, user_id, said_at, error_code }).into()
}

/// The channel changed between the decision and its record.
fn error_of_refusal(refusal: Refusal) -> ScheduledPostError {
    match refusal {
        Refusal::Archived => ScheduledPostError::ChannelArchived,
        Refusal::UnknownChannel => ScheduledPostError::ChannelNotFound,
        Refusal::NotAMember => ScheduledPostError::NoChannelMember,
        Refusal::UserInactive => ScheduledPostError::UserDeleted,
        _ => ScheduledPostError::UnableToSend,
    }
}
