//! Images, containers and keys: nothing is built, shipped or run. What is made of the same is the same image.

use std::collections::BTreeSet;

use ironwright_engine::ProviderError;
use serde_json::{Value as Json, json};

use super::Subject;
use crate::dice::Dice;
use crate::draft::Draft;
use crate::entry::{Entry, at};
use crate::refusal::refused;

/// Whether a type is one of these.
pub(super) fn serves(type_name: &str) -> bool {
    type_name.starts_with("Docker::") || type_name.starts_with("SSH::")
}

/// Adds what is made of a new resource.
pub(super) fn fill(draft: &mut Draft) {
    match draft.facts.type_name.as_str() {
        "Docker::Image" => {
            let name = draft.address.to_owned();
            draft.set("Name", name);
            let attributes = image(draft.model(), draft.address);
            put_all(attributes, |path, value| draft.put(path, value));
        }
        "Docker::Container" => {
            let name = draft.address.replace('/', "-").to_lowercase();
            draft.set("Name", name);
            let attributes = container(draft.model(), 1);
            put_all(attributes, |path, value| draft.put(path, value));
        }
        "SSH::Key" => key(draft),
        _ => {}
    }
}

/// What an update makes anew of `model`, which is as the update wants it.
pub(super) fn renewed(entry: &Entry, model: &mut Json) {
    let attributes = match &*entry.key.type_name {
        "Docker::Image" => image(model, &entry.address),
        "Docker::Container" => {
            let before = at(&entry.model, "ReleaseVersion").and_then(Json::as_u64).unwrap_or_default();
            container(model, before + 1)
        }
        _ => return,
    };
    put_all(attributes, |path, value| model[path] = value);
}

fn put_all(attributes: Vec<(&str, Json)>, mut put: impl FnMut(&str, Json)) {
    for (path, value) in attributes {
        put(path, value);
    }
}

/// The attributes of an image: drawn from what it is made of.
fn image(model: &Json, address: &str) -> Vec<(&'static str, Json)> {
    let text = |path: &str| model.get(path).and_then(Json::as_str);
    let made_of = ["Context", "ContextDigest", "Dockerfile", "DockerfileText", "BuildArguments", "Platform", "Target"]
        .into_iter()
        .chain(["Pull", "Archive", "ArchiveDigest"])
        .filter_map(|path| Some(format!("{path}={}", model.get(path)?)));
    let made_of = made_of.collect::<Vec<_>>().join("\n");
    let digest = format!("sha256:{}", Dice::new(0, &["image", &made_of]).hex(64));
    let (pulled, tag) = text("Pull").map_or((None, None), |pulled| {
        let (name, tag) = name_and_tag(pulled);
        // Named by its digest alone it has no tag.
        let of_digest = pulled.contains('@').then(|| short(pulled));
        (Some(name), tag.or(of_digest).or(Some("latest")))
    });
    let repository = text("Registry").or(pulled).unwrap_or(address).to_lowercase();
    let content = text("ContextDigest").or(text("ArchiveDigest")).map(short);
    let tag = tag.or(content).unwrap_or_default();
    vec![
        ("Reference", json!(format!("{repository}@{digest}"))),
        ("Tag", json!(tag)),
        ("Repository", json!(repository)),
        ("Digest", json!(digest)),
    ]
}

/// The first digits of a digest.
fn short(digest: &str) -> &str {
    let digits = digest.rsplit(':').next().unwrap_or(digest);
    &digits[..digits.len().min(12)]
}

/// `nginx` and `1.27` of `nginx:1.27`; a port of a registry is no tag.
fn name_and_tag(reference: &str) -> (&str, Option<&str>) {
    let name = reference.split('@').next().unwrap_or(reference);
    match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (name, None),
    }
}

/// The attributes of a container.
fn container(model: &Json, release: u64) -> Vec<(&'static str, Json)> {
    let image = model.get("Image").and_then(Json::as_str).unwrap_or_default();
    let running = if image.contains('@') {
        image.to_owned()
    } else {
        format!("{}@sha256:{}", name_and_tag(image).0, Dice::new(0, &["image", image]).hex(64))
    };
    vec![("Running", json!(running)), ("ReleaseVersion", json!(release)), ("Url", json!(url(model)))]
}

/// Where a container answers.
fn url(model: &Json) -> String {
    let text = |value: Option<&Json>| value.and_then(Json::as_str).unwrap_or_default().to_owned();
    if let Some(domain) = model.pointer("/Edge/Domains/0") {
        return format!("https://{}", text(Some(domain)));
    }
    let address = text(model.pointer("/Hosts/0/Address"));
    match model.pointer("/Publish/0/Host").and_then(Json::as_u64) {
        None | Some(80) => format!("http://{address}"),
        Some(port) => format!("http://{address}:{port}"),
    }
}

/// A pair of keys that look like ones and open nothing. The private half is in `sensitive`.
fn key(draft: &mut Draft) {
    const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let comment = draft.text("Comment").map(|comment| format!(" {comment}")).unwrap_or_default();
    let public = format!("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{}{comment}", draft.dice.letters(BASE64, 43));
    draft.set("PublicKey", public);
    let fingerprint = format!("SHA256:{}", draft.dice.letters(BASE64, 43));
    draft.set("Fingerprint", fingerprint);
}

/// Refuses a port of a host that another container has, as Docker does.
pub(super) fn refuse(subject: &Subject) -> Result<(), ProviderError> {
    if subject.type_name != "Docker::Container" {
        return Ok(());
    }
    let wanted = places(subject.desired);
    let others = subject.account.all().filter(|live| {
        *live.key.type_name == *"Docker::Container"
            && !subject.is_own(&live.key)
            && !shares_edge(subject.desired, &live.desired)
    });
    for live in others {
        if let Some((host, port, protocol)) = places(&live.desired).intersection(&wanted).next() {
            let message = format!("port {port}/{protocol} of {host} is allocated already, to {}", live.address);
            return Err(refused("PortAllocated", message));
        }
    }
    Ok(())
}

/// Host, port and protocol of all that is published.
fn places(desired: &Json) -> BTreeSet<(String, u64, String)> {
    let items = |path: &str| at(desired, path).and_then(Json::as_array).cloned().unwrap_or_default();
    let mut places = BTreeSet::new();
    for host in items("Hosts") {
        for port in items("Publish") {
            let address = host.get("Address").and_then(Json::as_str);
            let number = port.get("Host").and_then(Json::as_u64);
            let protocol = port.get("Protocol").and_then(Json::as_str).unwrap_or("tcp");
            if let (Some(address), Some(number)) = (address, number) {
                places.insert((address.to_owned(), number, protocol.to_owned()));
            }
        }
    }
    places
}

/// Whether one proxy tells both apart by their domains.
fn shares_edge(left: &Json, right: &Json) -> bool {
    let domains = |desired: &Json| -> BTreeSet<String> {
        let domains = at(desired, "Edge.Domains").and_then(Json::as_array).into_iter().flatten();
        domains.filter_map(Json::as_str).map(str::to_owned).collect()
    };
    let (left, right) = (domains(left), domains(right));
    !left.is_empty() && !right.is_empty() && left.is_disjoint(&right)
}
