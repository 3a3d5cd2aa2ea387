//! Wrong passwords are counted, so that nobody can try one after another.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use parking_lot::Mutex;
use platform::http::ApiError;

/// Counted from the first one.
const COUNTED_FOR: Duration = Duration::from_secs(600);
/// Names that are counted at once, the least used are forgotten first: some ten MB.
const NAMES_MAX: u64 = 100_000;
/// From everywhere together so many times more are taken than from one address: somebody who means to keep
/// another out has to come from many.
const EVERYWHERE: u32 = 25;

/// Of this process: an installation with several allows as many times more.
#[derive(Debug, Clone)]
pub(crate) struct Attempts {
    counts: Cache<String, Arc<Mutex<Count>>>,
    wrong_max: u32,
}

#[derive(Debug, Default)]
struct Count {
    wrong: u32,
    /// Not known yet to be wrong.
    pending: u32,
}

/// An attempt under way. Dropped, it was none: whether the password was wrong could not be found out.
#[must_use]
#[derive(Debug)]
pub(crate) struct Attempt {
    attempts: Attempts,
    names: Vec<String>,
    counts: Vec<Arc<Mutex<Count>>>,
}

impl Attempts {
    /// `wrong_max` wrong passwords are taken from one address in ten minutes.
    pub(crate) fn new(wrong_max: u32) -> Self {
        let counts = Cache::builder().max_capacity(NAMES_MAX).time_to_live(COUNTED_FOR).build();
        Self { counts, wrong_max }
    }

    /// Begins to log in under a name, whether there is somebody of it or not.
    ///
    /// # Errors
    /// A 401: there were too many, whatever the password is this time. A 503: too many are under way.
    pub(crate) fn log_in(&self, asked_for: &str, address: &str) -> Result<Attempt, ApiError> {
        let everywhere = self.wrong_max.saturating_mul(EVERYWHERE);
        self.begin([
            (format!("login {asked_for} from {address}"), self.wrong_max),
            (format!("login {asked_for}"), everywhere),
        ])
    }

    /// Begins to prove who one is, of somebody who is logged in.
    ///
    /// # Errors
    /// As [`log_in`](Self::log_in).
    pub(crate) fn prove(&self, account: &str) -> Result<Attempt, ApiError> {
        self.begin([(format!("account {account}"), self.wrong_max)])
    }

    fn begin<const N: usize>(&self, named: [(String, u32); N]) -> Result<Attempt, ApiError> {
        let mut attempt = Attempt { attempts: self.clone(), names: vec![], counts: vec![] };
        for (name, max) in named {
            let count = self.counts.get_with(name.clone(), Arc::default);
            {
                let mut held = count.lock();
                if held.wrong >= max {
                    return Err(ApiError::login_too_many_attempts());
                }
                if held.wrong + held.pending >= max {
                    return Err(ApiError::unavailable("too many passwords of one account wait"));
                }
                held.pending += 1;
            }
            attempt.names.push(name);
            attempt.counts.push(count);
        }
        Ok(attempt)
    }
}

impl Attempt {
    /// The password was wrong.
    pub(crate) fn wrong(self) {
        self.counts.iter().for_each(|count| count.lock().wrong += 1);
    }

    /// The password was right: nothing is counted any more.
    pub(crate) fn right(self) {
        self.names.iter().for_each(|name| self.attempts.counts.invalidate(name));
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.counts.iter().for_each(|count| count.lock().pending -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOO_MANY: &str = "api.user.check_user_login_attempts.too_many.app_error";

    fn refused(attempts: &Attempts, name: &str, address: &str) -> Option<String> {
        attempts.log_in(name, address).err().map(|error| error.id().to_owned())
    }

    #[test]
    fn so_many_may_be_wrong_and_a_right_one_begins_anew() {
        let attempts = Attempts::new(3);
        for _ in 0..3 {
            attempts.log_in("ada", "here").unwrap().wrong();
        }
        assert_eq!(refused(&attempts, "ada", "here").as_deref(), Some(TOO_MANY));
        assert_eq!(refused(&attempts, "bob", "here"), None);
        attempts.log_in("ada", "elsewhere").unwrap().right();
        attempts.prove("ada").unwrap().wrong();
        for place in 0..EVERYWHERE {
            for _ in 0..3 {
                attempts.log_in("ada", &place.to_string()).unwrap().wrong();
            }
        }
        assert_eq!(refused(&attempts, "ada", "anywhere").as_deref(), Some(TOO_MANY));
    }

    #[test]
    fn what_could_not_be_found_out_does_not_count_and_many_at_once_wait() {
        let attempts = Attempts::new(3);
        for _ in 0..10 {
            drop(attempts.log_in("ada", "here").unwrap());
        }
        let under_way: Vec<_> = (0..3).map(|_| attempts.log_in("ada", "here").unwrap()).collect();
        assert_ne!(refused(&attempts, "ada", "here").as_deref(), Some(TOO_MANY));
        assert!(refused(&attempts, "ada", "here").is_some());
        drop(under_way);
        assert_eq!(refused(&attempts, "ada", "here"), None);
    }
}
