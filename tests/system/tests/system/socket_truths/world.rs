//! The people of a run, where they are, and what they have made: what random commands are about.

use std::collections::BTreeSet;

use anyhow::Result;
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use system_tests::{Person, Visitor};

use super::truth::{list, text};

/// The administrator.
pub const ADA: usize = 0;
pub const BOB: usize = 1;
pub const CAROL: usize = 2;
/// A guest.
pub const GUS: usize = 3;
/// Of another team.
pub const DAN: usize = 4;

/// Somebody, and what they may hear of.
#[derive(Debug, Clone)]
pub struct Account {
    pub name: String,
    pub person: Person,
    pub active: bool,
    pub reach: Reach,
}

/// Where somebody is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    pub channels: BTreeSet<String>,
    pub teams: BTreeSet<String>,
    pub guest: bool,
}

#[derive(Debug, Clone)]
pub struct Channel {
    pub id: String,
    pub team: Option<String>,
    pub open: bool,
}

#[derive(Debug, Clone)]
pub struct Post {
    pub id: String,
    pub channel: String,
    pub root: Option<String>,
    pub author: String,
}

/// Something of one person's.
#[derive(Debug, Clone)]
pub struct Own {
    pub owner: usize,
    pub value: Value,
}

#[derive(Debug)]
pub struct World {
    pub visitor: Visitor,
    pub accounts: Vec<Account>,
    pub clock: Person,
    /// The post that the clock pins and unpins, in a conversation of all.
    pub hand: String,
    pub teams: Vec<String>,
    pub channels: Vec<Channel>,
    pub posts: Vec<Post>,
    pub bookmarks: Vec<Value>,
    pub categories: Vec<Own>,
    pub scheduled: Vec<Own>,
}

impl World {
    /// Accounts, two teams, and channels of each kind; `ada` administers the server.
    pub async fn founded(visitor: &Visitor, ada: &Person, run: &str) -> Result<Self> {
        let name = |who: &str| format!("{who}{run}");
        let mut people = vec![("ada".to_owned(), ada.clone())];
        for who in ["bob", "carol", "gus", "dan"] {
            people.push((name(who), visitor.sign_up(&name(who)).await?));
        }
        let clock = visitor.sign_up(&name("clock")).await?;
        let account =
            |(name, person)| Account { name, person, active: true, reach: Reach::default() };
        let mut world = Self {
            visitor: visitor.clone(),
            accounts: people.into_iter().map(account).collect(),
            clock,
            hand: String::new(),
            teams: vec![
                ada.found_team(&name("first")).await?,
                ada.found_team(&name("second")).await?,
            ],
            channels: Vec::new(),
            posts: Vec::new(),
            bookmarks: Vec::new(),
            categories: Vec::new(),
            scheduled: Vec::new(),
        };
        world.people_come().await?;
        world.conversations().await?;
        world.look_around().await?;
        Ok(world)
    }

    async fn people_come(&mut self) -> Result<()> {
        let ada = self.accounts[ADA].person.clone();
        let demote = format!("/users/{}/demote", self.id(GUS));
        ada.post(&demote, json!({})).await?.expect(200)?;
        for team in self.teams.clone() {
            let path = format!("/teams/{team}/channels/name/town-square");
            let channel = ada.get(&path).await?.expect(200)?;
            self.know_channel(&channel);
        }
        for (team, members) in [(0, &[BOB, CAROL, GUS][..]), (1, &[CAROL, DAN][..])] {
            for member in members {
                let member = json!({"team_id": self.teams[team], "user_id": self.id(*member)});
                let path = format!("/teams/{}/members", self.teams[team]);
                ada.post(&path, member).await?.expect(201)?;
            }
        }
        let all: [(usize, &str, &str, &[usize]); 4] = [
            (0, "looms", "O", &[BOB, CAROL, GUS]),
            (0, "cards", "O", &[BOB]),
            (0, "drawings", "P", &[BOB, CAROL, GUS]),
            (1, "mills", "P", &[CAROL, DAN]),
        ];
        for (team, name, kind, members) in all {
            let team = self.teams[team].clone();
            let channel = json!({
                "team_id": team, "name": name, "display_name": name, "type": kind,
            });
            let channel = ada.post("/channels", channel).await?.expect(201)?;
            for member in members {
                let path = format!("/channels/{}/members", text(&channel, "id"));
                let member = json!({"user_id": self.id(*member)});
                ada.post(&path, member).await?.expect(201)?;
            }
            self.know_channel(&channel);
        }
        Ok(())
    }

