use ironwright::aws::ec2::{Subnet, Vpc};
use ironwright::prelude::*;

fn main() {
    let mut app = App::new("shop");
    let web = app.stack("web");
    let vpc = web.add("vpc", Vpc::new().cidr_block("10.0.0.0/16"));
    web.add("subnet", Subnet::new(&vpc));
}
