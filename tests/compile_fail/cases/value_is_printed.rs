use ironwright::aws::ec2::Instance;
use ironwright::prelude::*;

fn main() {
    let mut app = App::new("shop");
    let server = app.stack("web").add("server", Instance::new());
    println!("http://{}", server.public_ip());
}
