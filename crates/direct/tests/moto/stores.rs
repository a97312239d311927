//! What Systems Manager and Secrets Manager keep, and the zones of a region, read from moto while planning.

use ironwright_aws::ec2::{Ami, InternetGateway};
use ironwright_core::function::{DynamicReference, DynamicService, Function};
use ironwright_core::secret::SecretText;
use ironwright_core::value::availability_zones;
use ironwright_core::{App, IntoValue as _, Planned, Text, Tree, Value};
use serde_json::json;

use crate::cloud::Cloud;

const PARAMETERS: &str = "AmazonSSM.PutParameter";
const SECRETS: &str = "secretsmanager.CreateSecret";

fn stored(service: DynamicService, key: &'static str) -> Value<Text> {
    let reference = DynamicReference { service, key: key.into() };
    Value::from_tree(Tree::Function(Box::new(Function::Dynamic(reference))))
}

/// A program whose outputs are what `values` read.
fn program(values: Vec<(&str, Value<Text>)>) -> App {
    let mut app = App::new("moto").region("us-west-2");
    let stack = app.stack("stores");
    stack.add("gateway", InternetGateway::new());
    for (name, value) in values {
        stack.output(name, value);
    }
    app
}

async fn filled() -> Option<Cloud> {
    let cloud = Cloud::serve().await?;
    cloud.put("ssm", PARAMETERS, &json!({"Name": "/app/size", "Value": "7", "Type": "String"}));
    cloud.put("ssm", PARAMETERS, &json!({"Name": "/app/key", "Value": "hunter22", "Type": "SecureString"}));
    let secret = json!({"user": "me", "password": "hunter23"}).to_string();
    cloud.put("secretsmanager", SECRETS, &json!({"Name": "db", "SecretString": secret}));
    Some(cloud)
}

#[tokio::test]
async fn parameters_are_text_and_secrets_are_secret() {
    let Some(cloud) = filled().await else { return };
    let values = vec![
        ("image", Ami::latest_amazon_linux().into_value()),
        ("key", stored(DynamicService::SsmSecure, "/app/key")),
        ("password", stored(DynamicService::SecretsManager, "db:SecretString:password")),
        ("size", stored(DynamicService::Ssm, "/app/size:1")),
        ("zone", availability_zones().select(0)),
    ];
    let plan = cloud.plan(&program(values)).await;
    let after =
        |name: &str| plan.outputs.iter().find(|output| output.name == name).and_then(|output| output.after.clone());
    assert!(matches!(after("image"), Some(Planned::Text(id)) if id.starts_with("ami-")), "{:?}", after("image"));
    assert_eq!(after("size"), Some(Planned::Text("7".to_owned())));
    assert_eq!(after("zone"), Some(Planned::Text("us-west-2a".to_owned())));
    assert_eq!(after("key"), Some(Planned::Secret(SecretText::new("hunter22"))));
    assert_eq!(after("password"), Some(Planned::Secret(SecretText::new("hunter23"))));
}

/// All that cannot be read is told at once, by its name, and nothing of what the stores keep is in it.
#[tokio::test]
async fn what_cannot_be_read_is_told_without_what_is_kept() {
    let Some(cloud) = filled().await else { return };
    let values = vec![
        ("encrypted", stored(DynamicService::Ssm, "/app/key")),
        ("entry", stored(DynamicService::SecretsManager, "db:SecretString:nobody")),
        ("parameter", stored(DynamicService::Ssm, "/app/nothing")),
        ("secret", stored(DynamicService::SecretsManager, "nothing")),
    ];
    let problems = cloud.problems(&program(values)).await;
    for part in ["ssm-secure:/app/key", "the key 'nobody'", "ParameterNotFound", "ResourceNotFoundException"] {
        assert!(problems.contains(part), "{part} in {problems}");
    }
    assert!(!problems.contains("hunter"), "{problems}");
}
