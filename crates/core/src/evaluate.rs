//! Evaluation: a [`Tree`] and what is known of the deployment give a [`Planned`] value. Pure.

use crate::function::{Asset, Condition, DynamicReference, Function, Pseudo};
use crate::planned::Planned;
use crate::secret::SecretText;
use crate::tree::{Reference, Tree};

/// What a tree is evaluated against. Whatever is not known yet is [`Planned::Unknown`].
pub trait Environment {
    /// An attribute of a resource.
    fn attribute(&self, reference: &Reference) -> Planned;
    /// A fact of the deployment.
    fn pseudo(&self, pseudo: Pseudo) -> Planned;
    /// The availability zones of the region, as a list of text.
    fn availability_zones(&self) -> Planned;
    /// A parameter of the stack.
    fn parameter(&self, name: &str) -> Planned;
    /// A value of a mapping of the stack.
    fn find_in_map(&self, mapping: &str, first: &str, second: &str) -> Planned;
    /// A condition of the stack.
    fn condition(&self, name: &str) -> Option<Condition>;
    /// A value read from a store.
    fn dynamic(&self, reference: &DynamicReference) -> Planned;
    /// The digest of an asset.
    fn asset(&self, asset: &Asset) -> Planned;
}

impl Tree {
    /// The value of this tree in `environment`.
    ///
    /// An invalid leaf gives [`Planned::Null`]; the graph has refused it before anything is evaluated.
    pub fn evaluate(&self, environment: &dyn Environment) -> Planned {
        match self {
            Self::Null | Self::Invalid(_) => Planned::Null,
            Self::Boolean(flag) => Planned::Boolean(*flag),
            Self::Number(number) => Planned::Number(number.clone()),
            Self::Text(text) => Planned::Text(text.to_string()),
            Self::Secret(secret) => Planned::Secret(secret.clone()),
            Self::List(items) => Planned::List(items.iter().map(|item| item.evaluate(environment)).collect()),
            Self::Map(entries) => Planned::Map(
                entries
                    .iter()
                    .map(|(key, value)| (key.to_string(), value.evaluate(environment)))
                    .filter(|(_, value)| *value != Planned::Null)
                    .collect(),
            ),
            Self::Reference(reference) => environment.attribute(reference),
            Self::Function(function) => function.evaluate(environment),
        }
    }
}

impl Function {
    fn evaluate(&self, environment: &dyn Environment) -> Planned {
        match self {
            Self::Join { separator, parts } => join(separator, &parts.evaluate(environment)),
            Self::Split { separator, text } => on_text(&text.evaluate(environment), |text, wrap| {
                Planned::List(text.split(separator.as_str()).map(|part| wrap(part.to_owned())).collect())
            }),
            Self::Select { index, list } => select(*index, &list.evaluate(environment)),
            Self::Base64(text) => on_text(&text.evaluate(environment), |text, wrap| wrap(base64(text.as_bytes()))),
            Self::AvailabilityZones => environment.availability_zones(),
            Self::Pseudo(pseudo) => environment.pseudo(*pseudo),
            Self::Parameter(name) => environment.parameter(name),
            Self::FindInMap { mapping, first, second } => {
                match (first.evaluate(environment), second.evaluate(environment)) {
                    (Planned::Text(first), Planned::Text(second)) => environment.find_in_map(mapping, &first, &second),
                    _ => Planned::Unknown,
                }
            }
            Self::If { condition, then, otherwise } => {
                match environment.condition(condition).and_then(|condition| condition.holds(environment)) {
                    Some(true) => then.evaluate(environment),
                    Some(false) => otherwise.evaluate(environment),
                    None => Planned::Unknown,
                }
            }
            Self::Dynamic(reference) => environment.dynamic(reference),
            Self::Asset(asset) => environment.asset(asset),
        }
    }
}

impl Condition {
    /// Whether it holds; nothing while what it compares is unknown.
    pub fn holds(&self, environment: &dyn Environment) -> Option<bool> {
        match self {
            Self::Equals(left, right) => {
                let (left, right) = (left.evaluate(environment), right.evaluate(environment));
                if left.has_unknown() || right.has_unknown() { None } else { Some(left == right) }
            }
            Self::Not(inner) => inner.holds(environment).map(|holds| !holds),
            Self::All(inner) => decide(inner, environment, false),
            Self::Any(inner) => decide(inner, environment, true),
        }
    }
}

/// `decisive` as soon as one condition is so, nothing if one is unknown, else the opposite.
fn decide(conditions: &[Condition], environment: &dyn Environment, decisive: bool) -> Option<bool> {
    let answers: Vec<_> = conditions.iter().map(|condition| condition.holds(environment)).collect();
    if answers.contains(&Some(decisive)) {
        return Some(decisive);
    }
    if answers.contains(&None) { None } else { Some(!decisive) }
}

