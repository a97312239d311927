//! The region of a stack: what the environment says does not move what is live; what the program says does.

use ironwright_core::{App, Graph};
use ironwright_engine::{Action, Engine, EngineError, PlanOptions, Silent};

use crate::support::Place;
use crate::support::program::Bucket;

fn logs(app: App) -> App {
    let mut app = app;
    app.stack("web").add("logs", Bucket::new().set("Name", "logs"));
    app
}

/// The program, which names no region, where the environment says `region`.
fn said(region: &str) -> Graph {
    let mut graph = logs(App::new("shop")).graph().expect("valid");
    graph.default_region(region, "AWS_REGION");
    graph
}

async fn problems(engine: &Engine, graph: &Graph) -> String {
    match engine.plan(graph, &PlanOptions::default(), &Silent).await {
        Ok(_) => String::new(),
        Err(error @ EngineError::Diagnostics(_)) => error.diagnostics().to_string(),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn another_region_of_the_environment_is_refused_with_both_and_what_to_type() {
    let place = Place::new();
    place.apply(&logs(App::new("shop").region("here-1"))).await;
    assert_eq!(problems(&place.engine(), &said("here-1")).await, "");
    place.cloud.calls();
    let told = problems(&place.engine(), &said("there-1")).await;
    for part in [
        "the stack `web` is live in here-1 (1 resource)",
        "AWS_REGION says there-1",
        "set AWS_REGION=here-1",
        "--stage",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(place.cloud.calls(), [""; 0], "nothing was asked");
}

#[tokio::test]
async fn a_region_that_the_program_changes_is_meant_and_said() {
    let place = Place::new();
    place.apply(&logs(App::new("shop").region("here-1"))).await;
    let plan = place.plan(&logs(App::new("shop").region("there-1"))).await;
    let change = plan.change("web/logs").expect("it is in the plan");
    assert!(change.action.is_replace(), "{change:?}");
    assert!(change.properties.iter().any(|property| property.path == "region" && property.forces_replacement));
    let told = plan.warnings.to_string();
    assert!(
        told.contains("the program moves the stack `web` from here-1 to there-1: 1 resource there is replaced"),
        "{told}"
    );
}

#[tokio::test]
async fn a_stack_that_is_not_live_goes_where_the_environment_says() {
    let place = Place::new();
    let plan = place.engine().plan(&said("there-1"), &PlanOptions::default(), &Silent).await.expect("a plan");
    let change = plan.change("web/logs").expect("it is in the plan");
    assert_eq!((change.action, change.region.as_str()), (Action::Create, "there-1"));
}
