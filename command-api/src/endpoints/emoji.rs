//! Custom emoji: `POST /emoji`, `DELETE /emoji/{emoji_id}`.

use axum::extract::{Request, State};
use axum::response::Response;
use domain::Directory;
use domain::commands::pictures::{CreateEmoji, DeleteEmoji};
use events::{DirectoryEvent, EmojiId, Event, Partition};
use http::StatusCode;
use platform::http::{ApiError, Path, UrlId, UserRef, json, nullable, ok_status};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::caller::Caller;
use crate::executor::CommandApi;
use crate::pictures::{Received, Refusals, emoji, receive};

/// Bytes of an uploaded emoji.
const BYTES_MAX: usize = 512 << 10;

const REFUSALS: Refusals = Refusals {
    too_large: "api.emoji.create.too_large.app_error",
    unreadable: "api.emoji.upload.image.app_error",
    too_many_pixels: "api.emoji.upload.large_image.too_large.app_error",
    no_file: "api.emoji.create.parse.app_error",
};

/// What clients add to the name of an emoji for the colour of a skin.
const SKIN_TONES: [&str; 5] = [
    "_light_skin_tone",
    "_medium_light_skin_tone",
    "_medium_skin_tone",
    "_medium_dark_skin_tone",
    "_dark_skin_tone",
];

#[derive(Debug, Default, Deserialize, JsonSchema)]
struct NewEmoji {
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    creator_id: String,
}

/// `POST /emoji`, a form; 200.
pub(crate) async fn create(
    State(api): State<CommandApi>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let Received { texts, image } = receive(request, BYTES_MAX, &REFUSALS).await?;
    let new = texts.get("emoji").and_then(|text| serde_json::from_str::<NewEmoji>(text).ok());
    let new = new.ok_or_else(|| ApiError::invalid_body("emoji"))?;
    creator(&new, &caller)?;
    let (actor, name) = (caller.user, new.name);
    api.allowed(|directory| CreateEmoji::allowed(directory, actor, &name)).await?;
    if is_built_in(&name) {
        return Err(built_in());
    }
    let made = api.pictures.turn().await?.make(move || emoji(&image)).await;
    let image = api.keep_picture(made.map_err(|error| REFUSALS.of(error))?).await?;
    let emoji_id = EmojiId::random();
    let command = CreateEmoji { actor, emoji_id, name, image: image.clone() };
    let decide = |directory: &Directory| command.decide(directory);
    let Some(written) = api.show_picture(&caller, Some(&image), decide).await? else {
        return Err(ApiError::unknown_outcome());
    };
    let Event::Directory(DirectoryEvent::EmojiCreated(b)) = written.event() else {
        return Err(ApiError::unknown_outcome());
    };
    let shown = json(StatusCode::OK, &wire::Emoji::from_created(&b.c, written.at));
    Ok(api.shown(&caller.wishes, &[written.position], shown).await)
}

/// Nobody makes an emoji in another's name.
fn creator(new: &NewEmoji, caller: &Caller) -> Result<(), ApiError> {
    if new.creator_id.is_empty() {
        return Ok(());
    }
    let creator = UserRef::from_field("creator_id", &new.creator_id)?.resolve(caller.user);
    if creator == caller.user { Ok(()) } else { Err(ApiError::forbidden()) }
}

fn is_built_in(name: &str) -> bool {
    let known = |name: &str| emojis::get_by_shortcode(name).is_some();
    known(name) || SKIN_TONES.iter().filter_map(|tone| name.strip_suffix(tone)).any(known)
}

fn built_in() -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "model.emoji.system_emoji_name.app_error",
        "A built-in emoji has this name.",
    )
}

/// `DELETE /emoji/{emoji_id}`
pub(crate) async fn delete(
    State(api): State<CommandApi>,
    caller: Caller,
    Path(emoji): Path<UrlId<EmojiId>>,
) -> Result<Response, ApiError> {
    let command = DeleteEmoji { actor: caller.user, emoji_id: emoji.0 };
    let decide = |directory: &Directory| command.decide(directory);
    let written = api.in_directory(caller.actor(), caller.command_id(&api), decide).await?;
    let positions = api.position_of(written.as_ref(), Partition::DIRECTORY);
    Ok(api.shown(&caller.wishes, &positions, ok_status()).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_names_are_known_in_every_colour() {
        for name in ["smile", "+1", "thumbsup", "tada", "wave_dark_skin_tone", "heart"] {
            assert!(is_built_in(name), "{name}");
        }
        for name in ["party_parrot", "ada", "smile_", "_dark_skin_tone", ""] {
            assert!(!is_built_in(name), "{name}");
        }
    }
}
