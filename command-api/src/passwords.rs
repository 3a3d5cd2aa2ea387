//! Password hashes: Argon2id, strong, and bounded by a queue, so that a storm of logins cannot starve
//! the chat.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use platform::http::ApiError;
use tokio::sync::Semaphore;
use wire::PASSWORD_LEN_MIN;

/// Hashes that are computed at once: one core stays free on the smallest machine.
fn at_once() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (cores / 2).max(1)
}

/// Requests that may wait for their turn; more are refused.
const QUEUE_LEN_MAX: usize = 512;

pub(crate) const PASSWORD_LEN_MAX: usize = 72;

#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    /// A hash that nobody's password has: checked where there is no account, so that the time of the
    /// answer does not tell.
    nobody: Arc<str>,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(at_once())),
            queue: Arc::new(Semaphore::new(QUEUE_LEN_MAX)),
            nobody: hashed(&events::Id::random().to_string()).unwrap_or_default().into(),
        }
    }

    /// The PHC string of a new password.
    ///
    /// # Errors
    /// A 503 where too many wait.
    pub(crate) async fn hash(&self, password: String) -> Result<String, ApiError> {
        self.run(move || hashed(&password)).await?.map_err(ApiError::internal)
    }

    /// Whether `password` is the one of `hash`; takes as long without a hash.
    ///
    /// # Errors
    /// A 503 where too many wait.
    pub(crate) async fn is_right(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, ApiError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.to_string());
        self.run(move || verified(&password, &hash)).await.map(|right| right && known)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let waiting = Arc::clone(&self.queue)
            .try_acquire_owned()
            .map_err(|_| ApiError::unavailable("too many passwords wait to be checked"))?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(ApiError::internal)?;
        // Both are held by the work itself: a client that goes away frees no core.
        let work = move || {
            let _held = (waiting, turn);
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)
    }
}

fn hashed(password: &str) -> Result<String, argon2::password_hash::Error> {
    Ok(Argon2::default().hash_password(password.as_bytes())?.to_string())
}

fn verified(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Whether a new password is long enough, and short enough to be hashed whole.
pub(crate) fn is_acceptable(password: &str) -> bool {
    (PASSWORD_LEN_MIN..=PASSWORD_LEN_MAX).contains(&password.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_right_for_its_own_hash_only() {
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(passwords.is_right("correct horse".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.is_right("battery staple".into(), Some(hash)).await.unwrap());
        assert!(!passwords.is_right("anything".into(), None).await.unwrap());
        assert!(!passwords.is_right("x".into(), Some("no hash".into())).await.unwrap());
    }

    #[test]
    fn lengths_are_bounded_on_both_sides() {
        assert!(!is_acceptable("1234567") && is_acceptable("12345678"));
        assert!(is_acceptable(&"x".repeat(72)) && !is_acceptable(&"x".repeat(73)));
    }
}
