//! Doc comments, made from facts alone: never a description's text.

use std::fmt::Write;

use crate::codegen::model::{Definition, Kind, Property, Shape, Type, Update, namespace, short_name};

/// The comment of a resource type.
pub(super) fn resource(of: &Type) -> String {
    let mut doc = format!("/// `{}`.{}", of.name, required(&of.body.required));
    if of.immutable {
        doc.push_str(" Any change replaces.");
    }
    if let Some(tags) = &of.tags {
        let _ = write!(doc, " Tagged through `{}`.", tags.property);
    }
    if !of.primary_identifier.is_empty() {
        let _ = write!(doc, " Identified by {}.", listed(&of.primary_identifier));
    }
    doc + "\n///\n" + &format!("/// [AWS reference]({})\n", page(&of.name))
}

/// The comment of a nested type.
pub(super) fn nested(of: &Type, key: &str, definition: &Definition) -> String {
    let name = key.trim_end_matches(".Inline").rsplit('.').next().unwrap_or(key);
    format!("/// `{name}` of `{}`.{}\n", of.name, required(&definition.required))
}

fn required(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(" Requires {}.", listed(names)) }
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn page(type_name: &str) -> String {
    let (service, name) = (namespace(type_name).to_ascii_lowercase(), short_name(type_name).to_ascii_lowercase());
    format!("https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-{service}-{name}.html")
}

/// The one-line comment of a setter, without what differs between `properties`.
pub(super) fn setter(name: &str, kind: &str, property: &Property) -> String {
    let mut doc = format!("`{name}`: {}", said_of(&property.shape, kind));
    match property.update {
        Update::InPlace => {}
        Update::MayReplace => doc.push_str("; a change may replace"),
        Update::Replaces => doc.push_str("; a change replaces"),
    }
    doc.push('.');
    let innermost = property.shape.innermost();
    let deprecated = property.deprecated.then(|| "Deprecated".to_owned());
    let bounds = [shown_length(innermost), shown_range(innermost), shown_items(&property.shape)];
    for fact in
        [deprecated, shown_pattern(innermost)].into_iter().chain(bounds).chain([shown_default(innermost)]).flatten()
    {
        let _ = write!(doc, " {fact}.");
    }
    doc
}

fn said_of(shape: &Shape, kind: &str) -> String {
    match &shape.kind {
        Kind::List(item) => format!("list of {}", said_of(item, kind)),
        Kind::Map(item) => format!("map to {}", said_of(item, kind)),
        Kind::Text => match (&shape.limits.format, kind) {
            (Some(format), "Text") => format!("text, `{format}`"),
            (None, "Text") => "text".to_owned(),
            (_, kind) => format!("`{kind}`"),
        },
        Kind::Integer if !shape.limits.allowed.is_empty() => {
            format!("whole number, one of {}", shape.limits.allowed.join(", "))
        }
        Kind::Integer => "whole number".to_owned(),
        Kind::Number => "number".to_owned(),
        Kind::Boolean => "true or false".to_owned(),
        Kind::Json => "document".to_owned(),
        Kind::Object(_) => format!("`{kind}`"),
    }
}

fn shown_pattern(shape: &Shape) -> Option<String> {
    let pattern = shape.limits.pattern.as_deref().filter(|pattern| pattern.len() <= 60)?;
    let plain = pattern.chars().all(|c| c.is_ascii_graphic() || c == ' ') && !pattern.contains('`');
    plain.then(|| format!("Pattern `{pattern}`"))
}

fn shown_length(shape: &Shape) -> Option<String> {
    shown_bounds("Length", &shape.limits.length)
}

fn shown_range(shape: &Shape) -> Option<String> {
    shown_bounds("Range", &shape.limits.range)
}

fn shown_items(shape: &Shape) -> Option<String> {
    shown_bounds("Items", &shape.limits.items)
}

fn shown_bounds<T: ToString>(what: &str, bounds: &(Option<T>, Option<T>)) -> Option<String> {
    match bounds {
        (None, None) => None,
        (Some(low), None) => Some(format!("{what} {} or more", low.to_string())),
        (None, Some(high)) => Some(format!("{what} up to {}", high.to_string())),
        (Some(low), Some(high)) => Some(format!("{what} {}–{}", low.to_string(), high.to_string())),
    }
}

fn shown_default(shape: &Shape) -> Option<String> {
    let default = shape.limits.default.as_ref()?.to_string();
    (!default.contains('`') && default.len() <= 40).then(|| format!("Default `{default}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::model::Limits;

    fn text(limits: Limits) -> Property {
        Property {
            shape: Shape { kind: Kind::Text, limits, relations: Vec::new() },
            read_only: false,
            deprecated: false,
            update: Update::Replaces,
        }
    }

    #[test]
    fn a_setters_comment_says_kind_update_and_limits() {
        let property =
            text(Limits { length: (Some(1), Some(64)), pattern: Some("^[a-z]+$".to_owned()), ..Limits::default() });
        assert_eq!(
            setter("Name", "Text", &property),
            "`Name`: text; a change replaces. Pattern `^[a-z]+$`. Length 1–64."
        );
    }

    #[test]
    fn what_would_break_the_markup_is_left_out() {
        let property = text(Limits { pattern: Some("`+".to_owned()), ..Limits::default() });
        assert_eq!(setter("Name", "VpcId", &property), "`Name`: `VpcId`; a change replaces.");
    }
}
