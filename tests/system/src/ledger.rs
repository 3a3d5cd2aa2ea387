//! Posting without pause from several connections, and what the clients know afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use events::Position;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::{Answer, Person, until, within};

/// How long a client waits before it asks a server again that did not answer; a new server is asked
/// at once.
const RETRY: Duration = Duration::from_millis(50);

/// A post whose author knows that it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    pub channel: String,
    pub message: String,
    pub id: String,
    pub create_at: i64,
    pub position: Position,
}

/// Clients that post numbered messages until they are told to stop.
#[derive(Debug)]
pub struct Posters {
    shared: Arc<Shared>,
    url: watch::Sender<String>,
    running: JoinSet<Result<Vec<Acknowledged>>>,
}

#[derive(Debug, Default)]
struct Shared {
    acknowledged: AtomicUsize,
    stop: AtomicBool,
    changed: tokio::sync::Notify,
}

impl Posters {
    /// Each of `people` posts to all `channels` in turn, over a connection of its own.
    pub fn start(people: &[Person], channels: &[String], url: &str) -> Self {
        let shared = Arc::new(Shared::default());
        let (url, at) = watch::channel(url.to_owned());
        let mut running = JoinSet::new();
        for (number, person) in people.iter().enumerate() {
            let poster = Poster {
                number,
                person: person.clone(),
                channels: channels.to_vec(),
                shared: Arc::clone(&shared),
                url: at.clone(),
            };
            running.spawn(poster.run());
        }
        Self { shared, url, running }
    }

    /// Tells the clients where the server is now.
    pub fn server_moved(&self, url: &str) {
        self.url.send_replace(url.to_owned());
    }

    /// Acknowledgements so far.
    pub fn acknowledged(&self) -> usize {
        self.shared.acknowledged.load(Ordering::SeqCst)
    }

    /// Waits until so many posts are acknowledged, or a client has failed.
    pub async fn wait_for(&mut self, acknowledged: usize) -> Result<()> {
        while self.acknowledged() < acknowledged {
            let changed = self.shared.changed.notified();
            if self.acknowledged() >= acknowledged {
                break;
            }
            tokio::select! {
                waited = within("more posts are acknowledged", changed) => waited?,
                Some(ended) = self.running.join_next() => {
                    ended??;
                    bail!("a client has ended by itself");
                }
            }
        }
        Ok(())
    }

    /// Lets the clients finish the post that they are at; returns all that were acknowledged.
    pub async fn stop(mut self) -> Result<Vec<Acknowledged>> {
        self.shared.stop.store(true, Ordering::SeqCst);
        let mut all = Vec::new();
        while let Some(ended) =
            within("the clients have finished", self.running.join_next()).await?
        {
            all.extend(ended??);
        }
        Ok(all)
    }
}

struct Poster {
    number: usize,
    person: Person,
    channels: Vec<String>,
    shared: Arc<Shared>,
    url: watch::Receiver<String>,
}

impl Poster {
    async fn run(mut self) -> Result<Vec<Acknowledged>> {
        let mut known = Vec::new();
        while !self.shared.stop.load(Ordering::SeqCst) {
            let message = format!("poster {} message {}", self.number, known.len());
            let channel = &self.channels[(self.number + known.len()) % self.channels.len()];
            let post = json!({
                "channel_id": channel,
                "message": message,
                "pending_post_id": format!("{}:{}", self.person.id, known.len()),
            });
            let answer = within("a post is acknowledged", self.acknowledgement(&post)).await??;
            known.push(acknowledged(&post, &answer)?);
            self.shared.acknowledged.fetch_add(1, Ordering::SeqCst);
            self.shared.changed.notify_waiters();
        }
        Ok(known)
    }

