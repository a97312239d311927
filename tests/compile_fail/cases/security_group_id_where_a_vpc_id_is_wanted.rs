use ironwright::aws::ec2::{SecurityGroup, Subnet};
use ironwright::prelude::*;

fn main() {
    let mut app = App::new("shop");
    let web = app.stack("web");
    let firewall = web.add("firewall", SecurityGroup::new("HTTP from anywhere"));
    web.add("subnet", Subnet::new(firewall.group_id()));
}
