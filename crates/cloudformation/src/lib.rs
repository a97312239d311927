//! CloudFormation templates from programs: a [`Graph`] and the facts about types give one [`Template`] a stack.
//!
//! Synthesis is pure (invariant I1): no IO, and the same graph gives the same bytes.
//! `docs/cloudformation.md` says how each thing a program can declare is written in a template.

mod conditions;
mod cross_stack;
mod document;
mod join;
mod limits;
mod logical_id;
mod lower;
mod names;
mod sections;
mod site;
mod template;

use ironwright_core::facts::FactSource;
use ironwright_core::{Diagnostics, Graph};

pub use template::Template;

use lower::Lowering;
use names::Names;

/// The templates of all stacks of `graph`, in the app's order, or all that keeps it from becoming templates.
///
/// `facts` say which attribute of a type `Ref` returns. A stack with nothing in it has no template.
///
/// ```
/// # use ironwright_core::{App, Bag, Resource, facts::{FactSource, TypeFacts}, resource::{Attributes, Origin}};
/// # struct Topic(Bag); struct TopicAttributes(Origin);
/// # impl Attributes for TopicAttributes { fn new(origin: Origin) -> Self { Self(origin) } fn origin(&self) -> &Origin { &self.0 } }
/// # impl Resource for Topic { const TYPE: &'static str = "AWS::SNS::Topic"; type Attributes = TopicAttributes;
/// #   fn into_bag(self) -> Bag { self.0 } fn bag_mut(&mut self) -> &mut Bag { &mut self.0 } }
/// # struct Facts;
/// # impl FactSource for Facts { fn facts(&self, _: &str) -> Option<std::sync::Arc<TypeFacts>> { None } }
/// use ironwright_cloudformation::synthesize;
///
/// let mut app = App::new("shop").region("us-west-2");
/// app.stack("web").scope("api").add("orders", Topic(Bag::new()));
///
/// let templates = synthesize(&app.graph()?, &Facts)?;
/// assert_eq!(templates[0].resources()["ApiOrders"]["Type"], "AWS::SNS::Topic");
/// # Ok::<(), ironwright_core::Diagnostics>(())
/// ```
pub fn synthesize(graph: &Graph, facts: &dyn FactSource) -> Result<Vec<Template>, Diagnostics> {
    let names = Names::new(graph, facts);
    let imports = cross_stack::imports(graph, &names);
    let needs = cross_stack::needs(graph, &imports);
    let mut problems = Diagnostics::new();
    cross_stack::check_regions(graph, &imports, &mut problems);
    cross_stack::check_cycle(graph, &imports, &needs, &mut problems);
    let exports = cross_stack::exports(graph, &imports);
    let mut templates = Vec::new();
    for (stack, (positions, node)) in by_stack(graph).iter().zip(graph.stacks()).enumerate() {
        let mut lowering = Lowering::new(graph, &names, stack);
        let sections = lowering.sections(positions, &exports[stack]);
        problems.extend(lowering.problems);
        if sections.is_empty() {
            continue;
        }
        limits::check_sections(&node.name, &sections, &mut problems);
        let needs = needs[stack].iter().map(|other| graph.stacks()[*other].name.clone()).collect();
        let template = Template::new(graph.app(), &node.name, node.region.as_deref(), needs, sections);
        limits::check_size(&template, &mut problems);
        templates.push(template);
    }
    problems.or(templates)
}

/// The positions of the resources of each stack.
fn by_stack(graph: &Graph) -> Vec<Vec<usize>> {
    let mut positions = vec![Vec::new(); graph.stacks().len()];
    for (position, node) in graph.nodes().iter().enumerate() {
        positions[node.stack].push(position);
    }
    positions
}
