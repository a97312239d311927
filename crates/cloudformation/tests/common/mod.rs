//! A few resource types and the facts about them, for tests that need no generated code.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::sync::Arc;

use ironwright_cloudformation::{Template, synthesize};
use ironwright_core::facts::{FactSource, Form, Shape, TypeFacts};
use ironwright_core::resource::{Attributes, Origin};
use ironwright_core::{App, Bag, Name, Resource, Tree, Value};

/// The attributes of every test type: any, by name.
pub(crate) struct Any(Origin);

impl Attributes for Any {
    fn new(origin: Origin) -> Self {
        Self(origin)
    }
    fn origin(&self) -> &Origin {
        &self.0
    }
}

impl Any {
    pub(crate) fn get<T>(&self, name: &'static str) -> Value<T> {
        self.0.attribute(name)
    }
}

macro_rules! types {
    ($($name:ident = $type_name:literal),* $(,)?) => {$(
        pub(crate) struct $name(Bag);
        impl Resource for $name {
            const TYPE: &'static str = $type_name;
            type Attributes = Any;
            fn into_bag(self) -> Bag {
                self.0
            }
            fn bag_mut(&mut self) -> &mut Bag {
                &mut self.0
            }
        }
        impl Set for $name {
            fn new() -> Self {
                Self(Bag::new())
            }
        }
    )*};
}

/// Properties by name, without kinds.
pub(crate) trait Set: Resource {
    fn new() -> Self;
    #[track_caller]
    #[must_use]
    fn set(mut self, name: &'static str, value: impl ironwright_core::IntoTree) -> Self {
        let source = ironwright_core::Source::caller();
        self.bag_mut().put(Name::Borrowed(name), value.into_tree(), source, false);
        self
    }
}

types! {
    Instance = "AWS::EC2::Instance",
    SecurityGroup = "AWS::EC2::SecurityGroup",
    Database = "AWS::RDS::DBInstance",
    Zone = "AWS::Route53::HostedZone",
    Container = "Docker::Container",
}

/// Facts about the test types.
pub(crate) struct Facts;

impl FactSource for Facts {
    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        let of = |id: &str| TypeFacts { ref_attribute: Some(id.to_owned()), ..TypeFacts::default() };
        let mut facts = match type_name {
            Instance::TYPE => of("InstanceId"),
            SecurityGroup::TYPE => of("GroupId"),
            Database::TYPE => TypeFacts { stateful: true, ..of("DBInstanceIdentifier") },
            Zone::TYPE => of("Id"),
            _ => return None,
        };
        facts.attributes.insert("NameServers".to_owned(), Shape { form: Form::List, ..Shape::default() });
        Some(Arc::new(facts))
    }
}

/// The templates of an app.
pub(crate) fn templates(app: &App) -> Vec<Template> {
    synthesize(&app.graph().expect("the graph is right"), &Facts).expect("every stack has a template")
}

/// The only template of an app.
pub(crate) fn template(app: &App) -> Template {
    let mut templates = templates(app);
    assert_eq!(templates.len(), 1);
    templates.remove(0)
}

/// All that is wrong with an app, as text.
pub(crate) fn errors(app: &App) -> String {
    synthesize(&app.graph().expect("the graph is right"), &Facts).expect_err("it is wrong").to_string()
}

/// A function as a tree.
pub(crate) fn function(function: ironwright_core::function::Function) -> Tree {
    Tree::Function(Box::new(function))
}
