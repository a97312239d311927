//! What the planner, the checker and the simulated cloud need to know of the types of this crate, by hand.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use ironwright_core::facts::{ByHand, FactSource, Form, Shape, TypeFacts};

use crate::rules;

/// The facts about the types of this crate.
pub fn facts() -> &'static dyn FactSource {
    &Written
}

/// The names of the types of this crate.
pub fn type_names() -> impl Iterator<Item = &'static str> {
    TYPES.keys().copied()
}

struct Written;

impl FactSource for Written {
    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        TYPES.get(type_name).cloned()
    }
}

static TYPES: LazyLock<BTreeMap<&str, Arc<TypeFacts>>> = LazyLock::new(|| {
    let types = [("Docker::Container", container()), ("Docker::Image", image()), ("SSH::Key", key())];
    types.into_iter().map(|(name, facts)| (name, Arc::new(TypeFacts { type_name: name.to_owned(), ..facts }))).collect()
});

fn image() -> TypeFacts {
    let attributes = ["Name", "Reference", "Digest", "Repository", "Tag"].map(|name| (name, text()));
    let attributes = shapes(attributes);
    TypeFacts {
        properties: with(
            &attributes,
            [
                ("Context", filled()),
                ("ContextDigest", text()),
                ("Dockerfile", filled()),
                ("DockerfileText", filled()),
                ("BuildArguments", map(text())),
                ("BuildSecrets", map(text())),
                ("Platform", matching("^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?$")),
                ("Target", filled()),
                ("Pull", matching(IMAGE)),
                ("Archive", filled()),
                ("ArchiveDigest", text()),
                ("Registry", matching(REPOSITORY)),
            ],
        ),
        required_xor: vec![names(["Context", "Pull", "Archive"])],
        dependent_required: ["Dockerfile", "DockerfileText", "BuildArguments", "BuildSecrets", "Target"]
            .map(|name| (name.to_owned(), names(["Context"])))
            .into(),
        dependent_excluded: [("Dockerfile".to_owned(), names(["DockerfileText"]))].into(),
        read_only: attributes.keys().cloned().collect(),
        write_only: names(["BuildSecrets"]),
        moved_by_updates: names(["Reference", "Digest", "Repository", "Tag"]),
        primary_identifier: names(["Name"]),
        attributes,
        ..TypeFacts::default()
    }
}

fn container() -> TypeFacts {
    let attributes = shapes([("Running", text()), ("ReleaseVersion", integer(1.0, f64::MAX)), ("Url", text())]);
    let mut readable = attributes.clone();
    readable.insert("Name".to_owned(), text());
    TypeFacts {
        properties: with(
            &attributes,
            [
                // With the number of a release behind it, it is a name in the host's DNS, which takes 63 letters.
                ("Name", matching("^[a-z0-9][a-z0-9_.-]{0,54}$")),
                ("Image", Shape { relations: names(["Docker::Image.Reference"]), ..matching(IMAGE) }),
                ("Hosts", at_least_one(list(Shape { form: Form::Definition("Host".to_owned()), ..Shape::default() }))),
                ("Publish", list(port())),
                ("Health", health()),
                ("Environment", map(Shape::default())),
                ("SecretEnvironment", map(text())),
                ("Memory", matching("^[0-9]+[bkmg]?$")),
                ("Cpus", Shape { form: Form::Number, minimum: Some(0.01), ..Shape::default() }),
                ("Volumes", list(volume())),
                ("Networks", Shape { unique: true, ..list(filled()) }),
                ("Restart", known(["no", "always", "on-failure", "unless-stopped"])),
                ("Labels", map(text())),
                ("LogDriver", filled()),
                ("LogOptions", map(text())),
                ("Command", at_least_one(list(text()))),
                ("User", filled()),
                ("GroupSize", integer(1.0, f64::MAX)),
                ("DrainSeconds", integer(0.0, 3600.0)),
                ("KeepVolumes", flag()),
                ("Edge", edge()),
            ],
        ),
        definitions: shapes([("Host", host())]),
        required: names(["Image", "Hosts"]),
        create_only: names(["Name"]),
        read_only: attributes.keys().cloned().collect(),
        write_only: names(["SecretEnvironment", "Hosts.*.Identity", "Hosts.*.Jump.Identity"]),
        moved_by_updates: names(["Running", "ReleaseVersion", "Url"]),
        by_hand: Some(ByHand { rules: rules::broken, interruption: rules::interruption }),
        primary_identifier: names(["Name"]),
        attributes: readable,
        ..TypeFacts::default()
    }
}

