//! Facts on what an installation asks of people beside their names: the fields in the topic `directory`,
//! what people say in the topic `users`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Owner, fact};
use crate::{ProfileFieldId, UserId};

/// What can be said in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProfileFieldType {
    Text,
    Select,
    Multiselect,
    Date,
    User,
    Multiuser,
}

/// Where clients show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProfileVisibility {
    Always,
    #[default]
    WhenSet,
    /// Nowhere: it is for the person and for administrators.
    Hidden,
}

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum ProfileValueType {
    #[default]
    #[serde(rename = "")]
    Plain,
    #[serde(rename = "email")]
    Email,
    #[serde(rename = "url")]
    Url,
    #[serde(rename = "phone")]
    Phone,
}

/// Something to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileOption {
    pub id: String,
    pub name: String,
    pub color: String,
}

/// A field as it stands after the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileField {
    pub field_id: ProfileFieldId,
    pub name: String,
    pub r#type: ProfileFieldType,
    pub display_name: String,
    pub visibility: ProfileVisibility,
    pub value_type: ProfileValueType,
    pub sort_order: i64,
    pub options: Vec<ProfileOption>,
    /// Whether administrators alone say what stands there.
    pub managed: bool,
}

/// Everybody's profile has another field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileFieldCreated {
    pub field: ProfileField,
    pub by: UserId,
}
fact!(ProfileFieldCreated, "profile_field.created", 1);

/// A field is another one now; what people said there and what it no longer takes is not shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileFieldChanged {
    pub field: ProfileField,
    pub by: UserId,
}
fact!(ProfileFieldChanged, "profile_field.changed", 1);

/// The field is no more, and what people said there is shown nowhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileFieldDeleted {
    pub field_id: ProfileFieldId,
    pub by: UserId,
}
fact!(ProfileFieldDeleted, "profile_field.deleted", 1);

/// Something is said of a person in these fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileValuesSet {
    pub user_id: UserId,
    pub field_ids: Vec<ProfileFieldId>,
}
fact!(ProfileValuesSet, "profile_values.set", 1, ProfileValues, |c: &ProfileValuesSet| {
    Owner::Person(c.user_id)
});

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ProfileValues {
    /// In the order of the fields.
    pub values: Vec<ProfileValue>,
}

/// What is said in a field; empty where nothing is said any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ProfileValue {
    One(String),
    Many(Vec<String>),
}

impl ProfileValue {
    pub fn is_empty(&self) -> bool {
        match self {
            Self::One(text) => text.is_empty(),
            Self::Many(texts) => texts.is_empty(),
        }
    }
}

impl ProfileValuesSet {
    /// Each field with what is said there; nothing, where the personal half is gone.
    pub fn said<'v>(
        &'v self,
        values: &'v ProfileValues,
    ) -> impl Iterator<Item = (ProfileFieldId, Option<&'v ProfileValue>)> {
        let nth = |n| values.values.get(n).filter(|value: &&ProfileValue| !value.is_empty());
        self.field_ids.iter().enumerate().map(move |(n, field)| (*field, nth(n)))
    }
}
