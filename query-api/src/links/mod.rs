//! What posts link to. A read never waits for another server: it shows what is known, and what is not is
//! fetched for who reads next. Nothing of it is in the log or in rows; a process forgets it when it ends.

mod addresses;
mod fetch;
mod options;
mod page;

use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use image::{ImageFormat, ImageReader};
use moka::sync::Cache;
use tokio::sync::OwnedSemaphorePermit;
use url::Url;
use wire::{Embed, LinkedImage, OpenGraph, OpenGraphImage};

use crate::cache::weight;
pub(crate) use fetch::{FetchError, Fetched, Fetcher};
pub use options::LinkOptions;

/// How long it is known what a link leads to, and that it leads nowhere.
const KNOWN_FOR: Duration = Duration::from_secs(60 * 60);
const NOTHING_FOR: Duration = Duration::from_secs(5 * 60);
/// How long something is kept that nobody asks for.
const IDLE: Duration = Duration::from_secs(24 * 60 * 60);
/// A longer link is not fetched.
const URL_BYTES_MAX: usize = 2_048;
/// Of a picture enough is read to know how large it is.
const IMAGE_HEAD_BYTES: usize = 64 << 10;
const ACCEPT_PAGE: &str = "text/html,application/xhtml+xml,image/*;q=0.8";

/// What a link leads to.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Page(Arc<OpenGraph>),
    Image(Option<LinkedImage>),
    /// Nothing that could be shown, or nothing that is known yet.
    Nothing,
}

impl Target {
    /// About what it takes in memory.
    fn bytes(&self) -> usize {
        const FIELDS: usize = 256;
        match self {
            Self::Page(page) => {
                let texts = [
                    &page.title,
                    &page.description,
                    &page.url,
                    &page.r#type,
                    &page.site_name,
                    &page.determiner,
                    &page.locale,
                ];
                let of_image = |image: &OpenGraphImage| {
                    image.url.len() + image.secure_url.len() + image.r#type.len() + FIELDS
                };
                let texts: usize = texts.map(String::len).iter().sum();
                texts + FIELDS + page.images.iter().map(of_image).sum::<usize>()
            }
            Self::Image(_) | Self::Nothing => 0,
        }
    }
}

/// A link with what is known of it.
#[derive(Debug, Clone)]
struct Known {
    target: Target,
    /// Another number than that of any other knowledge.
    version: u64,
    until: Instant,
}

/// What is known of links.
#[derive(Clone)]
pub(crate) struct Links(Arc<Inner>);

struct Inner {
    options: LinkOptions,
    /// None: nothing is fetched.
    fetcher: Option<Fetcher>,
    known: Cache<String, Known>,
    versions: AtomicU64,
}

impl Links {
    pub fn new(options: LinkOptions) -> Self {
        let wanted = options.previews || options.image_proxy;
        let fetcher = wanted.then(|| Fetcher::new(&options)).and_then(|made| {
            made.inspect_err(|error| tracing::warn!(%error, "links are not fetched")).ok()
        });
        let known = Cache::builder()
            .max_capacity(options.kept_bytes_max)
            .weigher(|link: &String, known: &Known| weight(link.len() + known.target.bytes()))
            .time_to_idle(IDLE)
            .build();
        Self(Arc::new(Inner { options, fetcher, known, versions: AtomicU64::new(1) }))
    }

    pub fn previews(&self) -> Option<&Fetcher> {
        self.0.fetcher.as_ref().filter(|_| self.0.options.previews)
    }

    pub fn image_proxy(&self) -> Option<&Fetcher> {
        self.0.fetcher.as_ref().filter(|_| self.0.options.image_proxy)
    }

    pub fn image_bytes_max(&self) -> u64 {
        self.0.options.image_bytes_max
    }

    /// What a link is known to lead to, with the version of that knowledge. What is not known, or no
    /// longer young, is fetched meanwhile.
    pub fn target(&self, link: &str) -> (Target, u64) {
        let known = self.0.known.get(link);
        if known.as_ref().is_none_or(|known| known.until < Instant::now()) {
            self.fetch_meanwhile(link, known.as_ref());
        }
        known.map_or((Target::Nothing, 0), |known| (known.target, known.version))
    }

