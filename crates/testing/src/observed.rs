//! Observed values: what a test reads of properties, attributes and outputs.
//!
//! Invariant I9 lives here: every reader and every comparison of a value that is unknown panics, and so does one of a
//! value that is missing, is secret, or has another form than the reader's. Where values come from is not known here.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use ironwright_core::Planned;
use serde_json::Value as Json;

use crate::path::{Walk, walk};
use crate::resources::did_you_mean;
use crate::text::{form, names, show};

/// A value that a test asks about: a property, an attribute or an output.
///
/// Compare it with text, numbers and booleans by `==`, or take it out with a reader such as [`as_str`](Self::as_str).
/// Each panics, at the line of the test, when the value is unknown or secret: an assertion never passes by silence.
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
/// assert_eq!(server.property("Tags[0].Key"), "Name");
/// assert_eq!(server.property("Tags").len(), 1);
/// assert!(server.property("ImageId").as_str().starts_with("ami-"));
/// ```
#[derive(Clone)]
pub struct Observed {
    what: String,
    value: Planned,
}

impl Observed {
    /// The value of `what`, which is how messages name it: "property `ImageId` of web/server".
    pub(crate) fn new(what: impl Into<String>, value: Planned) -> Self {
        Self { what: what.into(), value }
    }

    /// The text. Panics where it is anything else.
    #[track_caller]
    pub fn as_str(&self) -> &str {
        match self.known() {
            Planned::Text(text) => text,
            _ => self.is_not("text"),
        }
    }

    /// The whole number. Panics where it is anything else.
    #[track_caller]
    pub fn as_i64(&self) -> i64 {
        match self.known() {
            Planned::Number(number) => number.as_i64().unwrap_or_else(|| self.is_not("a whole number of 64 bits")),
            _ => self.is_not("a whole number"),
        }
    }

    /// The number, whole or not. Panics where it is anything else.
    #[track_caller]
    pub fn as_f64(&self) -> f64 {
        match self.known() {
            Planned::Number(number) => number.as_f64().unwrap_or_else(|| self.is_not("a number of 64 bits")),
            _ => self.is_not("a number"),
        }
    }

    /// True or false. Panics where it is anything else.
    #[track_caller]
    pub fn as_bool(&self) -> bool {
        match self.known() {
            Planned::Boolean(flag) => *flag,
            _ => self.is_not("true or false"),
        }
    }

    /// The items of a list; each may still be unknown. Panics where it is no list.
    #[track_caller]
    pub fn as_list(&self) -> Vec<Observed> {
        match self.known() {
            Planned::List(items) => {
                let item = |(index, item): (usize, &Planned)| Self::new(format!("[{index}] of {self}"), item.clone());
                items.iter().enumerate().map(item).collect()
            }
            _ => self.is_not("a list"),
        }
    }

    /// The entries of a map; each may still be unknown. Panics where it is no map.
    #[track_caller]
    pub fn as_map(&self) -> BTreeMap<String, Observed> {
        match self.known() {
            Planned::Map(entries) => {
                let entry = |(key, value): (&String, &Planned)| {
                    (key.clone(), Self::new(format!("`{key}` of {self}"), value.clone()))
                };
                entries.iter().map(entry).collect()
            }
            _ => self.is_not("a map"),
        }
    }

    /// The whole value as a document. Panics where any part of it is unknown or secret.
    #[track_caller]
    pub fn to_json(&self) -> Json {
        self.known();
        let shown = || show(&self.value);
        assert!(!self.value.has_unknown(), "part of {self} is known after apply: {}\n  help: {AFTER_APPLY}", shown());
        assert!(!self.value.has_secret(), "part of {self} is a secret and cannot be read: {}", shown());
        self.value.to_json("")
    }

    /// The number of items, entries or characters. Panics where it has none of these.
    #[track_caller]
    pub fn len(&self) -> usize {
        match self.known() {
            Planned::List(items) => items.len(),
            Planned::Map(entries) => entries.len(),
            Planned::Text(text) => text.chars().count(),
            _ => self.is_not("a list, a map or text"),
        }
    }

    /// Whether it has no item, entry or character. Panics where it can have none.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a list has the item, a map the key, or a text the part `wanted`.
    ///
    /// Panics where that cannot be told: an item is unknown and none of the others is `wanted`.
    #[track_caller]
    pub fn contains(&self, wanted: &str) -> bool {
        match self.known() {
            Planned::Text(text) => text.contains(wanted),
            Planned::Map(entries) => entries.contains_key(wanted),
            Planned::List(items) => {
                let found = items.iter().any(|item| item.as_text() == Some(wanted));
                assert!(
                    found || !self.value.has_unknown(),
                    "whether {self} has {wanted:?} is known after apply: {}\n  help: {AFTER_APPLY}",
                    show(&self.value)
                );
                found
            }
            _ => self.is_not("a list, a map or text"),
        }
    }

    /// Whether it is the text of an IPv4 address. Panics where it is no text.
    #[track_caller]
    pub fn is_ipv4(&self) -> bool {
        self.as_str().parse::<Ipv4Addr>().is_ok()
    }

