//! A program for whole-process tests: a server behind a firewall, with variables for everything a test wants to change.

use std::error::Error;

use ironwright::aws::ec2::{Instance, SecurityGroup};
use ironwright::prelude::*;

fn main() -> std::process::ExitCode {
    ironwright::run(app)
}

fn app(inputs: &Inputs) -> Result<App, Box<dyn Error>> {
    let mut app = App::new(&inputs.get_or("app", "sample".to_owned())?).region("us-west-2");
    let stack = app.stack("web");
    let (ami, size) = (inputs.get_or("ami", "ami-12345678".to_owned())?, inputs.get_or("size", "t2.micro".to_owned())?);
    let firewall = stack.add("firewall", SecurityGroup::new("HTTP from anywhere").allow_inbound(tcp(80), anywhere()));
    let server = stack.add(
        "server",
        Instance::new().ami(ami).instance_type(size).security_group_ids([firewall.group_id()]).tag("Name", "Sample"),
    );
    stack.output("instance_public_ip", server.public_ip());
    for copy in 0..inputs.get_or("copies", 0)? {
        stack.add(&format!("copy-{copy}"), SecurityGroup::new("One of many, so that a run takes a while"));
    }
    go_wrong(stack, &inputs.get_or("wrong", String::new())?)?;
    Ok(app)
}

/// What a test asks to go wrong.
fn go_wrong(stack: &mut Stack, how: &str) -> Result<(), Box<dyn Error>> {
    match how {
        "panic" => panic!("the plans of the house are missing"),
        "error" => Err(std::io::Error::other("the plans of the house are missing"))?,
        "duplicate" => {
            stack.add("server", Instance::new());
            stack.add("firewall", SecurityGroup::new("again"));
        }
        "raw" => {
            stack.add("new", SecurityGroup::new("a property of tomorrow").raw("Tomorrow", 42));
        }
        "value" => {
            stack.add("stopping", Instance::new().ami("ami-12345678").instance_initiated_shutdown_behavior("terminat"));
        }
        // Looks right, and is refused by the cloud: there is no such subnet.
        "subnet" => {
            let broken = stack.add("broken", Instance::new().ami("ami-12345678").subnet_id("subnet-0123456789abcdef0"));
            stack.add("after", Instance::new().ami("ami-12345678").tag("Before", broken.instance_id()));
        }
        "secret" => stack.output("password", Secret::<Text>::new("hunter2-the-password")),
        _ => {}
    }
    Ok(())
}
