//! Typed AWS resources: a module for each service, generated from facts, and the facts themselves.
//!
//! A module is there when its cargo feature is on; [`feature_of`] names the feature of any type. Hand-written
//! conveniences add to the generated types; nothing here knows of plans or clouds.

mod conveniences;
mod exclusive;
mod facts;
#[allow(unreachable_pub, reason = "modules with conveniences are re-exported below, under the same name")]
mod generated;
mod kind_support;

pub use facts::{facts, feature_of, type_names};
pub use generated::*;

/// Resources of `AWS::EC2`, with user data, security group rules and machine images.
#[cfg(feature = "ec2")]
pub mod ec2 {
    pub use crate::conveniences::ec2::*;
    pub use crate::generated::ec2::*;
}

/// Resources of `AWS::IAM`, with policy documents as types.
#[cfg(feature = "iam")]
pub mod iam {
    pub use crate::conveniences::iam::*;
    pub use crate::generated::iam::*;
}

#[cfg(all(doctest, feature = "ec2"))]
#[doc = include_str!("../README.md")]
struct ReadmeRuns;
