use events::directory::UserActivated;
use events::{Body, DirectoryEvent, EventId, Topic, UserId};

use super::*;

type In = Input<&'static str>;
type Out = Output<&'static str>;

fn event() -> Event {
    let body: Body<UserActivated> = UserActivated { user_id: UserId::default() }.into();
    DirectoryEvent::from(body).into()
}

fn append() -> In {
    decided(Ok(Decision::Append(event())), None)
}

fn decided(decision: Result<Decision, &'static str>, rows_at: Option<u64>) -> In {
    Input::Decided(Decided::new(decision, rows_at))
}

/// The end of the event's own partition, read after the request.
fn caught_up(end: u64) -> In {
    Input::CaughtUp(Ends::of(Partition::DIRECTORY, vec![(Partition::DIRECTORY, end)]))
}

fn unseen(next: u64) -> In {
    Input::LookedUp { next, outcome: None }
}

fn seen(offset: u64, result: Result<i64, Refusal>) -> In {
    let outcome = Outcome { event_id: EventId::default(), offset, result };
    Input::LookedUp { next: 100, outcome: Some(outcome) }
}

fn passed(offset: u64, said: Said) -> In {
    Input::Passed { offset, said }
}

/// Feeds all of `inputs` and returns what the last led to.
fn run(inputs: impl IntoIterator<Item = In>) -> Out {
    let mut submission = Submission::new();
    let mut output = submission.start();
    for input in inputs {
        output = submission.step(input);
    }
    output
}

#[test]
fn an_event_is_appended_with_what_was_known_when_its_id_was_looked_up() {
    let output = run([Input::Entered, unseen(7), append()]);
    assert_eq!(output, Output::Append { event: event(), read_at: 7 });
}

#[test]
fn rows_that_are_older_than_the_fold_lower_read_at() {
    let rows = |at| decided(Ok(Decision::Append(event())), Some(at));
    assert_eq!(
        run([Input::Entered, unseen(7), rows(4)]),
        Output::Append { event: event(), read_at: 4 }
    );
    assert_eq!(
        run([Input::Entered, unseen(7), rows(9)]),
        Output::Append { event: event(), read_at: 7 }
    );
}

#[test]
fn the_verdict_of_the_own_record_is_the_answer() {
    let until = || [Input::Entered, unseen(7), append(), Input::Appended(Ok(8))];
    let with = |said| run(until().into_iter().chain([passed(8, said)]));
    assert_eq!(with(Said::Applied), Output::Answer(Answer::Applied { offset: 8 }));
    let refused = Answer::Refused { offset: 8, refusal: Refusal::NotAMember };
    assert_eq!(with(Said::Refused(Refusal::NotAMember)), Output::Answer(refused));
}

#[test]
fn a_verdict_that_comes_before_the_acknowledgement_is_the_answer() {
    let inputs = [Input::Entered, unseen(7), append(), passed(7, Said::Applied)];
    assert_eq!(run(inputs), Output::Answer(Answer::Applied { offset: 7 }));
}

#[test]
fn an_id_that_was_seen_is_answered_with_its_first_verdict_before_any_rule() {
    let applied = run([Input::Entered, seen(3, Ok(99))]);
    assert_eq!(applied, Output::Answer(Answer::Applied { offset: 3 }));
    let refused = run([Input::Entered, seen(3, Err(Refusal::Archived))]);
    let answer = Answer::Refused { offset: 3, refusal: Refusal::Archived };
    assert_eq!(refused, Output::Answer(answer));
}

#[test]
fn a_refusal_and_an_already_so_are_decided_again_after_catching_up() {
    for decision in [Err("no"), Ok(Decision::AlreadySo)] {
        let first = [Input::Entered, unseen(7), decided(decision.clone(), None)];
        assert_eq!(run(first), Output::CatchUp);
        let both = [
            Input::Entered,
            unseen(7),
            decided(decision.clone(), None),
            caught_up(9),
            unseen(9),
            decided(decision.clone(), None),
        ];
        let answer = match decision {
            Err(no) => Answer::Rejected(no),
            Ok(_) => Answer::AlreadySo,
        };
        assert_eq!(run(both), Output::Answer(answer));
    }
}

#[test]
fn what_was_refused_from_behind_is_appended_once_the_fold_has_caught_up() {
    let inputs =
        [Input::Entered, unseen(7), decided(Err("no"), None), caught_up(9), unseen(9), append()];
    assert_eq!(run(inputs), Output::Append { event: event(), read_at: 9 });
}

#[test]
fn an_append_of_unknown_outcome_is_repeated_and_never_becomes_a_failure() {
    let lost = || Input::Appended(Err(AppendFailure::Indeterminate));
    let until = || [Input::Entered, unseen(7), append(), lost()];
    assert_eq!(run(until()), Output::AppendAgain);
    let closed = Input::Appended(Err(AppendFailure::Unavailable));
    assert_eq!(run(until().into_iter().chain([closed])), Output::AppendAgain);
    let late = run(until().into_iter().chain([Input::Deadline]));
    assert_eq!(late, Output::Answer(Answer::Unknown));
    // The first copy got there after all, before the second.
    let first = run(until().into_iter().chain([Input::Appended(Ok(9)), passed(7, Said::Applied)]));
    assert_eq!(first, Output::Answer(Answer::Applied { offset: 7 }));
}

