//! Deploys a program in memory, or plans it: the functions a test starts with.

use std::fmt;
use std::sync::Arc;

use ironwright_core::{App, Graph, Resource};
use ironwright_simulated::{Faults, SimulatedCloud};
use serde_json::Value as Json;

use crate::app::IntoApp;
use crate::change::PlannedChange;
use crate::error::DeployError;
use crate::found::Found;
use crate::observed::Observed;
use crate::planned;
use crate::resources::Resources;
use crate::session::{Options, Session};

/// Deploys `app` on a simulated cloud of its own, in memory: the whole plan and apply.
///
/// Panics, at the line of the test, with all that is wrong if it fails.
///
/// ```
/// # use ironwright_aws::ec2::{Instance, SecurityGroup, anywhere, tcp};
/// # use ironwright_core::{App, Taggable};
/// use ironwright_testing::deploy;
/// # fn app() -> App {
/// #     let mut app = App::new("shop").region("us-west-2");
/// #     let web = app.stack("web");
/// #     let firewall = web.add("firewall", SecurityGroup::new("HTTP").allow_inbound(tcp(80), anywhere()));
/// #     let server = Instance::new().ami("ami-12345678").security_group_ids([firewall.group_id()]).tag("Name", "shop");
/// #     let server = web.add("server", server);
/// #     web.output("address", server.public_ip());
/// #     app
/// # }
/// let deployed = deploy(app());
/// assert_eq!(deployed.find::<SecurityGroup>("web/firewall").inbound().len(), 1);
/// assert!(deployed.output("address").is_ipv4());
/// ```
#[track_caller]
pub fn deploy(app: impl IntoApp) -> Deployed {
    Deployment::of(app).deploy()
}

/// Plans `app` on an empty simulated cloud. Nothing is applied, so ids and addresses are not known.
///
/// Panics, at the line of the test, with all that is wrong if it fails.
///
/// ```
/// # use ironwright_aws::ec2::{Instance, SecurityGroup, anywhere, tcp};
/// # use ironwright_core::{App, Taggable};
/// use ironwright_testing::plan;
/// # fn app() -> App {
/// #     let mut app = App::new("shop").region("us-west-2");
/// #     let web = app.stack("web");
/// #     let firewall = web.add("firewall", SecurityGroup::new("HTTP").allow_inbound(tcp(80), anywhere()));
/// #     let server = Instance::new().ami("ami-12345678").security_group_ids([firewall.group_id()]).tag("Name", "shop");
/// #     let server = web.add("server", server);
/// #     web.output("address", server.public_ip());
/// #     app
/// # }
/// let planned = plan(app());
/// assert_eq!(planned.created(), ["web/firewall", "web/server"]);
/// assert_eq!(planned.find::<Instance>("web/server").property("ImageId"), "ami-12345678");
/// assert!(planned.output("address").is_known_after_apply());
/// ```
#[track_caller]
pub fn plan(app: impl IntoApp) -> PlannedChange {
    Deployment::of(app).plan()
}

/// Deploys `before` in memory and plans `after` over it: what would become of what is there.
///
/// Panics, at the line of the test, with all that is wrong if either fails.
///
/// ```
/// # use ironwright_aws::ec2::{Instance, SecurityGroup, anywhere, tcp};
/// # use ironwright_core::{App, Taggable};
/// use ironwright_testing::{Action, plan_change};
/// # fn app() -> App {
/// #     let mut app = App::new("shop").region("us-west-2");
/// #     let web = app.stack("web");
/// #     let firewall = web.add("firewall", SecurityGroup::new("HTTP").allow_inbound(tcp(80), anywhere()));
/// #     let server = Instance::new().ami("ami-12345678").security_group_ids([firewall.group_id()]).tag("Name", "shop");
/// #     let server = web.add("server", server);
/// #     web.output("address", server.public_ip());
/// #     app
/// # }
/// let mut after = app();
/// after.stack("web").add("worker", Instance::new().ami("ami-12345678"));
///
/// let change = plan_change(app(), after);
/// change.assert_not_replaced("web/server");
/// assert_eq!(change.action("web/firewall"), Action::NoOp);
/// assert_eq!(change.created(), ["web/worker"]);
/// ```
#[track_caller]
pub fn plan_change(before: impl IntoApp, after: impl IntoApp) -> PlannedChange {
    deploy(before).plan(after)
}

