//! Tokens: from the text that a client shows to the session and account behind it, by the fold alone.

use std::time::Instant;

use domain::{Account, Session, rights};
use event_log::ReadError;
use events::user::TokenHash;
use events::{Id, Partition, Topic, UserId};

use crate::runner::Fold;
use crate::set::FoldSet;

/// Who is asking.
#[derive(Debug, Clone, PartialEq)]
pub struct Authenticated {
    pub session: Session,
    pub account: Account,
}

/// A token's text for an account: 26 characters, 16 random bytes whose first six bits name the
/// account's partition of `users`.
pub fn new_token(user: UserId, random: [u8; 16]) -> String {
    let partition = Partition::of(Topic::Users, user.as_bytes());
    let mut bytes = random;
    let index = u8::try_from(partition.index).expect("64 partitions fit six bits");
    bytes[0] = (index << 2) | (bytes[0] & 0b11);
    Id(bytes).to_string()
}

/// The partition of `users` whose fold knows the token, if the text can be one.
pub fn token_partition(token: &str) -> Option<Partition> {
    let id: Id = token.parse().ok()?;
    Some(Partition { topic: Topic::Users, index: u16::from(id.0[0] >> 2) })
}

/// The live session that `token` names at `now_ms` of the caller's clock, with its active account.
pub fn authenticate(set: &FoldSet, token: &str, now_ms: i64) -> Option<Authenticated> {
    let partition = token_partition(token)?;
    let directory = set.directory();
    let users = set.users_at(partition.index);
    let hash = TokenHash::of(token);
    let (session, account) = rights::authenticate(directory.state(), users.state(), &hash, now_ms)?;
    Some(Authenticated { session: *session, account: account.clone() })
}

impl Fold {
    /// As [`authenticate`], and never an answer from behind: a token that is not known yet is looked
    /// for again at the ends of the partitions that would know it.
    ///
    /// # Errors
    /// [`ReadError`] if that cannot be found out now, or the partitions are too long unconfirmed.
    pub async fn authenticate(
        &self,
        token: &str,
        now_ms: i64,
        deadline: Instant,
    ) -> Result<Option<Authenticated>, ReadError> {
        let Some(partition) = token_partition(token) else { return Ok(None) };
        let partitions = [Partition::DIRECTORY, partition];
        if let Some(stale) = partitions.iter().find(|p| !self.is_current(**p)) {
            return Err(ReadError::Unavailable(format!("{stale} is not confirmed")));
        }
        if let Some(known) = authenticate(self.set(), token, now_ms) {
            return Ok(Some(known));
        }
        self.catch_up(&partitions, deadline).await?;
        Ok(authenticate(self.set(), token, now_ms))
    }
}
