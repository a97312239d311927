//! A program's CloudFormation template as Terraform's configuration, in its JSON form: the same resources, properties,
//! references and outputs. What cannot be said the same is an error, never left out.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::mapping::{self, Mapping};

/// The provider that serves them, at a pinned version.
const PROVIDER: (&str, &str) = ("hashicorp/aws", "5.100.0");
/// The arguments of a rule within a group. The JSON form wants all of them said.
const RULE: [(&str, &str); 5] = [
    ("IpProtocol", "protocol"),
    ("FromPort", "from_port"),
    ("ToPort", "to_port"),
    ("Description", "description"),
    ("CidrIp", "cidr_blocks"),
];

/// What has no counterpart.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotMapped {
    #[error("{id}: {type_name} has no counterpart in xtask/src/compare/mapping.rs")]
    Type { id: String, type_name: String },
    #[error("{id}: its {what} has no counterpart in xtask/src/compare/mapping.rs")]
    Property { id: String, what: String },
    #[error("{id}: {value} has no counterpart")]
    Value { id: String, value: String },
    #[error("{id} is in two templates")]
    Twice { id: String },
    #[error("there are no resources")]
    Nothing,
}

/// The configuration for the resources and outputs of `templates`.
pub(crate) fn configuration(templates: &[Value]) -> Result<Value, NotMapped> {
    let mut resources = Map::new();
    for (id, resource) in templates.iter().filter_map(|template| template["Resources"].as_object()).flatten() {
        if resources.insert(id.clone(), resource.clone()).is_some() {
            return Err(NotMapped::Twice { id: id.clone() });
        }
    }
    let program = Program { with_rules: with_rules(&resources), resources };
    let mut blocks = Map::new();
    for (id, resource) in &program.resources {
        let mapping = program.mapping(id, id)?;
        let block = program.block(id, mapping, resource)?;
        let of_type = blocks.entry(mapping.terraform).or_insert_with(|| json!({}));
        of_type[id] = block;
    }
    if blocks.is_empty() {
        return Err(NotMapped::Nothing);
    }
    let mut outputs = Map::new();
    for (name, output) in templates.iter().filter_map(|template| template["Outputs"].as_object()).flatten() {
        outputs.insert(name.clone(), json!({ "value": program.value(name, &output["Value"])? }));
    }
    let (source, version) = PROVIDER;
    let mut configuration = json!({
        "terraform": { "required_providers": { "aws": { "source": source, "version": version } } },
        "provider": { "aws": { "skip_metadata_api_check": true, "skip_region_validation": true } },
        "resource": blocks,
    });
    if !outputs.is_empty() {
        // Terraform takes no block without one.
        configuration["output"] = outputs.into();
    }
    Ok(configuration)
}

/// How many resources a configuration has.
pub(crate) fn count(configuration: &Value) -> usize {
    let types = configuration["resource"].as_object().into_iter().flat_map(Map::values);
    types.filter_map(Value::as_object).map(Map::len).sum()
}

/// The resources of all templates.
struct Program {
    resources: Map<String, Value>,
    /// Groups that have rules which are resources of their own.
    with_rules: BTreeSet<String>,
}