/// How a function wraps the text it made: plain, or secret where its input was.
type Wrap = fn(String) -> Planned;

fn secret(text: String) -> Planned {
    Planned::Secret(SecretText::new(text))
}

fn on_text(value: &Planned, function: impl FnOnce(&str, Wrap) -> Planned) -> Planned {
    match value {
        Planned::Text(text) => function(text, Planned::Text),
        Planned::Secret(text) => function(text.expose(), secret),
        Planned::Unknown | Planned::Sealed(_) => Planned::Unknown,
        _ => Planned::Null,
    }
}

fn join(separator: &str, parts: &Planned) -> Planned {
    let Planned::List(parts) = parts else {
        return Planned::Unknown;
    };
    if parts.iter().any(|part| part.has_unknown() || part.has_sealed()) {
        return Planned::Unknown;
    }
    let joined = parts.iter().map(plain).collect::<Vec<_>>().join(separator);
    if parts.iter().any(Planned::has_secret) { secret(joined) } else { Planned::Text(joined) }
}

fn plain(value: &Planned) -> String {
    match value {
        Planned::Text(text) => text.clone(),
        Planned::Secret(text) => text.expose().to_owned(),
        Planned::Number(number) => number.to_string(),
        Planned::Boolean(flag) => flag.to_string(),
        _ => String::new(),
    }
}

fn select(index: usize, list: &Planned) -> Planned {
    match list {
        Planned::List(items) => items.get(index).cloned().unwrap_or_default(),
        Planned::Unknown => Planned::Unknown,
        _ => Planned::Null,
    }
}

/// Base 64 with padding, by RFC 4648 section 4.
pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for position in 0..4 {
            let sextet = (group >> (18 - 6 * position)) as usize & 63;
            text.push(if position <= chunk.len() { char::from(ALPHABET[sextet]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Nothing;
    impl Environment for Nothing {
        fn attribute(&self, _: &Reference) -> Planned {
            Planned::Unknown
        }
        fn pseudo(&self, _: Pseudo) -> Planned {
            Planned::Text("us-west-2".to_owned())
        }
        fn availability_zones(&self) -> Planned {
            json!(["us-west-2a", "us-west-2b"]).into()
        }
        fn parameter(&self, _: &str) -> Planned {
            Planned::Text("prod".to_owned())
        }
        fn find_in_map(&self, _: &str, _: &str, _: &str) -> Planned {
            Planned::Null
        }
        fn condition(&self, name: &str) -> Option<Condition> {
            let parameter = Tree::Function(Box::new(Function::Parameter("Stage".into())));
            (name == "IsProd").then(|| Condition::Equals(parameter, Tree::text("prod")))
        }
        fn dynamic(&self, _: &DynamicReference) -> Planned {
            Planned::Unknown
        }
        fn asset(&self, _: &Asset) -> Planned {
            Planned::Unknown
        }
    }

    fn check(function: Function, expect: &Planned) {
        assert_eq!(Tree::Function(Box::new(function)).evaluate(&Nothing), *expect);
    }

    fn unknown() -> Tree {
        Tree::Reference(Reference { app: "app".into(), address: "web/server".into(), attribute: "PublicIp".into() })
    }

    #[test]
    fn join_is_unknown_or_secret_when_a_part_is() {
        let join = |parts| Function::Join { separator: "-".to_owned(), parts: Tree::List(parts) };
        check(join(vec![Tree::text("a"), Tree::Number(1.into())]), &Planned::Text("a-1".to_owned()));
        check(join(vec![Tree::text("a"), unknown()]), &Planned::Unknown);
        check(
            join(vec![Tree::text("a"), Tree::Secret(SecretText::new("s"))]),
            &Planned::Secret(SecretText::new("a-s")),
        );
    }

    #[test]
    fn select_split_and_conditions() {
        let zones = Tree::Function(Box::new(Function::AvailabilityZones));
        check(Function::Select { index: 1, list: zones }, &Planned::Text("us-west-2b".to_owned()));
        check(Function::Split { separator: ",".to_owned(), text: Tree::text("a,b") }, &json!(["a", "b"]).into());
        let choose = |condition: &'static str| Function::If {
            condition: condition.into(),
            then: Tree::text("yes"),
            otherwise: Tree::text("no"),
        };
        check(choose("IsProd"), &Planned::Text("yes".to_owned()));
        check(choose("Ghost"), &Planned::Unknown);
    }

    #[test]
    fn base64_by_the_vectors_of_rfc_4648() {
        for (plain, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }
}
