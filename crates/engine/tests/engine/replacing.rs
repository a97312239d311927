//! Replacements at the edges: of what is protected, and of what others go on using.

use std::sync::Arc;

use ironwright_core::App;
use ironwright_core::resource::Resource as _;
use ironwright_engine::{Action, PlanOptions, Silent, Stop};

use crate::support::Place;
use crate::support::cloud::Fault;
use crate::support::program::{FIRST, Network, Version, shop};

fn protected(cidr: &str) -> App {
    let mut app = App::new("shop").region("here-1");
    let mut network = Network::new().set("Cidr", cidr.to_owned());
    network.bag_mut().options_mut().protect = true;
    app.stack("web").add("network", network);
    app
}

#[tokio::test]
async fn what_is_protected_and_failed_while_it_was_made_is_replaced_without_a_word() {
    let place = Place::new();
    place.cloud.fault("create", "web/network", Fault::Half);
    let report = place.try_apply(&protected("10.0.0.0/16")).await;
    assert_eq!((report.failed.len(), place.cloud.ids().len()), (1, 1), "it is there, and not ready");
    place.apply(&protected("10.0.0.0/16")).await;
    place.assert_in_step().await;
    assert!(place.plan(&protected("10.0.0.0/16")).await.is_empty());
    let refused =
        place.try_plan(&protected("10.1.0.0/16"), &PlanOptions::default()).await.expect_err("now it is ready");
    assert!(refused.diagnostics().to_string().contains("protected"), "{refused}");
}

#[tokio::test]
async fn what_is_protected_and_failed_while_it_was_made_may_be_destroyed() {
    let place = Place::new();
    place.cloud.fault("create", "web/network", Fault::Half);
    place.try_apply(&protected("10.0.0.0/16")).await;
    let engine = place.engine();
    let plan = engine.plan_destroy(&PlanOptions::default(), &Silent).await.expect("nothing is guarded");
    assert!(engine.apply(&plan, &Stop::new(), Arc::new(Silent)).await.expect("a run").is_complete());
    assert!(place.cloud.ids().is_empty());
}

#[tokio::test]
async fn a_plan_warns_of_what_is_destroyed_while_others_use_it() {
    let place = Place::new();
    place.apply(&shop(FIRST)).await;
    let plan = place.plan(&shop(Version { bucket_class: "cold", ..FIRST })).await;
    assert!(plan.changes.iter().any(|change| change.action == Action::DestroyThenCreate), "{plan:#?}");
    let warnings = plan.warnings.to_string();
    assert!(
        warnings.contains("web/logs: is destroyed before it is made anew, and `web/logs-key` uses it"),
        "{warnings}"
    );
    let plan = place.plan(&shop(Version { image: "two", ..FIRST })).await;
    assert!(plan.changes.iter().any(|change| change.action == Action::CreateThenDestroy), "{plan:#?}");
    assert!(plan.warnings.is_empty(), "the new one comes first: {}", plan.warnings);
}
