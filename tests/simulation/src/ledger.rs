//! What clients were told.

use std::collections::BTreeMap;

use command_api::submission::Answer;

use crate::attempt::Work;
use crate::request::Request;

/// A request with all that was heard of it.
#[derive(Debug)]
pub struct Entry {
    pub request: Request,
    pub attempts: Vec<usize>,
}

/// One attempt at a request, at a step, at an errand, or at the end of an erasure.
#[derive(Debug)]
pub struct Made {
    /// Index of the request; none for others.
    pub request: Option<usize>,
    pub began: u64,
    /// The answer and when it came; none if its node died first.
    pub answer: Option<(Answer<String>, u64)>,
}

#[derive(Debug, Default)]
pub struct Ledger {
    pub requests: Vec<Entry>,
    pub attempts: BTreeMap<usize, Made>,
}

impl Ledger {
    pub fn begin(&mut self, request: Request) -> usize {
        self.requests.push(Entry { request, attempts: Vec::new() });
        self.requests.len() - 1
    }

    pub fn attempted(&mut self, number: usize, work: &Work, began: u64) {
        let request = match work {
            Work::Request { index, .. } => Some(*index),
            Work::Step(_) | Work::Errand(_) | Work::Erasure(_) => None,
        };
        if let Some(index) = request {
            self.requests[index].attempts.push(number);
        }
        self.attempts.insert(number, Made { request, began, answer: None });
    }

    pub fn answered(&mut self, number: usize, answer: Answer<String>, now: u64) {
        if let Some(made) = self.attempts.get_mut(&number) {
            made.answer = Some((answer, now));
        }
    }

    /// The node died under the attempt: its client hears nothing.
    pub fn lost(&mut self, number: usize) {
        if let Some(made) = self.attempts.get_mut(&number) {
            made.answer = None;
        }
    }

    /// The answers to one request.
    pub fn answers(&self, index: usize) -> impl Iterator<Item = &(Answer<String>, u64)> {
        let attempts = self.requests[index].attempts.iter();
        attempts.filter_map(|number| self.attempts[number].answer.as_ref())
    }

    /// Requests whose clients still do not know how they ended.
    pub fn unanswered(&self) -> Vec<usize> {
        let is_final = |(answer, _): &(Answer<String>, u64)| {
            !matches!(answer, Answer::Unknown | Answer::Unavailable)
        };
        (0..self.requests.len()).filter(|index| !self.answers(*index).any(is_final)).collect()
    }
}
