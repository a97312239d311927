//! Whole deployments in memory, as a user's tests make them. Failure messages of single parts are tested beside them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use ironwright_aws::ec2::{Instance, SecurityGroup, SecurityGroupIngress, Subnet, UserData, Vpc, anywhere, cidr, tcp};
use ironwright_aws::rds::DbInstance;
use ironwright_aws::s3::Bucket;
use ironwright_core::stack::Parameter;
use ironwright_core::{App, InputError, Inputs, Resource, Secret, Taggable};
use ironwright_engine::Clock;
use ironwright_testing::{Action, Deployment, Faults, Ports, Reason, VirtualClock, deploy, plan, plan_change};

/// The program of the README.
fn app() -> App {
    with_image("ami-12345678")
}

fn with_image(image: &str) -> App {
    let mut app = App::new("python-app").region("us-west-2");
    let stack = app.stack("web");
    let firewall = stack.add("firewall", SecurityGroup::new("HTTP from anywhere").allow_inbound(tcp(80), anywhere()));
    let server = stack.add(
        "server",
        Instance::new()
            .ami(image)
            .instance_type("t2.micro")
            .user_data(UserData::script("service httpd start"))
            .security_group_ids([firewall.group_id()])
            .tag("Name", "PythonAppInstance"),
    );
    stack.output("instance_public_ip", server.public_ip());
    app
}

fn with_database(engine: &str, size: &str) -> App {
    let mut app = with_image("ami-12345678");
    let database = DbInstance::new()
        .engine(engine)
        .db_instance_class(size)
        .allocated_storage("20")
        .master_username("shop")
        .master_user_password(Secret::new("hunter2-hunter2"));
    app.stack("data").add("database", database);
    app
}

/// A secret where it is refused: no bucket can have this name.
fn with_secret_name() -> App {
    let mut app = App::new("shop").region("us-west-2");
    let web = app.stack("web");
    let secret: Secret = Secret::new("hunter2!");
    web.add("bucket", Bucket::new().bucket_name(secret));
    app
}

/// The message `work` panics with.
fn failure<T>(work: impl FnOnce() -> T) -> String {
    let payload = catch_unwind(AssertUnwindSafe(work)).map(drop).expect_err("this was to fail and did not");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast::<&str>().expect("a panic's message is text")).to_owned(),
    }
}

#[test]
fn only_http_is_open() {
    let deployed = deploy(app());
    let rules = deployed.find::<SecurityGroup>("web/firewall").inbound();
    assert_eq!(rules.len(), 1);
    assert_eq!(rules[0].to_string(), "tcp 80 from 0.0.0.0/0");
    assert!(rules[0].covers(80) && !rules[0].covers(22) && rules[0].is_open_to_the_world());
    assert!(deployed.output("instance_public_ip").is_ipv4());
}

#[test]
fn resources_can_be_asked_for_anything() {
    let deployed = deploy(app());
    let server = deployed.find::<Instance>("web/server");
    assert!(server.physical_id().starts_with("i-"));
    assert_eq!(server.property("InstanceType"), "t2.micro");
    assert_eq!(server.attribute("PublicIp"), deployed.output("instance_public_ip"));
    assert_eq!(server.tag("Name"), "PythonAppInstance");
    assert_eq!(server.tags()["Name"], "PythonAppInstance");
    let firewall = deployed.find::<SecurityGroup>("web/firewall");
    assert_eq!(server.property("SecurityGroupIds[0]"), firewall.physical_id());
    assert_eq!(deployed.all::<Instance>().len(), 1);
    assert_eq!(deployed.addresses(), ["web/firewall", "web/server"]);
    assert!(failure(|| server.property("InstanceTyp")).contains("did you mean `InstanceType`?"));
    assert!(failure(|| server.tag("Nam")).contains("did you mean `Name`?"));
}

