//! A program that holds secrets in every way a program can, for the test that searches for them everywhere.

use std::error::Error;

use ironwright::aws::ec2::Instance;
use ironwright::aws::s3::Bucket;
use ironwright::aws::secretsmanager::Secret as StoredSecret;
use ironwright::aws::ssm::Parameter as StoredParameter;
use ironwright::docker::SshKey;
use ironwright::prelude::*;
use ironwright_tests::planted::{LITERAL, REFUSED, UNRULY};

fn main() -> std::process::ExitCode {
    ironwright::run(app)
}

fn app(inputs: &Inputs) -> Result<App, Box<dyn Error>> {
    let mut app = App::new("keeper").region("us-west-2");
    let stack = app.stack("vault");
    let literal = || Secret::<Text>::new(LITERAL);
    let variable = inputs.secret("password")?;
    let parameter = stack.parameter("word", Parameter::new().secret());
    let stored = stack.add("literal", StoredSecret::new().secret_string(literal()));
    stack.add("variable", StoredSecret::new().secret_string(variable.clone()));
    stack.add("parameter", StoredSecret::new().secret_string(parameter));
    let address = text!("postgres://app:{}@database", literal());
    let told = stack.add("address", StoredParameter::new("String", address));
    let says = inputs.get_or("says", "The address".to_owned())?;
    stack.add("copy", StoredParameter::new("String", told.value()).description(says));
    if inputs.get_or("outputs", true)? {
        stack.output("password", variable);
        let key = stack.add("key", SshKey::generate());
        stack.add("of-key", StoredSecret::new().secret_string(key.private_key()));
        stack.output("private_key", key.private_key());
    }
    stack.output("id", stored.id());
    go_wrong(stack, &inputs.get_or("wrong", String::new())?)?;
    Ok(app)
}

/// What a test asks to go wrong.
fn go_wrong(stack: &mut Stack, how: &str) -> Result<(), Box<dyn Error>> {
    let secret = Secret::<Text>::new(LITERAL);
    match how {
        "panic" => panic!("there is no room for {secret:?}"),
        "error" => Err(format!("there is no room for {secret:?}"))?,
        // Looks right, and is refused by the cloud: there is no such subnet.
        "refused" => {
            let server = Instance::new().ami("ami-12345678").subnet_id("subnet-0123456789abcdef0");
            stack.add("server", server.user_data(Secret::new(REFUSED)));
        }
        "unruly" => {
            stack.add("unruly", Bucket::new().bucket_name(Secret::new(UNRULY)));
        }
        _ => {}
    }
    Ok(())
}
