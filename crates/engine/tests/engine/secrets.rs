//! Secrets never reach a file, a plan, a report or an event (invariant I6).

use std::sync::Arc;

use ironwright_core::value::IntoTree;
use ironwright_core::{App, Secret, Text};
use ironwright_engine::{Engine, ErrorKind, FileStore, PlanOptions, Settings, Silent, Stop};

use crate::support::cloud::Fault;
use crate::support::program::{Bucket, Key, Server};
use crate::support::{Notes, Place, VirtualClock};

const PLAIN: &str = "hunter2-hunter2";

fn app(password: &str) -> App {
    let mut app = App::new("shop").region("here-1");
    let web = app.stack("web");
    let secret = Secret::<Text>::new(password);
    let server = web.add("server", Server::new().set("Password", secret.clone()).set("Note", secret.clone()));
    web.add("key", Key::new().set("For", server.get("Password")));
    web.add("bucket", Bucket::new().set("Name", "b").set("Policy", vec![secret.clone().into_tree()]));
    web.output("password", server.get("Password"));
    app
}

#[tokio::test]
async fn no_file_and_no_text_holds_a_secret() {
    let folder = super::files::Folder::new();
    let place = Place::new();
    let engine = || {
        let store = Arc::new(FileStore::new(folder.path().to_owned()));
        let settings = Settings { app: "shop".to_owned(), ..Settings::default() };
        Engine::new(
            vec![Arc::new(place.cloud.clone())],
            store,
            Arc::new(VirtualClock::default()),
            place.entropy.clone(),
            settings,
        )
    };
    let notes = Arc::new(Notes::default());
    place.cloud.fault("create", "web/key", Fault::Fails(ErrorKind::Refused));
    for round in 0..2 {
        let plan =
            engine().plan(&app(PLAIN).graph().expect("valid"), &PlanOptions::default(), &Silent).await.expect("a plan");
        assert!(!format!("{plan:?}").contains(PLAIN));
        let report = engine().apply(&plan, &Stop::new(), notes.clone()).await.expect("a run");
        assert!(!format!("{report:?}").contains(PLAIN));
        assert_eq!(report.failed.len(), 1 - round);
    }
    assert_eq!(notes.count(PLAIN), 0);
    let files = folder.contents();
    assert!(files.iter().any(|(_, text)| text.contains("$secret")), "the digests are there");
    for (name, text) in files {
        assert!(!text.contains(PLAIN), "{name}");
    }
    let state = engine().state().await.expect("a state");
    assert!(state.output("password").expect("an output").sensitive);
    let again =
        engine().plan(&app(PLAIN).graph().expect("valid"), &PlanOptions::default(), &Silent).await.expect("a plan");
    assert!(again.is_empty(), "{again:#?}");
}

#[tokio::test]
async fn the_journal_of_a_broken_run_holds_no_secret() {
    let folder = super::files::Folder::new();
    let place = Place::new();
    let store = FileStore::new(folder.path().to_owned());
    let broken = super::files::BreakingStore::new(Arc::new(store), 4);
    let engine = place.engine_over(Arc::new(place.cloud.clone()), Arc::new(broken));
    let plan =
        engine.plan(&app(PLAIN).graph().expect("valid"), &PlanOptions::default(), &Silent).await.expect("a plan");
    engine.apply(&plan, &Stop::new(), Arc::new(Silent)).await.expect_err("the disk is full");
    let files = folder.contents();
    assert!(files.iter().any(|(name, text)| name == "journal.ndjson" && text.contains("$secret")), "{files:?}");
    assert!(files.iter().all(|(_, text)| !text.contains(PLAIN)));
}

#[tokio::test]
async fn a_changed_secret_is_a_change_that_shows_nothing() {
    let place = Place::new();
    place.apply(&app(PLAIN)).await;
    let plan = place.plan(&app("another-password")).await;
    let change = plan.change("web/server").expect("planned");
    assert_eq!(change.properties.len(), 2, "{change:#?}");
    assert!(change.properties.iter().all(|property| property.sensitive));
    assert!(!format!("{plan:?}").contains("another-password"));
    place.apply(&app("another-password")).await;
    assert!(place.plan(&app("another-password")).await.is_empty());
}

#[tokio::test]
async fn what_a_resource_is_known_by_is_no_secret() {
    let mut app = App::new("shop").region("here-1");
    app.stack("web").add("bucket", Bucket::new().set("Name", Secret::<Text>::new(PLAIN)));
    let problems = Place::new().engine().validate(&app.graph().expect("valid"), &PlanOptions::default());
    assert_eq!(problems.iter().map(|problem| problem.code.as_ref()).collect::<Vec<_>>(), ["secret-as-name"]);
    assert!(!problems.to_string().contains(PLAIN));
}
