//! Commands on fields of profiles, and on what people say there.

use std::collections::{BTreeMap, BTreeSet};

use events::profile::{
    ProfileField, ProfileFieldChanged, ProfileFieldCreated, ProfileFieldDeleted, ProfileFieldType,
    ProfileOption, ProfileValue, ProfileValueType, ProfileValues, ProfileValuesSet,
    ProfileVisibility,
};
use events::{Nothing, ProfileFieldId, UserId};

use super::directory::DirectoryRejection as R;
use super::user::UserRejection;
use super::{Decision, ensure, fits, in_directory, in_users};
use crate::directory::Directory;
use crate::profile::{PROFILE_FIELDS_MAX, takes};
use crate::rights;

const NAME_CHARS_MAX: usize = 255;
const OPTIONS_MAX: usize = 200;
const OPTION_CHARS_MAX: usize = 255;

type Decided = Result<Decision, R>;

/// Adds a field to everybody's profile.
#[derive(Debug, Clone)]
pub struct CreateProfileField {
    pub actor: UserId,
    pub field: ProfileField,
}

impl CreateProfileField {
    pub fn decide(&self, directory: &Directory) -> Decided {
        ensure(rights::is_system_admin(directory, self.actor), R::Forbidden)?;
        let field = self.field.clone();
        valid(&field)?;
        let fields = directory.profile_fields();
        if fields.get(field.field_id).is_some() {
            return Ok(Decision::AlreadySo);
        }
        ensure(fields.by_name(&field.name).is_none(), R::ProfileFieldNameTaken)?;
        ensure(fields.count() < PROFILE_FIELDS_MAX, R::TooManyProfileFields)?;
        Ok(in_directory(ProfileFieldCreated { field, by: self.actor }, Nothing {}))
    }
}

/// What is to be otherwise.
#[derive(Debug, Clone, Default)]
pub struct ProfileFieldPatch {
    pub name: Option<String>,
    pub r#type: Option<ProfileFieldType>,
    pub display_name: Option<String>,
    pub visibility: Option<ProfileVisibility>,
    pub value_type: Option<ProfileValueType>,
    pub sort_order: Option<i64>,
    pub options: Option<Vec<ProfileOption>>,
    pub managed: Option<bool>,
}