    /// Whether it is the text of an IPv6 address. Panics where it is no text.
    #[track_caller]
    pub fn is_ipv6(&self) -> bool {
        self.as_str().parse::<Ipv6Addr>().is_ok()
    }

    /// Whether it is a secret. Of a secret, nothing else can be read.
    #[track_caller]
    pub fn is_secret(&self) -> bool {
        if self.value == Planned::Unknown {
            self.is_unknown_yet();
        }
        self.value.has_secret()
    }

    /// Whether it is known only after apply. Of an unknown value, nothing else can be asked.
    pub fn is_known_after_apply(&self) -> bool {
        self.value == Planned::Unknown
    }

    /// The value at `path` inside this one, `Tags[0].Value`. Panics where there is none, and says what there is.
    #[track_caller]
    pub fn at(&self, path: &str) -> Observed {
        match walk(&self.value, path) {
            Walk::Found(value) => self.inside(path, value),
            Walk::Missing { parent, at, step } => panic!("{}", self.missing(path, parent, &at, &step)),
            Walk::Malformed => malformed(path),
        }
    }

    /// The value at `path` inside this one, where there is one.
    #[track_caller]
    pub fn get(&self, path: &str) -> Option<Observed> {
        match walk(&self.value, path) {
            Walk::Found(value) => Some(self.inside(path, value)),
            Walk::Missing { .. } => None,
            Walk::Malformed => malformed(path),
        }
    }

    /// The value itself, for readers of this crate that know what unknowns are.
    pub(crate) fn value(&self) -> &Planned {
        &self.value
    }

    fn inside(&self, path: &str, value: &Planned) -> Observed {
        Self::new(format!("`{path}` of {self}"), value.clone())
    }

    fn missing(&self, path: &str, parent: &Planned, at: &str, step: &str) -> String {
        let whole = if at.is_empty() { self.to_string() } else { format!("`{at}` of {self}") };
        let has = match parent {
            Planned::Map(entries) => {
                let known = || entries.keys().map(String::as_str);
                format!("{}it has {}", did_you_mean(step, known()), names(known()))
            }
            Planned::List(items) => format!("it has {} items, counted from 0", items.len()),
            other => format!("it is {}: {}", form(other), show(other)),
        };
        format!("there is no `{path}` in {self}\n  {whole} has no `{step}`: {has}")
    }

    /// The value, if it is one that can be read at all.
    #[track_caller]
    fn known(&self) -> &Planned {
        match &self.value {
            Planned::Unknown => self.is_unknown_yet(),
            Planned::Secret(_) | Planned::Sealed(_) => {
                panic!("{self} is a secret and cannot be read\n  help: assert `.is_secret()`")
            }
            known => known,
        }
    }

    #[track_caller]
    fn is_unknown_yet(&self) -> ! {
        panic!("{self} is known after apply, so nothing can be asserted of it\n  help: {AFTER_APPLY}")
    }

    #[track_caller]
    fn is_not(&self, expected: &str) -> ! {
        panic!("{self} is not {expected}; it is {}: {}", form(&self.value), show(&self.value))
    }
}

const AFTER_APPLY: &str = "use `deploy()`, which applies the program in memory";

#[track_caller]
fn malformed(path: &str) -> ! {
    panic!(
        "`{path}` is not a path\n  help: write keys and indices, `Tags[0].Value`; a key with a dot in it as `Labels[\"a.b\"]`"
    )
}

/// What it is the value of: "property `ImageId` of web/server". Never the value, which may be unknown or secret.
impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// The value as a failed `assert_eq!` shows it; `(known after apply)` and `(sensitive)` where it cannot be shown.
impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({self})", show(&self.value))
    }
}

impl PartialEq<str> for Observed {
    #[track_caller]
    fn eq(&self, other: &str) -> bool {
        self.known().as_text() == Some(other)
    }
}

