//! Who may hear an event, and how much of it, judged on the fold as it is now.

use domain::rights;
use events::{Event, TeamId, UserId};

use super::entry::{Concerns, Entry, OfPost, Shown};
use super::standing::{Known, Stance};
use crate::app::App;

/// Whether `user`, who has a live session, may hear of it now.
pub(super) fn may_hear(app: &App, user: UserId, entry: &Entry) -> bool {
    match entry.concerns {
        Concerns::Everyone => knows_its_people(app, user, entry),
        Concerns::Person(person) => person == user,
        Concerns::Team(team) => is_in_team(app, user, team) && knows_its_people(app, user, entry),
        Concerns::Channel(channel) => {
            let directory = app.fold.directory();
            let channels = app.fold.channels(channel);
            rights::may_read(directory.state(), channels.state(), channel, user)
        }
    }
}

fn is_in_team(app: &App, user: UserId, team: TeamId) -> bool {
    let directory = app.fold.directory();
    let directory = directory.state();
    directory.active_membership(user, team).is_some() || rights::is_system_admin(directory, user)
}

/// Whether `user` may know of everyone whom an event of the directory is about.
fn knows_its_people(app: &App, user: UserId, entry: &Entry) -> bool {
    let directory = app.fold.directory();
    let knows = |other: &UserId| app.fold.may_know(directory.state(), user, *other);
    !rights::is_guest(directory.state(), user) || entry.people().iter().all(knows)
}

/// Whether `user` is told who did it: what administrators do is not everybody's business.
pub(super) fn may_know_actor(app: &App, user: UserId) -> bool {
    rights::is_system_admin(app.fold.directory().state(), user)
}

/// How much `user`, who may hear of it, sees of it now. `None`: only the rows can tell whether it still
/// says what stands, or `stance`, which they gave, is too old.
pub(super) fn shown(
    app: &App,
    user: UserId,
    entry: &Entry,
    stance: Option<&Stance>,
) -> Option<Shown> {
    match entry.of_post() {
        Some(of_post) => of_post_shown(app, user, entry, &of_post, stance),
        None => Some(others_shown(app, entry)),
    }
}

fn of_post_shown(
    app: &App,
    user: UserId,
    entry: &Entry,
    of_post: &OfPost<'_>,
    stance: Option<&Stance>,
) -> Option<Shown> {
    let Concerns::Channel(channel) = entry.concerns else { return Some(Shown::WithoutTexts) };
    let sees_earlier = sees_earlier(app, user, of_post);
    let channels = app.fold.channels(channel);
    let erased = |held: &domain::Channel| {
        of_post
            .words
            .as_ref()
            .is_some_and(|words| held.has_erased(words.author) || words.is_blank())
    };
    if channels.state().channel(channel).is_none_or(erased) {
        return Some(Shown::WithoutTexts);
    }
    // What was applied says what stands, until something is applied that ends it.
    let fresh = Stance { as_of: entry.offset() + 1, known: Known::Stands };
    let Stance { as_of, known } = stance.unwrap_or(&fresh);
    let window = channels.window();
    if *known != Known::Gone
        && (*as_of < window.floor()
            || *as_of > channels.next()
            || window.conflicts(&of_post.ended_by(channel), *as_of))
    {
        return None;
    }
    Some(match known {
        Known::Stands => Shown::All,
        Known::StandsWithoutFiles => Shown::WithoutFiles,
        Known::Earlier { files: true } if sees_earlier => Shown::All,
        Known::Earlier { files: false } if sees_earlier => Shown::WithoutFiles,
        Known::Earlier { .. } | Known::Gone => Shown::WithoutTexts,
    })
}

/// What a post said before is for its author and for administrators, as in its edit history.
fn sees_earlier(app: &App, user: UserId, of_post: &OfPost<'_>) -> bool {
    of_post.words.as_ref().is_some_and(|words| words.author == user)
        || rights::is_system_admin(app.fold.directory().state(), user)
}

/// Channels lose what was said in them before a time, and people are called what they are called now.
fn others_shown(app: &App, entry: &Entry) -> Shown {
    let stands = match entry.concerns {
        Concerns::Channel(channel) => {
            let channels = app.fold.channels(channel);
            let held = channels.state().channel(channel);
            held.is_some_and(|held| entry.decoded().2.at >= held.expired_before)
        }
        Concerns::Everyone => is_called_so(app, entry),
        Concerns::Team(_) | Concerns::Person(_) => true,
    };
    if stands || entry.public.texts.is_empty() { Shown::All } else { Shown::WithoutTexts }
}

fn is_called_so(app: &App, entry: &Entry) -> bool {
    use events::DirectoryEvent as E;
    let names = app.fold.names();
    match entry.decoded().1 {
        Event::Directory(E::UserCreated(b)) => names.person(b.c.user_id).is_some_and(|person| {
            (&person.username, &person.nickname, &person.first_name, &person.last_name)
                == (&b.p.username, &b.p.nickname, &b.p.first_name, &b.p.last_name)
        }),
        Event::Directory(E::UserProfileChanged(b)) => {
            names.person(b.c.user_id).is_some_and(|person| {
                let is =
                    |now: &String, said: &Option<String>| said.as_ref().is_none_or(|s| s == now);
                is(&person.username, &b.p.username)
                    && is(&person.nickname, &b.p.nickname)
                    && is(&person.first_name, &b.p.first_name)
                    && is(&person.last_name, &b.p.last_name)
            })
        }
        _ => true,
    }
}
