use ironwright::aws::ec2::Subnet;
use ironwright::prelude::*;

fn main() {
    let mut app = App::new("shop");
    app.stack("web").add("subnet", Subnet::new().cidr_block("10.0.1.0/24"));
}
