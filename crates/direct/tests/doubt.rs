//! A create of what has neither token nor tags, whose first answer is lost: the second attempt is refused, as the first one
//! went through, and what it made is taken for what it is. Without a lost answer the refusal stands.
#![cfg(feature = "ec2")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use ironwright_core::facts::{FactSource, TypeFacts};
use ironwright_core::{Address, Planned, Resolved};
use ironwright_direct::{AccessKey, Connection, ConnectionOptions, Identity};
use ironwright_engine::{Create, ErrorKind, SystemClock, Token};
use serde_json::json;

struct NoFacts;

impl FactSource for NoFacts {
    fn facts(&self, _: &str) -> Option<Arc<TypeFacts>> {
        None
    }
}

const ROUTES: &str = "<DescribeRouteTablesResponse><routeTableSet><item><routeTableId>rtb-1</routeTableId><routeSet><item>\
    <destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>igw-1</gatewayId></item></routeSet></item>\
    </routeTableSet></DescribeRouteTablesResponse>";
const EXISTS: &str = "<Response><Errors><Error><Code>RouteAlreadyExists</Code><Message>it exists</Message></Error></Errors>\
    <RequestID>r</RequestID></Response>";

/// A table that has the route. Of the first `lost` creates no answer comes back.
fn serve(mut lost: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let is_create = body(&stream).contains("Action=CreateRoute");
            if is_create && lost > 0 {
                lost -= 1;
                continue;
            }
            let (status, text) = if is_create { ("400 Bad Request", EXISTS) } else { ("200 OK", ROUTES) };
            let length = text.len();
            let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}");
        }
    });
    format!("http://127.0.0.1:{port}")
}

fn body(stream: &TcpStream) -> String {
    let (mut reader, mut length) = (BufReader::new(stream), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).is_ok_and(|bytes| bytes <= 2) {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or_default();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    String::from_utf8(body).expect("text")
}

/// The physical id or the error of each attempt at one create, of which the first `lost` are not answered.
async fn attempts(lost: usize) -> Vec<Result<String, ErrorKind>> {
    let options = ConnectionOptions {
        region: Some("us-west-2".to_owned()),
        endpoint: Some(serve(lost)),
        key: Some(AccessKey::new("testing", "testing")),
        ..ConnectionOptions::default()
    };
    let connection = Connection::open_with(options, Arc::new(SystemClock::new())).await;
    let identity = Identity { account: "123456789012".to_owned(), arn: String::new(), region: None };
    let provider = connection.providers(&identity, Arc::new(NoFacts)).swap_remove(0);
    let route = json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"});
    let create = Create {
        address: Address::new("stack/route"),
        type_name: "AWS::EC2::Route".to_owned(),
        region: "us-west-2".to_owned(),
        properties: Resolved::new(Planned::from(route)).expect("nothing is unknown"),
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
