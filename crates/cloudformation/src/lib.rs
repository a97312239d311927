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

use std::collections::BTreeSet;

use ironwright_core::facts::FactSource;
use ironwright_core::{Diagnostics, Graph};

pub use template::Template;

use cross_stack::{Import, Imports};
use logical_id::{Ids, Owner};
use lower::Lowering;
use names::Names;
use template::Sections;

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
    let mut problems = Diagnostics::new();
    let (mut stacks, imports) = lower_stacks(graph, &names, &mut problems);
    add_exports(graph, &names, &imports, &mut stacks, &mut problems);
    let needs = cross_stack::needs(graph, &imports);
    cross_stack::check_regions(graph, &imports, &mut problems);
    cross_stack::check_cycle(graph, &imports, &needs, &mut problems);
    let mut templates = Vec::new();
    for ((node, (sections, _)), needs) in graph.stacks().iter().zip(stacks).zip(&needs) {
        if sections.is_empty() {
            continue;
        }
        limits::check_sections(&node.name, &sections, &mut problems);
        let needs = needs.iter().map(|other| graph.stacks()[*other].name.clone()).collect();
        let template = Template::new(graph.app(), &node.name, node.region.as_deref(), needs, sections);
        limits::check_size(&template, &mut problems);
        templates.push(template);
    }
    problems.or(templates)
}

/// By stack, the sections of its template and the logical ids of its outputs.
type Stacks<'a> = Vec<(Sections<'a>, Ids<'a>)>;

fn lower_stacks<'a>(graph: &'a Graph, names: &'a Names, problems: &mut Diagnostics) -> (Stacks<'a>, Imports<'a>) {
    let mut positions = vec![Vec::new(); graph.stacks().len()];
    for (position, node) in graph.nodes().iter().enumerate() {
        positions[node.stack].push(position);
    }
    let lowered = positions.iter().enumerate().map(|(stack, positions)| {
        let (mut lowering, mut output_ids) = (Lowering::new(graph, names, stack), Ids::default());
        let mut sections = Sections {
            parameters: lowering.parameters(),
            mappings: lowering.mappings(),
            conditions: lowering.conditions_section(),
            resources: lowering.resources(positions),
            outputs: lowering.outputs(&mut output_ids),
        };
        sections.parameters.extend(lowering.secret_parameters());
        problems.extend(lowering.problems);
        ((sections, output_ids), lowering.imports)
    });
    lowered.unzip()
}

/// Adds to each stack the outputs that export what other stacks import from it.
fn add_exports<'a>(
    graph: &'a Graph,
    names: &'a Names,
    imports: &Imports<'a>,
    stacks: &mut Stacks<'a>,
    problems: &mut Diagnostics,
) {
    let exports: BTreeSet<Import> = imports.iter().flat_map(|needed| needed.keys().copied()).collect();
    for export in exports {
        let node = &graph.nodes()[export.position];
        let ((sections, ids), id) = (&mut stacks[node.stack], export.output_id(names));
        problems.extend(ids.claim(id.clone(), Owner::Export(&node.address, export.attribute)).err());
        sections.outputs.push((id.into(), export.output(graph, names)));
    }
}
