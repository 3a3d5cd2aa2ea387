//! `GET /users/{user_id}/image`: the picture that an account chose, else one that is drawn from its id.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use events::{Id, UserId};
use http::header::{CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderValue};
use platform::http::{ApiError, Path, UserRef, if_none_match, not_modified};
use read_model::rows::UserRow;
use sealing::FileKey;

use crate::app::{App, DIRECTORY, failed};
use crate::caller::Caller;
use crate::pictures;
use crate::rights::require_account;

/// Pixels of a cell, cells of a side: a cell of margin around a pattern of five.
const CELL: usize = 18;
const CELLS: usize = 7;
const SIDE: usize = CELL * CELLS;
/// `last_picture_update` of an account that chose no picture; clients read the tag as a number.
const DRAWN_TAG: i64 = 0;

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserRef>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let user = user.resolve(caller.user);
    require_account(&app, &caller, user).await?;
    let row = match chose_one(&app, user) {
        true => chosen(&app, user).await?,
        false => None,
    };
    let tag = row.as_ref().map_or(DRAWN_TAG, |row| row.last_picture_update);
    if if_none_match(&headers, &tag.to_string()) {
        return Ok(not_modified(&tag.to_string()));
    }
    let stored = match &row {
        Some(row) => stored(&app, row).await?,
        None => None,
    };
    let mut response = match stored {
        Some(response) => response,
        None => drawn(user)?,
    };
    response.headers_mut().insert(ETAG, HeaderValue::from(tag));
    Ok(response)
}

/// `GET /users/{user_id}/image/default`
pub(crate) async fn default(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserRef>,
) -> Result<Response, ApiError> {
    let user = user.resolve(caller.user);
    require_account(&app, &caller, user).await?;
    drawn(user)
}

fn chose_one(app: &App, user: UserId) -> bool {
    app.fold.directory().state().pictures().of_person(user).is_some()
}

/// The account's row with its picture, which it may have lost since.
async fn chosen(app: &App, user: UserId) -> Result<Option<UserRow>, ApiError> {
    let with_picture = |row: Option<UserRow>| row.filter(|row| !row.picture_object.is_empty());
    let row = app.reader.user(user).await.map_err(failed)?;
    if let Some(row) = with_picture(row) {
        return Ok(Some(row));
    }
    app.catch_up(DIRECTORY).await?;
    Ok(with_picture(app.reader.user(user).await.map_err(failed)?))
}

/// None where the bytes can no longer be read.
async fn stored(app: &App, row: &UserRow) -> Result<Option<Response>, ApiError> {
    match FileKey::parse(&row.picture_key) {
        Ok(key) => pictures::picture(app, &row.picture_object, &key).await,
        Err(_) => Ok(None),
    }
}

fn drawn(user: UserId) -> Result<Response, ApiError> {
    let mut response = Response::new(Body::from(picture(user).map_err(ApiError::internal)?));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("image/png"));
    Ok(response)
}

/// A pattern of five by five cells, the same on the left and on the right, in a colour of its own.
fn picture(user: UserId) -> Result<Vec<u8>, png::EncodingError> {
    let seed = Id::derived("picture", &[user.as_bytes()]).0;
    let mut pixels = vec![0; SIDE * SIDE];
    for (at, pixel) in pixels.iter_mut().enumerate() {
        let (row, column) = (at / SIDE / CELL, at % SIDE / CELL);
        *pixel = u8::from(is_set(&seed, row, column));
    }
    let mut file = Vec::new();
    let side = u32::try_from(SIDE).expect("a picture is small");
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette([[240, 240, 240], colour(&seed)].concat());
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(file)
}

fn is_set(seed: &[u8; 16], row: usize, column: usize) -> bool {
    let inside = 1..CELLS - 1;
    if !inside.contains(&row) || !inside.contains(&column) {
        return false;
    }
    let column = (column - 1).min(CELLS - 2 - column);
    let bit = (row - 1) * 3 + column;
    seed[bit / 8] >> (bit % 8) & 1 == 1
}

/// Dark enough to be seen on the ground.
fn colour(seed: &[u8; 16]) -> [u8; 3] {
    [seed[13], seed[14], seed[15]].map(|byte| 40 + byte % 140)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_a_png_that_depends_on_the_account_alone() {
        let (ada, bob) = (UserId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        let of_ada = picture(ada).unwrap();
        assert_eq!(of_ada, picture(ada).unwrap());
        assert_ne!(of_ada, picture(bob).unwrap());
        let mut reader = png::Decoder::new(std::io::Cursor::new(of_ada)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (126, 126));
    }

    #[test]
    fn a_picture_is_the_same_on_both_sides() {
        let seed = Id::derived("picture", &[&[7; 16]]).0;
        for row in 0..CELLS {
            for column in 0..CELLS {
                assert_eq!(is_set(&seed, row, column), is_set(&seed, row, CELLS - 1 - column));
            }
        }
    }
}
