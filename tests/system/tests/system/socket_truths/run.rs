//! One run: commands one after the other, their frames judged and taken in.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use futures::future::try_join_all;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{Person, Visitor};

use super::client::Client;
use super::commands::{self, ACTIVATE, Command, DEACTIVATE};
use super::judge::judge;
use super::model::Frame;
use super::world::{BOB, Reach, World};

/// Ticks of the clock that a frame may come behind.
const BEHIND_MAX: usize = 10;

pub struct Run {
    rng: StdRng,
    world: World,
    clients: Vec<Client>,
    /// Whether the clock's post is pinned.
    pinned: bool,
    /// What was asked, and how it was answered.
    told: Vec<String>,
    /// The kinds of command that were taken at least once.
    taken: BTreeSet<&'static str>,
}

impl Run {
    pub async fn begun(visitor: &Visitor, ada: &Person, seed: u64) -> Result<Self> {
        let world = World::founded(visitor, ada, &seed.to_string()).await?;
        let mut run = Self {
            rng: StdRng::seed_from_u64(seed),
            world,
            clients: Vec::new(),
            pinned: false,
            told: Vec::new(),
            taken: BTreeSet::new(),
        };
        for who in 0..run.world.accounts.len() {
            let person = run.world.accounts[who].person.clone();
            run.come(who, &person).await?;
        }
        run.second_session().await?;
        Ok(run)
    }

    /// Does so many random things.
    pub async fn take(&mut self, commands: usize, compare_every: usize) -> Result<()> {
        for n in 1..=commands {
            if self.rng.random_bool(0.03) {
                self.second_session_ends_or_begins().await?;
            }
            let command = commands::next(&self.world, &mut self.rng);
            self.obey(&command).await?;
            if n % compare_every == 0 || n == commands {
                self.compare().await?;
            }
        }
        Ok(())
    }

    /// What was asked, line by line.
    pub fn told(&self) -> String {
        self.told.join("\n")
    }

