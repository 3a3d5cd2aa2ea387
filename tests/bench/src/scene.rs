//! The scene of every figure: a team with 16 channels of 100 members.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::client::Client;
use crate::target::Target;

pub const CHANNELS: usize = 16;
pub const MEMBERS: usize = 100;
const PASSWORD: &str = "correct horse battery staple";

/// Who is there, with their tokens.
pub struct Scene {
    pub team: String,
    pub channels: Vec<String>,
    /// Tokens of the members; everyone is in every channel.
    pub tokens: Vec<String>,
}

impl Scene {
    /// For a server that knows nobody and takes every token.
    pub fn bare() -> Self {
        let ids = |count| (0..count).map(|n| format!("{n:026}")).collect();
        Self { team: format!("{:026}", 0), channels: ids(CHANNELS), tokens: ids(MEMBERS) }
    }

    pub async fn set(target: &Target) -> Result<Self> {
        let mut admin = Client::connect(&target.authority, "").await?;
        let mut people = Vec::with_capacity(MEMBERS);
        for n in 0..MEMBERS {
            people.push(account(&mut admin, n).await?);
        }
        let tokens = people.iter().map(|(_, token)| token.clone()).collect::<Vec<_>>();
        let mut admin = admin.with_token(&tokens[0]);
        let team = id(&admin
            .post("/api/v4/teams", &json!({"name": "bench", "display_name": "Bench", "type": "O"}))
            .await?
            .json()?)?;
        for (user, _) in &people[1..] {
            let body = json!({"team_id": team, "user_id": user});
            admin.post(&format!("/api/v4/teams/{team}/members"), &body).await?;
        }
        let mut channels = Vec::with_capacity(CHANNELS);
        for n in 0..CHANNELS {
            channels.push(channel(&mut admin, &team, n, &people).await?);
        }
        Ok(Self { team, channels, tokens })
    }
}

async fn account(client: &mut Client, n: usize) -> Result<(String, String)> {
    let body = json!({
        "username": format!("bench{n}"),
        "email": format!("bench{n}@example.org"),
        "password": PASSWORD,
    });
    let user = id(&client.post("/api/v4/users", &body).await?.json()?)?;
    let login = json!({"login_id": format!("bench{n}"), "password": PASSWORD});
    let token = client.post("/api/v4/users/login", &login).await?.token.context("a token")?;
    Ok((user, token))
}

async fn channel(
    admin: &mut Client,
    team: &str,
    n: usize,
    people: &[(String, String)],
) -> Result<String> {
    let body = json!({
        "team_id": team,
        "name": format!("channel-{n}"),
        "display_name": format!("Channel {n}"),
        "type": "O",
    });
    let channel = id(&admin.post("/api/v4/channels", &body).await?.json()?)?;
    let ids: Vec<&String> = people[1..].iter().map(|(user, _)| user).collect();
    admin.post(&format!("/api/v4/channels/{channel}/members"), &json!({"user_ids": ids})).await?;
    Ok(channel)
}

pub fn id(object: &Value) -> Result<String> {
    object["id"].as_str().map(str::to_owned).context("an object with an id")
}
