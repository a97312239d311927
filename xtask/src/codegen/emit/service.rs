//! The Rust module of one service: resources, attributes, nested types, enums.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::docs;
use crate::codegen::model::{Definition, Kind, Property, Shape, TagStyle, Type, short_name};
use crate::codegen::names;
use crate::codegen::nested::Nested;
use crate::codegen::relations::Relations;

/// The names of `ironwright_core::gen` and the prelude that generated code is written with.
pub(crate) const IMPORTED: &[&str] = &[
    "Attributes",
    "Bag",
    "Boolean",
    "Handle",
    "IdKind",
    "Integer",
    "IntoValue",
    "Json",
    "List",
    "Literal",
    "Map",
    "Missing",
    "Number",
    "Origin",
    "Provided",
    "Resource",
    "Self",
    "Set",
    "TagStyle",
    "Taggable",
    "Text",
    "TextKind",
    "Tree",
    "Value",
];

/// More required properties than this, and a type has a builder.
const MOST_ARGUMENTS: usize = 3;

/// Everything one module is made from.
pub(crate) struct ServiceModule<'a> {
    preamble: &'a str,
    types: &'a [&'a Type],
    /// What the resources are called in Rust.
    resources: BTreeSet<String>,
    relations: &'a Relations,
    nested: &'a Nested,
}

/// A struct to write: a resource or a nested type.
struct Struct<'a> {
    of: &'a Type,
    key: Option<&'a str>,
    definition: &'a Definition,
    name: String,
}

/// A setter of a struct.
struct Setter<'a> {
    aws: &'a str,
    method: String,
    kind: String,
    doc: String,
}

/// The text of the module.
pub(crate) fn write(module: &ServiceModule<'_>) -> String {
    let mut out = String::new();
    for of in module.types {
        module.resource(of, &mut out);
    }
    for (name, (type_name, key)) in &module.nested.types {
        let of = module
            .types
            .iter()
            .find(|of| of.name == *type_name)
            .expect("a nested type is named after a type of its service");
        module.nested_type(
            &Struct { of, key: Some(key), definition: &of.definitions[key], name: name.clone() },
            &mut out,
        );
    }
    module.enums(&mut out);
    module.header() + &out
}

