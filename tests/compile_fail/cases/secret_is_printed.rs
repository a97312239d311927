use ironwright::prelude::*;

fn main() {
    let password: Secret = Secret::new("hunter2");
    println!("{password}");
}
