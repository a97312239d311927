//! Typed AWS resources: a module for each service, generated from facts, and the facts themselves.
//!
//! A module is there when its cargo feature is on; [`feature_of`] names the feature of any type. Hand-written
//! conveniences add to the generated types; nothing here knows of plans or clouds.

mod facts;
mod generated;
mod kind_support;

pub use facts::{facts, feature_of, type_names};
pub use generated::*;
