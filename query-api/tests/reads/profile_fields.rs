//! Fields that an installation adds to profiles, and what is shown of what people say there.

use events::profile::*;
use events::user::UserStateErased;
use events::{Body, DirectoryEvent, Id, ProfileFieldId, UserEvent};
use serde_json::json;

use crate::people::{Person, each, with_nothing_personal};
use crate::world::{World, run};

fn field(n: u8, name: &str, visibility: ProfileVisibility) -> ProfileField {
    ProfileField {
        field_id: ProfileFieldId(Id([n; 16])),
        name: name.to_owned(),
        r#type: ProfileFieldType::Text,
        display_name: String::new(),
        visibility,
        value_type: ProfileValueType::Plain,
        sort_order: -i64::from(n),
        options: vec![],
        managed: false,
    }
}

impl World {
    async fn add_field(&self, by: &Person, field: ProfileField) {
        let c = ProfileFieldCreated { field, by: by.id };
        let event = DirectoryEvent::ProfileFieldCreated(with_nothing_personal(c));
        self.append(Id::default(), event).await;
    }

    async fn say_in(&self, person: &Person, field: u8, value: ProfileValue) {
        let c = ProfileValuesSet {
            user_id: person.id,
            field_ids: vec![ProfileFieldId(Id([field; 16]))],
        };
        let p = ProfileValues { values: vec![value] };
        self.append(person.id.0, UserEvent::from(Body { c, p })).await;
    }
}

#[test]
fn fields_are_listed_in_their_order_and_values_shown_to_whom_they_concern() {
    run(async {
        let world = World::start().await;
        let (ada, bob) = (world.person("ada").await, world.person("bob").await);
        let eve = world.person("eve").await;
        world.add_field(&ada, field(1, "Office", ProfileVisibility::Always)).await;
        world.add_field(&ada, field(2, "Badge", ProfileVisibility::Hidden)).await;
        let fields = world.get(&eve, "/custom_profile_attributes/fields").await.ok();
        assert_eq!(each(&fields, "name"), ["Badge", "Office"]);
        assert_eq!(fields[0]["attrs"]["visibility"], "hidden");
        let group = world.get(&eve, "/custom_profile_attributes/group").await.ok();
        assert_eq!(group["id"], fields[0]["group_id"]);

        world.say_in(&bob, 1, ProfileValue::One("Oslo".into())).await;
        world.say_in(&bob, 2, ProfileValue::One("4711".into())).await;
        let path = format!("/users/{}/custom_profile_attributes", bob.id);
        let (office, badge) = (Id([1; 16]).to_string(), Id([2; 16]).to_string());
        let all = json!({ (office.as_str()): "Oslo", (badge.as_str()): "4711" });
        assert_eq!(world.get(&bob, &path).await.ok(), all);
        assert_eq!(world.get(&ada, &path).await.ok(), all, "she administers");
        assert_eq!(world.get(&eve, &path).await.ok(), json!({ (office.as_str()): "Oslo" }));
        let unknown = format!("/users/{}/custom_profile_attributes", Id([9; 16]));
        assert_eq!(world.get(&eve, &unknown).await.refused().0, 404);
    });
}

#[test]
fn what_a_field_no_longer_takes_or_nobody_says_any_more_is_not_shown() {
    run(async {
        let world = World::start().await;
        let ada = world.person("ada").await;
        let office = field(1, "Office", ProfileVisibility::Always);
        world.add_field(&ada, office.clone()).await;
        let path = format!("/users/{}/custom_profile_attributes", ada.id);
        let id = office.field_id.to_string();
        world.say_in(&ada, 1, ProfileValue::One("Oslo".into())).await;
        let field = ProfileField { r#type: ProfileFieldType::Multiselect, ..office.clone() };
        let c = ProfileFieldChanged { field, by: ada.id };
        let event = DirectoryEvent::ProfileFieldChanged(with_nothing_personal(c));
        world.append(Id::default(), event).await;
        assert_eq!(world.get(&ada, &path).await.ok(), json!({}));
        let c = ProfileFieldChanged { field: office, by: ada.id };
        let event = DirectoryEvent::ProfileFieldChanged(with_nothing_personal(c));
        world.append(Id::default(), event).await;
        assert_eq!(world.get(&ada, &path).await.ok(), json!({ (id.as_str()): "Oslo" }));
        world.say_in(&ada, 1, ProfileValue::One(String::new())).await;
        assert_eq!(world.get(&ada, &path).await.ok(), json!({}));

        let bob = world.person("bob").await;
        world.say_in(&bob, 1, ProfileValue::One("Bergen".into())).await;
        let erased = UserStateErased { user_id: bob.id };
        let event = UserEvent::UserStateErased(with_nothing_personal(erased));
        world.append(bob.id.0, event).await;
        let path = format!("/users/{}/custom_profile_attributes", bob.id);
        assert_eq!(world.get(&ada, &path).await.ok(), json!({}));
    });
}
