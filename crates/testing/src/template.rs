//! Assertions on CloudFormation templates. How a template is made is `cloudformation`'s business.

use std::fmt::{self, Write};

use ironwright_cloudformation::{Template, synthesize};
use serde_json::Value as Json;

use crate::app::IntoApp;
use crate::error::DeployError;
use crate::observed::Observed;
use crate::resources::did_you_mean;
use crate::text::{from_state, names};

/// Synthesizes `app` and returns the template of `stack`.
///
/// Panics, at the line of the test, with all that is wrong if that fails or there is no such stack.
///
/// ```
/// # use ironwright_aws::ec2::{Instance, SecurityGroup, anywhere, tcp};
/// # use ironwright_core::{App, Taggable};
/// use ironwright_testing::template;
/// # fn app() -> App {
/// #     let mut app = App::new("shop").region("us-west-2");
/// #     let web = app.stack("web");
/// #     let firewall = web.add("firewall", SecurityGroup::new("HTTP").allow_inbound(tcp(80), anywhere()));
/// #     let server = Instance::new().ami("ami-12345678").security_group_ids([firewall.group_id()]).tag("Name", "shop");
/// #     let server = web.add("server", server);
/// #     web.output("address", server.public_ip());
/// #     app
/// # }
/// let template = template(app(), "web");
/// template.assert_resource_count("AWS::EC2::SecurityGroup", 1);
/// template.assert_has_resource("AWS::EC2::Instance", serde_json::json!({ "ImageId": "ami-12345678" }));
/// assert_eq!(template.resource("Firewall").property("GroupDescription"), "HTTP");
/// ```
#[track_caller]
pub fn template(app: impl IntoApp, stack: &str) -> StackTemplate {
    let templates = match synthesized(app) {
        Ok(templates) => templates,
        Err(error) => panic!("{error}"),
    };
    let known: Vec<&str> = templates.iter().map(Template::stack).collect();
    let Some(position) = known.iter().position(|name| *name == stack) else {
        let guess = did_you_mean(stack, known.iter().copied());
        panic!("there is no template of a stack `{stack}`\n  help: {guess}the stacks are {}", names(known));
    };
    StackTemplate { json: templates[position].to_value(), text: templates[position].to_json() }
}

fn synthesized(app: impl IntoApp) -> Result<Vec<Template>, DeployError> {
    let graph = app.into_app().map_err(DeployError::Program)?.graph()?;
    Ok(synthesize(&graph, &crate::session::FACTS)?)
}

/// The template of one stack, to assert on. Shown as text (`to_string`, `{}`), it is the template in JSON.
#[derive(Clone)]
pub struct StackTemplate {
    json: Json,
    text: String,
}

/// A resource in a template.
#[derive(Clone, Debug)]
pub struct TemplateResource {
    /// The logical id.
    pub logical_id: String,
    /// The type, `AWS::EC2::Instance`.
    pub type_name: String,
    json: Json,
}

impl TemplateResource {
    /// The property at `path`, `Tags[0].Value`, functions such as `Ref` as they stand. Panics where there is none.
    #[track_caller]
    pub fn property(&self, path: &str) -> Observed {
        self.properties().at(path)
    }

    /// The property at `path`, where there is one.
    #[track_caller]
    pub fn get(&self, path: &str) -> Option<Observed> {
        self.properties().get(path)
    }

    /// What stands beside the properties: `DependsOn`, `DeletionPolicy`, `Metadata`. Panics where there is none.
    #[track_caller]
    pub fn part(&self, name: &str) -> Observed {
        Observed::new(self.logical_id.as_str(), from_state(&self.json)).at(name)
    }

    fn properties(&self) -> Observed {
        Observed::new(self.logical_id.as_str(), from_state(self.properties_json()))
    }

    fn properties_json(&self) -> &Json {
        &self.json["Properties"]
    }
}

