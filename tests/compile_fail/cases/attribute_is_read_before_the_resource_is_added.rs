use ironwright::aws::ec2::Instance;
use ironwright::prelude::*;

fn main() {
    let mut app = App::new("shop");
    let web = app.stack("web");
    let server = Instance::new().instance_type("t2.micro");
    web.output("address", server.public_ip());
}