    /// The kinds of command that were taken.
    pub fn taken(&self) -> &BTreeSet<&'static str> {
        &self.taken
    }

    async fn obey(&mut self, command: &Command) -> Result<()> {
        let asker = &self.world.accounts[command.who];
        let body = Some(&command.body).filter(|body| !body.is_null());
        let answer = asker.person.send(command.method.clone(), &command.path, body).await?;
        let (who, what) = (&asker.name, command.kind.name);
        let asked = format!("{} {} {}", command.method, command.path, command.body);
        self.told.push(format!("{who}: {what}: {asked}: {}", answer.status));
        ensure!(!answer.status.is_server_error(), "{}", answer.body);
        let before = self.reaches();
        if answer.status.is_success() {
            self.taken.insert(what);
            self.took(command, &answer.body, &before).await?;
        }
        self.tick(&before).await
    }

    async fn took(&mut self, command: &Command, answer: &Value, before: &[Reach]) -> Result<()> {
        commands::learn(&mut self.world, command, answer);
        let concerned = command.path.split('/').nth(2).unwrap_or_default();
        let concerned = self.world.accounts.iter().position(|one| one.person.id == concerned);
        match (command.kind.name, concerned) {
            (DEACTIVATE, Some(who)) => {
                self.end(before, |client| client.who == who).await?;
                self.world.accounts[who].active = false;
            }
            (ACTIVATE, Some(who)) => {
                let account = &mut self.world.accounts[who];
                account.person = self.world.visitor.log_in(&account.name).await?;
                account.active = true;
            }
            _ => {}
        }
        if command.kind.moves {
            self.world.look_around().await?;
        }
        if let (ACTIVATE, Some(who)) = (command.kind.name, concerned) {
            self.tick(before).await?;
            let person = self.world.accounts[who].person.clone();
            self.come(who, &person).await?;
        }
        Ok(())
    }

    async fn come(&mut self, who: usize, person: &Person) -> Result<()> {
        let client = Client::opened(who, person, &self.others(who)).await?;
        self.clients.push(client);
        Ok(())
    }

    async fn second_session(&mut self) -> Result<()> {
        let person = self.world.visitor.log_in(&self.world.accounts[BOB].name).await?;
        self.come(BOB, &person).await
    }

    /// Bob's other device logs out, or in again.
    async fn second_session_ends_or_begins(&mut self) -> Result<()> {
        let first = self.world.accounts[BOB].person.token();
        let second = |client: &Client| client.who == BOB && client.person.token() != first;
        let Some(person) =
            self.clients.iter().find(|one| second(one)).map(|one| one.person.clone())
        else {
            self.told.push("bob: log in again".to_owned());
            return self.second_session().await;
        };
        self.told.push("bob: log out of the second session".to_owned());
        person.post("/users/logout", json!({})).await?.expect(200)?;
        let before = self.reaches();
        self.end(&before, |client| client.person.token() == person.token()).await?;
        self.tick(&before).await
    }

    /// These sockets are closed; what they were told before is judged too.
    async fn end(&mut self, before: &[Reach], which: impl Fn(&Client) -> bool) -> Result<()> {
        let (ended, stay) = std::mem::take(&mut self.clients).into_iter().partition(which);
        self.clients = stay;
        let ended: Vec<Client> = ended;
        for client in ended {
            let frames = client.socket.closed().await.context("the socket ends")?;
            judge(&self.world, before, client.who, &frames)?;
        }
        Ok(())
    }

    /// Has everybody hear the clock: what came before it is all that the last command told.
    async fn tick(&mut self, before: &[Reach]) -> Result<()> {
        self.pinned = !self.pinned;
        let (hand, pinned) = (self.world.hand.clone(), self.pinned);
        let path = format!("/posts/{hand}/{}", if pinned { "pin" } else { "unpin" });
        self.world.clock.send(Method::POST, &path, None).await?.expect(200)?;
        let ticks = |whole: &Value| {
            let post = Frame::of(whole).inner("post");
            whole["event"] == "post_edited"
                && post.is_ok_and(|post| post["id"] == *hand && post["is_pinned"] == pinned)
        };
        for client in &mut self.clients {
            let name = &self.world.accounts[client.who].name;
            let frames = client.socket.up_to("the clock's tick", ticks).await;
            let frames = frames.with_context(|| format!("for {name}"))?;
            let judged = judge(&self.world, before, client.who, &frames);
            judged.with_context(|| format!("{name} was told too much"))?;
            client.take(&frames).await.with_context(|| format!("as {name}"))?;
        }
        Ok(())
    }

    /// Every client against what REST says to the same person. What is told from rows is read beside
    /// the log, so it may come behind the clock.
    async fn compare(&mut self) -> Result<()> {
        let mut differing = self.differences().await?;
        for _ in 0..BEHIND_MAX {
            if differing.is_empty() {
                return Ok(());
            }
            self.tick(&self.reaches()).await?;
            differing = self.differences().await?;
        }
        bail!("events do not add up:\n{}", differing.join("\n"));
    }

    async fn differences(&self) -> Result<Vec<String>> {
        let differing = try_join_all(self.clients.iter().map(|client| async {
            let differing = client.differences(&self.others(client.who)).await?;
            let name = &self.world.accounts[client.who].name;
            anyhow::Ok(differing.into_iter().map(move |one| format!("{name}: {one}")))
        }))
        .await?;
        Ok(differing.into_iter().flatten().collect())
    }

    fn others(&self, who: usize) -> Vec<String> {
        let others = self.world.accounts.iter().filter(|one| one.person.id != self.world.id(who));
        others.map(|one| one.person.id.clone()).collect()
    }

    fn reaches(&self) -> Vec<Reach> {
        self.world.accounts.iter().map(|one| one.reach.clone()).collect()
    }
}
