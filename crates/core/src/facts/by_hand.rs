//! What no shape can tell: pure functions of the properties of a type that is written by hand.

use super::check::Violation;
use crate::Planned;

/// What no shape can tell of a type. What is unknown in the properties must pass.
#[derive(Clone, Copy, Debug)]
pub struct ByHand {
    /// What is wrong with these properties together.
    pub rules: fn(&Planned) -> Vec<Violation>,
    /// What an update interrupts that brings a resource to these properties and changes those named, and what to do about
    /// it; nothing where it interrupts nothing.
    pub interruption: fn(&Planned, &[&str]) -> Option<crate::Problem>,
}

impl PartialEq for ByHand {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::fn_addr_eq(self.rules, other.rules) && std::ptr::fn_addr_eq(self.interruption, other.interruption)
    }
}