impl ProfileFieldPatch {
    pub fn apply(&self, field: &mut ProfileField) {
        fn set<T: Clone>(field: &mut T, to: &Option<T>) {
            if let Some(to) = to {
                field.clone_from(to);
            }
        }
        set(&mut field.name, &self.name);
        set(&mut field.r#type, &self.r#type);
        set(&mut field.display_name, &self.display_name);
        set(&mut field.visibility, &self.visibility);
        set(&mut field.value_type, &self.value_type);
        set(&mut field.sort_order, &self.sort_order);
        set(&mut field.options, &self.options);
        set(&mut field.managed, &self.managed);
    }
}

/// Changes a field.
#[derive(Debug, Clone)]
pub struct ChangeProfileField {
    pub actor: UserId,
    pub field_id: ProfileFieldId,
    pub patch: ProfileFieldPatch,
}

impl ChangeProfileField {
    pub fn decide(&self, directory: &Directory) -> Decided {
        ensure(rights::is_system_admin(directory, self.actor), R::Forbidden)?;
        let fields = directory.profile_fields();
        let held = fields.get(self.field_id).ok_or(R::UnknownProfileField)?;
        let mut field = held.field.clone();
        self.patch.apply(&mut field);
        valid(&field)?;
        if field == held.field {
            return Ok(Decision::AlreadySo);
        }
        let named = fields.by_name(&field.name);
        ensure(named.is_none_or(|id| id == self.field_id), R::ProfileFieldNameTaken)?;
        Ok(in_directory(ProfileFieldChanged { field, by: self.actor }, Nothing {}))
    }
}

/// Takes a field away.
#[derive(Debug, Clone, Copy)]
pub struct DeleteProfileField {
    pub actor: UserId,
    pub field_id: ProfileFieldId,
}

impl DeleteProfileField {
    pub fn decide(&self, directory: &Directory) -> Decided {
        ensure(rights::is_system_admin(directory, self.actor), R::Forbidden)?;
        let known = directory.profile_fields().get(self.field_id).is_some();
        ensure(known, R::UnknownProfileField)?;
        let c = ProfileFieldDeleted { field_id: self.field_id, by: self.actor };
        Ok(in_directory(c, Nothing {}))
    }
}

fn valid(field: &ProfileField) -> Result<(), R> {
    let named = !field.name.trim().is_empty() && fits(&field.name, NAME_CHARS_MAX);
    ensure(named, R::Invalid("name"))?;
    ensure(fits(&field.display_name, NAME_CHARS_MAX), R::Invalid("display_name"))?;
    let option = |option: &ProfileOption| {
        let texts = [&option.id, &option.name];
        texts.iter().all(|text| !text.trim().is_empty() && fits(text, OPTION_CHARS_MAX))
            && fits(&option.color, OPTION_CHARS_MAX)
    };
    let ids: BTreeSet<&str> = field.options.iter().map(|option| option.id.as_str()).collect();
    let names: BTreeSet<&str> = field.options.iter().map(|option| option.name.as_str()).collect();
    let count = field.options.len();
    let distinct = ids.len() == count && names.len() == count;
    let options = count <= OPTIONS_MAX && distinct && field.options.iter().all(option);
    ensure(options, R::Invalid("options"))
}

/// Says something of a person in some fields.
#[derive(Debug, Clone)]
pub struct SetProfileValues {
    pub actor: UserId,
    pub user_id: UserId,
    pub values: BTreeMap<ProfileFieldId, ProfileValue>,
}

impl SetProfileValues {
    /// # Errors
    /// [`UserRejection`]
    pub fn decide(&self, directory: &Directory) -> Result<Decision, UserRejection> {
        use UserRejection as R;
        ensure(rights::may_act_for(directory, self.actor, self.user_id), R::Forbidden)?;
        let account = directory.account(self.user_id).ok_or(R::UnknownUser)?;
        ensure(account.erased.is_none(), R::UserInactive)?;
        let is_admin = rights::is_system_admin(directory, self.actor);
        for (id, value) in &self.values {
            let held = directory.profile_fields().get(*id).ok_or(R::Invalid("field_id"))?;
            ensure(is_admin || !held.field.managed, R::Forbidden)?;
            ensure(takes(&held.field, value), R::Invalid("value"))?;
        }
        if self.values.is_empty() {
            return Ok(Decision::AlreadySo);
        }
        let field_ids = self.values.keys().copied().collect();
        let values = self.values.values().cloned().collect();
        let c = ProfileValuesSet { user_id: self.user_id, field_ids };
        Ok(in_users(c, ProfileValues { values }))
    }
}

#[cfg(test)]
mod tests {
    use events::Id;

    use super::super::given::{Given, user};
    use super::*;
    use crate::verdict::Refusal;

    /// Users 1 (administrator of the system), 2 and 3.
    fn scene() -> Given {
        Given::new().with_user(1).with_user(2).with_user(3)
    }

    fn id(n: u8) -> ProfileFieldId {
        ProfileFieldId(Id([n; 16]))
    }

    fn field(n: u8, name: &str) -> ProfileField {
        ProfileField {
            field_id: id(n),
            name: name.to_owned(),
            r#type: ProfileFieldType::Text,
            display_name: String::new(),
            visibility: ProfileVisibility::WhenSet,
            value_type: ProfileValueType::Plain,
            sort_order: 0,
            options: vec![],
            managed: false,
        }
    }

    fn option(id: &str) -> ProfileOption {
        ProfileOption { id: id.to_owned(), name: format!("name {id}"), color: String::new() }
    }

    fn create(actor: u8, field: ProfileField) -> CreateProfileField {
        CreateProfileField { actor: user(actor), field }
    }

    fn change(n: u8, patch: ProfileFieldPatch) -> ChangeProfileField {
        ChangeProfileField { actor: user(1), field_id: id(n), patch }
    }

    fn say(actor: u8, of: u8, n: u8, value: ProfileValue) -> SetProfileValues {
        let values = [(id(n), value)].into();
        SetProfileValues { actor: user(actor), user_id: user(of), values }
    }

    fn one(text: &str) -> ProfileValue {
        ProfileValue::One(text.to_owned())
    }

