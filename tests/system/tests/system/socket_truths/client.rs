//! One session with its socket, and what it has come to know.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::Value;
use system_tests::{Person, Socket};

use super::model::{Frame, Model, Refetch};
use super::truth::{self, State};

/// What frames do not tell, and why comparing passes it over: kind, field, reason.
const UNTOLD: &[(&str, &str, &str)] = &[
    ("member", "last_update_at", "no client shows it"),
    ("me", "update_at", "a frame's is at least the time of what it tells"),
    ("user", "update_at", "a frame's is at least the time of what it tells"),
    ("category", "sort_order", "the frame of the order has ids alone, and clients go by those"),
    ("team", "invite_id", "it lets people in, so frames have none"),
    ("team", "email", "the same"),
    ("post", "update_at", "replies and reactions move it; clients need it of edits alone"),
    ("post", "participants", "only lists of threads have them"),
];

/// What stands in lists of a team, that of conversations too.
const BY_TEAM: [&str; 3] = ["thread/", "draft/", "scheduled/"];

pub struct Client {
    pub who: usize,
    pub person: Person,
    pub socket: Socket,
    model: Model,
}

impl Client {
    /// Opens a socket, then asks for everything, as clients do.
    pub async fn opened(who: usize, person: &Person, people: &[String]) -> Result<Self> {
        let socket = person.socket().await?;
        let state = truth::whole(person, people).await?;
        let model = Model { me: person.id.clone(), state };
        Ok(Self { who, person: person.clone(), socket, model })
    }

    /// Takes in what came, and asks again for what clients ask for again.
    pub async fn take(&mut self, frames: &[Value]) -> Result<()> {
        for whole in frames {
            let frame = Frame::of(whole);
            let refetches = self.model.refetches(&frame)?;
            self.model.apply(&frame)?;
            for refetch in refetches {
                let anew = self.refetch(&refetch).await;
                let anew = anew.with_context(|| format!("{refetch:?} after {whole}"))?;
                self.model.refetched(&refetch, anew);
            }
        }
        Ok(())
    }

    async fn refetch(&self, refetch: &Refetch) -> Result<State> {
        let person = &self.person;
        match refetch {
            Refetch::Channel(id) => truth::channel(person, id).await,
            Refetch::Member(channel) => truth::member(person, channel).await,
            Refetch::Team(id) => truth::team(person, id).await,
            Refetch::Categories(team) => truth::categories(person, team).await,
            Refetch::Threads(team) => truth::threads(person, team).await,
            Refetch::Thread { team, root } => truth::thread(person, team, root).await,
            Refetch::Post(id) => truth::post(person, id).await,
            Refetch::User(id) => truth::user(person, id).await,
        }
    }

    /// What differs from what REST says.
    pub async fn differences(&self, people: &[String]) -> Result<Vec<String>> {
        let truth = truth::whole(&self.person, people).await?;
        // Who is in no team cannot ask for what is listed by team.
        let in_a_team = truth.keys().any(|key| key.starts_with("team/"));
        let askable =
            |key: &&String| in_a_team || !BY_TEAM.iter().any(|kind| key.starts_with(kind));
        let keys: BTreeSet<&String> = self.model.state.keys().chain(truth.keys()).collect();
        let differing = keys
            .into_iter()
            .filter(askable)
            .filter_map(|key| difference(key, self.model.state.get(key), truth.get(key)));
        Ok(differing.collect())
    }
}

/// People are known once they were met; REST shows those whom one meets now.
fn difference(key: &str, told: Option<&Value>, asked: Option<&Value>) -> Option<String> {
    let kind = key.split('/').next().unwrap_or_default();
    match (told, asked) {
        (Some(told), Some(asked)) => {
            let (told, asked) = (comparable(kind, told), comparable(kind, asked));
            let fields = fields(&told, &asked);
            (!fields.is_empty()).then(|| format!("{key}: {}", fields.join("; ")))
        }
        _ if kind == "user" => None,
        (Some(told), None) => Some(format!("{key} is gone; the client has {told}")),
        (None, Some(asked)) => Some(format!("{key} is missing: {asked}")),
        (None, None) => None,
    }
}

fn comparable(kind: &str, value: &Value) -> Value {
    let mut value = value.clone();
    // Where no order was chosen, clients sort.
    if kind == "category"
        && value["sorting"] != "manual"
        && let Some(channels) = value["channel_ids"].as_array_mut()
    {
        channels.sort_unstable_by_key(Value::to_string);
    }
    if let Some(fields) = value.as_object_mut() {
        let untold =
            |field: &String| UNTOLD.iter().any(|(of, name, _)| *of == kind && name == field);
        fields.retain(|field, _| !untold(field));
    }
    value
}

fn fields(told: &Value, asked: &Value) -> Vec<String> {
    let names = |value: &Value| {
        value.as_object().into_iter().flat_map(|o| o.keys().cloned()).collect::<Vec<_>>()
    };
    let mut all = names(told);
    all.extend(names(asked));
    all.sort_unstable();
    all.dedup();
    let differing = all.iter().filter(|name| told.get(name) != asked.get(name));
    let said = differing.map(|name| {
        let shown = |value: &Value| value.get(name).map_or("nothing".to_owned(), Value::to_string);
        format!("{name} is {} and the client has {}", shown(asked), shown(told))
    });
    said.collect()
}
