//! A program that is odd in the way that it is told by `--var`.

use ironwright::aws::secretsmanager::Secret as Stored;
use ironwright::aws::sqs::Queue;
use ironwright::prelude::*;

fn main() -> std::process::ExitCode {
    println!("{{\"ironwright\":\"9.9.9\",\"format\":9}}");
    ironwright::run(app)
}

fn app(inputs: &Inputs) -> Result<App, InputError> {
    let mut app = App::new("odd").region("us-west-2");
    let stack = app.stack("web");
    match inputs.get::<String>("how")?.as_str() {
        "quits" => std::process::exit(7),
        "keeps" => keeps(stack, inputs)?,
        _ => {
            println!("one queue");
            eprintln!("a word of warning");
            stack.add("orders", Queue::new());
        }
    }
    Ok(app)
}

/// Holds secrets, and tells what its own process shows of itself.
fn keeps(stack: &mut Stack, inputs: &Inputs) -> Result<(), InputError> {
    for file in ["cmdline", "environ"] {
        let bytes = std::fs::read(format!("/proc/self/{file}")).unwrap_or_default();
        println!("{file}: {}", String::from_utf8_lossy(&bytes).replace('\0', " "));
    }
    let password = inputs.secret("password")?;
    stack.add("stored", Stored::new().secret_string(password.clone()));
    stack.add("planted", Stored::new().secret_string(Secret::<Text>::new("mulberry-literal-7f3a9c2e")));
    stack.output("password", password);
    Ok(())
}
