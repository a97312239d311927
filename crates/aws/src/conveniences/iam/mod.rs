//! Conveniences for IAM: policy documents as types.

mod action;
mod arn;
mod condition;
mod document;
mod principal;
mod role;
mod statement;

pub use action::{Action, all_actions};
pub use arn::{Arn, all_resources};
pub use condition::Condition;
pub use document::{PolicyDocument, assume_role_by};
pub use principal::Principal;
pub use statement::Statement;
