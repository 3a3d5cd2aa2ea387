//! Fields of profiles that an installation adds.

use domain::HeldField;
use events::profile::{ProfileFieldType, ProfileOption, ProfileValueType, ProfileVisibility};
use events::{Id, ProfileFieldId, UserId};
use schemars::JsonSchema;
use serde::Serialize;

/// A field, as the contract calls all that belongs to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProfileField {
    pub id: ProfileFieldId,
    pub group_id: Id,
    pub name: String,
    pub r#type: ProfileFieldType,
    pub attrs: ProfileFieldAttrs,
    pub target_id: &'static str,
    pub target_type: &'static str,
    pub object_type: &'static str,
    pub create_at: i64,
    pub update_at: i64,
    pub delete_at: i64,
    pub created_by: UserId,
    pub updated_by: UserId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProfileFieldAttrs {
    pub visibility: ProfileVisibility,
    pub sort_order: i64,
    pub value_type: ProfileValueType,
    pub display_name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<ProfileOption>,
    pub managed: &'static str,
    pub ldap: &'static str,
    pub saml: &'static str,
}

impl ProfileField {
    /// What all of these fields belong to.
    pub fn group() -> Id {
        Id::derived("property.group", &[b"custom_profile_attributes"])
    }
}

impl From<&HeldField> for ProfileField {
    fn from(held: &HeldField) -> Self {
        let field = &held.field;
        Self {
            id: field.field_id,
            group_id: Self::group(),
            name: field.name.clone(),
            r#type: field.r#type,
            attrs: ProfileFieldAttrs {
                visibility: field.visibility,
                sort_order: field.sort_order,
                value_type: field.value_type,
                display_name: field.display_name.clone(),
                options: field.options.clone(),
                managed: if field.managed { "admin" } else { "" },
                ldap: "",
                saml: "",
            },
            target_id: "",
            target_type: "",
            object_type: "user",
            create_at: held.create_at,
            update_at: held.update_at,
            delete_at: 0,
            created_by: held.created_by,
            updated_by: held.updated_by,
        }
    }
}
