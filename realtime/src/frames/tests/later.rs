//! Posts for later, and reminders.

use super::*;

#[test]
fn a_post_for_later_is_told_to_its_writers_devices() {
    use events::scheduled_post::*;
    let world = World::new();
    let (scheduled_id, user_id, channel_id) = (ScheduledPostId::from_bytes([9; 16]), BOB, TOWN);
    let c = ScheduledPostCreated {
        scheduled_id,
        user_id,
        channel_id,
        root_id: None,
        file_ids: vec![],
        due_at: 5_000,
    };
    let p = ScheduledContent { message: "tea".into(), ..ScheduledContent::default() };
    let created = UserEvent::from(Body { c, p });
    let pushed = world.push_from(Some("laptop"), BOB.0, created);
    assert_eq!(names(&pushed), ["scheduled_post_created"]);
    let (audience, frame) = &pushed.frames[0];
    let except = Some("laptop".to_owned());
    assert_eq!(*audience, Audience::Devices { user: BOB, except });
    let post: Value =
        serde_json::from_str(frame["data"]["scheduledPost"].as_str().unwrap()).unwrap();
    assert_eq!((&post["id"], &post["message"]), (&json!(scheduled_id), &json!("tea")));
    assert_eq!((&post["scheduled_at"], &post["error_code"]), (&json!(5_000), &json!("")));

    let said_at = world.0.next(Partition::of(Topic::Users, BOB.as_bytes())) - 1;
    let fired = ScheduledPostFired { scheduled_id, user_id, said_at };
    let pushed = world.push(BOB.0, UserEvent::from(Body::from(fired)));
    assert!(pushed.frames.is_empty() && pushed.rows.is_empty());
    let error_code = ScheduledPostError::ChannelArchived;
    let failed = ScheduledPostFailed { scheduled_id, user_id, said_at, error_code };
    let pushed = world.push(BOB.0, UserEvent::from(Body::from(failed)));
    assert_eq!(pushed.rows, [(Audience::User(BOB), Rows::ScheduledPost(scheduled_id))]);
    let deleted = ScheduledPostDeleted { scheduled_id, user_id, channel_id, root_id: None };
    let pushed = world.push(BOB.0, UserEvent::from(Body::from(deleted)));
    assert_eq!(names(&pushed), ["scheduled_post_deleted"]);
}

#[test]
fn who_sets_a_reminder_is_told_so_and_nobody_else() {
    use events::reminder::*;
    let world = World::new();
    let post_id = PostId::from_bytes([7; 16]);
    let set = ReminderSet {
        user_id: BOB,
        post_id,
        channel_id: TOWN,
        root_id: None,
        author_id: BOB,
        due_at: i64::MAX / 2,
    };
    let pushed = world.push(BOB.0, UserEvent::from(Body::from(set)));
    assert_eq!(names(&pushed), ["ephemeral_message"]);
    let (audience, frame) = &pushed.frames[0];
    assert_eq!(*audience, Audience::User(BOB));
    let post: Value = serde_json::from_str(frame["data"]["post"].as_str().unwrap()).unwrap();
    assert_eq!(post["type"], "system_ephemeral");
    assert_eq!((&post["root_id"], &post["channel_id"]), (&json!(post_id), &json!(TOWN)));
    assert_eq!(
        (&post["props"]["type"], &post["props"]["post_id"]),
        (&json!("reminder"), &json!(post_id))
    );
}