#[test]
fn what_is_known_after_apply_fails_every_assertion_before_it() {
    let planned = plan(app());
    let server = planned.find::<Instance>("web/server");
    assert_eq!(server.property("ImageId"), "ami-12345678");
    assert_eq!(planned.find::<SecurityGroup>("web/firewall").inbound().len(), 1);
    for message in [
        failure(|| assert!(planned.output("instance_public_ip").is_ipv4())),
        failure(|| assert_ne!(server.property("SecurityGroupIds[0]"), "sg-0")),
        failure(|| assert_ne!(server.attribute("PublicIp"), "192.0.2.1")),
        failure(|| assert_ne!(server.physical_id(), "i-0")),
    ] {
        assert!(message.contains("known after apply"), "{message}");
        assert!(message.contains("use `deploy()`"), "{message}");
    }
}

#[test]
fn all_that_is_wrong_is_in_the_panic_with_its_lines() {
    let mut app = app();
    let web = app.stack("web");
    let second = line!() + 1;
    web.add("server", Instance::new().ami("ami-12345678"));
    web.add("a b", SecurityGroup::new("x"));
    let message = failure(|| deploy(&app));
    assert!(message.starts_with("the program cannot be deployed: 2 problems\n"), "{message}");
    assert!(message.contains("web/server: this address is taken"), "{message}");
    assert!(message.contains(&format!("{}:{second}", file!())), "{message}");
}

#[test]
fn what_the_cloud_refuses_is_in_the_panic_with_what_waits_for_it() {
    let mut app = App::new("shop").region("us-west-2");
    let web = app.stack("web");
    let subnet = web.add("subnet", Subnet::new("vpc-0123456789abcdef0").cidr_block("10.0.0.0/24"));
    web.add("server", Instance::new().ami("ami-12345678").subnet_id(subnet.subnet_id()));
    let error = Deployment::of(&app).try_deploy().expect_err("there is no such VPC");
    assert_eq!(error.codes("web/subnet"), ["InvalidVpcID.NotFound"]);
    assert_eq!(error.not_started().len(), 1);
    let message = failure(|| deploy(&app));
    assert!(message.contains("web/subnet: create failed: InvalidVpcID.NotFound"), "{message}");
    assert!(message.contains("web/server: create was not started, since web/subnet failed"), "{message}");
    assert!(message.contains(file!()), "{message}");
}

#[test]
fn a_program_that_returns_an_error_fails_with_it() {
    let with_inputs = |inputs: &Inputs| -> Result<App, InputError> { inputs.get::<u32>("cells").map(|_| app()) };
    deploy(with_inputs(&Inputs::new("dev").var("cells", "2")));
    let message = failure(|| deploy(with_inputs(&Inputs::new("dev"))));
    assert!(message.starts_with("the program did not make an app: the variable `cells` is not given"), "{message}");
}

#[test]
fn the_database_is_not_replaced() {
    let change = plan_change(with_database("postgres", "db.t3.micro"), with_database("postgres", "db.t3.small"));
    change.assert_not_replaced("data/database");
    change.assert_untouched("web/server");
    assert_eq!(change.action("data/database"), Action::Update);
    assert_eq!(change.updated(), ["data/database"]);
    assert_eq!(change.replaced(), [""; 0]);
    assert!(failure(|| change.assert_empty()).contains("~ data/database (AWS::RDS::DBInstance)"));
}

#[test]
fn what_stays_is_known_in_a_plan_and_what_is_replaced_is_not() {
    let mut after = with_image("ami-87654321");
    after.stack("web").add("worker", Instance::new().ami("ami-12345678"));
    let change = plan_change(app(), after);
    let (firewall, server) = (change.find::<SecurityGroup>("web/firewall"), change.find::<Instance>("web/server"));
    assert!(firewall.physical_id().starts_with("sg-"));
    assert_eq!(server.property("SecurityGroupIds[0]"), firewall.physical_id());
    assert_eq!(server.property("ImageId"), "ami-87654321");
    assert!(failure(|| server.physical_id().len()).contains("known after apply"));
    assert!(failure(|| change.output("instance_public_ip").is_ipv4()).contains("known after apply"));
    assert_eq!(change.all::<Instance>().len(), 2);
}