impl PartialEq<&str> for Observed {
    #[track_caller]
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl PartialEq<String> for Observed {
    #[track_caller]
    fn eq(&self, other: &String) -> bool {
        *self == **other
    }
}

impl PartialEq<bool> for Observed {
    #[track_caller]
    fn eq(&self, other: &bool) -> bool {
        *self.known() == Planned::Boolean(*other)
    }
}

impl PartialEq<Json> for Observed {
    #[track_caller]
    fn eq(&self, other: &Json) -> bool {
        self.to_json() == *other
    }
}

/// Two values are compared by content, wherever they were read.
impl PartialEq for Observed {
    #[track_caller]
    fn eq(&self, other: &Self) -> bool {
        self.to_json() == other.to_json()
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl PartialEq<$number> for Observed {
            #[track_caller]
            fn eq(&self, other: &$number) -> bool {
                *self.known() == Planned::Number((*other).into())
            }
        }
    )*};
}
numbers!(i32, i64, u16, u32, u64, usize);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::failure;
    use ironwright_core::secret::SecretText;
    use serde_json::json;

    fn observed(value: impl Into<Planned>) -> Observed {
        Observed::new("property `P` of web/server", value.into())
    }

    type Reader = (&'static str, fn(&Observed));

    /// Every way to read or compare a value.
    fn every_reader() -> Vec<Reader> {
        vec![
            ("as_str", |value| drop(value.as_str().to_owned())),
            ("as_i64", |value| drop(value.as_i64().to_string())),
            ("as_f64", |value| drop(value.as_f64().to_string())),
            ("as_bool", |value| assert!(value.as_bool())),
            ("as_list", |value| drop(value.as_list())),
            ("as_map", |value| drop(value.as_map())),
            ("to_json", |value| drop(value.to_json())),
            ("len", |value| assert_ne!(value.len(), 0)),
            ("is_empty", |value| assert!(!value.is_empty())),
            ("contains", |value| assert!(!value.contains("x"))),
            ("is_ipv4", |value| assert!(!value.is_ipv4())),
            ("is_ipv6", |value| assert!(!value.is_ipv6())),
            ("== &str", |value| assert!(*value != "x")),
            ("== String", |value| assert_ne!(*value, String::from("x"))),
            ("== bool", |value| assert!(*value != true)),
            ("== number", |value| assert!(*value != 1)),
            ("== json", |value| assert!(*value != json!({}))),
            ("== itself", |value| assert!(*value == value.clone())),
        ]
    }

    #[test]
    fn every_reader_and_comparison_of_an_unknown_fails() {
        for (name, reader) in every_reader() {
            let message = failure(|| reader(&observed(Planned::Unknown)));
            assert!(message.contains("property `P` of web/server is known after apply"), "{name}: {message}");
            assert!(message.contains("use `deploy()`"), "{name}: {message}");
        }
        assert!(failure(|| observed(Planned::Unknown).is_secret()).contains("known after apply"));
    }

    #[test]
    fn every_reader_and_comparison_of_a_secret_fails_and_shows_nothing() {
        for (name, reader) in every_reader() {
            let message = failure(|| reader(&observed(Planned::Secret(SecretText::new("hunter2")))));
            assert!(message.contains("is a secret"), "{name}: {message}");
            assert!(!message.contains("hunter2"), "{name}: {message}");
        }
        assert!(observed(Planned::Secret(SecretText::new("hunter2"))).is_secret());
    }

    #[test]
    fn a_part_that_is_unknown_is_not_passed_over() {
        let list = Planned::List(vec![Planned::Text("a".to_owned()), Planned::Unknown]);
        assert!(observed(list.clone()).contains("a"));
        assert!(failure(|| observed(list.clone()).contains("b")).contains("known after apply"));
        assert!(failure(|| observed(list.clone()).to_json()).contains("known after apply"));
        assert!(observed(list).as_list()[1].is_known_after_apply());
    }

    #[test]
    fn another_form_than_the_readers_is_said_with_the_value() {
        let message = failure(|| observed(json!("80")).as_i64());
        assert_eq!(message, "property `P` of web/server is not a whole number; it is text: \"80\"");
        let message = failure(|| observed(json!(80)).as_str().to_owned());
        assert_eq!(message, "property `P` of web/server is not text; it is a number: 80");
    }

    #[test]
    fn values_compare_with_literals() {
        assert_eq!(observed(json!("a")), "a");
        assert_eq!(observed(json!(80)), 80);
        assert_eq!(observed(json!(true)), true);
        assert_eq!(observed(json!({"a": [1]})), json!({"a": [1]}));
        assert_ne!(observed(json!("80")), 80);
        assert!(observed(json!("192.0.2.1")).is_ipv4());
        assert!(!observed(json!("2001:db8::1")).is_ipv4());
        assert!(observed(json!("2001:db8::1")).is_ipv6());
    }

    #[test]
    fn a_failed_comparison_shows_the_value_and_whose_it_is() {
        let message = failure(|| assert_eq!(observed(json!("b")), "a"));
        assert!(message.contains("\"b\" (property `P` of web/server)"), "{message}");
    }

    #[test]
    fn what_is_missing_is_named_with_the_nearest_there_is() {
        let value = observed(json!({"Endpoint": {"Address": "x", "Port": 1}}));
        assert_eq!(value.at("Endpoint.Port"), 1);
        assert!(value.get("Endpoint.Name").is_none());
        let message = failure(|| value.at("Endpoint.Adress"));
        assert_eq!(
            message,
            "there is no `Endpoint.Adress` in property `P` of web/server\n  `Endpoint` of property `P` of web/server has \
             no `Adress`: did you mean `Address`? it has `Address` and `Port`"
        );
        assert!(failure(|| value.at("Endpoint..")).contains("`Endpoint..` is not a path"));
        assert!(failure(|| value.get("Endpoint[")).contains("is not a path"));
    }

    #[test]
    fn a_panic_points_at_the_line_of_the_test() {
        let line = crate::check::line_of_failure(|| observed(Planned::Unknown).as_str().to_owned());
        assert_eq!(line, (file!().to_owned(), line!() - 1));
    }
}
