use ironwright::aws::ec2::NetworkAclEntry;
use ironwright::prelude::*;

fn main() {
    let mut app = App::new("shop");
    let entry = NetworkAclEntry::builder().network_acl_id("acl-1").protocol(6).rule_action("allow").rule_number(100);
    app.stack("web").add("http", entry);
}
