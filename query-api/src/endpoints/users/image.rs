//! `GET /users/{user_id}/image`: the picture of an account that chose none, drawn from its id.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use events::{Id, UserId};
use http::header::{CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderValue};
use platform::http::{ApiError, Path, UserRef, if_none_match, not_modified};

use crate::app::{App, DIRECTORY};
use crate::caller::Caller;

/// Pixels of a cell, cells of a side: a cell of margin around a pattern of five.
const CELL: usize = 18;
const CELLS: usize = 7;
const SIDE: usize = CELL * CELLS;
/// `last_picture_update` of an account that chose no picture; clients read the tag as a number.
const TAG: &str = "0";

pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<UserRef>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let user = user.resolve(caller.user);
    if !exists(&app, user) {
        app.fold_on(DIRECTORY).await?;
        if !exists(&app, user) {
            return Err(ApiError::user_not_found());
        }
    }
    if if_none_match(&headers, TAG) {
        return Ok(not_modified(TAG));
    }
    let picture = picture(user).map_err(ApiError::internal)?;
    let mut response = Response::new(Body::from(picture));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("image/png"));
    response.headers_mut().insert(ETAG, HeaderValue::from_static(TAG));
    Ok(response)
}

fn exists(app: &App, user: UserId) -> bool {
    app.fold.directory().state().account(user).is_some()
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
