//! Tests of the whole cloud, through its provider. What they share is in `support`.

mod attributes;
mod every_type;
mod faults;
mod folder;
mod minimal;
mod refusals;
mod support;
