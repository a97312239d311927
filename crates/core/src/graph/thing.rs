//! A resource for the tests of graphs: any properties, any attributes.

use crate::bag::Bag;
use crate::resource::{Attributes, Origin, Resource};

pub(super) struct Thing(pub(super) Bag);
pub(super) struct ThingAttributes(pub(super) Origin);

impl Attributes for ThingAttributes {
    fn new(origin: Origin) -> Self {
        Self(origin)
    }
    fn origin(&self) -> &Origin {
        &self.0
    }
}

impl Resource for Thing {
    const TYPE: &'static str = "AWS::Test::Thing";
    type Attributes = ThingAttributes;
    fn into_bag(self) -> Bag {
        self.0
    }
    fn bag_mut(&mut self) -> &mut Bag {
        &mut self.0
    }
}
