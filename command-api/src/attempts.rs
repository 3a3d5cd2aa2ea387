//! Wrong passwords are counted, so that nobody can try one after another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use moka::sync::Cache;
use platform::http::ApiError;

/// Counted from the first wrong one.
const COUNTED_FOR: Duration = Duration::from_secs(600);
/// Logins that are counted at once, the least used are forgotten first: a few MB.
const LOGINS_MAX: u64 = 100_000;

/// Of this process: an installation with several allows as many times more.
#[derive(Debug, Clone)]
pub(crate) struct Attempts {
    wrong: Cache<String, Arc<AtomicU32>>,
    wrong_max: u32,
}

impl Attempts {
    /// `wrong_max` wrong passwords are taken in ten minutes.
    pub(crate) fn new(wrong_max: u32) -> Self {
        let wrong = Cache::builder().max_capacity(LOGINS_MAX).time_to_live(COUNTED_FOR).build();
        Self { wrong, wrong_max }
    }

    /// Counts an attempt at the login `name`, an account's id where there is one, before it is known to be
    /// wrong: of many at once none gets through. [`right`](Self::right) takes it back.
    ///
    /// # Errors
    /// A 401: there were too many, whatever the password is this time.
    pub(crate) fn begin(&self, name: &str) -> Result<(), ApiError> {
        let wrong = self.wrong.get_with(name.to_owned(), Arc::default);
        let before = wrong.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |wrong| {
            (wrong < self.wrong_max).then_some(wrong + 1)
        });
        before.map(drop).map_err(|_| ApiError::login_too_many_attempts())
    }

    /// The password was right: nothing is counted any more.
    pub(crate) fn right(&self, name: &str) {
        self.wrong.invalidate(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_may_be_wrong_and_a_right_one_begins_anew() {
        let attempts = Attempts::new(3);
        for _ in 0..3 {
            attempts.begin("ada").unwrap();
        }
        let refused = attempts.begin("ada").unwrap_err();
        assert_eq!(refused.id(), "api.user.check_user_login_attempts.too_many.app_error");
        attempts.begin("bob").unwrap();
        attempts.right("ada");
        attempts.begin("ada").unwrap();
    }
}
