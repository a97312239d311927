//! Relations resolved over a handful of types and an inline data file.

use super::*;
use crate::codegen::model::{Kind, Property, Shape, Update};

const NO_DATA: &str = "plain = ['EC2']\nkind = []\nunion = []\nproperty = []\nrule = []\n";

/// A type whose attribute is `attribute` and whose text properties have the given relations.
fn of(name: &str, attribute: &str, properties: &[(&str, Vec<Relation>)]) -> (String, Type) {
    let mut of = Type { name: name.to_owned(), ref_attribute: Some(attribute.to_owned()), ..Type::default() };
    of.attributes.insert(attribute.to_owned(), Shape::of(Kind::Text));
    for (property, relations) in properties {
        let shape = Shape { relations: relations.clone(), ..Shape::of(Kind::Text) };
        let property_of = Property { shape, read_only: false, deprecated: false, update: Update::default() };
        of.body.properties.insert((*property).to_owned(), property_of);
    }
    (name.to_owned(), of)
}

/// The kind of `AWS::EKS::Addon.<property>` where that has `relations`, among a VPC, an EKS and an ECR type.
fn kind(data: &str, property: &str, relations: Vec<Relation>) -> Result<Option<String>, CodegenError> {
    let types: BTreeMap<String, Type> = [
        of("AWS::EC2::VPC", "VpcId", &[]),
        of("AWS::ECR::Repository", "RepositoryName", &[]),
        of("AWS::EKS::Cluster", "Name", &[]),
        of("AWS::EKS::Addon", "AddonName", &[(property, relations), ("AddonName", Vec::new())]),
    ]
    .into();
    let services = Services::of(&types)?;
    let resolved = Relations::resolve_with(data, &types, &services)?;
    Ok(resolved.of_property("AWS::EKS::Addon", None, property).map(str::to_owned))
}

fn check(data: &str, property: &str, relations: Vec<Relation>, expect: Option<&str>) {
    assert_eq!(kind(data, property, relations).unwrap().as_deref(), expect, "{property}");
}

#[test]
fn a_stated_relation_is_believed_and_its_attribute_found() {
    check(NO_DATA, "Network", vec![Relation::new("AWS::EC2::VPC", "Id")], Some("VpcId"));
    check(NO_DATA, "Network", vec![Relation::new("AWS::No::Such", "Id")], None);
}

#[test]
fn a_mined_relation_is_believed_where_the_name_says_the_same() {
    let cluster = Relation::mined("AWS::EKS::Cluster", "Name");
    let repository = Relation::mined("AWS::ECR::Repository", "RepositoryName");
    check(NO_DATA, "ClusterName", vec![cluster.clone(), repository.clone()], Some("EksClusterName"));
    check(NO_DATA, "Target", vec![cluster], None);
    check(NO_DATA, "RepositoryArn", vec![repository], None);
}

#[test]
fn several_kinds_have_a_name_together() {
    let both =
        vec![Relation::new("AWS::EKS::Cluster", "Name"), Relation::new("AWS::ECR::Repository", "RepositoryName")];
    check(NO_DATA, "Target", both.clone(), Some("EcrRepositoryNameOrEksClusterName"));
    let named =
        NO_DATA.replace("union = []", "union = [{ name = 'Named', kinds = ['EksClusterName', 'EcrRepositoryName'] }]");
    check(&named, "Target", both, Some("Named"));
}

#[test]
fn the_data_file_overrules_every_source() {
    let wrong = vec![Relation::new("AWS::ECR::Repository", "RepositoryName")];
    let line = |kinds: &str| {
        let line =
            format!("property = [{{ property = 'AWS::EKS::Addon.ClusterName', kinds = [{kinds}], reason = 'r' }}]");
        NO_DATA.replace("property = []", &line)
    };
    check(&line("'EksClusterName'"), "ClusterName", wrong.clone(), Some("EksClusterName"));
    check(&line(""), "ClusterName", wrong, None);
}

#[test]
fn rules_fill_in_where_no_source_says_anything() {
    let rule = NO_DATA.replace("rule = []", "rule = [{ property = '^VpcIds?$', kinds = ['VpcId'], reason = 'r' }]");
    check(&rule, "VpcId", Vec::new(), Some("VpcId"));
    check(&rule, "VpcIds", Vec::new(), None);
    check(&rule, "VpcId", vec![Relation::new("AWS::EKS::Cluster", "Name")], Some("EksClusterName"));
}

#[test]
fn what_names_the_resource_itself_is_plain_text() {
    let own =
        NO_DATA.replace("rule = []", "rule = [{ property = '^AddonName$', kinds = ['EksAddonName'], reason = 'r' }]");
    check(&own, "AddonName", Vec::new(), None);
}

#[test]
fn a_line_about_nothing_is_an_error() {
    let data = NO_DATA
        .replace("property = []", "property = [{ property = 'AWS::EKS::Addon.Gone', kinds = [], reason = 'r' }]");
    let error = kind(&data, "ClusterName", Vec::new()).unwrap_err().to_string();
    assert!(error.contains("no property `AWS::EKS::Addon.Gone`"), "{error}");
}
