//! Pictures decoded and encoded anew, within limits on pixels and memory. What was hidden in a file
//! (places, devices, scripts) does not get into what is made of it. No I/O; it takes its time.

use std::io::Cursor;

use data_encoding::BASE64;
use image::codecs::gif::{GifDecoder, GifEncoder, Repeat};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{
    AnimationDecoder, DynamicImage, Frame, ImageDecoder, ImageError, ImageFormat, ImageReader,
    Limits,
};

/// Pixels of a side, and of a picture: 7680 by 4320.
const SIDE_MAX: u32 = 16_384;
const PIXELS_MAX: u64 = 33_177_600;
/// Bytes of a decoded picture.
const DECODED_BYTES_MAX: u64 = 192 << 20;

/// Pixels of what is made of a file.
const PREVIEW_MAX: (u32, u32) = (1_920, 4_320);
const THUMBNAIL_MAX: (u32, u32) = (120, 100);
const MINI_SIDE: u32 = 16;
const JPEG_QUALITY: u8 = 85;
const MINI_QUALITY: u8 = 60;

/// Pixels of the side of a person's picture or a team's icon.
const SQUARE_SIDE: u32 = 128;

/// Pixels of an emoji's side as it comes and as it is kept.
const EMOJI_SIDE_MAX: u32 = 1_028;
const EMOJI_SIDE: u32 = 128;
/// Pictures of an animation, and bytes that it comes to.
const ANIMATION_FRAMES_MAX: u64 = 200;
const ANIMATION_BYTES_MAX: usize = 2 << 20;
/// Pixels of all pictures of an animation together.
const ANIMATION_PIXELS_MAX: u64 = 64_000_000;

/// Why nothing can be made of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PictureError {
    #[error("it is no picture that can be read")]
    Unreadable,
    #[error("it has too many pixels")]
    TooLarge,
}

use PictureError::{TooLarge, Unreadable};

impl From<ImageError> for PictureError {
    fn from(error: ImageError) -> Self {
        if matches!(error, ImageError::Limits(_)) { TooLarge } else { Unreadable }
    }
}

/// What is shown in a file's place, as PNG or JPEG, and its size once it stands upright.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Previews {
    pub width: u32,
    pub height: u32,
    pub preview: Vec<u8>,
    pub thumbnail: Vec<u8>,
    /// A JPEG in base64.
    pub mini: String,
}

pub(crate) fn previews(file: &[u8]) -> Result<Previews, PictureError> {
    let picture = decoded(file)?;
    let (width, height) = (picture.width(), picture.height());
    let preview = fitted(picture, PREVIEW_MAX);
    let mini = preview.thumbnail_exact(MINI_SIDE, MINI_SIDE);
    Ok(Previews {
        width,
        height,
        mini: BASE64.encode(&jpeg(&mini, MINI_QUALITY)?),
        thumbnail: encoded(fitted(preview.clone(), THUMBNAIL_MAX))?,
        preview: encoded(preview)?,
    })
}

/// The middle of a picture, as a PNG.
pub(crate) fn square(file: &[u8]) -> Result<Vec<u8>, PictureError> {
    let picture = decoded(file)?;
    let (width, height) = (picture.width(), picture.height());
    let side = width.min(height);
    let middle = picture.crop_imm((width - side) / 2, (height - side) / 2, side, side);
    // Coarsely first: the finer way is slow on many pixels.
    let coarse = fitted(middle, (4 * SQUARE_SIDE, 4 * SQUARE_SIDE));
    png(&coarse.resize_exact(SQUARE_SIDE, SQUARE_SIDE, FilterType::Triangle))
}

/// An emoji: a GIF stays one, for it may move; all else becomes a PNG.
pub(crate) fn emoji(file: &[u8]) -> Result<Vec<u8>, PictureError> {
    if image::guess_format(file)? == ImageFormat::Gif {
        return animation(file);
    }
    let picture = decoded(file)?;
    small_enough(picture.width(), picture.height())?;
    png(&fitted(picture, (EMOJI_SIDE, EMOJI_SIDE)))
}

fn small_enough(width: u32, height: u32) -> Result<(), PictureError> {
    if width.max(height) > EMOJI_SIDE_MAX { Err(TooLarge) } else { Ok(()) }
}

