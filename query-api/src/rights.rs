//! Rights as the fold has them, for what is answered from memory or belongs to one person.

use std::collections::BTreeSet;

use domain::permissions::knows_team;
use domain::rights;
use events::{ChannelId, TeamId, UserId};
use fold::FoldSet;
use platform::http::{ApiError, UserRef};

use crate::app::{App, DIRECTORY, of_any_channel};
use crate::caller::Caller;

/// The caller, where a path names an account whose things only its owner sees.
pub(crate) fn own(user: UserRef, caller: &Caller) -> Result<UserId, ApiError> {
    let user = user.resolve(caller.user);
    if user == caller.user { Ok(user) } else { Err(ApiError::forbidden()) }
}

/// The account that a path names, where administrators may see it too.
pub(crate) fn own_or_admin(user: UserRef, caller: &Caller) -> Result<UserId, ApiError> {
    let user = user.resolve(caller.user);
    if user == caller.user || caller.is_system_admin {
        Ok(user)
    } else {
        Err(ApiError::forbidden())
    }
}

enum InTeam {
    Yes,
    No,
    /// Or none of which the person may know.
    NoSuchTeam,
}

fn in_team(fold: &FoldSet, user: UserId, team: TeamId) -> InTeam {
    let directory = fold.directory();
    let directory = directory.state();
    if !knows_team(directory, user, team) {
        return InTeam::NoSuchTeam;
    }
    let may = directory.active_membership(user, team).is_some()
        || rights::is_system_admin(directory, user);
    if may { InTeam::Yes } else { InTeam::No }
}

/// Refuses unless the caller is in the team or administers the system.
pub(crate) async fn require_team(app: &App, caller: &Caller, team: TeamId) -> Result<(), ApiError> {
    if let InTeam::Yes = in_team(&app.fold, caller.user, team) {
        return Ok(());
    }
    app.fold_on(DIRECTORY).await?;
    match in_team(&app.fold, caller.user, team) {
        InTeam::Yes => Ok(()),
        InTeam::No => Err(ApiError::forbidden()),
        InTeam::NoSuchTeam => Err(ApiError::team_not_found()),
    }
}

/// The channels of one partition after another that `user` may read and that `wanted` lets through.
pub(crate) fn readable_channels(
    fold: &FoldSet,
    user: UserId,
    wanted: impl Fn(&domain::Channel) -> bool,
) -> Vec<ChannelId> {
    let directory = fold.directory();
    let mut found = Vec::new();
    for index in 0..events::PARTITIONS {
        let channels = fold.channels_at(index);
        let mine = channels.state().channels_of(user);
        found.extend(
            mine.filter(|(_, channel, member)| {
                wanted(channel) && rights::rests(directory.state(), channel, member)
            })
            .map(|(id, _, _)| id),
        );
    }
    found
}

/// Whom somebody may know of, with themselves; `None` for everybody.
pub(crate) struct KnownPeople(Option<BTreeSet<UserId>>);

impl KnownPeople {
    pub fn contain(&self, user: UserId) -> bool {
        self.0.as_ref().is_none_or(|known| known.contains(&user))
    }

    /// All of them; `None` for everybody.
    pub fn listed(self) -> Option<Vec<UserId>> {
        self.0.map(Vec::from_iter)
    }
}

/// Whom the caller may know of. Guests know whom they meet, as the log has it now.
pub(crate) async fn known_people(app: &App, caller: &Caller) -> Result<KnownPeople, ApiError> {
    if !caller.is_guest {
        return Ok(KnownPeople(None));
    }
    app.fold_on(&of_any_channel()).await?;
    Ok(KnownPeople(app.fold.known_to(caller.user)))
}

/// Refuses where there is no such account, as far as the caller may know.
pub(crate) async fn require_account(
    app: &App,
    caller: &Caller,
    user: UserId,
) -> Result<(), ApiError> {
    let exists = || app.fold.directory().state().account(user).is_some();
    if !exists() {
        app.fold_on(DIRECTORY).await?;
        if !exists() {
            return Err(ApiError::user_not_found());
        }
    }
    require_known(app, caller, user).await
}

/// Refuses where the caller may not know of `user`, as if there were no such account.
pub(crate) async fn require_known(
    app: &App,
    caller: &Caller,
    user: UserId,
) -> Result<(), ApiError> {
    let knows = || app.fold.may_know(app.fold.directory().state(), caller.user, user);
    if knows() {
        return Ok(());
    }
    app.fold_on(&of_any_channel()).await?;
    if knows() { Ok(()) } else { Err(ApiError::user_not_found()) }
}
