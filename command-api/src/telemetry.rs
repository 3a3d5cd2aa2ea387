//! What is seen of writes from outside.

use std::time::Instant;

use event_log::{AppendError, Appended};
use events::Topic;

use crate::submission::Answer;

pub(crate) fn appended(topic: Topic, result: &Result<Appended, AppendError>, started: Instant) {
    let outcome = match result {
        Ok(_) => "acknowledged",
        Err(AppendError::TooLarge { .. }) => "too_large",
        Err(AppendError::Unavailable(_)) => "unavailable",
        Err(AppendError::Indeterminate(_)) => "indeterminate",
    };
    let labels = [("topic", topic.name()), ("outcome", outcome)];
    metrics::counter!("nottermost_appends_total", &labels).increment(1);
    metrics::histogram!("nottermost_append_duration_seconds", "topic" => topic.name())
        .record(started.elapsed());
}

pub(crate) fn answered<R>(topic: Topic, answer: &Answer<R>, started: Instant) {
    let verdict = match answer {
        Answer::Applied { .. } => "applied",
        Answer::AlreadySo => "already_so",
        Answer::Rejected(_) => "rejected",
        Answer::Refused { .. } => "refused",
        Answer::TooLarge => "too_large",
        Answer::Unavailable => "unavailable",
        Answer::Unknown => "unknown",
    };
    let labels = [("topic", topic.name()), ("answer", verdict)];
    metrics::counter!("nottermost_commands_total", &labels).increment(1);
    metrics::histogram!("nottermost_command_duration_seconds", "topic" => topic.name())
        .record(started.elapsed());
}
