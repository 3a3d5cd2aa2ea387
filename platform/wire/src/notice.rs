//! The text of system posts: made when they are shown, in the names of today.

use events::UserId;
use events::channel::{Notice, NoticeKind};
use events::directory::ChannelType;
use serde_json::{Map, Value};

/// Who is called what today.
pub trait Names {
    fn username(&self, id: UserId) -> Option<String>;
}

impl<F: Fn(UserId) -> Option<String>> Names for F {
    fn username(&self, id: UserId) -> Option<String> {
        self(id)
    }
}

/// Message and `props` of a system post.
#[derive(Debug, Clone, PartialEq)]
pub struct NoticeText {
    pub message: String,
    pub props: Map<String, Value>,
}

/// Says what `notice` says.
pub fn notice_text(notice: &Notice, names: &impl Names) -> NoticeText {
    let name = |id: UserId| names.username(id).unwrap_or_else(|| "someone".to_owned());
    let by = name(notice.by);
    let concerned = notice.user_ids.first().copied();
    let concerned_names =
        notice.user_ids.iter().map(|id| format!("@{}", name(*id))).collect::<Vec<_>>().join(", ");
    let message = match notice.kind {
        NoticeKind::JoinChannel => format!("@{by} is now in the channel."),
        NoticeKind::LeaveChannel => format!("@{by} has left the channel."),
        NoticeKind::AddToChannel => format!("@{by} brought {concerned_names} into the channel."),
        NoticeKind::RemoveFromChannel => format!("{concerned_names} was taken out of the channel."),
        NoticeKind::JoinTeam => format!("@{by} is now in the team."),
        NoticeKind::LeaveTeam => format!("@{by} has left the team."),
        NoticeKind::DisplaynameChange => changed(&by, "name", notice),
        NoticeKind::HeaderChange => changed(&by, "header", notice),
        NoticeKind::PurposeChange => changed(&by, "purpose", notice),
        NoticeKind::ChannelDeleted => format!("@{by} put the channel into the archive."),
        NoticeKind::ChannelRestored => format!("@{by} took the channel out of the archive."),
        NoticeKind::ChangeChanPrivacy if notice.new == ChannelType::Private.letter() => {
            format!("@{by} made the channel private.")
        }
        NoticeKind::ChangeChanPrivacy => format!("@{by} made the channel public."),
    };
    let mut props = Map::new();
    props.insert("username".to_owned(), by.into());
    props.insert("userId".to_owned(), notice.by.to_string().into());
    match notice.kind {
        NoticeKind::AddToChannel => concern(&mut props, "added", concerned, &name),
        NoticeKind::RemoveFromChannel => concern(&mut props, "removed", concerned, &name),
        NoticeKind::DisplaynameChange => old_and_new(&mut props, "displayname", notice),
        NoticeKind::HeaderChange => old_and_new(&mut props, "header", notice),
        NoticeKind::PurposeChange => old_and_new(&mut props, "purpose", notice),
        NoticeKind::JoinChannel
        | NoticeKind::LeaveChannel
        | NoticeKind::JoinTeam
        | NoticeKind::LeaveTeam
        | NoticeKind::ChannelDeleted
        | NoticeKind::ChannelRestored
        | NoticeKind::ChangeChanPrivacy => {}
    }
    NoticeText { message, props }
}

fn changed(by: &str, what: &str, notice: &Notice) -> String {
    match (notice.old.as_str(), notice.new.as_str()) {
        (old, "") => format!("@{by} cleared the channel's {what} (it was: {old})"),
        ("", new) => format!("@{by} set the channel's {what} to: {new}"),
        (old, new) => format!("@{by} changed the channel's {what} from: {old} to: {new}"),
    }
}

fn concern(
    props: &mut Map<String, Value>,
    how: &str,
    concerned: Option<UserId>,
    name: &impl Fn(UserId) -> String,
) {
    if let Some(id) = concerned {
        props.insert(format!("{how}UserId"), id.to_string().into());
        props.insert(format!("{how}Username"), name(id).into());
    }
}

fn old_and_new(props: &mut Map<String, Value>, what: &str, notice: &Notice) {
    props.insert(format!("old_{what}"), notice.old.clone().into());
    props.insert(format!("new_{what}"), notice.new.clone().into());
}

#[cfg(test)]
mod tests {
    use super::*;
    use events::PostId;

    #[test]
    fn an_addition_names_both_people_as_they_are_called_today() {
        let (ada, bob) = (UserId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        let notice = Notice {
            post_id: PostId::from_bytes([3; 16]),
            kind: NoticeKind::AddToChannel,
            by: ada,
            user_ids: vec![bob],
            old: String::new(),
            new: String::new(),
        };
        let names = |id: UserId| Some(if id == ada { "ada" } else { "bob" }.to_owned());
        let text = notice_text(&notice, &names);
        assert!(text.message.contains("@ada") && text.message.contains("@bob"));
        assert_eq!(text.props["addedUsername"], "bob");
        assert_eq!(text.props["addedUserId"], bob.to_string());
        assert_eq!(text.props["username"], "ada");
    }
}