fn key() -> TypeFacts {
    let attributes = shapes([("PublicKey", text()), ("PrivateKey", text()), ("Fingerprint", text())]);
    TypeFacts {
        properties: with(&attributes, [("Comment", text())]),
        create_only: names(["Comment"]),
        immutable: true,
        read_only: attributes.keys().cloned().collect(),
        sensitive: names(["PrivateKey"]),
        primary_identifier: names(["Fingerprint"]),
        attributes,
        ..TypeFacts::default()
    }
}

fn host() -> Shape {
    let jump = Shape { form: Form::Definition("Host".to_owned()), ..Shape::default() };
    let properties = [
        ("Address", matching("^[^\\s-][^\\s]*$")),
        ("User", matching("^[^\\s-][^\\s]*$")),
        ("Port", integer(1.0, 65535.0)),
        ("Identity", filled()),
        ("IdentityFile", filled()),
        ("HostKeys", list(matching("^(ssh-|ecdsa-|sk-)[^\\s]+ [A-Za-z0-9+/=]+( .*)?\\s*$"))),
        ("Jump", jump),
        ("EnsureDocker", flag()),
        ("WaitSeconds", integer(0.0, 3600.0)),
    ];
    let excluded = [("Identity".to_owned(), names(["IdentityFile"]))].into();
    Shape { dependent_excluded: excluded, ..object(["Address"], properties) }
}

fn port() -> Shape {
    let number = || integer(1.0, 65535.0);
    object(["Host", "Container"], [("Host", number()), ("Container", number()), ("Protocol", known(["tcp", "udp"]))])
}

fn volume() -> Shape {
    let target = matching("^/");
    object(["Source", "Target"], [("Source", filled()), ("Target", target), ("ReadOnly", flag())])
}

fn health() -> Shape {
    let time = || integer(0.0, 3_600_000.0);
    object(
        ["Kind"],
        [
            ("Kind", known(["http", "tcp", "command"])),
            ("Path", matching("^/")),
            ("Command", at_least_one(list(text()))),
            ("Port", integer(1.0, 65535.0)),
            ("IntervalMilliseconds", integer(10.0, 3_600_000.0)),
            ("TimeoutMilliseconds", integer(10.0, 3_600_000.0)),
            ("LimitMilliseconds", time()),
            ("StartPeriodMilliseconds", time()),
        ],
    )
}

fn edge() -> Shape {
    object(
        ["Kind"],
        [
            ("Kind", known(["caddy", "none"])),
            ("Domains", Shape { unique: true, ..list(matching("^[A-Za-z0-9*-]+(\\.[A-Za-z0-9-]+)+$")) }),
            ("Email", filled()),
            ("Image", matching(IMAGE)),
            ("CertificateAuthority", matching("^https?://")),
        ],
    )
}

/// A reference to an image, as far as a pattern can tell: a name with a tag, a digest, both or neither.
const IMAGE: &str = "^[A-Za-z0-9][A-Za-z0-9._:/-]*(@sha256:[a-f0-9]{64})?$";
const REPOSITORY: &str = "^[A-Za-z0-9][A-Za-z0-9._:/-]*$";

fn text() -> Shape {
    Shape { form: Form::Text, ..Shape::default() }
}

fn filled() -> Shape {
    Shape { shortest: Some(1), ..text() }
}

fn matching(pattern: &str) -> Shape {
    Shape { pattern: Some(pattern.to_owned()), ..text() }
}

fn known<const N: usize>(values: [&str; N]) -> Shape {
    Shape { allowed: names(values), ..text() }
}

fn integer(minimum: f64, maximum: f64) -> Shape {
    let maximum = (maximum < f64::MAX).then_some(maximum);
    Shape { form: Form::Integer, minimum: Some(minimum), maximum, ..Shape::default() }
}

fn flag() -> Shape {
    Shape { form: Form::Boolean, ..Shape::default() }
}

fn list(items: Shape) -> Shape {
    Shape { form: Form::List, items: Some(Box::new(items)), ..Shape::default() }
}

fn map(items: Shape) -> Shape {
    Shape { form: Form::Map, items: Some(Box::new(items)), ..Shape::default() }
}

fn at_least_one(shape: Shape) -> Shape {
    Shape { shortest: Some(1), ..shape }
}

fn object<const R: usize, const N: usize>(required: [&str; R], properties: [(&str, Shape); N]) -> Shape {
    Shape { form: Form::Object, required: names(required), properties: shapes(properties), ..Shape::default() }
}

fn shapes<const N: usize>(entries: [(&str, Shape); N]) -> BTreeMap<String, Shape> {
    entries.map(|(name, shape)| (name.to_owned(), shape)).into()
}

fn with<const N: usize>(attributes: &BTreeMap<String, Shape>, more: [(&str, Shape); N]) -> BTreeMap<String, Shape> {
    attributes.clone().into_iter().chain(shapes(more)).collect()
}

fn names<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_owned).into()
}