    async fn conversations(&mut self) -> Result<()> {
        let everybody: Vec<&str> = self.accounts.iter().map(|one| one.person.id.as_str()).collect();
        let group = self.clock.post("/channels/group", json!(everybody)).await?.expect(201)?;
        let hand = self.clock.say(&text(&group, "id"), "tick").await?;
        self.hand = text(&hand, "id");
        let group = json!([self.id(BOB), self.id(CAROL), self.id(GUS)]);
        let group = self.accounts[BOB].person.post("/channels/group", group).await?.expect(201)?;
        self.know_channel(&group);
        for (one, other) in [(BOB, CAROL), (CAROL, DAN)] {
            let pair = json!([self.id(one), self.id(other)]);
            let direct = self.accounts[one].person.post("/channels/direct", pair).await?;
            let direct = direct.expect(201)?;
            self.know_channel(&direct);
        }
        Ok(())
    }

    /// Where everybody is now.
    pub async fn look_around(&mut self) -> Result<()> {
        for account in &mut self.accounts {
            account.reach = Reach::default();
            if !account.active {
                continue;
            }
            let me = account.person.get("/users/me").await?.expect(200)?;
            account.reach.guest = text(&me, "roles").contains("system_guest");
            let channels = account.person.get("/users/me/channels?include_deleted=true").await?;
            let channels = list(channels.expect(200)?);
            account.reach.channels = channels.iter().map(|one| text(one, "id")).collect();
            let teams = list(account.person.get("/users/me/teams").await?.expect(200)?);
            account.reach.teams = teams.iter().map(|one| text(one, "id")).collect();
        }
        Ok(())
    }

    pub fn know_channel(&mut self, channel: &Value) {
        if !self.channels.iter().any(|known| known.id == text(channel, "id")) {
            self.channels.push(channel_of(channel));
        }
    }

    pub fn know_post(&mut self, post: &Value) {
        let root = Some(text(post, "root_id")).filter(|root| !root.is_empty());
        let (id, channel) = (text(post, "id"), text(post, "channel_id"));
        self.posts.push(Post { id, channel, root, author: text(post, "user_id") });
    }

    pub fn id(&self, who: usize) -> &str {
        &self.accounts[who].person.id
    }

    pub fn channel(&self, id: &str) -> Option<&Channel> {
        self.channels.iter().find(|one| one.id == id)
    }

    /// Where a post stands.
    pub fn place(&self, post: &str) -> Option<&str> {
        self.posts.iter().find(|one| one.id == post).map(|one| one.channel.as_str())
    }

    /// Anybody.
    pub fn anyone(&self, rng: &mut StdRng) -> usize {
        rng.random_range(0..self.accounts.len())
    }

    pub fn any_team(&self, rng: &mut StdRng, who: usize) -> Option<String> {
        let reach = &self.accounts[who].reach.teams;
        let near = self.teams.iter().filter(|one| reach.contains(*one));
        near.collect::<Vec<_>>().choose(rng).map(|one| (*one).clone())
    }

    /// A channel that somebody is in; now and then one that they may not be in.
    pub fn any_channel(&self, rng: &mut StdRng, who: usize) -> Option<&Channel> {
        let anywhere = rng.random_bool(0.1);
        let reach = &self.accounts[who].reach.channels;
        let near = self.channels.iter().filter(|one| anywhere || reach.contains(&one.id));
        near.collect::<Vec<_>>().choose(rng).copied()
    }

    /// The same, of a team.
    pub fn any_team_channel(&self, rng: &mut StdRng, who: usize) -> Option<&Channel> {
        (0..8).find_map(|_| self.any_channel(rng, who).filter(|one| one.team.is_some()))
    }

    /// A post that somebody may read and that `which` takes; now and then one that they may not read.
    pub fn any_post(
        &self,
        rng: &mut StdRng,
        who: usize,
        which: impl Fn(&Post) -> bool,
    ) -> Option<&Post> {
        let anywhere = rng.random_bool(0.1);
        let reach = &self.accounts[who].reach.channels;
        let near = self.posts.iter().filter(|one| which(one));
        let near = near.filter(|one| anywhere || reach.contains(&one.channel));
        near.collect::<Vec<_>>().choose(rng).copied()
    }
}

fn channel_of(channel: &Value) -> Channel {
    let team = Some(text(channel, "team_id")).filter(|team| !team.is_empty());
    Channel { id: text(channel, "id"), team, open: channel["type"] == "O" }
}

/// Something of somebody's.
pub fn own<'o>(rng: &mut StdRng, all: &'o [Own], owner: usize) -> Option<&'o Value> {
    let near: Vec<&Own> = all.iter().filter(|one| one.owner == owner).collect();
    near.choose(rng).map(|one| &one.value)
}
