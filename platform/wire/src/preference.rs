//! Preferences.

use events::UserId;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Preference {
    pub user_id: UserId,
    pub category: String,
    pub name: String,
    pub value: String,
}

impl Preference {
    pub fn from_event(user_id: UserId, preference: &events::user::Preference) -> Self {
        Self {
            user_id,
            category: preference.category.clone(),
            name: preference.name.clone(),
            value: preference.value.clone(),
        }
    }
}
