//! A create of what has neither token nor tags, whose first answer is lost: the second attempt is refused, as the first one
//! went through, and what it made is taken for what it is. Without a lost answer the refusal stands.

use ironwright_core::Address;
use ironwright_engine::{Create, ErrorKind, Token};
use serde_json::json;

use crate::server::{REGION, Reply, Server, resolved};

/// A table that has the route.
const TABLES: &str = "<routeTableSet><item><routeTableId>rtb-1</routeTableId><routeSet><item>\
    <destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>igw-1</gatewayId></item></routeSet></item>\
    </routeTableSet>";

/// The physical id or the error of each of two attempts at one create, of which the first `lost` are not answered.
async fn attempts(mut lost: usize) -> Vec<Result<String, ErrorKind>> {
    let server = Server::start(move |call| match (call.is_describe(), lost) {
        (true, _) => Reply::Says(TABLES.to_owned()),
        (false, 0) => Reply::Refuses("RouteAlreadyExists"),
        (false, _) => {
            lost -= 1;
            Reply::Breaks
        }
    });
    let provider = server.provider().await;
    let route = json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"});
    let create = Create {
        address: Address::new("stack/route"),
        type_name: "AWS::EC2::Route".to_owned(),
        region: REGION.to_owned(),
        properties: resolved(&route),
        token: Token::new(7),
    };
    let mut ended = Vec::new();
    for _ in 0..2 {
        let made = provider.create(create.clone()).await;
        ended.push(made.map(|live| live.physical_id).map_err(|error| error.kind));
    }
    ended
}

#[tokio::test]
async fn what_a_lost_attempt_made_is_taken_for_what_it_is() {
    assert_eq!(attempts(1).await, [Err(ErrorKind::OutcomeUnknown), Ok("rtb-1|0.0.0.0/0".to_owned())]);
}

#[tokio::test]
async fn what_somebody_else_made_is_not_taken() {
    assert_eq!(attempts(0).await, [Err(ErrorKind::Refused), Err(ErrorKind::Refused)]);
}
