//! Infrastructure as Rust code.
