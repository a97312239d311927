//! STS, as much of it as tells a client who it is: `GetCallerIdentity`, in the query protocol.

use crate::exchange::{Request, Response};
use crate::problem::Problem;

/// The answer to a request to STS.
pub(crate) fn answer(request: &Request, account: &str, partition: &str) -> Result<Response, Problem> {
    let action = std::str::from_utf8(&request.body).ok().and_then(|form| {
        form.split('&')
            .filter_map(|pair| pair.split_once('='))
            .find_map(|(name, value)| (name == "Action").then_some(value))
    });
    match action {
        Some("GetCallerIdentity") => Ok(Response::xml(200, identity(account, partition))),
        Some(other) => Err(Problem::not_served(&format!("{other} of STS"))),
        None => Err(Problem::not_served("a request to STS without an action")),
    }
}

fn identity(account: &str, partition: &str) -> String {
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:{partition}:iam::{account}:user/simulated</Arn><UserId>AIDASIMULATED</UserId>\
         <Account>{account}</Account></GetCallerIdentityResult>\
         <ResponseMetadata><RequestId>00000000-0000-4000-8000-000000000000</RequestId></ResponseMetadata>\
         </GetCallerIdentityResponse>"
    )
}
