//! A resource that a test found: its address, physical id, properties, attributes and tags.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use ironwright_core::resource::TagStyle;
use ironwright_core::{Address, Planned, Resource, Taggable};

use crate::observed::Observed;
use crate::resources::{Item, Resources};
use crate::text::show;

/// A resource of type `R`, deployed or planned.
///
/// Paths are as AWS spells them: `Tags[0].Value`. What is planned and not deployed has values that are
/// [known after apply](Observed); every assertion on one of them fails.
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
/// let server = deploy(app()).find::<Instance>("web/server");
/// assert!(server.physical_id().starts_with("i-"));
/// assert_eq!(server.property("ImageId"), "ami-12345678");
/// assert_eq!(server.tag("Name"), "shop");
/// assert!(server.attribute("PublicIp").is_ipv4());
/// assert!(server.get("KeyName").is_none());
/// ```
pub struct Found<R> {
    resources: Arc<Resources>,
    position: usize,
    kind: PhantomData<fn() -> R>,
}

impl<R: Resource> Found<R> {
    /// The resource of type `R` at `address`.
    #[track_caller]
    pub(crate) fn at(resources: &Arc<Resources>, address: &str) -> Self {
        Self::new(resources, resources.position(address, R::TYPE))
    }

    /// Every resource of type `R`.
    pub(crate) fn all(resources: &Arc<Resources>) -> Vec<Self> {
        resources.of_type(R::TYPE).into_iter().map(|position| Self::new(resources, position)).collect()
    }

    fn new(resources: &Arc<Resources>, position: usize) -> Self {
        Self { resources: resources.clone(), position, kind: PhantomData }
    }
}

impl<R> Found<R> {
    /// The address, `web/server`.
    pub fn address(&self) -> &Address {
        &self.item().address
    }

    /// The physical id, `i-0abc…`. Panics before apply.
    #[track_caller]
    pub fn physical_id(&self) -> &str {
        match &self.item().physical_id {
            Planned::Text(id) => id,
            _ => panic!("the physical id of {} is known after apply\n  help: use `deploy()`", self.address()),
        }
    }

    /// The property at `path`, as the cloud has it. Panics where there is none, and says what there is.
    #[track_caller]
    pub fn property(&self, path: &str) -> Observed {
        self.whole().at(path)
    }

    /// The property at `path`, where there is one.
    #[track_caller]
    pub fn get(&self, path: &str) -> Option<Observed> {
        self.whole().get(path)
    }

    /// The attribute at `path`, `PublicIp` or `Endpoint.Address`. Panics where there is none.
    #[track_caller]
    pub fn attribute(&self, path: &str) -> Observed {
        let item = self.item();
        if item.physical_id == Planned::Unknown {
            let unknown = Observed::new(format!("attribute `{path}` of {}", item.address), Planned::Unknown);
            return self.get(path).unwrap_or(unknown);
        }
        self.whole().at(path)
    }

    /// All properties and attributes, as one value.
    fn whole(&self) -> Observed {
        let Item { address, properties, model, .. } = self.item();
        let mut entries = properties.as_map().cloned().unwrap_or_default();
        entries.extend(model.as_map().cloned().unwrap_or_default());
        Observed::new(address.as_str(), Planned::Map(entries))
    }

    fn item(&self) -> &Item {
        &self.resources.items()[self.position]
    }

    /// All resources there are, for conveniences that look beyond this one.
    #[cfg(feature = "ec2")]
    pub(crate) fn resources(&self) -> &Resources {
        &self.resources
    }
}

impl<R: Taggable> Found<R> {
    /// The tag `key`. Panics where there is none, and says which there are.
    #[track_caller]
    pub fn tag(&self, key: &str) -> Observed {
        let tags = Observed::new(format!("the tags of {}", self.address()), Planned::Map(self.tag_values()));
        tags.at(&format!("[{key:?}]"))
    }

    /// All tags. Panics where the value of one is unknown or secret.
    #[track_caller]
    pub fn tags(&self) -> BTreeMap<String, String> {
        let mut tags = BTreeMap::new();
        for (key, value) in self.tag_values() {
            let value = Observed::new(format!("tag `{key}` of {}", self.address()), value);
            tags.insert(key, value.as_str().to_owned());
        }
        tags
    }

    fn tag_values(&self) -> BTreeMap<String, Planned> {
        let (TagStyle::KeyValueList(property) | TagStyle::Map(property) | TagStyle::AutoScaling(property)) = R::TAGS;
        let tags = self.get(property).map(|tags| tags.value().clone()).unwrap_or_default();
        match tags {
            Planned::Map(tags) => tags,
            Planned::List(tags) => tags.iter().filter_map(pair).collect(),
            _ => BTreeMap::new(),
        }
    }
}

/// Key and value of one tag in a list.
fn pair(tag: &Planned) -> Option<(String, Planned)> {
    Some((tag.get("Key")?.as_text()?.to_owned(), tag.get("Value")?.clone()))
}

impl<R> Clone for Found<R> {
    fn clone(&self) -> Self {
        Self { resources: self.resources.clone(), position: self.position, kind: PhantomData }
    }
}

impl<R> fmt::Debug for Found<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let item = self.item();
        write!(f, "{} {} {}", item.type_name, item.address, show(self.whole().value()))
    }
}
