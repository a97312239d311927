# The few commands a contributor needs; `just` lists them.

_default:
    @just --list

# Everything CI checks.
check:
    .ci/run

# All tests and doctests, as the README says.
test:
    cargo test --workspace --examples --lib --bins --tests && cargo test --workspace --doc

# Formats and lints.
lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets -- -D warnings

# Regenerates the AWS types.
codegen:
    cargo xtask codegen

# Benchmarks.
bench:
    cargo bench -p ironwright-benches
