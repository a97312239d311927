use ironwright::aws::ec2::Volume;
use ironwright::prelude::*;

fn main() {
    let size: Secret = Secret::new("100");
    let mut app = App::new("shop");
    app.stack("data").add("disk", Volume::new().size(size));
}