impl<'a> ServiceModule<'a> {
    /// The module of `types`, which all belong to one service.
    pub(crate) fn new(preamble: &'a str, types: &'a [&'a Type], relations: &'a Relations, nested: &'a Nested) -> Self {
        let resources = types.iter().map(|of| names::pascal(short_name(&of.name))).collect();
        Self { preamble, types, resources, relations, nested }
    }

    fn header(&self) -> String {
        format!(
            "{}\nuse ironwright_core::r#gen::*;\n\n#[allow(unused_imports, reason = \"not every service takes ids\")]\nuse super::kinds::*;\n",
            self.preamble
        )
    }

    fn resource(&self, of: &Type, out: &mut String) {
        let name = names::pascal(short_name(&of.name));
        let item = Struct { of, key: None, definition: &of.body, name };
        out.push('\n');
        out.push_str(&docs::resource(of));
        self.body(&item, out);
        let name = &item.name;
        let _ = writeln!(
            out,
            "#[diagnostic::do_not_recommend] impl {} for {name} {{ const TYPE: &'static str = {:?}; type Attributes = {name}Attributes; fn into_bag(self) -> Bag {{ self.0 }} fn bag_mut(&mut self) -> &mut Bag {{ &mut self.0 }} }}",
            self.core_name("Resource"),
            of.name
        );
        if let Some(tags) = &of.tags {
            let style = match tags.style {
                TagStyle::KeyValueList => "KeyValueList",
                TagStyle::Map => "Map",
                TagStyle::AutoScaling => "AutoScaling",
            };
            let _ = writeln!(
                out,
                "impl Taggable for {name} {{ const TAGS: TagStyle = TagStyle::{style}({:?}); }}",
                tags.property
            );
        }
        self.attributes(of, name, out);
    }

    fn attributes(&self, of: &Type, name: &str, out: &mut String) {
        let _ = writeln!(
            out,
            "/// Attributes of [`{name}`], known after apply.\n#[derive(Clone, Debug)]\npub struct {name}Attributes(Origin);"
        );
        let _ = writeln!(
            out,
            "impl {} for {name}Attributes {{ fn new(origin: Origin) -> Self {{ Self(origin) }} fn origin(&self) -> &Origin {{ &self.0 }} }}",
            self.core_name("Attributes")
        );
        if of.attributes.is_empty() {
            return;
        }
        let _ = writeln!(out, "impl {name}Attributes {{");
        let mut methods = BTreeSet::new();
        for (attribute, shape) in &of.attributes {
            let method = names::attribute(attribute);
            if !methods.insert(method.clone()) {
                continue;
            }
            let relation = self.relations.of_attribute(&of.name, attribute);
            let kind = self.kind(of, shape, relation.unwrap_or("Text"));
            let value = self.core_name("Value");
            let _ = writeln!(
                out,
                "    /// `{attribute}`.\n    pub fn {method}(&self) -> {value}<{kind}> {{ self.0.attribute({attribute:?}) }}"
            );
        }
        out.push_str("}\n");
    }

    fn nested_type(&self, item: &Struct<'_>, out: &mut String) {
        out.push('\n');
        out.push_str(&docs::nested(item.of, item.key.unwrap_or_default(), item.definition));
        self.body(item, out);
        let _ = writeln!(
            out,
            "impl {} for {} {{ fn lower(self) -> {} {{ self.0.into_tree() }} }}",
            self.core_name("Literal"),
            item.name,
            self.core_name("Tree")
        );
    }

    /// The struct itself, how it is made, and its setters.
    fn body(&self, item: &Struct<'_>, out: &mut String) {
        let name = &item.name;
        let required = self.required(item);
        let (mut needed, mut optional) = (Vec::new(), Vec::new());
        for (property_name, property) in item.definition.properties.iter().filter(|(_, property)| !property.read_only) {
            let setter = self.setter(item, property_name, property);
            if required.contains(property_name) { needed.push(setter) } else { optional.push(setter) }
        }
        needed.sort_by_key(|setter| required.iter().position(|name| name == setter.aws));
        distinct(&mut needed, &mut optional);
        let derives = if needed.is_empty() { "Clone, Debug, Default" } else { "Clone, Debug" };
        let _ = writeln!(out, "#[derive({derives})]\n#[must_use]\npub struct {name}(Bag);\nimpl {name} {{");
        if needed.len() > MOST_ARGUMENTS {
            let _ = writeln!(out, "    /// Starts a builder; `build()` is there once {} are set.", counted(&needed));
            let missing: Vec<String> = needed
                .iter()
                .map(|setter| format!("Missing<{}::{}>", marker_module(name), names::pascal(setter.aws)))
                .collect();
            let _ = writeln!(
                out,
                "    pub fn builder() -> {name}Builder<{}> {{ {name}Builder(Bag::new(), std::marker::PhantomData) }}",
                missing.join(", ")
            );
        } else {
            Self::new_function(&needed, out);
        }
        for setter in &optional {
            setter.write(out, "self", "Self", "Self(self.0.set", ")");
        }
        out.push_str("}\n");
        if needed.len() > MOST_ARGUMENTS {
            Self::builder(item, &needed, out);
        }
    }

    fn new_function(needed: &[Setter<'_>], out: &mut String) {
        let mut parameters = Vec::new();
        let mut sets = String::new();
        for setter in needed {
            let argument = &setter.method;
            parameters.push(format!("{argument}: impl IntoValue<{}>", setter.kind));
            let _ = write!(sets, ".set({:?}, {argument})", setter.aws);
        }
        let doc = if needed.is_empty() {
            "With no property set.".to_owned()
        } else {
            needed.iter().map(|setter| setter.doc.trim_end_matches('.')).collect::<Vec<_>>().join("; ") + "."
        };
        let _ = writeln!(out, "    /// {doc}");
        let _ = writeln!(
            out,
            "    #[track_caller] pub fn new({}) -> Self {{ Self(Bag::new(){sets}) }}",
            parameters.join(", ")
        );
    }

    fn builder(item: &Struct<'_>, needed: &[Setter<'_>], out: &mut String) {
        let name = &item.name;
        let letters: Vec<String> = (0..needed.len()).map(|at| format!("P{at}")).collect();
        let all = letters.join(", ");
        let _ = writeln!(
            out,
            "/// Builder of [`{name}`].\n#[must_use]\npub struct {name}Builder<{all}>(Bag, std::marker::PhantomData<({all})>);\nimpl<{all}> {name}Builder<{all}> {{"
        );
        for (at, setter) in needed.iter().enumerate() {
            let mut after = letters.clone();
            "Set".clone_into(&mut after[at]);
            let returned = format!("{name}Builder<{}>", after.join(", "));
            setter.write(out, "self", &returned, &format!("{name}Builder(self.0.set"), ", std::marker::PhantomData)");
        }
        let required = marker_module(name);
        let bounds = letters
            .iter()
            .zip(needed)
            .map(|(letter, setter)| format!("{letter}: Provided<{required}::{}>", names::pascal(setter.aws)));
        let bounds: Vec<String> = bounds.collect();
        let _ = writeln!(
            out,
            "    /// The finished [`{name}`].\n    pub fn build(self) -> {name} where {} {{ {name}(self.0) }}\n}}",
            bounds.join(", ")
        );
        let _ = writeln!(
            out,
            "/// The properties that [`{name}`] requires, as its builder's type names them.\npub mod {required} {{"
        );
        for setter in needed {
            let _ = writeln!(
                out,
                "    /// `{}`.\n    #[derive(Debug)] pub enum {} {{}}",
                setter.aws,
                names::pascal(setter.aws)
            );
        }
        out.push_str("}\n");
    }

    fn setter<'b>(&self, item: &Struct<'b>, name: &'b str, property: &Property) -> Setter<'b> {
        let relation = self.relations.of_property(&item.of.name, item.key, name);
        let text = relation.or_else(|| self.nested.enum_name(item.of, item.key, name));
        let text = text.map_or_else(|| self.core_name("Text"), str::to_owned);
        let kind = self.kind(item.of, &property.shape, &text);
        let innermost = self.kind(item.of, property.shape.innermost(), &text);
        Setter { aws: name, method: names::setter(name), kind, doc: docs::setter(name, &innermost, property) }
    }

    /// The kind of a shape in Rust, with `text` for its text.
    fn kind(&self, of: &Type, shape: &Shape, text: &str) -> String {
        match &shape.kind {
            Kind::Text => text.to_owned(),
            Kind::Integer => self.core_name("Integer"),
            Kind::Number => self.core_name("Number"),
            Kind::Boolean => self.core_name("Boolean"),
            Kind::Json => self.core_name("Json"),
            Kind::List(item) => format!("{}<{}>", self.core_name("List"), self.kind(of, item, text)),
            Kind::Map(item) => format!("{}<{}>", self.core_name("Map"), self.kind(of, item, text)),
            Kind::Object(key) => self.nested.type_name(of, key).to_owned(),
        }
    }

    /// The required properties in the order of arguments: what names the thing, then ids it refers to, then the rest.
    fn required(&self, item: &Struct<'_>) -> Vec<String> {
        let rank = |name: &str| {
            let is_name =
                name == "Key" || name == "Name" || name == "Id" || names::pascal(name) == format!("{}Name", item.name);
            let is_reference = self.relations.of_property(&item.of.name, item.key, name).is_some();
            match (is_name, is_reference) {
                (true, _) => 0,
                (false, true) => 1,
                (false, false) => 2,
            }
        };
        let mut names: Vec<String> = item.definition.required.clone();
        names.sort_by_key(|name| (rank(name), name.clone()));
        names.dedup();
        names
    }

    /// A name of the core, by its path where a resource of this service has the same one.
    fn core_name(&self, name: &str) -> String {
        let shadowed = self.resources.contains(name);
        if shadowed { format!("ironwright_core::r#gen::{name}") } else { name.to_owned() }
    }

    fn enums(&self, out: &mut String) {
        if self.nested.enums.is_empty() {
            return;
        }
        out.push_str("\ntext_enum! {\n");
        for (name, declared) in &self.nested.enums {
            let mut taken = BTreeSet::new();
            let variants: Vec<String> = declared
                .values
                .iter()
                .map(|value| {
                    let plain = names::variant(value);
                    let numbered = (2..).map(|number| format!("{plain}{number}"));
                    let free = [plain.clone()]
                        .into_iter()
                        .chain(numbered)
                        .find(|name| !taken.contains(name))
                        .expect("the numbers never end");
                    taken.insert(free.clone());
                    format!("{free} = {value:?}")
                })
                .collect();
            let _ =
                writeln!(out, "    /// Values of `{}`.\n    {name} {{ {} }}", declared.property, variants.join(", "));
        }
        out.push_str("}\n");
    }
}

impl Setter<'_> {
    fn write(&self, out: &mut String, receiver: &str, returned: &str, open: &str, close: &str) {
        let _ = writeln!(out, "    /// {}", self.doc);
        let _ = writeln!(
            out,
            "    #[track_caller] pub fn {}({receiver}, value: impl IntoValue<{}>) -> {returned} {{ {open}({:?}, value){close} }}",
            self.method, self.kind, self.aws
        );
    }
}

/// Gives a setter whose method another one of the struct has a number.
fn distinct<'a>(needed: &mut [Setter<'a>], optional: &mut [Setter<'a>]) {
    let mut taken = BTreeSet::new();
    for setter in needed.iter_mut().chain(optional) {
        let plain = setter.method.clone();
        let mut number = 2;
        while !taken.insert(setter.method.clone()) {
            setter.method = format!("{plain}_{number}");
            number += 1;
        }
    }
}

fn counted(needed: &[Setter<'_>]) -> String {
    needed.iter().map(|setter| format!("`{}`", setter.aws)).collect::<Vec<_>>().join(", ")
}

fn marker_module(name: &str) -> String {
    format!("{}_required", names::snake(name))
}
