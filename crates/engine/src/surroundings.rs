//! What a program asks of the place it is deployed to, of stores, and of the machine that deploys: found in its trees, and
//! read before planning.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;

use ironwright_core::function::{Asset, DynamicReference, DynamicService, Function, Pseudo};
use ironwright_core::secret::SecretText;
use ironwright_core::{Address, Diagnostic, Graph, Planned, Source, Tree};
use serde_json::Value as Json;

use crate::assets::Assets;
use crate::error::EngineError;
use crate::executor::Backoff;
use crate::parts::Parts;
use crate::planner::Context;
use crate::provider::ProviderError;

/// What the trees of a graph ask for, by region.
#[derive(Default)]
struct Wanted {
    places: BTreeSet<String>,
    zones: BTreeMap<String, Source>,
    values: BTreeMap<(String, DynamicReference), Source>,
    assets: BTreeMap<Asset, Place>,
}

/// Where a program says something: at a resource or an output, and in which line.
type Place = (Option<Address>, Source);

impl Wanted {
    fn of(graph: &Graph) -> Self {
        let mut wanted = Self::default();
        let region = |stack: usize| graph.stacks()[stack].region.as_deref().unwrap_or_default();
        for node in graph.nodes() {
            for entry in &node.properties {
                wanted.add(region(node.stack), &entry.tree, Some(&node.address), &entry.source);
            }
        }
        for (position, stack) in graph.stacks().iter().enumerate() {
            for output in &stack.parts.outputs {
                wanted.add(region(position), &output.tree, None, &output.source);
            }
        }
        wanted
    }

    fn add(&mut self, region: &str, tree: &Tree, address: Option<&Address>, source: &Source) {
        tree.walk(&mut |tree| {
            let Tree::Function(function) = tree else {
                return;
            };
            match &**function {
                Function::Dynamic(reference) => {
                    self.values.entry((region.to_owned(), reference.clone())).or_insert_with(|| source.clone());
                }
                Function::Asset(asset) => {
                    let place = || (address.cloned(), source.clone());
                    self.assets.entry(asset.clone()).or_insert_with(place);
                }
                Function::AvailabilityZones => {
                    self.places.insert(region.to_owned());
                    self.zones.entry(region.to_owned()).or_insert_with(|| source.clone());
                }
                Function::Pseudo(pseudo) if *pseudo != Pseudo::Region => drop(self.places.insert(region.to_owned())),
                _ => {}
            }
        });
    }
}

/// Reads what `graph` asks for. Everything that cannot be read is reported at once.
pub(crate) async fn read(
    parts: &Parts,
    graph: &Graph,
    parameters: &BTreeMap<String, String>,
) -> Result<Context, EngineError> {
    let wanted = Wanted::of(graph);
    let mut context = Context { stacks: graph.stacks().to_vec(), parameters: parameters.clone(), ..Context::default() };
    for region in wanted.places {
        let place = place(parts, &region).await.map_err(|error| EngineError::Provider { address: None, error })?;
        context.surroundings.insert(region, place);
    }
    let is_without =
        |region: &String| context.surroundings.get(region).is_none_or(|it| it.availability_zones.is_empty());
    let mut problems: Vec<Diagnostic> = wanted
        .zones
        .iter()
        .filter(|(region, _)| is_without(region))
        .map(|(region, source)| no_zones(region, source))
        .collect();
    for ((region, reference), source) in wanted.values {
        match value(parts, &region, &reference).await {
            Ok(value) => drop(context.dynamic.insert((region, reference), value)),
            Err(error) => {
                let message = format!("`{reference}` cannot be read in {region}: {error}");
                problems.push(Diagnostic::error("dynamic-reference", message).source(&source));
            }
        }
    }
    for (asset, place, digest) in digests(&parts.assets, wanted.assets).await {
        match digest {
            Ok(digest) => drop(context.assets.insert(asset, digest)),
            Err(message) => problems.push(unread(&asset, place, &message)),
        }
    }
    if problems.is_empty() { Ok(context) } else { Err(EngineError::Diagnostics(problems.into_iter().collect())) }
}

/// Reads assets, each on a thread of its own, in their order.
async fn digests(
    assets: &Arc<dyn Assets>,
    wanted: BTreeMap<Asset, Place>,
) -> Vec<(Asset, Place, Result<String, String>)> {
    let started = wanted.into_iter().map(|(asset, place)| {
        let (assets, read) = (assets.clone(), asset.clone());
        (asset, place, tokio::task::spawn_blocking(move || assets.digest(&read)))
    });
    let mut done = Vec::new();
    for (asset, place, task) in started.collect::<Vec<_>>() {
        let digest = task.await.unwrap_or_else(|error| Err(format!("reading it broke off: {error}")));
        done.push((asset, place, digest));
    }
    done
}

fn unread(asset: &Asset, (address, source): Place, message: &str) -> Diagnostic {
    let error = Diagnostic::error("asset-unreadable", format!("`{asset}` cannot be used: {message}")).source(&source);
    let error = error.help("paths are relative to the package's root, where its `Cargo.toml` is");
    match address {
        Some(address) => error.at(&address),
        None => error,
    }
}

/// The first provider that knows the place answers; if none does, the first error stands.
async fn place(parts: &Parts, region: &str) -> Result<crate::provider::Surroundings, ProviderError> {
    let mut first = None;
    for provider in parts.providers.all() {
        match patiently(parts, || provider.surroundings(region)).await {
            Ok(place) => return Ok(place),
            Err(error) => drop(first.get_or_insert(error)),
        }
    }
    Err(first.unwrap_or_else(no_provider))
}

async fn value(parts: &Parts, region: &str, reference: &DynamicReference) -> Result<Planned, ProviderError> {
    let mut first = None;
    for provider in parts.providers.all() {
        match patiently(parts, || provider.dynamic(region, reference)).await {
            Ok(value) => return Ok(kept_secret(reference.service, value)),
            Err(error) => drop(first.get_or_insert(error)),
        }
    }
    Err(first.unwrap_or_else(no_provider))
}

/// Asks until there is an answer, or another attempt is no use: nothing is changed by asking.
async fn patiently<T, F>(parts: &Parts, ask: impl Fn() -> F) -> Result<T, ProviderError>
where
    F: Future<Output = Result<T, ProviderError>>,
{
    let mut backoff = Backoff::new(parts.settings.patience);
    loop {
        let error = match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let Some(pause) = backoff.pause(error.kind, &*parts.entropy) else { return Err(error) };
        parts.clock.sleep(pause).await;
    }
}

/// What a store of secrets holds is a secret.
fn kept_secret(service: DynamicService, value: Json) -> Planned {
    match (service, value) {
        (DynamicService::Ssm, value) => value.into(),
        (_, Json::String(text)) => Planned::Secret(SecretText::new(text)),
        (_, value) => Planned::Secret(SecretText::new(value.to_string())),
    }
}

fn no_zones(region: &str, source: &Source) -> Diagnostic {
    let message = format!("the availability zones of {region} cannot be told: the credentials may not ask for them");
    let problem = Diagnostic::error("no-availability-zones", message).source(source);
    problem.help("name the zones in the program, or let the credentials describe them")
}

fn no_provider() -> ProviderError {
    ProviderError::new(crate::provider::ErrorKind::Refused, "NoProvider", "there is no provider to ask")
}
