//! Faults: each is seen as the error it stands for, leaves the cloud as it should, and comes again with the same seed.

use std::time::Duration;

use ironwright_engine::{Clock, ErrorKind, Provider, Read, Token};
use serde_json::{Value as Json, json};

use super::support::{Cloud, REGION, create, facts, wait};
use crate::{Faults, SimulatedCloud};

const VPC: &str = "AWS::EC2::VPC";

fn cloud(faults: Faults) -> Cloud {
    Cloud::of(SimulatedCloud::in_memory(facts()).with_faults(faults))
}

fn properties() -> Json {
    json!({"CidrBlock": "10.0.0.0/16"})
}

/// The kinds of error that 40 creates meet, each repeated with its token until it succeeds.
fn kinds_met(cloud: &Cloud) -> Vec<ErrorKind> {
    let mut kinds = Vec::new();
    for round in 0..40u128 {
        let address = format!("a/r{round}");
        while let Err(error) = cloud.create_at(&address, VPC, properties(), Token::new(round)) {
            kinds.push(error.kind);
            assert!(kinds.len() < 1000, "it never succeeds");
        }
    }
    kinds
}

#[test]
fn faults_never_make_two_of_one_and_come_again_with_the_same_seed() {
    let faults = |seed| Faults::new(seed).throttle(0.3).server_error(0.3).lost_response(0.3);
    let (one, same, other) = (cloud(faults(1)), cloud(faults(1)), cloud(faults(2)));
    let met = kinds_met(&one);
    for kind in [ErrorKind::Throttled, ErrorKind::Unavailable, ErrorKind::OutcomeUnknown] {
        assert!(met.contains(&kind), "{kind:?} in {met:?}");
    }
    assert_eq!(one.cloud.resources().expect("resources").len(), 40);
    assert_eq!(kinds_met(&same), met);
    assert_ne!(kinds_met(&other), met);
}

#[test]
fn a_throttled_call_does_nothing_and_a_lost_response_has_done_it() {
    let throttled = cloud(Faults::new(1).throttle(1.0));
    let error = throttled.create(VPC, properties()).expect_err("throttled");
    assert_eq!((error.kind, error.code.as_str()), (ErrorKind::Throttled, "RequestLimitExceeded"));
    assert_eq!(throttled.cloud.resources().expect("resources").len(), 0);

    let lost = cloud(Faults::new(1).lost_response(1.0));
    let error = lost.create_at("a/b", VPC, properties(), Token::new(1)).expect_err("lost");
    assert_eq!(error.kind, ErrorKind::OutcomeUnknown);
    assert_eq!(lost.find("a/b", VPC, Token::new(1)).len(), 1);
}

#[test]
fn a_new_resource_is_not_found_by_its_first_reads() {
    let cloud = cloud(Faults::new(1).not_found_first_reads(2));
    let id = cloud.id(VPC, properties());
    let seen: Vec<_> = (0..4).map(|_| cloud.read(VPC, &id).is_some()).collect();
    assert_eq!(seen, [false, false, true, true]);
}

#[test]
fn a_slow_resource_is_pending_until_its_create_returns() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let cloud = cloud(Faults::new(1).slow_states(5)).cloud;
    runtime.block_on(async {
        let properties = ironwright_core::Resolved::new(json!({"ImageId": "ami-12345678"}).into()).expect("known");
        let request = create("a/b", "AWS::EC2::Instance", properties, Token::new(1));
        let making = tokio::spawn({
            let cloud = cloud.clone();
            async move { cloud.create(request).await }
        });
        tokio::task::yield_now().await;
        let live = cloud.resources().expect("resources").remove(0);
        assert!(live.pending && !making.is_finished());
        let (type_name, region) = (live.type_name, live.region);
        let read = Read { type_name, region, physical_id: live.physical_id };
        let seen = cloud.read(&[read]).await.remove(0).expect("a read").expect("there");
        assert_eq!(seen.model["State"]["Name"], "pending");
        let made = making.await.expect("no panic").expect("made");
        assert_eq!(made.model["State"]["Name"], "running");
    });
    assert!(!cloud.resources().expect("resources")[0].pending);
}

/// A clock that writes down how long it was asked to wait, and does not.
#[derive(Default)]
struct Notes(std::sync::Mutex<Vec<Duration>>);

#[async_trait::async_trait]
impl Clock for Notes {
    fn now(&self) -> u64 {
        0
    }
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
    async fn sleep(&self, duration: Duration) {
        self.0.lock().expect("no panic inside").push(duration);
    }
}

#[test]
fn latency_is_waited_for_on_the_clock_it_came_with() {
    let notes = std::sync::Arc::new(Notes::default());
    let longest = Duration::from_millis(200);
    let cloud = cloud(Faults::new(1).latency(longest, notes.clone()));
    (0..10).for_each(|_| drop(cloud.id(VPC, properties())));
    let waited = notes.0.lock().expect("no panic inside").clone();
    assert_eq!(waited.len(), 10);
    assert!(waited.iter().all(|wait| *wait < longest) && waited.iter().any(|wait| *wait > longest / 10), "{waited:?}");
}

#[test]
fn ten_thousand_resources_are_made_read_and_deleted() {
    const COUNT: usize = 10_000;
    let cloud = Cloud::new();
    let ids: Vec<_> = (0..COUNT).map(|_| cloud.id("AWS::EC2::InternetGateway", json!({}))).collect();
    let read = |id: &String| Read {
        type_name: "AWS::EC2::InternetGateway".to_owned(),
        region: REGION.to_owned(),
        physical_id: id.clone(),
    };
    let reads: Vec<_> = ids.iter().map(read).collect();
    let found = wait(cloud.cloud.read(&reads)).into_iter().filter(|answer| matches!(answer, Ok(Some(_)))).count();
    assert_eq!((found, cloud.cloud.calls().read), (COUNT, 1));
    for id in &ids {
        cloud.delete("AWS::EC2::InternetGateway", id).expect("deleted");
    }
    assert!(cloud.cloud.resources().expect("resources").is_empty());
}
