//! The requests that were taken on: by which tokens they are known, and what is told of their progress.

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use super::call::{Operation, Submission};
use super::handler::{Ended, Failure};

/// All requests, in the order they were taken on.
#[derive(Default)]
pub(super) struct Requests {
    list: Vec<Request>,
    by_client: HashMap<(String, String), (u64, usize)>,
    by_token: HashMap<(String, String), usize>,
}

/// A request.
pub(super) struct Request {
    region: String,
    /// The token that its progress is asked by.
    pub(super) token: String,
    operation: Operation,
    type_name: String,
    identifier: Option<String>,
    failure: Option<Failure>,
    /// How many looks find it under way, all in all and from here on.
    looks: u32,
    left: u32,
    is_cancelled: bool,
    /// When it was taken on, in milliseconds since 1970 UTC.
    at: u64,
}

/// What a client's token says of a request.
pub(super) enum Named<'a> {
    /// It is new.
    New,
    /// It was sent before.
    Same(&'a mut Request),
    /// Another was sent under this token.
    Other,
}

impl Requests {
    /// A client token for a request that comes without.
    pub(super) fn next_name(&self) -> String {
        format!("unnamed-{}", self.list.len())
    }

    /// What was sent under a client's token.
    pub(super) fn of_client(&mut self, region: &str, client_token: &str, fingerprint: u64) -> Named<'_> {
        match self.by_client.get(&(region.to_owned(), client_token.to_owned())) {
            None => Named::New,
            Some((same, index)) if *same == fingerprint => Named::Same(&mut self.list[*index]),
            Some(_) => Named::Other,
        }
    }

    /// The request whose progress is asked by `token`.
    pub(super) fn of_token(&mut self, region: &str, token: &str) -> Option<&mut Request> {
        let index = self.by_token.get(&(region.to_owned(), token.to_owned()))?;
        self.list.get_mut(*index)
    }

    /// The request that has not ended for this resource.
    pub(super) fn under_way(&mut self, region: &str, type_name: &str, identifier: &str) -> Option<&mut Request> {
        self.list.iter_mut().rev().find(|request| {
            request.left > 0
                && request.identifier.as_deref() == Some(identifier)
                && request.type_name == type_name
                && request.region == region
        })
    }

    /// Takes in a request.
    pub(super) fn enter(&mut self, client_token: String, fingerprint: u64, request: Request) -> &mut Request {
        let index = self.list.len();
        self.by_client.insert((request.region.clone(), client_token), (fingerprint, index));
        self.by_token.insert((request.region.clone(), request.token.clone()), index);
        self.list.push(request);
        &mut self.list[index]
    }

    /// The events of all requests of a region, with a number each.
    pub(super) fn all(&self, region: &str) -> impl Iterator<Item = (usize, Json)> {
        let all = self.list.iter().enumerate();
        all.filter(move |(_, request)| request.region == region).map(|(number, request)| (number, request.event()))
    }
}

impl Request {
    /// A request that was carried out and `ended` so, which `slow` looks still find under way.
    pub(super) fn new(region: &str, token: String, wanted: &Submission, ended: Ended, slow: u32, at: u64) -> Self {
        let looks = slow.saturating_add(1);
        Self {
            region: region.to_owned(),
            token,
            operation: wanted.operation,
            type_name: wanted.type_name.clone(),
            identifier: ended.identifier.or_else(|| wanted.identifier().map(str::to_owned)),
            failure: ended.failure,
            looks,
            left: looks,
            is_cancelled: false,
            at,
        }
    }

    /// Its event, one step further than at the last look.
    pub(super) fn look(&mut self) -> Json {
        self.left = self.left.saturating_sub(1);
        self.event()
    }

    /// Cancels it; false where it has ended. What is done stays done.
    pub(super) fn cancel(&mut self) -> bool {
        let is_under_way = self.left > 0;
        self.is_cancelled |= is_under_way;
        self.left = self.left.min(1);
        is_under_way
    }

    fn status(&self) -> &'static str {
        match (self.is_cancelled, self.left, &self.failure) {
            (true, 0, _) => "CANCEL_COMPLETE",
            (true, ..) => "CANCEL_IN_PROGRESS",
            (_, 0, None) => "SUCCESS",
            (_, 0, Some(_)) => "FAILED",
            (_, left, _) if left == self.looks && left > 1 => "PENDING",
            _ => "IN_PROGRESS",
        }
    }

    /// Its event.
    pub(super) fn event(&self) -> Json {
        let status = self.status();
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 have 41 bits")]
        let seconds = self.at as f64 / 1000.0;
        let mut event = json!({
            "TypeName": self.type_name,
            "RequestToken": self.token,
            "Operation": self.operation.name(),
            "OperationStatus": status,
            "EventTime": seconds,
        });
        // What is yet to be created has no identifier before its creation has begun.
        if let Some(identifier) = self.identifier.as_ref().filter(|_| status != "PENDING") {
            event["Identifier"] = identifier.as_str().into();
        }
        if let Some(failure) = self.failure.as_ref().filter(|_| status == "FAILED") {
            event["ErrorCode"] = failure.code.into();
            event["StatusMessage"] = failure.message.as_str().into();
        }
        event
    }
}
