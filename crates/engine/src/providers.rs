//! Which provider serves which type: the longest prefix wins.

use std::sync::Arc;

use ironwright_core::facts::{FactSource, TypeFacts};

use crate::guarded::Guarded;
use crate::provider::Provider;

/// The providers of an engine.
#[derive(Clone)]
pub(crate) struct Providers(Vec<Arc<dyn Provider>>);

impl Providers {
    pub(crate) fn new(providers: Vec<Arc<dyn Provider>>) -> Self {
        let guarded = |provider| -> Arc<dyn Provider> { Arc::new(Guarded(provider)) };
        Self(providers.into_iter().map(guarded).collect())
    }

    /// The provider of `type_name`, if one serves it.
    pub(crate) fn of(&self, type_name: &str) -> Option<&Arc<dyn Provider>> {
        let length = |provider: &Arc<dyn Provider>| {
            let matching = provider.prefixes().iter().filter(|prefix| type_name.starts_with(**prefix));
            matching.map(|prefix| prefix.len()).max()
        };
        let candidates = self.0.iter().filter_map(|provider| Some((length(provider)?, provider)));
        candidates.max_by_key(|(length, _)| *length).map(|(_, provider)| provider)
    }

    /// All of them, in the order they were given.
    pub(crate) fn all(&self) -> &[Arc<dyn Provider>] {
        &self.0
    }
}

impl FactSource for Providers {
    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        self.of(type_name)?.facts(type_name)
    }
}
