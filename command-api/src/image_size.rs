//! The size of a picture, from the first bytes of its file.

/// Width and height in pixels, if `head` begins a PNG, GIF, JPEG or WebP file and holds its size.
pub(crate) fn image_size(head: &[u8]) -> Option<(i32, i32)> {
    let (width, height) = png(head)
        .or_else(|| gif(head))
        .or_else(|| jpeg(head))
        .or_else(|| webp(head))
        .filter(|(width, height)| *width > 0 && *height > 0)?;
    Some((i32::try_from(width).ok()?, i32::try_from(height).ok()?))
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 2)?;
    Some(u32::from(bytes[0]) << 8 | u32::from(bytes[1]))
}

fn le16(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 2)?;
    Some(u32::from(bytes[1]) << 8 | u32::from(bytes[0]))
}

fn le24(bytes: &[u8], at: usize) -> Option<u32> {
    Some(le16(bytes, at)? | u32::from(*bytes.get(at + 2)?) << 16)
}

fn png(head: &[u8]) -> Option<(u32, u32)> {
    if !head.starts_with(b"\x89PNG\r\n\x1a\n") || head.get(12..16)? != b"IHDR" {
        return None;
    }
    let be32 = |at| Some(be16(head, at)? << 16 | be16(head, at + 2)?);
    Some((be32(16)?, be32(20)?))
}

fn gif(head: &[u8]) -> Option<(u32, u32)> {
    let is_gif = head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a");
    is_gif.then_some((le16(head, 6)?, le16(head, 8)?))
}

/// Walks the segments to the frame header, which holds the size.
fn jpeg(head: &[u8]) -> Option<(u32, u32)> {
    if !head.starts_with(b"\xff\xd8") {
        return None;
    }
    let mut at = 2;
    loop {
        if *head.get(at)? != 0xff {
            return None;
        }
        let marker = *head.get(at + 1)?;
        match marker {
            0xff => at += 1,
            // Markers without a segment.
            0x01 | 0xd0..=0xd7 => at += 2,
            // Frame headers; the three others in the range are tables.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return Some((be16(head, at + 7)?, be16(head, at + 5)?));
            }
            _ => at += 2 + be16(head, at + 2)? as usize,
        }
    }
}

fn webp(head: &[u8]) -> Option<(u32, u32)> {
    if !head.starts_with(b"RIFF") || head.get(8..12)? != b"WEBP" {
        return None;
    }
    match head.get(12..16)? {
        b"VP8 " => Some((le16(head, 26)? & 0x3fff, le16(head, 28)? & 0x3fff)),
        b"VP8L" => {
            let bits = le16(head, 21)? | le16(head, 23)? << 16;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8X" => Some((le24(head, 24)? + 1, le24(head, 27)? + 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_sizes_of_the_usual_pictures() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x01\x02\0\0\0\x03";
        assert_eq!(image_size(png), Some((258, 3)));
        assert_eq!(image_size(b"GIF89a\x02\x01\x03\0"), Some((258, 3)));
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\0\x03\x01\x02";
        assert_eq!(image_size(jpeg), Some((258, 3)));
        let webp = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x01\x01\0\x02\0\0";
        assert_eq!(image_size(webp), Some((258, 3)));
    }

    #[test]
    fn what_is_cut_short_or_no_picture_has_no_size() {
        assert_eq!(image_size(b""), None);
        assert_eq!(image_size(b"plain text"), None);
        assert_eq!(image_size(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0"), None);
        assert_eq!(image_size(b"\xff\xd8\xff\xe0\xff\xff"), None);
        assert_eq!(image_size(b"GIF89a\0\0\0\0"), None);
    }
}
