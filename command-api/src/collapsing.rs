//! Who reads threads apart from their channels.

use events::{Partition, Topic, UserId};
use moka::sync::Cache;

use crate::executor::CommandApi;

/// People of whom the preference is kept in memory.
const PEOPLE_MAX: u64 = 100_000;

/// The preference as rows had it that held everything of the person's partition below this offset.
#[derive(Debug, Clone, Copy)]
struct Known {
    preference: Option<bool>,
    next: u64,
}

/// Preferences that were read lately. Each stands until the person sets or deletes any.
pub(crate) struct Collapsing(Cache<UserId, Known>);

impl Collapsing {
    pub(crate) fn new() -> Self {
        Self(Cache::new(PEOPLE_MAX))
    }
}

impl CommandApi {
    /// Whether somebody reads threads apart: by their preference, where the installation leaves it to
    /// them. Nothing waits for rows that cannot be asked; then it is as for those who did not choose.
    pub(crate) async fn collapses(&self, user: UserId) -> bool {
        let setting = self.settings.collapsed_threads;
        let is_fixed = setting.is_on(Some(true)) == setting.is_on(Some(false));
        let preference = if is_fixed { None } else { self.preferred(user).await };
        setting.is_on(preference)
    }

    async fn preferred(&self, user: UserId) -> Option<bool> {
        let partition = Partition::of(Topic::Users, user.as_bytes());
        if let Some(known) = self.collapsing.0.get(&user)
            && known.next >= self.fold.users(user).state().preferences_until(user)
        {
            return known.preference;
        }
        let (category, name) = (Some("display_settings"), Some("collapsed_reply_threads"));
        let read = self.positioned(partition, self.reader.preferences(user, category, name));
        match read.await {
            Ok((rows, next)) => {
                let preference = rows.first().map(|row| row.value == "on");
                self.collapsing.0.insert(user, Known { preference, next });
                preference
            }
            Err(error) => {
                tracing::warn!(error = %error, "failed to read whether somebody collapses threads");
                None
            }
        }
    }
}