impl StackTemplate {
    /// The whole template.
    pub fn json(&self) -> &Json {
        &self.json
    }

    /// The resource of this logical id. Panics where there is none, and says which there are.
    #[track_caller]
    pub fn resource(&self, logical_id: &str) -> TemplateResource {
        let resources = self.resources();
        let known = || resources.iter().map(|resource| resource.logical_id.as_str());
        match resources.iter().find(|resource| resource.logical_id == logical_id) {
            Some(found) => found.clone(),
            None => panic!(
                "the template has no resource `{logical_id}`\n  help: {}it has {}",
                did_you_mean(logical_id, known()),
                names(known())
            ),
        }
    }

    /// The resources of a type. Panics where there is none.
    #[track_caller]
    pub fn resources_of(&self, type_name: &str) -> Vec<TemplateResource> {
        let resources = self.resources();
        let (found, others): (Vec<_>, Vec<_>) =
            resources.into_iter().partition(|resource| resource.type_name == type_name);
        assert!(!found.is_empty(), "{}", nothing_of(type_name, &others));
        found
    }

    /// Every resource, by logical id.
    pub fn resources(&self) -> Vec<TemplateResource> {
        let resources = self.json["Resources"].as_object().into_iter().flatten();
        let resource = |(logical_id, json): (&String, &Json)| TemplateResource {
            logical_id: logical_id.clone(),
            type_name: json["Type"].as_str().unwrap_or_default().to_owned(),
            json: json.clone(),
        };
        resources.map(resource).collect()
    }

    /// The output of this logical id: its `Value`, `Export` and `Description`. Panics where there is none.
    #[track_caller]
    pub fn output(&self, logical_id: &str) -> Observed {
        Observed::new("the outputs", from_state(&self.json["Outputs"])).at(logical_id)
    }

    /// Asserts that a resource of `type_name` has at least these properties.
    ///
    /// Of an object, properties that are not named do not matter; a list must have the same length, item by item. Fails
    /// with the nearest resource of that type and what differs in it.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "so that a test can write `json!({…})` as it is")]
    pub fn assert_has_resource(&self, type_name: &str, properties: Json) {
        let candidates = self.resources_of(type_name);
        let differences = candidates.iter().map(|candidate| {
            let mut found = Vec::new();
            compare("", &properties, candidate.properties_json(), &mut found);
            (candidate, found)
        });
        let nearest = differences.min_by_key(|(_, differences)| differences.len());
        if let Some((candidate, differences)) = nearest
            && !differences.is_empty()
        {
            let mut text =
                format!("no {type_name} has these properties; the nearest is `{}`, where", candidate.logical_id);
            for difference in differences {
                let _ = write!(text, "\n  {difference}");
            }
            panic!("{text}");
        }
    }

    /// Asserts that there are `count` resources of `type_name`.
    #[track_caller]
    pub fn assert_resource_count(&self, type_name: &str, count: usize) {
        let resources = self.resources();
        let found = resources.iter().filter(|resource| resource.type_name == type_name);
        let found: Vec<&str> = found.map(|resource| resource.logical_id.as_str()).collect();
        assert!(
            found.len() == count,
            "the template has {} of {type_name}, not {count}: {}",
            found.len(),
            names(found.iter().copied())
        );
    }
}

impl fmt::Display for StackTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for StackTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn nothing_of(type_name: &str, others: &[TemplateResource]) -> String {
    let mut types: Vec<&str> = others.iter().map(|resource| resource.type_name.as_str()).collect();
    types.sort_unstable();
    types.dedup();
    let guess = did_you_mean(type_name, types.iter().copied());
    format!("the template has no resource of type {type_name}\n  help: {guess}its types are {}", names(types))
}

