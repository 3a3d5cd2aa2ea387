//! Teams and who is in them.

pub(crate) mod icon;
pub(crate) mod invite;
pub(crate) mod list;
pub(crate) mod members;
pub(crate) mod one;
pub(crate) mod unread;

use read_model::rows::TeamRow;
use wire::Team;

use crate::app::App;
use crate::caller::Caller;

/// The team as `caller` may see it: only members can invite, and no guests.
fn shown(app: &App, row: &TeamRow, caller: &Caller) -> Team {
    let directory = app.fold.directory();
    let is_member =
        !caller.is_guest && directory.state().active_membership(caller.user, row.id).is_some();
    let team = row.to_wire().with_icon(directory.state().pictures());
    if is_member || caller.is_system_admin { team } else { team.sanitised() }
}

fn all_shown(app: &App, rows: &[TeamRow], caller: &Caller) -> Vec<Team> {
    rows.iter().map(|row| shown(app, row, caller)).collect()
}
