use ironwright::aws::ec2::{Instance, Subnet};
use ironwright::prelude::*;

fn main() {
    let mut app = App::new("shop");
    let web = app.stack("web");
    let server = web.add("server", Instance::new());
    web.add("subnet", Subnet::new(server.public_ip()));
}
