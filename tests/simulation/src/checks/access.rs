//! Access that was ended, and the sessions that let people in.

use std::collections::BTreeMap;

use command_api::submission::Answer;
use domain::rights;
use events::{DirectoryEvent, Event, SessionId, TeamId, UserEvent, UserId};

use super::answers::by_attempt;
use super::{Story, ensure};
use crate::decide::token_of;
use crate::request::Ask;
use crate::world::World;

/// Somebody's access, to everything or to a team, that ended for good.
struct Ended {
    user: UserId,
    team: Option<TeamId>,
    /// When the end was told.
    at: u64,
}

/// A post that was asked for after its author's access had ended, and that was told, is not there.
pub fn ended_stays_ended(world: &World, story: &Story) -> Result<(), String> {
    let by_attempt = by_attempt(story);
    let ended = ended(world, story);
    let directory = story.node.set.directory();
    for (number, made) in &world.ledger.attempts {
        let Some(index) = made.request else { continue };
        let Ask::Post { author, channel, .. } = &world.ledger.requests[index].request.ask else {
            continue;
        };
        let team = directory.state().channel_name(*channel).map(|name| name.team_id);
        let late = ended.iter().any(|end| {
            end.user == *author && made.began > end.at && (end.team.is_none() || end.team == team)
        });
        ensure(!late || !by_attempt.contains_key(number), || {
            format!("attempt {number} posts for an account whose access had ended before")
        })?;
    }
    Ok(())
}

/// Ends that clients were told of and after which nobody came back.
fn ended(world: &World, story: &Story) -> Vec<Ended> {
    let mut joined = BTreeMap::new();
    for (folded, _, event, applied) in story.applied() {
        if let Event::Directory(DirectoryEvent::TeamMembersAdded(b)) = event {
            let members = applied.admitted.iter().map(|user| (*user, b.c.team_id));
            joined.extend(members.map(|member| (member, folded.record.offset)));
        }
    }
    let mut ended = Vec::new();
    for (index, entry) in world.ledger.requests.iter().enumerate() {
        for (answer, at) in world.ledger.answers(index) {
            let Answer::Applied { offset } = answer else { continue };
            match entry.request.ask {
                Ask::DeactivateUser { user, .. } | Ask::EraseUser { user, .. } => {
                    ended.push(Ended { user, team: None, at: *at });
                }
                Ask::LeaveTeam { user, team } if joined.get(&(user, team)) < Some(offset) => {
                    ended.push(Ended { user, team: Some(team), at: *at });
                }
                _ => {}
            }
        }
    }
    ended
}

/// A login as it stands in the log.
struct LoggedIn {
    user: UserId,
    generation: u64,
    ended: bool,
    /// It had been ended before.
    again: bool,
}

/// A session lets in exactly if every event that ended its account's sessions since it began kept it,
/// it was not ended itself, and the account is active. A login that somebody was told of stands in the log.
pub fn sessions(world: &World, story: &Story) -> Result<(), String> {
    let (ends, active) = accounts(story);
    let logins = logins(story);
    let directory = story.node.set.directory();
    for (session, login) in &logins {
        let mut since = ends.get(&login.user).into_iter().flatten();
        let lets_in = !login.ended
            && since.all(|(at, kept)| *at <= login.generation || *kept == Some(*session))
            && active.get(&login.user).copied().unwrap_or(false);
        let users = story.node.set.users(login.user);
        let found = rights::authenticate(directory.state(), users.state(), &token_of(*session), 0);
        ensure(found.is_some() == lets_in, || {
            format!("session {session} lets in: {}, not {lets_in}", found.is_some())
        })?;
    }
    for (index, entry) in world.ledger.requests.iter().enumerate() {
        let told = world.ledger.answers(index).any(|(answer, _)| answer.is_success());
        match entry.request.ask {
            Ask::LogIn { session, .. } if told => {
                ensure(logins.contains_key(&session), || format!("the login {session} is lost"))?;
            }
            Ask::LogOut { session, .. } if applied(world, index) => {
                // It may have been begun anew since, by a retry of a login that was forgotten.
                let ended = logins.get(&session).is_none_or(|login| login.ended || login.again);
                ensure(ended, || format!("session {session} was ended and stands"))?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether some attempt of the request was told that its event stands.
fn applied(world: &World, index: usize) -> bool {
    world.ledger.answers(index).any(|(answer, _)| matches!(answer, Answer::Applied { .. }))
}

/// The events that ended an account's sessions, with the one session that each kept.
type Ends = BTreeMap<UserId, Vec<(u64, Option<SessionId>)>>;

/// The ends of all sessions of each account, and which accounts are active.
fn accounts(story: &Story) -> (Ends, BTreeMap<UserId, bool>) {
    let (mut ends, mut active) = (Ends::new(), BTreeMap::new());
    for (folded, _, event, _) in story.applied() {
        let Event::Directory(event) = event else { continue };
        let (user, kept) = match event {
            DirectoryEvent::UserCreated(b) => {
                active.insert(b.c.user_id, true);
                continue;
            }
            DirectoryEvent::UserDeactivated(b) => {
                active.insert(b.c.user_id, false);
                (b.c.user_id, None)
            }
            DirectoryEvent::UserErased(b) => {
                active.insert(b.c.user_id, false);
                (b.c.user_id, None)
            }
            DirectoryEvent::UserPasswordChanged(b) => (b.c.user_id, b.c.kept_session),
            DirectoryEvent::UserSessionsRevoked(b) => (b.c.user_id, None),
            _ => continue,
        };
        ends.entry(user).or_default().push((folded.record.offset, kept));
    }
    (ends, active)
}

fn logins(story: &Story) -> BTreeMap<SessionId, LoggedIn> {
    let mut logins = BTreeMap::<SessionId, LoggedIn>::new();
    for (_, _, event, _) in story.applied() {
        match event {
            Event::Users(UserEvent::SessionCreated(b)) => {
                let (user, generation) = (b.c.user_id, b.c.auth_generation);
                let again = logins.contains_key(&b.c.session_id);
                let login = LoggedIn { user, generation, ended: false, again };
                logins.insert(b.c.session_id, login);
            }
            Event::Users(UserEvent::SessionRevoked(b)) => {
                if let Some(login) = logins.get_mut(&b.c.session_id) {
                    login.ended = true;
                }
            }
            _ => {}
        }
    }
    logins
}
