//! Fields of profiles that an installation adds. A part of `directory`.

use std::collections::{BTreeMap, BTreeSet};

use events::profile::{
    ProfileField, ProfileFieldChanged, ProfileFieldCreated, ProfileFieldType, ProfileValue,
};
use events::{ProfileFieldId, UserId};
use serde::{Deserialize, Serialize};

use crate::directory::refuse_if;
use crate::verdict::Refusal;

/// Fields of an installation: every process holds them in memory, and clients show all of them.
pub const PROFILE_FIELDS_MAX: usize = 20;
/// Characters of a text that somebody says.
pub const PROFILE_TEXT_CHARS_MAX: usize = 64;
/// People or options in one value.
const CHOSEN_MAX: usize = 100;

/// A field with its times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldField {
    pub field: ProfileField,
    pub created_by: UserId,
    pub updated_by: UserId,
    /// Assigned.
    pub create_at: i64,
    pub update_at: i64,
}

/// The fields that there are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ProfileFields {
    fields: BTreeMap<ProfileFieldId, HeldField>,
}

/// What is known of them.
impl ProfileFields {
    pub fn get(&self, id: ProfileFieldId) -> Option<&HeldField> {
        self.fields.get(&id)
    }

    pub fn all(&self) -> impl Iterator<Item = &HeldField> {
        self.fields.values()
    }

    pub fn count(&self) -> usize {
        self.fields.len()
    }

    pub fn by_name(&self, name: &str) -> Option<ProfileFieldId> {
        self.all().find(|held| held.field.name == name).map(|held| held.field.field_id)
    }
}

/// Whether `value` can be said in the field; nothing can always be said.
pub fn takes(field: &ProfileField, value: &ProfileValue) -> bool {
    use ProfileFieldType as T;
    let option = |id: &String| field.options.iter().any(|option| option.id == *id);
    let person = |id: &String| id.parse::<UserId>().is_ok();
    if value.is_empty() {
        return true;
    }
    match (field.r#type, value) {
        (T::Text | T::Date, ProfileValue::One(text)) => {
            text.chars().nth(PROFILE_TEXT_CHARS_MAX).is_none()
        }
        (T::Select, ProfileValue::One(id)) => option(id),
        (T::User, ProfileValue::One(id)) => person(id),
        (T::Multiselect, ProfileValue::Many(ids)) => are_chosen(ids, option),
        (T::Multiuser, ProfileValue::Many(ids)) => are_chosen(ids, person),
        _ => false,
    }
}

fn are_chosen(ids: &[String], known: impl Fn(&String) -> bool) -> bool {
    let distinct: BTreeSet<&String> = ids.iter().collect();
    ids.len() <= CHOSEN_MAX && distinct.len() == ids.len() && ids.iter().all(known)
}

/// Rules. That accounts exist is for `directory` to say.
impl ProfileFields {
    pub(crate) fn admit_created(&self, created: &ProfileFieldCreated) -> Result<(), Refusal> {
        let field = &created.field;
        refuse_if(self.fields.contains_key(&field.field_id), Refusal::Already)?;
        refuse_if(self.by_name(&field.name).is_some(), Refusal::ProfileFieldNameTaken)?;
        refuse_if(self.count() >= PROFILE_FIELDS_MAX, Refusal::TooManyProfileFields)
    }

    pub(crate) fn admit_changed(&self, changed: &ProfileFieldChanged) -> Result<(), Refusal> {
        let field = &changed.field;
        let held = self.get(field.field_id).ok_or(Refusal::UnknownProfileField)?;
        refuse_if(held.field == *field, Refusal::Already)?;
        let named = self.by_name(&field.name);
        refuse_if(named.is_some_and(|id| id != field.field_id), Refusal::ProfileFieldNameTaken)
    }

    pub(crate) fn admit_deleted(&self, id: ProfileFieldId) -> Result<(), Refusal> {
        refuse_if(!self.fields.contains_key(&id), Refusal::Already)
    }
}

/// Effects.
impl ProfileFields {
    pub(crate) fn create(&mut self, created: &ProfileFieldCreated, at: i64) {
        let held = HeldField {
            field: created.field.clone(),
            created_by: created.by,
            updated_by: created.by,
            create_at: at,
            update_at: at,
        };
        self.fields.insert(created.field.field_id, held);
    }

    pub(crate) fn change(&mut self, changed: &ProfileFieldChanged, at: i64) {
        if let Some(held) = self.fields.get_mut(&changed.field.field_id) {
            held.field.clone_from(&changed.field);
            held.updated_by = changed.by;
            held.update_at = at;
        }
    }

    pub(crate) fn delete(&mut self, id: ProfileFieldId) {
        self.fields.remove(&id);
    }
}
