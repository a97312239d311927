use ironwright::prelude::*;

fn main() {
    let password: Secret = Secret::new("hunter2");
    let _: String = password.to_string();
}
