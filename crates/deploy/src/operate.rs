//! What is done with containers that are deployed: how they stand on each host, their logs, commands in them.
//!
//! A [`Deployed`] container is read of what was last applied, so no program is needed; an [`Operator`] has the connections.
//! What a host has is seen there, with the eyes of a [rollout](crate::rollout::look).

mod deployed;
mod error;
mod exec;
mod logs;
mod operator;
mod stamp;
mod status;

pub use deployed::{Deployed, HostName};
pub use error::{OperateError, OperateErrorKind};
pub use exec::How;
pub use logs::{LogEvent, LogLine, LogOptions, OnEvent, Stream};
pub use operator::Operator;
pub use status::{HostStatus, Route, Seen, Standing};
