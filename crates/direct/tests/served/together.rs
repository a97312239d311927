//! The provider itself against the served cloud: many workers keep one pace, and what is not waited for is told of later.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ironwright_core::{Address, Planned, Resolved};
use ironwright_direct::{AccessKey, Connection, ConnectionOptions};
use ironwright_engine::{Clock, Create, ErrorKind, Provider, Read, Readiness, Ticket, Token};
use ironwright_simulated::SimulatedCloud;
use serde_json::{Value as Json, json};

use crate::mortal::Facts;
use crate::place::Served;

const REGION: &str = "us-west-2";

/// A clock that stands still, and keeps for how long was waited each time.
#[derive(Default)]
struct Standing(Mutex<Vec<Duration>>);

#[async_trait]
impl Clock for Standing {
    fn now(&self) -> u64 {
        0
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep(&self, duration: Duration) {
        self.0.lock().expect("no test panics while waiting").push(duration);
        tokio::task::yield_now().await;
    }
}

/// Cloud Control of a cloud that is disturbed by `disturbances`.
async fn connected(disturbances: &str, clock: Arc<Standing>) -> (Served, Arc<dyn Provider>) {
    let served = Served::start(&SimulatedCloud::in_memory(Arc::new(Facts)), disturbances.parse().expect("known"), 0);
    let options = ConnectionOptions {
        region: Some(REGION.to_owned()),
        endpoint: Some(served.endpoint.clone()),
        key: Some(AccessKey::new("test", "test")),
        ..ConnectionOptions::default()
    };
    let connection = Connection::open_with(options, clock).await;
    let identity = connection.identity().await.expect("it says who one is");
    let provider = connection.providers(&identity, Arc::new(Facts)).pop().expect("Cloud Control is the last");
    (served, provider)
}

async fn reads(provider: &Arc<dyn Provider>, workers: usize) -> Vec<ErrorKind> {
    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..workers {
        let provider = Arc::clone(provider);
        let read = Read {
            type_name: "AWS::EC2::VPC".to_owned(),
            region: REGION.to_owned(),
            physical_id: format!("vpc-{worker}"),
        };
        tasks.spawn(async move { provider.read(&[read]).await.remove(0).expect_err("it is throttled").kind });
    }
    tasks.join_all().await
}

#[tokio::test]
async fn all_workers_keep_one_pace_once_a_call_is_throttled() {
    let clock = Arc::new(Standing::default());
    let (_served, provider) = connected("throttle=1", clock.clone()).await;
    assert_eq!(reads(&provider, 1).await, [ErrorKind::Throttled]);
    assert!(clock.0.lock().expect("nobody panicked").is_empty(), "until then there is no pace");
    assert_eq!(reads(&provider, 8).await, [ErrorKind::Throttled; 8]);
    let mut waits = clock.0.lock().expect("nobody panicked").clone();
    waits.sort_unstable();
    let apart = waits.windows(2).all(|pair| pair[1].saturating_sub(pair[0]) >= Duration::from_millis(100));
    assert!(waits.len() >= 7 && apart, "each waits for its turn behind the others: {waits:?}");
}

fn create(type_name: &str, properties: Json) -> Create {
    Create {
        address: Address::new("web/it"),
        type_name: type_name.to_owned(),
        region: REGION.to_owned(),
        properties: Resolved::new(Planned::from(properties)).expect("nothing is unknown"),
        token: Token::new(7),
    }
}

#[tokio::test]
async fn what_is_accepted_is_told_of_until_it_is_ready() {
    let (_served, provider) = connected("slow=4", Arc::default()).await;
    let accepted =
        provider.accept(create("AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"}))).await.expect("accepted");
    let (type_name, region) = ("AWS::EC2::VPC".to_owned(), REGION.to_owned());
    let ticket = accepted.ticket.expect("it is under way");
    let ticket = Ticket { type_name, region, physical_id: accepted.live.physical_id.clone(), ticket };
    assert!(ticket.physical_id.starts_with("vpc-"), "{ticket:?}");
    let mut told = Vec::new();
    while told.last() != Some(&Readiness::Ready) {
        told.push(provider.standing(&ticket).await.expect("it is told"));
    }
    assert!(told.len() > 1 && told[0] == Readiness::Pending, "{told:?}");
}

/// An id that the program chose is told before anything is made, and may be somebody else's.
#[tokio::test]
async fn what_has_a_chosen_id_is_waited_for() {
    let (_served, provider) = connected("slow=4", Arc::default()).await;
    let group = create("AWS::Logs::LogGroup", json!({"LogGroupName": "journal"}));
    let accepted = provider.accept(group).await.expect("it is made");
    assert_eq!((accepted.ticket, accepted.live.physical_id.as_str()), (None, "journal"));
    assert_eq!(accepted.live.model.get("Tags"), None, "ours are not shown");
}
