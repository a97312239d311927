//! Tests of the whole cloud, through its provider. What they share is in `support`.

mod every_type;
mod minimal;
mod refusals;
mod support;