    fn many(texts: &[&str]) -> ProfileValue {
        ProfileValue::Many(texts.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn fields_are_the_administrators_and_have_names_of_their_own() {
        let mut given = scene();
        assert_eq!(create(2, field(1, "Team")).decide(&given.directory), Err(R::Forbidden));
        for name in ["", "  ", &"x".repeat(256)] {
            let refused = create(1, field(1, name)).decide(&given.directory);
            assert_eq!(refused, Err(R::Invalid("name")), "{name}");
        }
        given.done(create(1, field(1, "Team")).decide(&given.directory));
        let again = create(1, field(1, "Team")).decide(&given.directory);
        assert_eq!(again, Ok(Decision::AlreadySo));
        let taken = create(1, field(2, "Team"));
        assert_eq!(taken.decide(&given.directory), Err(R::ProfileFieldNameTaken));
        // Decided where the first was not known.
        let raced = taken.decide(&scene().directory).unwrap().event().unwrap();
        assert_eq!(given.apply(&raced), Err(Refusal::ProfileFieldNameTaken));
    }

    #[test]
    fn there_are_only_so_many_fields() {
        let mut given = scene();
        for n in 0..20 {
            given.done(create(1, field(n, &n.to_string())).decide(&given.directory));
        }
        let more = create(1, field(90, "more"));
        assert_eq!(more.decide(&given.directory), Err(R::TooManyProfileFields));
        let raced = more.decide(&scene().directory).unwrap().event().unwrap();
        assert_eq!(given.apply(&raced), Err(Refusal::TooManyProfileFields));
    }

    #[test]
    fn a_field_changes_in_what_is_said_and_stays_in_the_rest() {
        let mut given = scene();
        given.done(create(1, field(1, "Team")).decide(&given.directory));
        given.done(create(1, field(2, "Office")).decide(&given.directory));
        let named = |name: &str| ProfileFieldPatch {
            name: Some(name.to_owned()),
            ..ProfileFieldPatch::default()
        };
        let taken = change(1, named("Office")).decide(&given.directory);
        assert_eq!(taken, Err(R::ProfileFieldNameTaken));
        assert_eq!(change(1, named("Team")).decide(&given.directory), Ok(Decision::AlreadySo));
        let unknown = change(9, named("x")).decide(&given.directory);
        assert_eq!(unknown, Err(R::UnknownProfileField));
        let options = Some(vec![option("a"), option("a")]);
        let twice = ProfileFieldPatch { options, ..ProfileFieldPatch::default() };
        assert_eq!(change(1, twice).decide(&given.directory), Err(R::Invalid("options")));
        given.done(change(1, named("Squad")).decide(&given.directory));
        let held = given.directory.profile_fields().get(id(1)).unwrap();
        assert_eq!(
            (held.field.name.as_str(), held.field.r#type),
            ("Squad", ProfileFieldType::Text)
        );
        assert!(held.update_at > held.create_at);
        let delete = DeleteProfileField { actor: user(1), field_id: id(1) };
        given.done(delete.decide(&given.directory));
        assert_eq!(delete.decide(&given.directory), Err(R::UnknownProfileField));
    }

    #[test]
    fn what_somebody_says_fits_the_field_and_is_theirs() {
        use UserRejection as R;
        let mut given = scene();
        given.done(create(1, field(1, "Team")).decide(&given.directory));
        let choice = ProfileField {
            r#type: ProfileFieldType::Multiselect,
            options: vec![option("a"), option("b")],
            managed: true,
            ..field(2, "Skills")
        };
        given.done(create(1, choice).decide(&given.directory));
        let decide = |command: SetProfileValues| command.decide(&given.directory);
        assert_eq!(decide(say(3, 2, 1, one("x"))), Err(R::Forbidden));
        assert_eq!(decide(say(2, 2, 9, one("x"))), Err(R::Invalid("field_id")));
        assert_eq!(decide(say(2, 2, 1, many(&["x"]))), Err(R::Invalid("value")));
        assert_eq!(decide(say(2, 2, 1, one(&"x".repeat(65)))), Err(R::Invalid("value")));
        assert_eq!(decide(say(2, 2, 2, many(&["a"]))), Err(R::Forbidden));
        assert_eq!(decide(say(1, 2, 2, many(&["c"]))), Err(R::Invalid("value")));
        assert_eq!(decide(say(1, 2, 2, many(&["a", "a"]))), Err(R::Invalid("value")));
        assert_eq!(decide(say(1, 9, 1, one("x"))), Err(R::UnknownUser));
        assert!(decide(say(1, 2, 2, many(&["b", "a"]))).unwrap().event().is_some());
        assert!(decide(say(2, 2, 1, one(""))).unwrap().event().is_some());
        let nothing = SetProfileValues { values: BTreeMap::new(), ..say(2, 2, 1, one("")) };
        assert_eq!(decide(nothing), Ok(Decision::AlreadySo));
    }
}
