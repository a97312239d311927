//! The smallest valid instance of a type, made from its facts: what is required and nothing else, with whatever it
//! refers to made before it.

use std::collections::{BTreeMap, BTreeSet};

use ironwright_core::facts::{FactSource, Form, Shape, TypeFacts};
use serde_json::{Map, Value as Json, json};

use super::support::{Cloud, REGION, facts};
use crate::dice::Dice;
use crate::entry::at;
use crate::mint::{fits, pattern};

/// The deepest chain of resources and of objects that is made.
const DEEPEST: usize = 6;

/// Properties that a type needs beyond what its facts say, by type.
fn by_hand(type_name: &str) -> Option<Json> {
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    Some(match type_name {
        "AWS::EC2::Instance" => json!({"ImageId": "ami-12345678"}),
        "AWS::EC2::Subnet" => json!({"CidrBlock": "172.31.200.0/24"}),
        "AWS::EC2::VPC" => json!({"CidrBlock": "10.0.0.0/16"}),
        "AWS::EC2::Route" => json!({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "local"}),
        "AWS::EC2::NatGateway" => json!({"ConnectivityType": "private"}),
        "AWS::EC2::SecurityGroupIngress" | "AWS::EC2::SecurityGroupEgress" => {
            json!({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "0.0.0.0/0"})
        }
        "AWS::DynamoDB::Table" => json!({
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        }),
        "AWS::IAM::Role" => json!({"AssumeRolePolicyDocument": policy}),
        _ if type_name.starts_with("AWS::IAM::") => json!({"PolicyDocument": policy}),
        _ => return None,
    })
}

/// The properties of a smallest instance of `facts`, with what it refers to made in `cloud`.
pub(super) fn minimal(cloud: &Cloud, facts: &TypeFacts) -> Json {
    Builder { cloud, facts, dice: Dice::new(1, &[&facts.type_name]), depth: 0 }.properties()
}

struct Builder<'a> {
    cloud: &'a Cloud,
    facts: &'a TypeFacts,
    dice: Dice,
    depth: usize,
}

