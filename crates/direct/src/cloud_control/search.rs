//! Looking through all there is of a type: for what a create made whose token says nothing any more, and for ids.
//!
//! Where the type takes tags, ours prove it. Elsewhere what was sent is compared with what is there, which proves nothing:
//! one that agrees with all of it may be it, and whether that counts is the engine's decision. What cannot be told apart
//! is named, and left to a person.

use aws_sdk_cloudcontrol::Client;
use ironwright_core::facts::TypeFacts;
use ironwright_engine::{ErrorKind, Find, Live, ProviderError, Trace};
use serde_json::Value as Json;

use super::alike::{Likeness, likeness};
use super::tags::Tagging;
use super::{CloudControl, explained, model};
use crate::error::{Intent, provider_error};

/// How many ids a page has.
const PAGE: i32 = 100;
/// How many resources of a type are looked through, and how many candidates are named.
const MOST: usize = 1_000;
const MOST_NAMED: usize = 10;

impl CloudControl {
    /// What the create of `request` made, of what is there and not `known` to the state.
    pub(super) async fn traced(&self, request: &Find, known: &[String]) -> Result<Option<Trace>, ProviderError> {
        let client = self.regions.cloud_control(&request.region);
        let (type_name, facts) = (request.type_name.as_str(), self.type_facts(&request.type_name)?);
        let mut candidates = self.listed(&client, type_name, &facts, Some(&request.properties)).await?;
        candidates.retain(|candidate| !known.contains(&candidate.physical_id));
        let tagging = Tagging::of(&facts).filter(|tagging| tagging.is_told(&facts));
        let mut alike = Alike::default();
        for candidate in candidates {
            if let Some(tagging) = &tagging
                && tagging.is_of(&candidate.model, request.token.as_str())
            {
                return self.certain(&client, type_name, &candidate.physical_id).await;
            }
            let Some(live) = self.raw(&client, type_name, &candidate.physical_id).await? else { continue };
            match &tagging {
                Some(tagging) if tagging.is_of(&live.model, request.token.as_str()) => {
                    return self.certain(&client, type_name, &live.physical_id).await;
                }
                Some(_) => {}
                None => alike.sort(&facts, &request.properties, live),
            }
        }
        alike.told(type_name)
    }

    async fn certain(&self, client: &Client, type_name: &str, id: &str) -> Result<Option<Trace>, ProviderError> {
        Ok(self.get(client, type_name, id).await?.map(|live| Trace { live, certain: true }))
    }

    /// The ids of all there is of a type.
    pub(super) async fn ids(&self, type_name: &str, region: &str) -> Result<Vec<String>, ProviderError> {
        let client = self.regions.cloud_control(region);
        let facts = self.type_facts(type_name)?;
        let listed = self.listed(&client, type_name, &facts, None).await?;
        Ok(listed.into_iter().map(|live| live.physical_id).collect())
    }

    /// All there is of a type, with what of it a list tells. Some types are listed below another resource alone, which
    /// `properties` name then.
    async fn listed(
        &self,
        client: &Client,
        type_name: &str,
        facts: &TypeFacts,
        properties: Option<&Json>,
    ) -> Result<Vec<Live>, ProviderError> {
        let above = properties.and_then(|properties| parents(facts, properties));
        match (self.pages(client, type_name, None).await, above) {
            (Err(error), Some(above)) if error.kind == ErrorKind::Refused => {
                self.pages(client, type_name, Some(above.to_string())).await
            }
            (listed, _) => listed,
        }
    }

    async fn pages(&self, client: &Client, type_name: &str, below: Option<String>) -> Result<Vec<Live>, ProviderError> {
        let (mut all, mut next) = (Vec::new(), None);
        loop {
            let request = client.list_resources().type_name(type_name).max_results(PAGE);
            let request = request.set_resource_model(below.clone()).set_next_token(next);
            let answer =
                self.calls.call(async { request.send().await.map_err(|error| provider_error(&error, Intent::Look)) });
            let answer = answer.await.map_err(|error| explained(error, type_name))?;
            for description in answer.resource_descriptions.unwrap_or_default() {
                let Some(physical_id) = description.identifier else { continue };
                // What a list tells of a resource may be nothing but its identifier.
                let model = model(description.properties.as_deref().unwrap_or("{}")).unwrap_or_default();
                all.push(Live { physical_id, model });
            }
            next = answer.next_token.filter(|token| !token.is_empty());
            if all.len() > MOST {
                let message = format!("there are more than {MOST} of {type_name} to look through");
                return Err(ProviderError::new(ErrorKind::Refused, "TooMany", message));
            }
            if next.is_none() {
                return Ok(all);
            }
        }
    }
}

