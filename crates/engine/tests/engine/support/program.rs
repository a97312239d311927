//! Resources of the fake cloud, as a program sets them.

use ironwright_core::resource::{Attributes, Origin, Resource};
use ironwright_core::value::IntoTree;
use ironwright_core::{App, Bag, Handle, Source, Text, Value};

pub(crate) struct Known(Origin);

impl Attributes for Known {
    fn new(origin: Origin) -> Self {
        Self(origin)
    }
    fn origin(&self) -> &Origin {
        &self.0
    }
}

impl Known {
    pub(crate) fn get(&self, attribute: &'static str) -> Value<Text> {
        self.0.attribute(attribute)
    }
}

macro_rules! resources {
    ($($name:ident)*) => {$(
        #[derive(Clone, Default)]
        pub(crate) struct $name(Bag);
        impl $name {
            pub(crate) fn new() -> Self {
                Self::default()
            }
            #[allow(dead_code, reason = "some types are used without properties")]
            #[track_caller]
            pub(crate) fn set(mut self, property: &'static str, value: impl IntoTree) -> Self {
                self.0.put(property.into(), value.into_tree(), Source { file: "main.rs".into(), line: 7 }, false);
                self
            }
        }
        impl Resource for $name {
            const TYPE: &'static str = concat!("Fake::", stringify!($name));
            type Attributes = Known;
            fn into_bag(self) -> Bag {
                self.0
            }
            fn bag_mut(&mut self) -> &mut Bag {
                &mut self.0
            }
        }
    )*};
}

resources!(Network Subnet Server Bucket Blob Key Vault Pair Token Image);

pub(crate) fn id<R: Resource<Attributes = Known>>(handle: &Handle<R>) -> Value<Text> {
    handle.get("Id")
}

/// What varies between the versions of [`shop`].
#[derive(Clone, Copy)]
pub(crate) struct Version {
    pub(crate) size: i32,
    pub(crate) image: &'static str,
    pub(crate) cidr: &'static str,
    pub(crate) policy: &'static str,
    pub(crate) bucket_class: &'static str,
}

pub(crate) const FIRST: Version =
    Version { size: 1, image: "one", cidr: "10.0.0.0/16", policy: "open", bucket_class: "hot" };

/// Twelve resources: a network, two subnets, four servers, two buckets, three keys that refer to servers and buckets.
pub(crate) fn shop(version: Version) -> App {
    let mut app = App::new("shop").region("here-1");
    let web = app.stack("web");
    let network = web.add("network", Network::new().set("Cidr", version.cidr));
    let mut servers = Vec::new();
    for (name, range) in [("left", "10.0.1.0/24"), ("right", "10.0.2.0/24")] {
        let zone = web.scope(name);
        let subnet = zone.add("subnet", Subnet::new().set("Network", id(&network)).set("Cidr", range));
        for server in ["one", "two"] {
            let server_resource =
                Server::new().set("Subnet", id(&subnet)).set("Size", version.size).set("Image", version.image);
            servers.push(zone.add(server, server_resource));
        }
    }
    for (index, name) in ["logs", "data"].into_iter().enumerate() {
        let bucket = Bucket::new()
            .set("Name", format!("shop-{name}"))
            .set("Policy", version.policy)
            .set("Class", version.bucket_class);
        let bucket = web.add(name, bucket);
        let key = Key::new().set("For", servers[index].get("Ip")).set("Bucket", bucket.get("Name"));
        web.add(&format!("{name}-key"), key);
    }
    web.add("spare-key", Key::new().set("For", servers[3].get("Ip")));
    web.output("ip", servers[0].get("Ip"));
    app
}
