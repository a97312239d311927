//! The rollout on all hosts: what changes nothing on all of them first, then group by group, up to the first that fails.

use std::fmt::Write as _;
use std::sync::Arc;

use futures_util::future::join_all;

use super::census::{HostReleases, look};
use super::create;
use super::error::{Failure, RolloutError};
use super::probe::Probe;
use super::release::Release;
use super::request::Request;
use super::seams::Tools;
use super::worker::Worker;
use crate::ssh::Connection;

/// How many hosts are looked at, and made ready, at once.
const AT_ONCE: usize = 8;

/// What a rollout has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rolled {
    /// The number of the release that serves on all hosts.
    pub number: u32,
}

/// Makes the version of `request` serve on all `hosts`, and nothing else of its identity.
///
/// Sent again after it was killed, it goes on where it was. On an error, every host that did not get the new version serves
/// the old one, and the error says what runs where.
pub async fn roll_out(hosts: &[Arc<Connection>], request: &Request, tools: &Tools<'_>) -> Result<Rolled, RolloutError> {
    create::check(&request.spec)?;
    Probe::of(&request.spec)?;
    let seen = survey(hosts, request, tools).await?;
    let number = number(&seen, request);
    let mut workers: Vec<_> = hosts.iter().map(|host| Worker::new(host, request, number, tools)).collect();
    for some in workers.chunks_mut(AT_ONCE) {
        let prepared = join_all(some.iter_mut().map(Worker::prepare)).await;
        joined(prepared).map_err(|error| error.and("\nnothing that serves was changed on any host"))?;
    }
    let groups = workers.len().div_ceil(request.spec.group_size());
    for (index, group) in workers.chunks_mut(request.spec.group_size()).enumerate() {
        if groups > 1 {
            (tools.progress)(&format!("group {} of {groups}", index + 1));
        }
        let done = join_all(group.iter_mut().map(Worker::run)).await;
        if let Err(error) = joined(done) {
            return Err(error.and(&what_runs(hosts, request, tools).await));
        }
    }
    Ok(Rolled { number })
}

/// What all hosts have.
async fn survey(
    hosts: &[Arc<Connection>],
    request: &Request,
    tools: &Tools<'_>,
) -> Result<Vec<HostReleases>, RolloutError> {
    let mut seen = Vec::new();
    for some in hosts.chunks(AT_ONCE) {
        let looks = join_all(some.iter().map(|host| look(host, &request.identity, tools))).await;
        seen.extend(joined(looks).map_err(|error| error.and("\nnothing was changed on any host"))?);
    }
    Ok(seen)
}

/// All of them, or the first error with what the others say.
fn joined<T>(results: Vec<Result<T, RolloutError>>) -> Result<Vec<T>, RolloutError> {
    let (mut good, mut failed) = (Vec::new(), None::<RolloutError>);
    for result in results {
        match (result, failed.take()) {
            (Ok(value), before) => {
                good.push(value);
                failed = before;
            }
            (Err(error), None) => failed = Some(error),
            (Err(error), Some(first)) => failed = Some(first.and(&format!("\n{error}"))),
        }
    }
    failed.map_or(Ok(good), Err)
}

/// The number of the release that is to serve: the one that this version has on some host, or a new one.
fn number(hosts: &[HostReleases], request: &Request) -> u32 {
    let releases = || hosts.iter().flat_map(|host| &host.releases);
    let agrees = |number: u32| releases().filter(|release| release.number == number).all(|release| request.is(release));
    let is_kept = |release: &&Release| !release.is_trial && request.is(release) && agrees(release.number);
    let kept = releases().filter(is_kept).map(|release| release.number).max();
    // One that was only tried has no number of its own yet, unless this attempt tried it.
    kept.unwrap_or_else(|| {
        let ours = releases().filter(|release| release.is_trial && request.is(release) && agrees(release.number));
        let next = releases().map(|release| release.number).max().unwrap_or(0) + 1;
        ours.map(|release| release.number).max().unwrap_or(next)
    })
}

/// What runs on each host, for an error.
async fn what_runs(hosts: &[Arc<Connection>], request: &Request, tools: &Tools<'_>) -> String {
    let mut text = "\nwhat serves now:".to_owned();
    for some in hosts.chunks(AT_ONCE) {
        let looks = join_all(some.iter().map(|host| look(host, &request.identity, tools))).await;
        for (host, seen) in some.iter().zip(looks) {
            let what = match seen {
                Ok(seen) => seen.serving().map_or_else(|| "nothing".to_owned(), |release| release.name.clone()),
                Err(error) if error.failure == Failure::Unreached => "not known, it is not reached".to_owned(),
                Err(_) => "not known, its Docker does not say".to_owned(),
            };
            let _ = write!(text, "\n  {}: {what}", host.destination());
        }
    }
    text.push_str("\nmend the image, the program or the host, and `apply` again");
    text
}

#[cfg(test)]
mod tests {
    use ironwright_core::Resolved;
    use serde_json::json;

    use super::super::release::Identity;
    use super::*;

    fn request() -> Request {
        let identity = Identity::shop();
        let properties = Resolved::new(json!({"Image": "shop:2"}).into()).expect("it is known");
        Request::new(identity, &properties, "t1").expect("a container")
    }

    fn host(releases: &[(u32, &str)]) -> HostReleases {
        let release = |(number, digest): &(u32, &str)| Release {
            number: *number,
            digest: (*digest).to_owned(),
            token: "t0".into(),
            ..Release::default()
        };
        HostReleases { releases: releases.iter().map(release).collect(), upstream: None }
    }

    #[test]
    fn the_number_is_that_of_a_kept_release_or_a_new_one() {
        let request = request();
        let same = request.digest("t0");
        let check = |hosts: &[HostReleases], expect| assert_eq!(number(hosts, &request), expect, "{hosts:?}");
        check(&[], 1);
        check(&[host(&[(1, "x"), (4, "y")]), host(&[(2, "x")])], 5);
        check(&[host(&[(1, "x"), (2, &same), (3, "y")]), host(&[(3, "y")])], 2);
        // The other host has something else by that number.
        check(&[host(&[(2, &same)]), host(&[(2, "y")])], 3);
        let mut trial = host(&[(3, &same)]);
        trial.releases[0].is_trial = true;
        check(&[trial], 3);
    }

    #[test]
    fn several_hosts_say_what_is_wrong_with_each() {
        let error = |text| Err(RolloutError::new(Failure::Unhealthy, text));
        assert_eq!(joined(vec![Ok(1), Ok(2)]), Ok(vec![1, 2]));
        let both = joined(vec![error("a is ill"), Ok(1), error("b is ill")]).expect_err("they failed");
        assert_eq!(both.to_string(), "a is ill\nb is ill");
    }
}
