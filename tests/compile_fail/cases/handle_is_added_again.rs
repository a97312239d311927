use ironwright::aws::ec2::Instance;
use ironwright::prelude::*;

fn main() {
    let mut app = App::new("shop");
    let web = app.stack("web");
    let server = web.add("server", Instance::new());
    web.add("second", server);
}
