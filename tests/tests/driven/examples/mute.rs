//! No program of Ironwright, whatever it depends on.

fn main() {}
