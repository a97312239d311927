use ironwright::prelude::*;

fn main() {
    let password: Secret = Secret::new("hunter2");
    let _ = serde_json::to_string(&password);
}