/// A deployment in memory, with options; [`deploy`] is the short form.
///
/// ```
/// # use ironwright_aws::ec2::{Instance, SecurityGroup, anywhere, tcp};
/// # use ironwright_core::{App, Taggable};
/// use ironwright_testing::{Deployment, Faults};
/// # fn app() -> App {
/// #     let mut app = App::new("shop").region("us-west-2");
/// #     let web = app.stack("web");
/// #     let firewall = web.add("firewall", SecurityGroup::new("HTTP").allow_inbound(tcp(80), anywhere()));
/// #     let server = Instance::new().ami("ami-12345678").security_group_ids([firewall.group_id()]).tag("Name", "shop");
/// #     let server = web.add("server", server);
/// #     web.output("address", server.public_ip());
/// #     app
/// # }
/// // Calls are throttled and responses get lost; the deployment ends as it would without.
/// let faults = Faults::new(42).throttle(0.2).lost_response(0.1);
/// let deployed = Deployment::of(app()).stage("prod").faults(faults).deploy();
/// assert_eq!(deployed.all::<Instance>().len(), 1);
///
/// // The refusal is what the test is about.
/// let mut app = app();
/// app.stack("web").add("lost", Instance::new().ami("ami-12345678").subnet_id("subnet-0123456789abcdef0"));
/// let error = Deployment::of(app).try_deploy().unwrap_err();
/// assert_eq!(error.codes("web/lost"), ["InvalidSubnetID.NotFound"]);
/// ```
#[must_use]
pub struct Deployment {
    app: Result<App, String>,
    options: Options,
}

impl Deployment {
    /// A deployment of `app` to the stage `dev`, without faults.
    pub fn of(app: impl IntoApp) -> Self {
        Self { app: app.into_app(), options: Options::default() }
    }

    /// To this stage.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.options.stage = stage.into();
        self
    }

    /// In this region, where the program names none; `us-east-1` unless said here. No environment is read.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.options.region = region.into();
        self
    }

    /// With this value of a parameter of a stack, as `--var` gives it.
    pub fn var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.parameters.insert(name.into(), value.into());
        self
    }

    /// On a cloud in which things go wrong.
    pub fn faults(mut self, faults: Faults) -> Self {
        self.options.faults = Some(faults);
        self
    }

    /// With tokens and jitter drawn from `seed`, 0 unless said here.
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = seed;
        self
    }

    /// Deploys. Panics with all that is wrong if it fails.
    #[track_caller]
    pub fn deploy(self) -> Deployed {
        let session = Session::new(self.options);
        or_panic(&session, Deployed::over(&session, &self.app))
    }

    /// Deploys, where the failure is what the test is about.
    pub fn try_deploy(self) -> Result<Deployed, DeployError> {
        Deployed::over(&Session::new(self.options), &self.app)
    }

    /// Plans, and applies nothing. Panics with all that is wrong if it fails.
    #[track_caller]
    pub fn plan(self) -> PlannedChange {
        let session = Session::new(self.options);
        or_panic(&session, planned_over(&session, &self.app))
    }
}

/// A program that was deployed: ask for its resources and outputs, deploy over it, or destroy it.
///
/// ```
/// # use ironwright_aws::ec2::{Instance, SecurityGroup, anywhere, tcp};
/// # use ironwright_core::{App, Taggable};
/// use ironwright_testing::deploy;
/// # fn app() -> App {
/// #     let mut app = App::new("shop").region("us-west-2");
/// #     let web = app.stack("web");
/// #     let firewall = web.add("firewall", SecurityGroup::new("HTTP").allow_inbound(tcp(80), anywhere()));
/// #     let server = Instance::new().ami("ami-12345678").security_group_ids([firewall.group_id()]).tag("Name", "shop");
/// #     let server = web.add("server", server);
/// #     web.output("address", server.public_ip());
/// #     app
/// # }
/// let first = deploy(app());
/// let second = first.redeploy(app());
/// second.changes().assert_empty();
/// assert_eq!(second.destroy().deleted(), ["web/firewall", "web/server"]);
/// ```
pub struct Deployed {
    session: Session,
    graph: Graph,
    changes: PlannedChange,
    resources: Arc<Resources>,
}

