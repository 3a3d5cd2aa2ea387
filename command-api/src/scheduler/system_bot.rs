//! The account in whose name the system writes to people.

use domain::Refusal;
use domain::commands::directory::{CreateUser, DirectoryRejection};
use events::directory::NewProfile;
use events::{Actor, EventId, Id, Partition, UserId};
use platform::http::ApiError;

use crate::executor::{CommandApi, Ended, Order, undelayed};
use crate::refusals::Rejection;

const USERNAME: &str = "system-bot";

/// Names that are tried, should people have the first ones.
const NAMES_MAX: u8 = 20;

impl CommandApi {
    /// The same one for ever, from whichever process first needs it.
    pub(super) async fn system_bot(&self) -> Result<UserId, ApiError> {
        let user_id = UserId(Id::derived("system_bot", &[]));
        for n in 0..NAMES_MAX {
            if self.fold.directory().state().account(user_id).is_some() {
                return Ok(user_id);
            }
            self.create_system_bot(user_id, n).await?;
        }
        Err(ApiError::unavailable("every name for the system's bot is taken"))
    }

    /// Under its `n`th name, unless that is somebody's.
    async fn create_system_bot(&self, user_id: UserId, n: u8) -> Result<(), ApiError> {
        let username = if n == 0 { USERNAME.to_owned() } else { format!("{USERNAME}-{n}") };
        let email = format!("{username}@localhost.invalid");
        let command = CreateUser {
            user_id,
            username_hash: self.secrets.username_hash(&username),
            email_hash: self.secrets.email_hash(&email),
            is_bot: true,
            locale: String::new(),
            profile: NewProfile {
                username,
                email,
                first_name: "System".to_owned(),
                ..NewProfile::default()
            },
        };
        let order = Order {
            id: EventId(Id::derived("system_bot.created", &[&[n]])).into(),
            partition: Partition::DIRECTORY,
            rests_on: &[Partition::DIRECTORY],
            actor: Actor::System,
            cause: None,
            connection_id: None,
        };
        let ended = self.submit(order, || undelayed(command.decide(self.fold.directory().state())));
        match ended.await? {
            Ended::Written(_)
            | Ended::AlreadySo
            | Ended::Refused(Refusal::UsernameTaken | Refusal::EmailTaken)
            | Ended::Rejected(DirectoryRejection::UsernameTaken | DirectoryRejection::EmailTaken) => {
                Ok(())
            }
            Ended::Refused(refusal) => Err(crate::refusals::refused(refusal)),
            Ended::Rejected(rejection) => Err(rejection.to_error()),
        }
    }
}
