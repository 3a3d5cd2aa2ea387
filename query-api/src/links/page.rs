//! What a page says of itself in its head: Open Graph, else its title and description.

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};
use url::Url;
use wire::{OpenGraph, OpenGraphImage};

/// Characters of a text, of an address, and pictures.
const TITLE_MAX: usize = 300;
const TEXT_MAX: usize = 1_000;
const URL_MAX: usize = 2_048;
const IMAGES_MAX: usize = 4;

/// What is found on the way; a page may say less than it could.
#[derive(Default)]
struct Found {
    graph: OpenGraph,
    title: String,
    description: String,
}

/// What the page at `url` says of itself; nothing if it has no title.
pub(super) fn read(url: &Url, html: &[u8]) -> Option<OpenGraph> {
    let mut found = Found::default();
    let mut in_title = false;
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
        match token {
            Token::StartTag(tag) if *tag.name == *b"body" => break,
            Token::StartTag(tag) if *tag.name == *b"title" => in_title = true,
            Token::StartTag(tag) if *tag.name == *b"meta" => found.meta(url, &tag),
            Token::String(text) if in_title => found.title.push_str(&lossy(&text)),
            Token::EndTag(_) => in_title = false,
            _ => {}
        }
    }
    found.told(url)
}

impl Found {
    fn meta(&mut self, url: &Url, tag: &StartTag<()>) {
        let attribute = |name: &[u8]| tag.attributes.get(name).map(|value| lossy(value));
        let Some(content) = attribute(b"content").filter(|content| !content.is_empty()) else {
            return;
        };
        let name = attribute(b"property").or_else(|| attribute(b"name")).unwrap_or_default();
        let graph = &mut self.graph;
        match name.trim().to_ascii_lowercase().as_str() {
            "og:title" => graph.title = content,
            "og:description" => graph.description = content,
            "og:type" => graph.r#type = short(&content, TITLE_MAX),
            "og:site_name" => graph.site_name = short(&content, TITLE_MAX),
            "og:determiner" => graph.determiner = short(&content, TITLE_MAX),
            "og:locale" => graph.locale = short(&content, TITLE_MAX),
            "description" => self.description = content,
            "og:image" | "og:image:url" => self.image(url, &content),
            "og:image:secure_url" => self.last_image(|image| {
                image.secure_url = resolved(url, &content).unwrap_or_default();
            }),
            "og:image:type" => {
                self.last_image(|image| image.r#type = short(&content, TITLE_MAX));
            }
            "og:image:width" => {
                self.last_image(|image| image.width = content.parse().unwrap_or(0));
            }
            "og:image:height" => {
                self.last_image(|image| image.height = content.parse().unwrap_or(0));
            }
            _ => {}
        }
    }

    fn image(&mut self, page: &Url, at: &str) {
        let Some(url) = resolved(page, at) else { return };
        let images = &mut self.graph.images;
        // `og:image` and `og:image:url` may name the same one.
        if images.len() < IMAGES_MAX && images.iter().all(|image| image.url != url) {
            images.push(OpenGraphImage { url, ..OpenGraphImage::default() });
        }
    }

    fn last_image(&mut self, change: impl FnOnce(&mut OpenGraphImage)) {
        if let Some(image) = self.graph.images.last_mut() {
            change(image);
        }
    }

    fn told(self, url: &Url) -> Option<OpenGraph> {
        let mut graph = self.graph;
        let or =
            |first: String, second: String| if first.trim().is_empty() { second } else { first };
        graph.title = short(&or(graph.title, self.title), TITLE_MAX);
        graph.description = short(&or(graph.description, self.description), TEXT_MAX);
        graph.url = url.as_str().to_owned();
        (!graph.title.is_empty()).then_some(graph)
    }
}

/// The text on one line, so many characters of it.
fn short(text: &str, chars_max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('\0', "");
    line.chars().take(chars_max).collect()
}

fn resolved(page: &Url, at: &str) -> Option<String> {
    let url = page.join(at.trim()).ok()?;
    let shown = matches!(url.scheme(), "http" | "https") && url.as_str().len() <= URL_MAX;
    shown.then(|| url.into())
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(html: &str) -> Option<OpenGraph> {
        read(&Url::parse("https://a.example/dir/page").unwrap(), html.as_bytes())
    }

    #[test]
    fn open_graph_comes_before_title_and_description() {
        let told = graph(
            r#"<!doctype html><head><title>Plain</title>
            <meta property="og:title" content="A &amp; B"><meta name=description content="less">
            <meta property='og:description' content="more
            text"><meta property=og:site_name content=Site>
            <meta property="og:image" content="/i.png"><meta property="og:image:width" content="640">
            <meta property="og:image:height" content="many"></head>"#,
        )
        .unwrap();
        assert_eq!((told.title.as_str(), told.description.as_str()), ("A & B", "more text"));
        assert_eq!(
            (told.site_name.as_str(), told.url.as_str()),
            ("Site", "https://a.example/dir/page")
        );
        assert_eq!(told.images[0].url, "https://a.example/i.png");
        assert_eq!((told.images[0].width, told.images[0].height), (640, 0));
    }

    #[test]
    fn a_page_without_open_graph_has_its_title() {
        let told = graph("<TITLE> Only\n this </TITLE><meta name=description content=x>").unwrap();
        assert_eq!((told.title.as_str(), told.description.as_str()), ("Only this", "x"));
        assert!(told.images.is_empty());
    }

    #[test]
    fn what_stands_in_scripts_and_bodies_is_not_said() {
        let html = r#"<script>"<title>script</title>"</script><!-- <title>comment</title> -->
            <body><meta property="og:title" content="body">"#;
        assert_eq!(graph(html), None);
        for nothing in
            ["", "<", "<title>", "<meta", "\u{0}\u{fffd}<meta property=og:title>", "<a b=c"]
        {
            assert_eq!(graph(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_page_cannot_say_too_much() {
        let images = "<meta property=og:image content=x>".repeat(2)
            + "<meta property=og:image content=javascript:alert(1)>"
            + &(0..9).map(|n| format!("<meta property=og:image content={n}>")).collect::<String>();
        let told = graph(&format!("<title>{}</title>{images}", "é".repeat(9_999))).unwrap();
        assert_eq!(told.title.chars().count(), TITLE_MAX);
        assert_eq!(told.images.len(), IMAGES_MAX);
    }
}
