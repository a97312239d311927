//! What providers are told when a run begins: the resources that were applied, of the types that need it, with their secrets
//! as far as the program says them or a key opens them.

use std::sync::Arc;

use ironwright_core::{Address, Graph, Planned};

use crate::applied::applied;
use crate::events::{Event, Observer};
use crate::journal::Book;
use crate::parts::Parts;
use crate::planner::Context;
use crate::provider::{Applied, Preparation};
use crate::sealing::Sealer;
use crate::secrets::secrets_in;
use crate::state::Record;

/// Has `sealer` remember the secrets that the program itself says of resources whose type needs what was applied: no key is
/// needed for those.
pub(crate) fn remember(parts: &Parts, graph: &Graph, context: &Context, sealer: &Sealer) {
    for node in graph.nodes().iter().filter(|node| needs_applied(parts, &node.type_name)) {
        sealer.note(secrets_in(&context.properties(node, &|_| Planned::Unknown)));
    }
}

/// Tells every provider what `book` has that it needs to know, and `observer` whom it tells of progress.
pub(crate) fn prepare(parts: &Parts, book: &Book, sealer: &Sealer, observer: Option<&Arc<dyn Observer>>) {
    let mut told: Vec<(&str, Applied)> = Vec::new();
    for (address, record) in known(book).filter(|(_, record)| needs_applied(parts, &record.type_name)) {
        let Some(provider) = parts.providers.of(&record.type_name) else { continue };
        let opened = applied(record, &|digest| sealer.open(book.state(), digest));
        told.push((provider.name(), Applied { address: address.clone(), ..opened }));
    }
    for provider in parts.providers.all() {
        let own = told.iter().filter(|(name, _)| *name == provider.name());
        provider.prepare(Preparation {
            app: parts.settings.app.clone(),
            stage: parts.settings.stage.clone(),
            applied: own.map(|(_, applied)| applied.clone()).collect(),
            observer: observer.cloned(),
        });
    }
}

fn needs_applied(parts: &Parts, type_name: &str) -> bool {
    let provider = parts.providers.of(type_name);
    provider.is_some_and(|provider| provider.capabilities(type_name).needs_applied)
}

/// Every record there is, with the address that the cloud was told: live, deposed, and what an interrupted run was at.
fn known(book: &Book) -> impl Iterator<Item = (&Address, &Record)> {
    let state = book.state();
    let records = state.resources.values().chain(&state.deposed).map(|record| (&record.address, record));
    records.chain(book.pending().iter().map(|operation| (operation.sent_as(), &operation.record)))
}

/// An observer that is told no secret of a run: progress may repeat what a program prints.
pub(crate) struct Discreet {
    observer: Arc<dyn Observer>,
    sealer: Arc<Sealer>,
}

impl Discreet {
    /// `observer`, to which the secrets that `sealer` has met are not told.
    pub(crate) fn new(observer: Arc<dyn Observer>, sealer: Arc<Sealer>) -> Self {
        Self { observer, sealer }
    }
}

impl Observer for Discreet {
    fn event(&self, event: &Event) {
        let Event::Progress { address, message } = event else { return self.observer.event(event) };
        let mut message = message.clone();
        for secret in self.sealer.met().iter().filter(|secret| !secret.expose().trim().is_empty()) {
            message = message.replace(secret.expose().trim(), "(sensitive)");
        }
        self.observer.event(&Event::Progress { address: address.clone(), message });
    }
}
