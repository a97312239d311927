use ironwright::aws::ec2::{Instance, InstanceTenancy};
use ironwright::prelude::*;

fn main() {
    let mut app = App::new("shop");
    app.stack("web").add("server", Instance::new().affinity(InstanceTenancy::Dedicated));
}
