//! What is accepted and not waited for: never lost, and seen through by the next runs.

use ironwright_core::App;
use ironwright_engine::{Readiness, Report};
use serde_json::json;

use crate::support::Place;
use crate::support::program::{Server, Subnet, id};

/// A server in a subnet; the address of the server is an output.
fn program(size: i64) -> App {
    let mut app = App::new("shop").region("here-1");
    let web = app.stack("web");
    let subnet = web.add("subnet", Subnet::new().set("Cidr", "10.0.0.0/24"));
    let server = web.add("server", Server::new().set("Subnet", id(&subnet)).set("Size", size).set("Image", "one"));
    web.output("ip", server.get("Ip"));
    app
}

async fn accepted() -> (Place, Report) {
    let mut place = Place::new();
    place.settings.no_wait = true;
    let report = place.apply(&program(1)).await;
    (place, report)
}

async fn ip(place: &Place) -> serde_json::Value {
    place.state().await.output("ip").expect("it is recorded").value.clone()
}

#[tokio::test]
async fn what_nothing_waits_for_is_left_as_soon_as_it_is_accepted() {
    let (place, report) = accepted().await;
    assert_eq!(report.not_waited_for, ["web/server".into()], "the subnet was waited for");
    let record = place.record("web/server").await;
    assert_eq!(record.accepted.as_deref(), Some("ticket"));
    assert_eq!(place.record("web/subnet").await.accepted, None);
    assert_eq!(ip(&place).await, json!({"$unknown": true}));
    place.assert_in_step().await;
}

#[tokio::test]
async fn the_next_plans_see_it_through() {
    let (place, _) = accepted().await;
    let made = place.record("web/server").await.physical_id;
    let plan = place.plan(&program(1)).await;
    assert!(plan.warnings.to_string().contains("was not waited for, and is still being made"), "{}", plan.warnings);
    assert!(plan.changes.iter().all(ironwright_engine::Change::stays), "{:?}", plan.changes);
    place.apply_plan(&plan).await;
    assert!(place.record("web/server").await.accepted.is_some(), "it is not ready yet");

    place.cloud.stand(&made, Readiness::Ready);
    let plan = place.plan(&program(1)).await;
    assert!(plan.warnings.is_empty(), "{}", plan.warnings);
    place.apply_plan(&plan).await;
    let record = place.record("web/server").await;
    assert_eq!((record.accepted, record.physical_id.as_str()), (None, made.as_str()));
    assert_eq!(ip(&place).await, json!("192.0.2.002"));
    assert!(place.plan(&program(1)).await.is_empty());
}

#[tokio::test]
async fn what_failed_later_is_told_and_replaced() {
    let (place, _) = accepted().await;
    let made = place.record("web/server").await.physical_id;
    place.cloud.stand(&made, Readiness::Failed("no capacity".to_owned()));
    let plan = place.plan(&program(1)).await;
    let told = plan.warnings.to_string();
    assert!(told.contains("making it failed: no capacity; it is replaced"), "{told}");
    assert!(plan.change("web/server").is_some_and(|change| change.action.is_replace()), "{:?}", plan.changes);
    place.apply_plan(&plan).await;
    assert!(!place.cloud.ids().contains(&made));
    place.assert_in_step().await;
}

#[tokio::test]
async fn what_is_gone_is_told_and_made_again() {
    let (place, _) = accepted().await;
    place.cloud.lose(&place.record("web/server").await.physical_id);
    let plan = place.plan(&program(1)).await;
    let told = plan.warnings.to_string();
    assert!(told.contains("was not waited for, and is not there; it is made again"), "{told}");
    place.apply_plan(&plan).await;
    place.assert_in_step().await;
}

#[tokio::test]
async fn a_change_waits_for_it() {
    let (place, _) = accepted().await;
    place.cloud.stand(&place.record("web/server").await.physical_id, Readiness::Ready);
    place.apply(&program(2)).await;
    assert_eq!(place.record("web/server").await.accepted, None);
}