impl Deployed {
    /// The resource of type `R` at `address`. Panics where there is none, or one of another type.
    #[track_caller]
    pub fn find<R: Resource>(&self, address: &str) -> Found<R> {
        Found::at(&self.resources, address)
    }

    /// Every resource of type `R`, in the program's order. It may be empty: assert on its length, too.
    pub fn all<R: Resource>(&self) -> Vec<Found<R>> {
        Found::all(&self.resources)
    }

    /// The output `name`, or `stack/name` where several stacks have one of that name. Panics where there is none.
    #[track_caller]
    pub fn output(&self, name: &str) -> Observed {
        self.resources.output(name)
    }

    /// The addresses of all resources, in the program's order.
    pub fn addresses(&self) -> Vec<&str> {
        self.resources.addresses().collect()
    }

    /// What this deployment did, as it was planned.
    pub fn changes(&self) -> &PlannedChange {
        &self.changes
    }

    /// What an apply of `app` over this deployment would do. Panics with all that is wrong if it cannot be planned.
    #[track_caller]
    pub fn plan(&self, app: impl IntoApp) -> PlannedChange {
        or_panic(&self.session, planned_over(&self.session, &app.into_app()))
    }

    /// Deploys `app` over this deployment, on the same cloud. Panics with all that is wrong if it fails.
    #[track_caller]
    pub fn redeploy(&self, app: impl IntoApp) -> Deployed {
        or_panic(&self.session, self.try_redeploy(app))
    }

    /// Deploys `app` over this deployment, where the failure is what the test is about.
    pub fn try_redeploy(&self, app: impl IntoApp) -> Result<Deployed, DeployError> {
        Deployed::over(&self.session, &app.into_app())
    }

    /// Deletes everything, and says what that was. Panics with all that is wrong if it fails.
    #[track_caller]
    pub fn destroy(self) -> PlannedChange {
        or_panic(&self.session, self.try_destroy())
    }

    fn try_destroy(&self) -> Result<PlannedChange, DeployError> {
        let plan = self.session.plan_destroy(self.graph.app())?;
        self.session.apply(&plan)?;
        Ok(PlannedChange::new(plan, Arc::default()))
    }

    /// Gives the property at `path` of the resource at `address` another value behind the program's back: drift.
    ///
    /// The path is dotted, `MetadataOptions.HttpTokens`. What a plan makes of it is the next question:
    /// [`plan`](Self::plan). Panics where there is no such resource.
    #[track_caller]
    pub fn drift(&self, address: &str, path: &str, value: impl Into<Json>) {
        let (type_name, id) = self.resources.key(address);
        let found = self.session.cloud.set(type_name, id, path, value);
        assert!(matches!(found, Ok(true)), "{address} is not in the cloud any more");
    }

    /// Deletes the resource at `address` behind the program's back. Panics where there is none.
    #[track_caller]
    pub fn vanish(&self, address: &str) {
        let (type_name, id) = self.resources.key(address);
        let found = self.session.cloud.remove(type_name, id);
        assert!(matches!(found, Ok(true)), "{address} is not in the cloud any more");
    }

    /// The cloud it was deployed to, to look at what is there, and at how many calls it took.
    pub fn cloud(&self) -> &SimulatedCloud {
        &self.session.cloud
    }

    fn over(session: &Session, app: &Result<App, String>) -> Result<Self, DeployError> {
        let graph = session.graph(app)?;
        let plan = session.plan(&graph)?;
        session.apply(&plan)?;
        let state = session.state(graph.app())?;
        let resources = Arc::new(Resources::deployed(&state, &graph));
        let changes = PlannedChange::new(plan, resources.clone());
        Ok(Self { session: session.clone(), graph, changes, resources })
    }
}

/// Its resources, by address.
impl fmt::Debug for Deployed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} deployed: {}", self.graph.app(), self.addresses().join(", "))
    }
}

fn planned_over(session: &Session, app: &Result<App, String>) -> Result<PlannedChange, DeployError> {
    let graph = session.graph(app)?;
    let plan = session.plan(&graph)?;
    let state = session.state(graph.app())?;
    let resources = planned::resources(&plan, &state, &graph);
    Ok(PlannedChange::new(plan, Arc::new(resources)))
}

#[track_caller]
fn or_panic<T>(session: &Session, result: Result<T, DeployError>) -> T {
    result.unwrap_or_else(|error| panic!("{error}{}", session.chance()))
}
