//! Does not compile.

fn main() -> std::process::ExitCode {
    ironwright::run(no_such_function)
}
