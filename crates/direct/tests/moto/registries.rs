//! Amazon ECR: a login, and repositories made on demand. moto has no registry behind them: nothing is pushed here.

use ironwright_deploy::registry_access::EcrRegistry;
use ironwright_engine::ErrorKind;
use serde_json::json;

use crate::cloud::Cloud;

const DESCRIBE: &str = "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories";

fn registry(account: &str) -> EcrRegistry {
    EcrRegistry::parse(&format!("{account}.dkr.ecr.us-west-2.amazonaws.com")).expect("a registry of ECR")
}

#[tokio::test]
async fn a_repository_is_made_once_and_its_tags_cannot_be_moved() {
    let Some(cloud) = Cloud::serve().await else { return };
    let registry = registry("123456789012");
    for _ in 0..2 {
        cloud.registries.ensure_repository(&registry, "shop/web").await.expect("it is there");
    }
    let there = cloud.ask("ecr", DESCRIBE, &json!({}));
    let repositories = there["repositories"].as_array().expect("a list");
    assert_eq!(repositories.len(), 1, "{there}");
    assert_eq!(repositories[0]["repositoryName"], "shop/web");
    assert_eq!(repositories[0]["imageTagMutability"], "IMMUTABLE");

    let refused = cloud.registries.ensure_repository(&registry, "No/Name").await.expect_err("it is no name");
    assert_eq!(refused.kind, ErrorKind::Refused, "{refused:?}");
}

#[tokio::test]
async fn a_login_is_given_and_not_shown() {
    let Some(cloud) = Cloud::serve().await else { return };
    let login = cloud.registries.login(&registry("123456789012")).await.expect("a login");
    assert_eq!(login.username, "AWS");
    assert!(!login.password.expose().is_empty() && !format!("{login:?}").contains(login.password.expose()));
}
