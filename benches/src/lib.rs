//! What the benchmarks measure: the `fleet` example, in three sizes.

use ironwright::{App, core::Inputs};

#[path = "../../examples/fleet/main.rs"]
#[expect(dead_code, reason = "the example's own `main` is not called here")]
mod example;

/// Cells of ten resources each: 10, 500 and 10,000 resources.
pub const SIZES: [u64; 3] = [1, 50, 1000];

/// The fleet with so many cells.
pub fn fleet(cells: u64) -> App {
    example::app(&Inputs::new("dev").var("cells", cells.to_string())).expect("`cells` is a number")
}
