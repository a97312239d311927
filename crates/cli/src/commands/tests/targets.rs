//! Which target deploys what: said in the first line, or refused with the address.

use ironwright_core::App;
use ironwright_deploy::{Container, Host};

use super::{Bag, Case, Exit, Topic};
use crate::target::Target;

/// A topic, and a container on a machine that is there already.
fn both() -> App {
    let mut app = App::new("both").region("eu-west-1");
    let web = app.stack("web");
    web.add("orders", Topic(Bag::new()));
    web.add("app", Container::new("nginx:1.27").on(Host::at("192.0.2.10")));
    app
}

/// What `target` refuses of both, each with its message and help.
fn refused(target: Target) -> Vec<(String, String)> {
    let refused = target.refused(&both().graph().unwrap());
    let told = |it: &ironwright_core::Diagnostic| {
        let address = it.address.as_ref().unwrap().to_string();
        (address, format!("{}; {}", it.message, it.help.clone().unwrap_or_default()))
    };
    refused.iter().map(told).collect()
}

#[test]
fn a_target_without_a_cloud_refuses_resources_of_one() {
    let refused = refused(Target::Hosts);
    let (_, text) = refused.iter().find(|(address, _)| address == "web/orders").unwrap();
    assert!(text.starts_with("the target `hosts` has no cloud, and AWS::SNS::Topic is a resource of one"), "{text}");
    assert!(text.contains("type `--target aws`"), "{text}");
}

#[test]
fn containers_are_deployed_for_real_by_a_feature() {
    assert_eq!(refused(Target::Simulated), []);
    for target in [Target::Aws, Target::Hosts] {
        let refused = refused(target);
        let text = refused.iter().find(|(address, _)| address == "web/app").map(|(_, text)| text);
        assert_eq!(text.is_none(), cfg!(feature = "docker"), "{target:?}");
        if let Some(text) = text {
            assert!(text.contains("Docker::Container") && text.contains("--features docker"), "{text}");
        }
    }
}

#[test]
fn a_simulated_host_is_said_to_be_one() {
    let case = Case::new("targets");
    let (output, _, exit) = case.run_program(both, "plan", None);
    let first =
        "Target: simulated (a cloud in a folder, hosts and containers simulated too; nothing real is created), ";
    assert!(output.starts_with(first), "{output}");
    assert_eq!(exit, Exit::Done);
    let (output, _, _) = case.run("plan", None);
    assert!(output.starts_with("Target: simulated (a cloud in a folder; nothing real is created), "), "{output}");
    #[cfg(not(feature = "docker"))]
    {
        let (_, error, exit) = case.run_program(both, "plan --target hosts", None);
        assert!(error.contains("the target `hosts` is not in this build"), "{error}");
        assert_eq!(exit, Exit::Usage);
    }
}