impl Program {
    /// The mapping of what `id` names, for an error at `user`.
    fn mapping(&self, user: &str, id: &str) -> Result<&'static Mapping, NotMapped> {
        let type_name = self.resources.get(id).and_then(|resource| resource["Type"].as_str()).unwrap_or(id);
        mapping::of(type_name).ok_or_else(|| NotMapped::Type { id: user.to_owned(), type_name: type_name.to_owned() })
    }

    fn block(&self, id: &str, mapping: &Mapping, resource: &Value) -> Result<Value, NotMapped> {
        let mut block = Map::new();
        for (property, value) in resource["Properties"].as_object().into_iter().flatten() {
            let argument = mapping.arguments.iter().find(|(name, _)| name == property);
            let (_, argument) =
                argument.ok_or_else(|| NotMapped::Property { id: id.to_owned(), what: property.clone() })?;
            let value = match property.as_str() {
                "Tags" => tags(id, value)?,
                "SecurityGroupIngress" | "SecurityGroupEgress" => self.rules(id, value)?,
                _ => self.value(id, value)?,
            };
            block.insert((*argument).to_owned(), value);
        }
        if mapping.terraform == "aws_security_group" && !self.with_rules.contains(id) {
            // EC2 lets all out of a new group, and Terraform takes that back unless told.
            let all = json!([{ "IpProtocol": "-1", "FromPort": 0, "ToPort": 0, "CidrIp": "0.0.0.0/0" }]);
            block.entry("egress").or_insert(self.rules(id, &all)?);
        }
        let needs = match &resource["DependsOn"] {
            Value::String(one) => vec![one.as_str()],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if !needs.is_empty() {
            let needs = needs.into_iter().map(|need| Ok(format!("{}.{need}", self.mapping(id, need)?.terraform)));
            block.insert("depends_on".to_owned(), needs.collect::<Result<Vec<_>, _>>()?.into());
        }
        Ok(Value::Object(block))
    }

    /// Rules within a group.
    fn rules(&self, id: &str, rules: &Value) -> Result<Value, NotMapped> {
        let rules = rules.as_array().into_iter().flatten().map(|rule| {
            let mut block = json!({
                "cidr_blocks": [], "description": "", "from_port": 0, "ipv6_cidr_blocks": [], "prefix_list_ids": [],
                "protocol": "-1", "security_groups": [], "self": false, "to_port": 0,
            });
            for (property, value) in rule.as_object().into_iter().flatten() {
                let argument = RULE.iter().find(|(name, _)| name == property);
                let (_, argument) =
                    argument.ok_or_else(|| NotMapped::Property { id: id.to_owned(), what: property.clone() })?;
                let value = self.value(id, value)?;
                block[*argument] = if *argument == "cidr_blocks" { json!([value]) } else { value };
            }
            Ok(block)
        });
        rules.collect::<Result<Vec<_>, _>>().map(Value::Array)
    }

    /// A literal, a list of values, or a reference.
    fn value(&self, id: &str, value: &Value) -> Result<Value, NotMapped> {
        let strange = || NotMapped::Value { id: id.to_owned(), value: value.to_string() };
        match value {
            Value::String(text) => Ok(literal(text)),
            Value::Array(values) => values.iter().map(|value| self.value(id, value)).collect(),
            Value::Object(function) if function.len() == 1 => {
                let (name, argument) = function.iter().next().ok_or_else(strange)?;
                match (name.as_str(), argument) {
                    ("Fn::Base64", text) => self.value(id, text),
                    ("Ref", Value::String(to)) => self.reference(id, to, "Ref"),
                    ("Fn::GetAtt", Value::Array(path)) => match path.as_slice() {
                        [Value::String(to), Value::String(attribute)] => self.reference(id, to, attribute),
                        _ => Err(strange()),
                    },
                    _ => Err(strange()),
                }
            }
            Value::Object(_) => Err(strange()),
            Value::Bool(_) | Value::Number(_) | Value::Null => Ok(value.clone()),
        }
    }

    fn reference(&self, id: &str, to: &str, attribute: &str) -> Result<Value, NotMapped> {
        let mapping = self.mapping(id, to)?;
        let known = mapping.attributes.iter().find(|(name, _)| *name == attribute);
        let name = match known {
            Some((_, name)) => name,
            None if attribute == "Ref" => "id",
            None => return Err(NotMapped::Property { id: to.to_owned(), what: attribute.to_owned() }),
        };
        Ok(format!("${{{}.{to}.{name}}}", mapping.terraform).into())
    }
}

/// The groups that rules of their own refer to.
fn with_rules(resources: &Map<String, Value>) -> BTreeSet<String> {
    let rules = resources.values().filter(|resource| {
        matches!(resource["Type"].as_str(), Some("AWS::EC2::SecurityGroupIngress" | "AWS::EC2::SecurityGroupEgress"))
    });
    let groups = rules.map(|rule| &rule["Properties"]["GroupId"]);
    groups
        .filter_map(|group| group["Ref"].as_str().or_else(|| group["Fn::GetAtt"][0].as_str()))
        .map(str::to_owned)
        .collect()
}

/// Text that Terraform does not take for a template.
fn literal(text: &str) -> Value {
    text.replace("${", "$${").replace("%{", "%%{").into()
}