fn animation(file: &[u8]) -> Result<Vec<u8>, PictureError> {
    let mut decoder = GifDecoder::new(Cursor::new(file))?;
    decoder.set_limits(limits())?;
    let (width, height) = decoder.dimensions();
    small_enough(width, height)?;
    let frames_max = ANIMATION_PIXELS_MAX / (u64::from(width) * u64::from(height)).max(1);
    let frames_max = frames_max.min(ANIMATION_FRAMES_MAX);
    let (mut made, mut frames) = (Vec::new(), 0);
    let mut encoder = GifEncoder::new_with_speed(&mut made, 10);
    encoder.set_repeat(Repeat::Infinite)?;
    for frame in decoder.into_frames() {
        let frame = frame?;
        frames += 1;
        if frames > frames_max {
            return Err(TooLarge);
        }
        let delay = frame.delay();
        let picture = DynamicImage::ImageRgba8(frame.into_buffer());
        let picture = fitted(picture, (EMOJI_SIDE, EMOJI_SIDE)).into_rgba8();
        encoder.encode_frame(Frame::from_parts(picture, 0, 0, delay))?;
    }
    drop(encoder);
    match (frames, made.len()) {
        (0, _) => Err(Unreadable),
        (_, bytes) if bytes > ANIMATION_BYTES_MAX => Err(TooLarge),
        _ => Ok(made),
    }
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    limits
}

/// Whether a file that begins so may be a picture of a kind that is decoded.
pub(crate) fn may_be_picture(head: &[u8]) -> bool {
    image::guess_format(head).is_ok_and(is_decoded)
}

fn is_decoded(format: ImageFormat) -> bool {
    use ImageFormat::{Gif, Jpeg, Png, WebP};
    matches!(format, Png | Jpeg | Gif | WebP)
}