    /// What a link leads to, fetched if need be.
    pub async fn fetched(&self, link: &str) -> Target {
        let known = self.0.known.get(link).filter(|known| known.version > 0);
        if let Some(known) = known.filter(|known| known.until >= Instant::now()) {
            return known.target;
        }
        let Some((fetcher, url)) = self.previews().zip(parsed(link)) else {
            return Target::Nothing;
        };
        match fetcher.permitted().await {
            Ok(permit) => self.fetch(link, url, permit).await,
            Err(_) => Target::Nothing,
        }
    }

    fn fetch_meanwhile(&self, link: &str, known: Option<&Known>) {
        let Some((fetcher, url)) = self.previews().zip(parsed(link)) else { return };
        // Where too many fetch, the next reader asks again.
        let Some(permit) = fetcher.permit() else { return };
        // Others who read meanwhile do not fetch too.
        let (target, version) =
            known.map_or((Target::Nothing, 0), |known| (known.target.clone(), known.version));
        let until = Instant::now() + NOTHING_FOR;
        self.0.known.insert(link.to_owned(), Known { target, version, until });
        let (links, link) = (self.clone(), link.to_owned());
        tokio::spawn(async move { links.fetch(&link, url, permit).await });
    }

    async fn fetch(&self, link: &str, url: Url, permit: OwnedSemaphorePermit) -> Target {
        let Some(fetcher) = self.previews() else { return Target::Nothing };
        let found = match fetcher.get(&url, ACCEPT_PAGE, permit).await {
            Ok(fetched) => self.read(fetched).await,
            Err(error) => Err(error),
        };
        let target = match found {
            Ok(target) => target,
            Err(error) => {
                tracing::debug!(%error, "a link was not fetched");
                // What a page said before is better than nothing; it is asked again soon.
                let known = self.0.known.get(link).map(|known| known.target);
                if let Some(known) = known.filter(|known| !matches!(known, Target::Nothing)) {
                    return known;
                }
                Target::Nothing
            }
        };
        self.remember(link, target.clone());
        target
    }

    async fn read(&self, fetched: Fetched) -> Result<Target, FetchError> {
        let media_type = fetched.media_type();
        if media_type.starts_with("image/") {
            let head = fetched.beginning(IMAGE_HEAD_BYTES).await?;
            return Ok(Target::Image(size(&head)));
        }
        if !matches!(media_type.as_str(), "text/html" | "application/xhtml+xml") {
            return Ok(Target::Nothing);
        }
        let url = fetched.url.clone();
        let html = fetched.beginning(self.0.options.page_bytes_max).await?;
        Ok(page::read(&url, &html).map_or(Target::Nothing, |page| Target::Page(Arc::new(page))))
    }

    fn remember(&self, link: &str, target: Target) {
        let lasts = if matches!(target, Target::Nothing) { NOTHING_FOR } else { KNOWN_FOR };
        let version = self.0.versions.fetch_add(1, Ordering::Relaxed);
        let until = Instant::now() + lasts;
        self.0.known.insert(link.to_owned(), Known { target, version, until });
    }
}

/// Shows below a post what its link leads to.
pub(crate) fn show(post: &mut wire::Post, link: &str, target: Target) {
    let url = link.to_owned();
    let embed = match target {
        Target::Page(data) => {
            for image in &data.images {
                let (width, height) = (image.width, image.height);
                if width > 0 && height > 0 {
                    let size = LinkedImage { width, height, format: "", frame_count: 0 };
                    post.metadata.images.insert(image.url.clone(), size);
                }
            }
            Embed::OpenGraph { url, data }
        }
        Target::Image(size) => {
            post.metadata.images.extend(size.map(|size| (url.clone(), size)));
            Embed::Image { url }
        }
        Target::Nothing => Embed::Link { url },
    };
    post.metadata.embeds.push(embed);
}

/// A link that can be asked for.
pub(crate) fn parsed(link: &str) -> Option<Url> {
    if link.len() > URL_BYTES_MAX {
        return None;
    }
    Url::parse(link).ok().filter(addresses::is_plain)
}

fn size(head: &[u8]) -> Option<LinkedImage> {
    let reader = ImageReader::new(Cursor::new(head)).with_guessed_format().ok()?;
    let format = match reader.format()? {
        ImageFormat::Png => "png",
        ImageFormat::Jpeg => "jpeg",
        ImageFormat::Gif => "gif",
        ImageFormat::WebP => "webp",
        _ => "",
    };
    let (width, height) = reader.into_dimensions().ok()?;
    Some(LinkedImage { width: width.into(), height: height.into(), format, frame_count: 0 })
}