/// A list of keys and values as a map.
fn tags(id: &str, tags: &Value) -> Result<Value, NotMapped> {
    let pairs = tags.as_array().into_iter().flatten().map(|tag| match (&tag["Key"], &tag["Value"]) {
        (Value::String(key), Value::String(value)) => Ok((key.clone(), literal(value))),
        _ => Err(NotMapped::Value { id: id.to_owned(), value: tag.to_string() }),
    });
    pairs.collect::<Result<Map<_, _>, _>>().map(Value::Object)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resources(resources: &Value) -> Vec<Value> {
        vec![json!({ "Resources": resources })]
    }

    #[test]
    fn properties_references_and_outputs_are_said_the_same() {
        let mut template = resources(&json!({
            "Vpc": { "Type": "AWS::EC2::VPC", "Properties": { "CidrBlock": "10.0.0.0/16" } },
            "Web": { "Type": "AWS::EC2::Instance", "DependsOn": "Vpc", "Properties": {
                "ImageId": "ami-1",
                "SecurityGroupIds": [{ "Fn::GetAtt": ["Group", "GroupId"] }],
                "Tags": [{ "Key": "Name", "Value": "web" }],
                "UserData": { "Fn::Base64": "echo ${HOME}" },
            } },
            "Group": { "Type": "AWS::EC2::SecurityGroup", "Properties": { "VpcId": { "Ref": "Vpc" } } },
        }));
        template[0]["Outputs"] = json!({ "Ip": { "Value": { "Fn::GetAtt": ["Web", "PublicIp"] } } });
        let found = configuration(&template).expect("all of it is mapped");
        assert_eq!(found["resource"]["aws_vpc"]["Vpc"], json!({ "cidr_block": "10.0.0.0/16" }));
        assert_eq!(
            found["resource"]["aws_instance"]["Web"],
            json!({
                "ami": "ami-1",
                "depends_on": ["aws_vpc.Vpc"],
                "tags": { "Name": "web" },
                "user_data": "echo $${HOME}",
                "vpc_security_group_ids": ["${aws_security_group.Group.id}"],
            })
        );
        assert_eq!(found["resource"]["aws_security_group"]["Group"]["vpc_id"], "${aws_vpc.Vpc.id}");
        assert_eq!(found["output"], json!({ "Ip": { "value": "${aws_instance.Web.public_ip}" } }));
        assert_eq!(count(&found), 3);
    }

    #[test]
    fn a_group_lets_all_out_unless_it_has_rules_of_their_own() {
        let rule = json!({ "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "0.0.0.0/0" });
        let group = json!({ "Type": "AWS::EC2::SecurityGroup", "Properties": { "SecurityGroupIngress": [rule] } });
        let mut template = resources(&json!({ "Web": group }));
        let found = configuration(&template).expect("all of it is mapped");
        let web = &found["resource"]["aws_security_group"]["Web"];
        assert_eq!(web["egress"][0]["protocol"], "-1");
        assert_eq!(
            (&web["ingress"][0]["from_port"], &web["ingress"][0]["cidr_blocks"]),
            (&json!(80), &json!(["0.0.0.0/0"]))
        );

        let group = json!({ "Fn::GetAtt": ["Web", "GroupId"] });
        template[0]["Resources"]["Rule"] = json!({
            "Type": "AWS::EC2::SecurityGroupEgress", "Properties": { "GroupId": group, "IpProtocol": "tcp" }
        });
        let found = configuration(&template).expect("all of it is mapped");
        assert_eq!(found["resource"]["aws_security_group"]["Web"]["egress"], Value::Null);
    }

    #[test]
    fn what_has_no_counterpart_is_an_error_and_what_is_not_there_is_left_out() {
        let refused = |resource| configuration(&resources(&json!({ "It": resource }))).expect_err("it is not mapped");
        let id = || "It".to_owned();
        let refusals = [
            (
                json!({ "Type": "AWS::SQS::Queue" }),
                NotMapped::Type { id: id(), type_name: "AWS::SQS::Queue".to_owned() },
            ),
            (
                json!({ "Type": "AWS::EC2::VPC", "Properties": { "Ipv4IpamPoolId": "ipam" } }),
                NotMapped::Property { id: id(), what: "Ipv4IpamPoolId".to_owned() },
            ),
            (
                json!({ "Type": "AWS::EC2::VPC", "Properties": { "CidrBlock": { "Fn::ImportValue": "x" } } }),
                NotMapped::Value { id: id(), value: r#"{"Fn::ImportValue":"x"}"#.to_owned() },
            ),
        ];
        for (resource, expected) in refusals {
            assert_eq!(refused(resource), expected);
        }
        assert_eq!(configuration(&[json!({ "Resources": {} })]), Err(NotMapped::Nothing));
        let gateway = json!({ "It": { "Type": "AWS::EC2::InternetGateway" } });
        let found = configuration(&resources(&gateway)).expect("all of it is mapped");
        assert_eq!(found.get("output"), None);
    }
}