/// The picture, upright; of an animation the first.
fn decoded(file: &[u8]) -> Result<DynamicImage, PictureError> {
    let reader = ImageReader::new(Cursor::new(file)).with_guessed_format();
    let mut reader = reader.map_err(|_| Unreadable)?;
    if !reader.format().is_some_and(is_decoded) {
        return Err(Unreadable);
    }
    reader.limits(limits());
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > PIXELS_MAX || decoder.total_bytes() > DECODED_BYTES_MAX {
        return Err(TooLarge);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    if pixels == 0 { Err(Unreadable) } else { Ok(picture) }
}

/// The picture, no larger than that.
fn fitted(picture: DynamicImage, (width, height): (u32, u32)) -> DynamicImage {
    if picture.width() <= width && picture.height() <= height {
        return picture;
    }
    picture.thumbnail(width, height)
}

/// A PNG where something can be seen through, else a JPEG, which is smaller.
fn encoded(picture: DynamicImage) -> Result<Vec<u8>, PictureError> {
    let rgba = picture.into_rgba8();
    let opaque = rgba.pixels().all(|pixel| pixel.0[3] == u8::MAX);
    let picture = DynamicImage::ImageRgba8(rgba);
    if opaque { jpeg(&picture, JPEG_QUALITY) } else { png(&picture) }
}

fn jpeg(picture: &DynamicImage, quality: u8) -> Result<Vec<u8>, PictureError> {
    let mut made = Vec::new();
    JpegEncoder::new_with_quality(&mut made, quality).encode_image(&picture.to_rgb8())?;
    Ok(made)
}

fn png(picture: &DynamicImage) -> Result<Vec<u8>, PictureError> {
    let mut made = Cursor::new(Vec::new());
    DynamicImage::ImageRgba8(picture.to_rgba8()).write_to(&mut made, ImageFormat::Png)?;
    Ok(made.into_inner())
}

#[cfg(test)]
mod tests {
    use image::{Delay, Rgba, RgbaImage};

    use super::*;

    fn picture(width: u32, height: u32, alpha: u8) -> DynamicImage {
        let colour = |x: u32, y: u32| Rgba([(x % 256) as u8, (y % 256) as u8, 7, alpha]);
        DynamicImage::ImageRgba8(RgbaImage::from_fn(width, height, colour))
    }

    fn file(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let mut made = Cursor::new(Vec::new());
        let rgb = DynamicImage::ImageRgb8(picture(width, height, 255).into_rgb8());
        rgb.write_to(&mut made, format).unwrap();
        made.into_inner()
    }

    fn size(file: &[u8]) -> (u32, u32) {
        let picture = image::load_from_memory(file).unwrap();
        (picture.width(), picture.height())
    }

    #[test]
    fn a_file_is_shown_smaller_and_never_larger() {
        let formats = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP];
        for format in formats {
            let made = previews(&file(2_400, 600, format)).unwrap();
            assert_eq!((made.width, made.height), (2_400, 600), "{format:?}");
            assert_eq!(size(&made.preview), (1_920, 480), "{format:?}");
            assert_eq!(size(&made.thumbnail), (120, 30), "{format:?}");
            let mini = BASE64.decode(made.mini.as_bytes()).unwrap();
            assert_eq!(size(&mini), (16, 16), "{format:?}");
            assert!(made.mini.len() < 1_500, "{format:?}: {}", made.mini.len());
        }
        let made = previews(&file(20, 10, ImageFormat::Png)).unwrap();
        assert_eq!((size(&made.preview), size(&made.thumbnail)), ((20, 10), (20, 10)));
    }

    #[test]
    fn only_what_can_be_seen_through_is_kept_as_a_png() {
        let is = |file: &[u8], format| image::guess_format(file).unwrap() == format;
        let opaque = previews(&file(9, 9, ImageFormat::Png)).unwrap();
        assert!(is(&opaque.preview, ImageFormat::Jpeg));
        let clear = previews(&png(&picture(9, 9, 100)).unwrap()).unwrap();
        assert!(is(&clear.preview, ImageFormat::Png) && is(&clear.thumbnail, ImageFormat::Png));
    }

    #[test]
    fn a_picture_that_lies_on_its_side_is_set_upright_and_tells_nothing_else() {
        // The segment of EXIF with one entry: the orientation, a quarter turn to the right.
        let exif = b"\xff\xe1\0\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let plain = file(40, 10, ImageFormat::Jpeg);
        let turned = [&plain[..2], &exif[..], &plain[2..]].concat();
        let made = previews(&turned).unwrap();
        assert_eq!((made.width, made.height), (10, 40));
        assert_eq!(size(&made.preview), (10, 40));
        let says = |file: &[u8]| file.windows(4).any(|window| window == b"Exif");
        assert!(says(&turned) && !says(&made.preview) && !says(&square(&turned).unwrap()));
    }

    #[test]
    fn a_square_is_the_middle_of_a_picture() {
        for (width, height) in [(1, 1), (10, 300), (2_000, 40), (3_000, 2_000)] {
            let made = square(&file(width, height, ImageFormat::Png)).unwrap();
            assert_eq!(size(&made), (128, 128), "{width} by {height}");
        }
    }

    #[test]
    fn an_emoji_that_moves_goes_on_moving() {
        let mut gif = Vec::new();
        let mut encoder = GifEncoder::new(&mut gif);
        for alpha in [255, 254, 253] {
            let frame = picture(300, 200, alpha).into_rgba8();
            let delay = Delay::from_numer_denom_ms(100, 1);
            encoder.encode_frame(Frame::from_parts(frame, 0, 0, delay)).unwrap();
        }
        drop(encoder);
        let made = emoji(&gif).unwrap();
        let frames = GifDecoder::new(Cursor::new(&made)).unwrap().into_frames();
        let frames = frames.collect_frames().unwrap();
        assert_eq!(frames.len(), 3);
        assert_eq!(frames[0].buffer().dimensions(), (128, 85));
        assert_eq!(size(&emoji(&file(300, 200, ImageFormat::Jpeg)).unwrap()), (128, 85));
        assert_eq!(emoji(&file(1_029, 2, ImageFormat::Png)), Err(TooLarge));
        assert_eq!(emoji(&file(2, 1_029, ImageFormat::Gif)), Err(TooLarge));
    }

    /// A PNG of one pixel that says it has so many.
    fn bomb(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = file(1, 1, ImageFormat::Png);
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        let crc = crc(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&crc.to_be_bytes());
        bytes
    }

    fn crc(bytes: &[u8]) -> u32 {
        let step = |crc: u32, byte: &u8| {
            let bit = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
            (0..8).fold(crc ^ u32::from(*byte), bit)
        };
        !bytes.iter().fold(!0, step)
    }

    #[test]
    fn what_would_become_too_large_is_not_decoded() {
        for (width, height) in [(16_000, 16_000), (1 << 20, 1), (u32::MAX >> 1, u32::MAX >> 1)] {
            let made = previews(&bomb(width, height));
            assert!(made.is_err(), "{width} by {height}");
            assert!(square(&bomb(width, height)).is_err(), "{width} by {height}");
        }
        assert_eq!(previews(&bomb(16_000, 16_000)), Err(TooLarge));
    }

    #[test]
    fn what_is_broken_or_no_picture_is_refused() {
        let whole = file(30, 30, ImageFormat::Png);
        let bmp = b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0";
        let broken: [&[u8]; 7] = [
            b"",
            b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>",
            b"<html></html>",
            b"GIF89a",
            b"\xff\xd8\xff\xe0\0\x10JFIF",
            &whole[..40],
            bmp,
        ];
        for file in broken {
            assert_eq!(previews(file), Err(Unreadable), "{file:?}");
            assert_eq!(square(file), Err(Unreadable), "{file:?}");
            assert_eq!(emoji(file), Err(Unreadable), "{file:?}");
        }
    }
}