/// What of the identifier the program sets: the resources that this one is below.
fn parents(facts: &TypeFacts, properties: &Json) -> Option<Json> {
    let set = facts.primary_identifier.iter().filter(|name| facts.is_settable(name));
    let set = set.filter_map(|name| Some((name.clone(), properties.get(name)?.clone())));
    let set: serde_json::Map<String, Json> = set.collect();
    (!set.is_empty()).then_some(Json::Object(set))
}

/// Candidates by what they have in common with what was sent.
#[derive(Default)]
struct Alike {
    same: Vec<Live>,
    /// Those of which it cannot be told.
    unclear: Vec<String>,
}

impl Alike {
    fn sort(&mut self, facts: &TypeFacts, sent: &Json, live: Live) {
        match likeness(facts, sent, &live.model) {
            Likeness::Same => self.same.push(live),
            Likeness::Unclear => self.unclear.push(live.physical_id),
            Likeness::Other => {}
        }
    }

    /// The only one that is the same; nothing where all are others; else an error that names those that may be it.
    fn told(mut self, type_name: &str) -> Result<Option<Trace>, ProviderError> {
        match (self.same.len(), self.unclear.len()) {
            (0, 0) => Ok(None),
            (1, _) => Ok(self.same.pop().map(|live| Trace { live, certain: false })),
            _ => {
                let ids = self.same.into_iter().map(|live| live.physical_id).chain(self.unclear);
                let ids: Vec<String> = ids.collect();
                let more = ids.len().saturating_sub(MOST_NAMED);
                let more = if more == 0 { String::new() } else { format!(", and {more} more") };
                let named = ids[..ids.len().min(MOST_NAMED)].join(", ");
                let message = format!("of {type_name} these may be what it made: {named}{more}");
                Err(ProviderError::new(ErrorKind::Refused, "NotToldApart", message))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(models: &[Json]) -> Result<Option<String>, String> {
        let facts: TypeFacts =
            serde_json::from_value(json!({"p": {"Name": {"f": "s"}, "Size": {"f": "i"}}})).expect("facts");
        let mut alike = Alike::default();
        for (number, model) in models.iter().enumerate() {
            let live = Live { physical_id: format!("id-{number}"), model: model.clone() };
            alike.sort(&facts, &json!({"Name": "a", "Size": 1}), live);
        }
        match alike.told("AWS::X::Y") {
            Ok(found) => Ok(found.map(|trace| trace.live.physical_id)),
            Err(error) => Err(error.message),
        }
    }

    #[test]
    fn one_alike_may_be_it_and_several_are_named() {
        let same = || json!({"Name": "a", "Size": 1, "Arn": "x"});
        assert_eq!(told(&[]), Ok(None));
        assert_eq!(told(&[json!({"Name": "b", "Size": 1})]), Ok(None));
        assert_eq!(told(&[json!({"Name": "b", "Size": 1}), same()]), Ok(Some("id-1".to_owned())));
        assert!(told(&[same(), same()]).is_err_and(|message| message.contains("id-0, id-1")));
        assert!(told(&[json!({"Name": "a"})]).is_err_and(|message| message.ends_with("made: id-0")));
    }

    #[test]
    fn a_list_below_another_resource_names_it() {
        let facts = json!({"p": {"RestApiId": {"f": "s"}, "ResourceId": {"f": "s"}}, "ra": ["ResourceId"],
            "id": ["RestApiId", "ResourceId"]});
        let facts: TypeFacts = serde_json::from_value(facts).expect("facts");
        assert_eq!(parents(&facts, &json!({"RestApiId": "r", "PathPart": "p"})), Some(json!({"RestApiId": "r"})));
        assert_eq!(parents(&facts, &json!({"PathPart": "p"})), None);
    }
}