/// What `found` lacks of `wanted`, a line each.
fn compare(path: &str, wanted: &Json, found: &Json, differences: &mut Vec<String>) {
    match (wanted, found) {
        (Json::Object(wanted), Json::Object(entries)) => {
            for (key, value) in wanted {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                match entries.get(key) {
                    Some(entry) => compare(&path, value, entry, differences),
                    None => differences.push(format!("{path} is not set, and {value} was expected")),
                }
            }
        }
        (Json::Array(wanted), Json::Array(items)) if wanted.len() == items.len() => {
            for (index, (value, item)) in wanted.iter().zip(items).enumerate() {
                compare(&format!("{path}[{index}]"), value, item, differences);
            }
        }
        (Json::Array(wanted), Json::Array(items)) => {
            differences.push(format!("{path} has {} items, and {} were expected: {found}", items.len(), wanted.len()));
        }
        _ if wanted == found => {}
        _ => differences.push(format!("{path} is {found}, and {wanted} was expected")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::failure;
    use serde_json::json;

    fn shop() -> StackTemplate {
        let server = |size: &str, tags: Json| json!({"Type": "AWS::EC2::Instance", "Properties": {"InstanceType": size, "Tags": tags}});
        let json = json!({
            "Resources": {
                "Server": server("t2.micro", json!([{"Key": "Name", "Value": "server"}])),
                "Worker": server("c7g.large", json!([])),
                "Firewall": {"Type": "AWS::EC2::SecurityGroup", "Properties": {}, "DeletionPolicy": "Retain"},
            },
            "Outputs": {"Address": {"Value": {"Fn::GetAtt": ["Server", "PublicIp"]}}},
        });
        StackTemplate { text: json.to_string(), json }
    }

    #[test]
    fn a_subset_of_the_properties_is_enough() {
        shop().assert_has_resource("AWS::EC2::Instance", json!({"InstanceType": "c7g.large"}));
        shop().assert_has_resource("AWS::EC2::Instance", json!({"Tags": [{"Value": "server"}]}));
        shop().assert_resource_count("AWS::EC2::Instance", 2);
        assert_eq!(shop().resource("Server").property("Tags[0].Value"), "server");
        assert_eq!(shop().resource("Firewall").part("DeletionPolicy"), "Retain");
        assert_eq!(shop().output("Address").at("Value"), json!({"Fn::GetAtt": ["Server", "PublicIp"]}));
        assert_eq!(shop().resources_of("AWS::EC2::Instance").len(), 2);
    }

    #[test]
    fn the_nearest_candidate_is_shown_with_what_differs() {
        let wanted = json!({"InstanceType": "t3.micro", "Tags": [{"Key": "Name", "Value": "server"}], "KeyName": "k"});
        let message = failure(|| shop().assert_has_resource("AWS::EC2::Instance", wanted));
        assert_eq!(
            message,
            "no AWS::EC2::Instance has these properties; the nearest is `Server`, where\n  \
             InstanceType is \"t2.micro\", and \"t3.micro\" was expected\n  \
             KeyName is not set, and \"k\" was expected"
        );
        let wanted = json!({"InstanceType": "t2.micro", "Tags": []});
        let message = failure(|| shop().assert_has_resource("AWS::EC2::Instance", wanted));
        assert!(message.contains("Tags has 1 items, and 0 were expected"), "{message}");
    }

    #[test]
    fn what_is_not_in_the_template_is_answered_with_what_is() {
        let message = failure(|| shop().resource("Sever"));
        assert_eq!(
            message,
            "the template has no resource `Sever`\n  help: did you mean `Server`? it has `Firewall`, `Server` and `Worker`"
        );
        let message = failure(|| shop().assert_has_resource("AWS::EC2::Instances", json!({})));
        assert!(message.contains("did you mean `AWS::EC2::Instance`? its types are"), "{message}");
        let message = failure(|| shop().assert_resource_count("AWS::EC2::Instance", 3));
        assert_eq!(message, "the template has 2 of AWS::EC2::Instance, not 3: `Server` and `Worker`");
        assert!(failure(|| shop().output("Adress")).contains("did you mean `Address`?"));
    }
}
