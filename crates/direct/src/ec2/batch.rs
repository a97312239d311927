//! How many resources one call describes, and by what: so that the number of calls grows with types and not with resources.
//!
//! EC2 takes two hundred values in the filters of a call, and a thousand ids as parameters. A filter passes over what is not
//! there; one id that is not there fails the whole call. So up to [`VALUES_A_CALL`] are read by filter, more by their ids,
//! and by filter again where one of them is gone.

use aws_sdk_ec2::types::Filter;
use ironwright_engine::{ErrorKind, ProviderError};

use super::kind::{Ec2, Kind, Models};
use super::tags;

/// How many ids a filter has. EC2 takes two hundred values in all filters of a call; one is left for a second filter.
pub(super) const VALUES_A_CALL: usize = 199;
/// How many ids a call is given as parameters.
const IDS_A_CALL: usize = 1_000;

/// Which resources a call describes.
pub(super) enum Which {
    /// Those that a filter lets through.
    Matching(Filter),
    /// Those of these ids, all of which must be there.
    Named(Vec<String>),
}

impl Which {
    pub(super) fn named(ids: &[&str]) -> Self {
        Self::Named(ids.iter().map(|id| (*id).to_owned()).collect())
    }

    pub(super) fn filters(&self) -> Option<Vec<Filter>> {
        match self {
            Self::Matching(filter) => Some(vec![filter.clone()]),
            Self::Named(_) => None,
        }
    }

    pub(super) fn ids(&self) -> Option<Vec<String>> {
        match self {
            Self::Matching(_) => None,
            Self::Named(ids) => Some(ids.clone()),
        }
    }
}

impl From<Filter> for Which {
    fn from(filter: Filter) -> Self {
        Self::Matching(filter)
    }
}

/// Reads those of `ids` that are there, however many they are.
pub(super) async fn read(kind: &dyn Kind, ec2: &Ec2, ids: &[&str]) -> Result<Models, ProviderError> {
    let mut found = Models::new();
    for part in ids.chunks(IDS_A_CALL) {
        if part.len() > VALUES_A_CALL
            && let Some(named) = kind.read_named(ec2, part).await
        {
            match named {
                // One of them is gone, or is no id: a filter does not mind.
                Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Refused) => {}
                named => {
                    found.extend(named?);
                    continue;
                }
            }
        }
        for part in part.chunks(VALUES_A_CALL) {
            found.extend(kind.read(ec2, part).await?);
        }
    }
    Ok(found)
}

/// Filters on `name` that together let all of `values` through, each once.
pub(super) fn filters<'a>(name: &str, values: impl IntoIterator<Item = &'a str>) -> Vec<Filter> {
    let mut values: Vec<&str> = values.into_iter().collect();
    values.sort_unstable();
    values.dedup();
    values.chunks(VALUES_A_CALL).map(|part| tags::filter(name, part.iter().copied())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_hold_what_ec2_takes_and_each_value_once() {
        let values: Vec<String> = (0..500).map(|number| format!("vpc-{}", number % 250)).collect();
        let filters = filters("vpc-id", values.iter().map(String::as_str));
        let lengths: Vec<usize> = filters.iter().map(|filter| filter.values().len()).collect();
        assert_eq!(lengths, [199, 51]);
    }
}