#[test]
fn a_replaced_server_is_shown_with_the_property_that_forces_it() {
    let change = plan_change(app(), with_image("ami-87654321"));
    assert_eq!(change.replaced(), ["web/server"]);
    let message = failure(|| change.assert_not_replaced("web/server"));
    assert!(message.starts_with("web/server is replaced, and was not to be\npython-app (dev): 1 to add"), "{message}");
    assert!(message.contains("ImageId: \"ami-12345678\" -> \"ami-87654321\" # forces replacement"), "{message}");
}

#[test]
fn a_property_newer_than_the_facts_is_deployed_and_shown_as_raw() {
    let with_mode = |mode: &str| {
        let mut app = App::new("shop").region("us-west-2");
        app.stack("data").add("files", Bucket::new().raw("BrandNewMode", mode));
        app
    };
    let deployed = deploy(with_mode("fast"));
    assert_eq!(deployed.find::<Bucket>("data/files").property("BrandNewMode"), "fast");
    assert!(plan(with_mode("fast")).snapshot().contains("raw"));
    plan_change(with_mode("fast"), with_mode("fast")).assert_empty();
    assert_eq!(plan_change(with_mode("fast"), with_mode("slow")).action("data/files"), Action::Update);
}

#[test]
fn what_leaves_the_program_is_deleted_and_the_same_program_changes_nothing() {
    plan_change(app(), app()).assert_empty();
    let change = plan_change(with_database("postgres", "db.t3.micro"), app());
    assert_eq!(change.deleted(), ["data/database"]);
    assert!(failure(|| change.assert_not_replaced("data/database")).contains("is gone afterwards"));
}

#[test]
fn a_snapshot_is_the_same_on_every_run() {
    assert_eq!(plan(app()).snapshot(), plan(app()).to_string());
    insta::assert_snapshot!(plan(with_database("postgres", "db.t3.micro")).snapshot());
    assert_eq!(
        deploy(app()).find::<Instance>("web/server").physical_id(),
        deploy(app()).find::<Instance>("web/server").physical_id()
    );
}

#[test]
fn deploying_again_on_the_same_cloud_keeps_what_does_not_change() {
    let first = deploy(app());
    let second = first.redeploy(with_image("ami-87654321"));
    assert_eq!(second.changes().replaced(), ["web/server"]);
    let id = |deployed: &ironwright_testing::Deployed, address| {
        let found = deployed.find::<SecurityGroup>(address);
        found.physical_id().to_owned()
    };
    assert_eq!(id(&first, "web/firewall"), id(&second, "web/firewall"));
    second.redeploy(with_image("ami-87654321")).changes().assert_empty();
    let destroyed = second.destroy();
    assert_eq!(destroyed.deleted().len(), 2);
}

#[test]
fn drift_is_planned_back_and_what_vanished_is_made_again() {
    let deployed = deploy(app());
    deployed.drift("web/server", "InstanceType", "t3.large");
    let plan = deployed.plan(app());
    assert_eq!(plan.updated(), ["web/server"]);
    assert!(matches!(plan.reasons("web/server"), [Reason::Drifted { .. }, ..]), "{plan}");
    assert!(plan.snapshot().contains("InstanceType: \"t3.large\" -> \"t2.micro\""), "{plan}");
    deployed.vanish("web/server");
    let again = deployed.redeploy(app());
    assert_eq!(again.changes().created(), ["web/server"]);
    assert!(failure(|| deployed.drift("web/sever", "InstanceType", "t3.large")).contains("did you mean `web/server`?"));
    assert!(failure(|| deployed.vanish("web/server")).contains("web/server is not in the cloud any more"));
}

#[test]
fn a_destroyed_program_leaves_nothing_behind() {
    let deployed = deploy(with_database("postgres", "db.t3.micro"));
    let cloud = deployed.cloud().clone();
    assert_eq!(cloud.resources().expect("the cloud is in memory").len(), 3);
    assert_eq!(deployed.destroy().deleted().len(), 3);
    assert_eq!(cloud.resources().expect("the cloud is in memory"), []);
}

#[test]
fn another_seed_gives_other_ids() {
    let id = |seed| Deployment::of(app()).seed(seed).deploy().find::<Instance>("web/server").physical_id().to_owned();
    assert_eq!(id(1), id(1));
    assert_ne!(id(1), id(2));
}