impl Builder<'_> {
    fn properties(&mut self) -> Json {
        let facts = self.facts;
        let mut properties = Map::new();
        if let Some(Json::Object(known)) = by_hand(&facts.type_name) {
            properties.extend(known.into_iter().filter(|(name, _)| facts.is_settable(name)));
        }
        if *facts.type_name == *"AWS::EC2::VPCGatewayAttachment" {
            properties.insert(
                "InternetGatewayId".to_owned(),
                self.reference("AWS::EC2::InternetGateway.InternetGatewayId").into(),
            );
        }
        for name in needed(Rules::of_type(facts), &properties) {
            if let Some(shape) = facts.properties.get(&name) {
                let value = properties.remove(&name).unwrap_or_else(|| self.value(&name, shape, 0));
                properties.insert(name, value);
            }
        }
        Json::Object(properties)
    }

    fn value(&mut self, name: &str, shape: &Shape, depth: usize) -> Json {
        let facts = self.facts;
        let shape = facts.follow(shape);
        match &shape.form {
            Form::Boolean => json!(false),
            Form::Integer | Form::Number => number(shape),
            Form::List => self.list(name, shape, depth),
            Form::Map => {
                let item = shape.items.as_deref().map_or(json!("x"), |item| self.value(name, item, depth + 1));
                json!({"key": item})
            }
            Form::Object if depth < DEEPEST => {
                let required = needed(Rules::of_shape(shape), &Map::new());
                let required = required.iter().filter_map(|name| Some((name, shape.properties.get(name)?)));
                required
                    .map(|(name, shape)| (name.clone(), self.value(name, shape, depth + 1)))
                    .collect::<Map<_, _>>()
                    .into()
            }
            Form::Json | Form::Object => json!({}),
            Form::Any | Form::Text | Form::Definition(_) | Form::AnyOf(_) => self.text(shape).into(),
        }
    }

    fn list(&mut self, name: &str, shape: &Shape, depth: usize) -> Json {
        let count = shape.shortest.unwrap_or(1).max(1).min(shape.longest.unwrap_or(u64::MAX));
        let Some(item) = shape.items.as_deref() else { return json!([]) };
        let mut items: Vec<Json> = Vec::new();
        for _ in 0..count * 50 {
            let next = self.value(name, item, depth + 1);
            if !(shape.unique && items.contains(&next)) {
                items.push(next);
            }
            if items.len() as u64 == count {
                break;
            }
        }
        items.into()
    }

    fn text(&mut self, shape: &Shape) -> String {
        match shape.format.as_deref() {
            Some("ipv4-network") => return "10.0.0.0/16".to_owned(),
            Some("ipv6-network") => return "2001:db8::/56".to_owned(),
            Some("date-time") => return "2026-01-01T00:00:00Z".to_owned(),
            _ => {}
        }
        let referred = shape.relations.iter().map(|relation| self.reference(relation)).find(|text| fits(shape, text));
        if let Some(text) = referred {
            return text;
        }
        pattern::sample(shape, &mut self.dice).unwrap_or_else(|| "x".to_owned())
    }

    /// The attribute of a live resource: one of the default network, or a smallest one made for it.
    fn reference(&mut self, relation: &str) -> String {
        let (type_name, attribute) = relation.split_once('.').expect("a type and an attribute");
        let of_default = ["AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::SecurityGroup"].contains(&type_name);
        let mut store = self.cloud.cloud.store();
        let existing = store.view(REGION).expect("a view").of_type(type_name, REGION).next();
        if let Some(found) = existing.filter(|_| of_default).and_then(|entry| entry.text(attribute)) {
            return found.to_owned();
        }
        drop(store);
        let Some(facts) = facts().facts(type_name).filter(|_| self.depth < DEEPEST) else {
            return "default".to_owned();
        };
        let dice = Dice::new(self.dice.next(), &[type_name]);
        let properties = Builder { cloud: self.cloud, facts: &facts, dice, depth: self.depth + 1 }.properties();
        let live = self.cloud.create(type_name, properties);
        let model = live.map(|live| live.model).unwrap_or_default();
        at(&model, attribute).and_then(Json::as_str).unwrap_or("default").to_owned()
    }
}

/// What must be set in a type or in an object.
struct Rules<'a> {
    required: &'a [String],
    groups: Vec<&'a [String]>,
    dependent: &'a BTreeMap<String, Vec<String>>,
}

impl<'a> Rules<'a> {
    fn of_type(facts: &'a TypeFacts) -> Self {
        let groups = facts.required_xor.iter().chain(&facts.required_or).map(Vec::as_slice).collect();
        Self { required: &facts.required, groups, dependent: &facts.dependent_required }
    }

    fn of_shape(shape: &'a Shape) -> Self {
        let groups = shape.required_xor.iter().chain(&shape.required_or).map(Vec::as_slice).collect();
        Self { required: &shape.required, groups, dependent: &shape.dependent_required }
    }
}

/// The names of what must be set: required, one of each group, and what those require.
fn needed(rules: Rules, given: &Map<String, Json>) -> BTreeSet<String> {
    let mut needed: BTreeSet<String> = rules.required.iter().cloned().chain(given.keys().cloned()).collect();
    for group in rules.groups {
        if !group.iter().any(|name| needed.contains(name)) {
            needed.extend(group.first().cloned());
        }
    }
    loop {
        let missing = rules.dependent.iter().filter(|(name, _)| needed.contains(*name)).flat_map(|(_, others)| others);
        let missing: Vec<_> = missing.filter(|name| !needed.contains(*name)).cloned().collect();
        if missing.is_empty() {
            return needed;
        }
        needed.extend(missing);
    }
}

fn number(shape: &Shape) -> Json {
    if let Some(allowed) = shape.allowed.first() {
        return serde_json::from_str(allowed).unwrap_or_else(|_| json!(allowed));
    }
    let least = shape.minimum.unwrap_or(1.0).max(1.0).min(shape.maximum.unwrap_or(f64::MAX));
    #[expect(clippy::cast_possible_truncation, reason = "a small whole number")]
    let whole = least.ceil() as i64;
    json!(whole)
}