#[test]
fn an_append_that_wrote_nothing_is_a_failure_that_says_so() {
    let closed = Input::Appended(Err(AppendFailure::Unavailable));
    let inputs = [Input::Entered, unseen(7), append(), closed];
    assert_eq!(run(inputs), Output::Answer(Answer::Unavailable));
    let large = Input::Appended(Err(AppendFailure::TooLarge));
    let inputs = [Input::Entered, unseen(7), append(), large];
    assert_eq!(run(inputs), Output::Answer(Answer::TooLarge));
}

#[test]
fn a_stale_record_is_decided_anew_three_times_once_its_position_is_reached() {
    let mut submission = Submission::new();
    let mut step = |input: In| submission.step::<&'static str>(input);
    step(Input::Entered);
    for attempt in 0..=u64::from(STALE_RETRIES_MAX) {
        step(unseen(10 * attempt));
        step(append());
        step(Input::Appended(Ok(10 * attempt + 5)));
        let output = step(passed(10 * attempt + 5, Said::Stale));
        if attempt < u64::from(STALE_RETRIES_MAX) {
            assert_eq!(output, Output::Reach { offset: 10 * attempt + 6 });
            assert_eq!(step(Input::Reached), Output::LookUp);
        } else {
            assert_eq!(output, Output::Answer(Answer::Unavailable));
        }
    }
}

#[test]
fn a_stale_copy_of_an_earlier_attempt_does_not_end_the_present_one() {
    let inputs = [
        Input::Entered,
        unseen(0),
        append(),
        Input::Appended(Err(AppendFailure::Indeterminate)),
        Input::Appended(Ok(6)),
        passed(5, Said::Stale),
    ];
    assert_eq!(run(inputs), Output::Await);
}

#[test]
fn a_stale_verdict_may_come_before_the_acknowledgement() {
    let inputs =
        [Input::Entered, unseen(0), append(), passed(5, Said::Stale), Input::Appended(Ok(5))];
    assert_eq!(run(inputs), Output::Reach { offset: 6 });
}

#[test]
fn whoever_waits_for_another_request_in_vain_does_not_know() {
    assert_eq!(run([Input::Deadline]), Output::Answer(Answer::Unknown));
    let before = run([Input::Entered, unseen(7), Input::Deadline]);
    assert_eq!(before, Output::Answer(Answer::Unavailable));
}

#[test]
fn a_duplicate_is_answered_with_the_first() {
    let until = || {
        [Input::Entered, unseen(7), append(), Input::Appended(Ok(9))]
            .into_iter()
            .chain([passed(9, Said::Duplicate { first: 8 })])
    };
    assert_eq!(run(until()), Output::LookUp);
    let found = run(until().chain([seen(8, Ok(1))]));
    assert_eq!(found, Output::Answer(Answer::Applied { offset: 8 }));
    assert_eq!(run(until().chain([unseen(11)])), Output::Answer(Answer::Unknown));
}

#[test]
fn after_the_answer_nothing_more_happens() {
    let inputs = [Input::Entered, seen(3, Ok(99)), passed(9, Said::Applied)];
    assert_eq!(run(inputs), Output::Await);
}

#[test]
fn a_refusal_on_rows_that_were_set_back_after_catching_up_is_no_answer() {
    let until = || [Input::Entered, unseen(7), decided(Err("no"), Some(7)), caught_up(9)];
    let again = |rows_at| until().into_iter().chain([unseen(9), decided(Err("no"), Some(rows_at))]);
    assert_eq!(run(again(8)), Output::CatchUp);
    assert_eq!(run(again(9)), Output::Answer(Answer::Rejected("no")));
}

#[test]
fn a_refusal_on_rows_of_another_partition_waits_until_they_have_reached_its_end() {
    let rows = Partition { topic: Topic::Channels, index: 7 };
    let refused = |at| Decided { other_rows_at: Some((rows, at)), ..Decided::new(Err("no"), None) };
    let ends = || Ends::of(Partition::DIRECTORY, vec![(Partition::DIRECTORY, 9), (rows, 40)]);
    let until = |at| {
        let caught_up = Input::CaughtUp(ends());
        let first = [Input::Entered, unseen(7), Input::Decided(refused(40)), caught_up];
        first.into_iter().chain([unseen(9), Input::Decided(refused(at))])
    };
    // The database was set back after it had been there.
    assert_eq!(run(until(39)), Output::CatchUp);
    assert_eq!(run(until(40)), Output::Answer(Answer::Rejected("no")));
    // It lags for good.
    assert_eq!(run(until(39).chain([Input::Deadline])), Output::Answer(Answer::Unavailable));
}

#[test]
fn rows_of_another_partition_do_not_lower_read_at() {
    let rows = Partition { topic: Topic::Channels, index: 7 };
    let decision = Ok(Decision::Append(event()));
    let decided = Decided { other_rows_at: Some((rows, 2)), ..Decided::new(decision, None) };
    let output = run([Input::Entered, unseen(7), Input::Decided(decided)]);
    assert_eq!(output, Output::Append { event: event(), read_at: 7 });
}