#[test]
fn secrets_are_recognised_and_never_shown() {
    let deployed = deploy(with_database("postgres", "db.t3.micro"));
    let database = deployed.find::<DbInstance>("data/database");
    assert!(database.property("MasterUserPassword").is_secret());
    let texts = [
        failure(|| assert_eq!(database.property("MasterUserPassword"), "x")),
        failure(|| database.property("MasterUserPasswort")),
        format!("{database:?} {deployed:?} {:?}", database.property("MasterUserPassword")),
        plan(with_database("postgres", "db.t3.micro")).snapshot(),
        failure(|| deploy(with_secret_name())),
    ];
    for text in texts {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn rules_that_are_resources_of_their_own_count_too() {
    let mut app = app();
    let web = app.stack("web");
    let group = web.add("bastion", SecurityGroup::new("bastion"));
    web.add("ssh", SecurityGroupIngress::allow(group.group_id(), tcp(22), cidr("10.0.0.0/8")));
    let deployed = deploy(&app);
    let rules = deployed.find::<SecurityGroup>("web/bastion").inbound();
    assert_eq!(rules.len(), 1);
    assert_eq!((rules[0].ports, rules[0].peer.as_str()), (Ports::Range(22, 22), "10.0.0.0/8"));
    assert_eq!(deployed.find::<SecurityGroup>("web/firewall").inbound().len(), 1);
    let open: Vec<String> =
        deployed.find::<SecurityGroup>("web/bastion").outbound().iter().map(ToString::to_string).collect();
    assert_eq!(open, ["all all to 0.0.0.0/0"]);
    let planned = plan(&app);
    let message = failure(|| planned.find::<SecurityGroup>("web/firewall").inbound());
    assert!(message.contains("whether web/ssh is a rule of web/firewall is known after apply"), "{message}");
}

#[test]
fn stage_region_and_parameters_are_options() {
    let mut app = App::new("shop");
    let web = app.stack("web");
    let size = web.parameter("Size", Parameter::new());
    web.add("server", Instance::new().ami("ami-12345678").instance_type(size));
    web.add("vpc", Vpc::new().cidr_block("10.0.0.0/16"));
    let plan = Deployment::of(&app).stage("prod").region("eu-west-1").var("Size", "c7g.large").plan();
    assert_eq!(plan.find::<Instance>("web/server").property("InstanceType"), "c7g.large");
    assert!(plan.snapshot().starts_with("shop (prod): 2 to add"));
    assert_eq!(plan.change("web/server").region, "eu-west-1");
}

#[test]
fn a_deployment_under_faults_ends_as_one_without() {
    let calm = deploy(app());
    for seed in 0..50 {
        let faults = Faults::new(seed).throttle(0.2).server_error(0.1).lost_response(0.2).not_found_first_reads(2);
        let deployed = Deployment::of(app()).faults(faults).seed(seed).deploy();
        assert_eq!(deployed.addresses(), calm.addresses(), "seed {seed}");
        assert!(deployed.output("instance_public_ip").is_ipv4(), "seed {seed}");
        deployed.redeploy(app()).changes().assert_empty();
    }
}

#[test]
fn a_slow_cloud_costs_no_time() {
    let clock = Arc::new(VirtualClock::default());
    let faults = Faults::new(1).latency(Duration::from_hours(1), clock.clone()).slow_states(3);
    Deployment::of(app()).faults(faults).deploy();
    assert!(clock.elapsed() > Duration::from_mins(1), "{:?}", clock.elapsed());
}

#[test]
fn what_repeats_a_failure_is_in_its_message() {
    let faults = Faults::new(42).throttle(1.0);
    let message = failure(|| Deployment::of(app()).faults(faults).seed(7).deploy());
    assert!(message.contains("to repeat it: seed 7, Faults { seed: 42"), "{message}");
}

#[tokio::test]
async fn a_test_that_is_asynchronous_itself_may_deploy() {
    assert!(deploy(app()).output("instance_public_ip").is_ipv4());
}