    /// Sends the same post under the same id until it is known to be there.
    async fn acknowledgement(&mut self, post: &Value) -> Result<Answer> {
        loop {
            let person = self.person.moved_to(&self.url.borrow_and_update());
            match person.post("/posts", post.clone()).await {
                Ok(answer) if answer.status == StatusCode::CREATED => return Ok(answer),
                // The server does not know, or cannot say: the same id again.
                Ok(answer) if answer.status.is_server_error() => {}
                Ok(answer) => bail!("refused with {}: {}", answer.status, answer.body),
                // The connection broke: whether the post is there is not known.
                Err(_) => {}
            }
            // Either way it is time to ask again.
            let _ = timeout(RETRY, self.url.changed()).await;
        }
    }
}

fn acknowledged(post: &Value, answer: &Answer) -> Result<Acknowledged> {
    let body = &answer.body;
    ensure!(body["message"] == post["message"], "asked for {post}, got {body}");
    ensure!(body["pending_post_id"] == post["pending_post_id"], "asked for {post}, got {body}");
    let text = |field: &str| body[field].as_str().map(str::to_owned).context("a text");
    let position = answer.header("x-nottermost-position").context("a write has a position")?;
    Ok(Acknowledged {
        channel: text("channel_id")?,
        message: text("message")?,
        id: text("id")?,
        create_at: body["create_at"].as_i64().context("a post has a time")?,
        position: position.parse()?,
    })
}

/// Checks that the read model holds exactly what the clients know, in one order for all.
pub async fn agrees(reader: &Person, channels: &[String], ledger: &[Acknowledged]) -> Result<()> {
    let mut read = 0;
    for channel in channels {
        let mut known: Vec<_> = ledger.iter().filter(|post| &post.channel == channel).collect();
        known.sort_by_key(|post| post.position.offset);
        in_one_order(&known)?;
        if let Some(last) = known.last() {
            is_readable(reader, last).await?;
        }
        let mut shown = reader.posts(channel).await?;
        shown.reverse();
        // Joining a channel and the like is told in it too.
        shown.retain(|post| post["type"] == "");
        let shown: Vec<_> = shown
            .iter()
            .map(|post| (post["id"].as_str(), post["message"].as_str(), post["create_at"].as_i64()))
            .collect();
        let known: Vec<_> = known
            .iter()
            .map(|post| (Some(post.id.as_str()), Some(post.message.as_str()), Some(post.create_at)))
            .collect();
        let first = shown.iter().zip(&known).find(|(shown, known)| shown != known);
        ensure!(
            first.is_none() && shown.len() == known.len(),
            "{channel} shows {} posts, the clients know {}; they differ first at {first:?}",
            shown.len(),
            known.len(),
        );
        read += shown.len();
    }
    ensure!(read == ledger.len(), "read {read} of {} posts", ledger.len());
    Ok(())
}

/// A write is answered once it is in the log; whoever wants to read it names its position, and is
/// told 503 for as long as the rows are behind (they are for a while after a kill).
async fn is_readable(reader: &Person, post: &Acknowledged) -> Result<()> {
    let path = format!("/posts/{}", post.id);
    let position = post.position.to_string();
    let named = [("x-nottermost-min-position", position.as_str())];
    until("the rows have what was acknowledged", async || {
        let answer = reader.send_with(Method::GET, &path, None, &named).await?;
        let behind = answer.status == StatusCode::SERVICE_UNAVAILABLE;
        if behind { Ok(None) } else { answer.expect(200).map(Some) }
    })
    .await?;
    Ok(())
}

/// Position order is time order, and each poster's own order.
fn in_one_order(posts: &[&Acknowledged]) -> Result<()> {
    let mut last_of_poster = BTreeMap::new();
    for (earlier, later) in posts.iter().zip(posts.iter().skip(1)) {
        ensure!(earlier.position < later.position, "two posts at {}", later.position);
        ensure!(earlier.create_at < later.create_at, "{earlier:?} is not before {later:?}");
    }
    for post in posts {
        let (poster, number) = post.message.rsplit_once(' ').context("a numbered message")?;
        let number: usize = number.parse()?;
        let last = last_of_poster.insert(poster, number);
        ensure!(last.is_none_or(|last| last < number), "{} is out of order", post.message);
    }
    Ok(())
}
