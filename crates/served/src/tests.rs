//! The protocol as data: requests in, answers out, no sockets.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use ironwright_core::facts::{FactSource, TypeFacts};
use ironwright_engine::Clock;
use ironwright_simulated::SimulatedCloud;
use serde_json::{Value as Json, json};

use crate::{Answer, Cloud, Disturbances, Request, Response};

const GROUP: &str = "AWS::Logs::LogGroup";

/// A cloud, spoken to in one line.
struct Client {
    cloud: Cloud,
    simulated: SimulatedCloud,
    region: &'static str,
}

/// An answer as a client reads it: the document, or the code of an error.
type Read = Result<Json, String>;

impl Client {
    fn new(disturbances: &str) -> Self {
        let simulated = SimulatedCloud::in_memory(Arc::new(Facts));
        let disturbances: Disturbances = disturbances.parse().expect("known");
        let cloud = Cloud::new(simulated.clone(), Arc::new(Facts), disturbances, 1, Arc::new(Standing));
        Self { cloud, simulated, region: "eu-west-1" }
    }

    fn send(&self, operation: &str, input: &Json) -> Answer {
        let request = Request {
            target: Some(format!("CloudApiService.{operation}")),
            authorization: Some(signed(self.region, "cloudcontrolapi")),
            content_type: Some("application/x-amz-json-1.0".to_owned()),
            body: input.to_string().into_bytes(),
        };
        finish(self.cloud.answer(&request))
    }

    fn call(&self, operation: &str, input: &Json) -> Read {
        read(self.send(operation, input))
    }

    /// The event that a call answers.
    fn event(&self, operation: &str, input: &Json) -> Json {
        self.call(operation, input).unwrap_or_else(|code| panic!("{operation}: {code}"))["ProgressEvent"].clone()
    }

    fn create(&self, type_name: &str, desired: &Json, token: &str) -> Json {
        let input = json!({"TypeName": type_name, "DesiredState": desired.to_string(), "ClientToken": token});
        self.event("CreateResource", &input)
    }

    fn update(&self, type_name: &str, id: &str, patch: &Json) -> Json {
        let input = json!({"TypeName": type_name, "Identifier": id, "PatchDocument": patch.to_string()});
        self.event("UpdateResource", &input)
    }

    /// The last event of the request that `event` is of.
    fn ended(&self, event: &Json) -> Json {
        for _ in 0..10 {
            let event = self.event("GetResourceRequestStatus", &json!({"RequestToken": event["RequestToken"]}));
            if ["SUCCESS", "FAILED", "CANCEL_COMPLETE"].iter().any(|status| event["OperationStatus"] == *status) {
                return event;
            }
        }
        panic!("it does not end: {event}");
    }

    /// The identifier of a new resource.
    fn made(&self, type_name: &str, desired: &Json, token: &str) -> String {
        let ended = self.ended(&self.create(type_name, desired, token));
        assert_eq!(ended["OperationStatus"], "SUCCESS", "{ended}");
        ended["Identifier"].as_str().expect("an identifier").to_owned()
    }

    fn get(&self, type_name: &str, id: &str) -> Result<Json, String> {
        let answer = self.call("GetResource", &json!({"TypeName": type_name, "Identifier": id}))?;
        let text = answer["ResourceDescription"]["Properties"].as_str().expect("text");
        Ok(serde_json::from_str(text).expect("a document"))
    }

    fn count(&self) -> usize {
        self.simulated.resources().expect("in memory").len()
    }
}

fn signed(region: &str, service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=test/20261123/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}

fn read(answer: Answer) -> Read {
    let Answer::Response(response) = answer else { return Err("closed".to_owned()) };
    let body: Json = serde_json::from_str(&response.body).expect("a document");
    let kind = body["__type"].as_str().and_then(|kind| kind.rsplit('#').next().map(str::to_owned));
    match kind {
        None => Ok(body),
        Some(kind) => {
            assert!(response.status >= 400 && response.error_type.as_deref() == Some(&kind), "{response:?}");
            assert!(body["Message"].is_string(), "{body}");
            Err(kind)
        }
    }
}

#[test]
fn a_resource_lives_from_its_create_to_its_delete() {
    let client = Client::new("");
    let event = client.create(GROUP, &json!({"LogGroupName": "journal"}), "t1");
    assert_eq!((&event["OperationStatus"], &event["Operation"]), (&json!("IN_PROGRESS"), &json!("CREATE")));
    assert!(event["EventTime"].is_number() && event["RequestToken"].is_string(), "{event}");
    let ended = client.ended(&event);
    assert_eq!((&ended["OperationStatus"], &ended["Identifier"]), (&json!("SUCCESS"), &json!("journal")));
    assert_eq!(client.get(GROUP, "journal").expect("there")["LogGroupName"], "journal");

    let patch = json!([{"op": "add", "path": "/RetentionInDays", "value": 30}]);
    let ended = client.ended(&client.update(GROUP, "journal", &patch));
    assert_eq!(ended["OperationStatus"], "SUCCESS", "{ended}");
    assert_eq!(client.get(GROUP, "journal").expect("there")["RetentionInDays"], 30);

    let event = client.event("DeleteResource", &json!({"TypeName": GROUP, "Identifier": "journal"}));
    assert_eq!(client.ended(&event)["OperationStatus"], "SUCCESS");
    assert_eq!(client.get(GROUP, "journal"), Err("ResourceNotFoundException".to_owned()));
    assert_eq!(client.count(), 0);
}

#[test]
fn a_client_token_names_one_request() {
    let client = Client::new("slow=3");
    let queue = json!({"DelaySeconds": 5});
    let first = client.create("AWS::SQS::Queue", &queue, "once");
    assert_eq!(first["OperationStatus"], "PENDING");
    assert!(first.get("Identifier").is_none(), "{first}");
    let second = client.create("AWS::SQS::Queue", &queue, "once");
    assert_eq!((&second["RequestToken"], &second["OperationStatus"]), (&first["RequestToken"], &json!("IN_PROGRESS")));
    assert_eq!(client.ended(&second)["OperationStatus"], "SUCCESS");
    assert_eq!(client.create("AWS::SQS::Queue", &queue, "once")["OperationStatus"], "SUCCESS");
    assert_eq!(client.count(), 1);

    let other = json!({"TypeName": "AWS::SQS::Queue", "DesiredState": "{}", "ClientToken": "once"});
    assert_eq!(client.call("CreateResource", &other), Err("ClientTokenConflictException".to_owned()));
    let elsewhere = Client { region: "us-west-2", ..client };
    assert_eq!(elsewhere.call("CreateResource", &other).map(|_| ()), Ok(()), "tokens are of one region");
    assert_eq!(elsewhere.count(), 2);
}

#[test]
fn what_goes_wrong_is_told_in_the_codes_of_handlers() {
    let client = Client::new("");
    client.made(GROUP, &json!({"LogGroupName": "taken"}), "t1");
    let check = |type_name, desired: Json, token, code| {
        let ended = client.ended(&client.create(type_name, &desired, token));
        assert_eq!((&ended["OperationStatus"], &ended["ErrorCode"]), (&json!("FAILED"), &json!(code)), "{ended}");
        assert!(ended["StatusMessage"].as_str().is_some_and(|message| !message.is_empty()));
        ended
    };
    let taken = check(GROUP, json!({"LogGroupName": "taken"}), "t2", "AlreadyExists");
    assert_eq!(taken["Identifier"], "taken", "handlers tell the identifier that was asked for");
    check(GROUP, json!({"Retention": 1}), "t3", "InvalidRequest");
    check("AWS::EC2::Subnet", json!({"VpcId": "vpc-00000000", "CidrBlock": "10.0.0.0/24"}), "t4", "NotFound");

    let renamed = json!([{"op": "replace", "path": "/LogGroupName", "value": "other"}]);
    assert_eq!(client.ended(&client.update(GROUP, "taken", &renamed))["ErrorCode"], "NotUpdatable");
    let gone = client.event("DeleteResource", &json!({"TypeName": GROUP, "Identifier": "nobody"}));
    assert_eq!(client.ended(&gone)["ErrorCode"], "NotFound");

    let vpc = client.made("AWS::EC2::VPC", &json!({"CidrBlock": "10.0.0.0/16"}), "t5");
    client.made("AWS::EC2::Subnet", &json!({"VpcId": vpc, "CidrBlock": "10.0.0.0/24"}), "t6");
    let used = client.event("DeleteResource", &json!({"TypeName": "AWS::EC2::VPC", "Identifier": vpc}));
    assert_eq!(client.ended(&used)["ErrorCode"], "ResourceConflict");
}

#[test]
fn what_is_wrong_with_a_call_is_told_at_once() {
    let client = Client::new("");
    let check = |operation, input: Json, code: &str| assert_eq!(client.call(operation, &input), Err(code.to_owned()));
    check("CreateResource", json!({"TypeName": "AWS::No::Such", "DesiredState": "{}"}), "TypeNotFoundException");
    check("CreateResource", json!({"TypeName": "nonsense", "DesiredState": "{}"}), "ValidationException");
    check("CreateResource", json!({"TypeName": GROUP}), "ValidationException");
    check("CreateResource", json!({"TypeName": GROUP, "DesiredState": "{"}), "InvalidRequestException");
    check("CreateResource", json!({"TypeName": GROUP, "DesiredState": "[]"}), "InvalidRequestException");
    let spaced = json!({"TypeName": GROUP, "DesiredState": "{}", "ClientToken": "a b"});
    check("CreateResource", spaced, "ValidationException");
    check("GetResource", json!({"TypeName": GROUP, "Identifier": "x"}), "ResourceNotFoundException");
    check("GetResourceRequestStatus", json!({"RequestToken": "x"}), "RequestTokenNotFoundException");
    check("DescribeStacks", json!({}), "UnsupportedOperation");
    let patch = |patch: &str| json!({"TypeName": GROUP, "Identifier": "here", "PatchDocument": patch});
    client.made(GROUP, &json!({"LogGroupName": "here"}), "t");
    check("UpdateResource", patch("{}"), "InvalidRequestException");
    check("UpdateResource", patch(r#"[{"op": "remove", "path": "/Tags"}]"#), "InvalidRequestException");
}

#[test]
fn one_request_at_a_time_for_a_resource() {
    let client = Client::new("slow=2");
    let id = client.made(GROUP, &json!({"LogGroupName": "busy"}), "t1");
    client.update(GROUP, &id, &json!([{"op": "add", "path": "/RetentionInDays", "value": 7}]));
    let delete = json!({"TypeName": GROUP, "Identifier": id});
    let refused = (0..10).take_while(|_| client.call("DeleteResource", &delete).is_err()).count();
    assert_eq!(refused, 3, "each refusal is a look: nobody else may be asking for its progress");
}

#[test]
fn a_cancelled_request_stays_cancelled_and_undoes_nothing() {
    let client = Client::new("slow=5");
    let event = client.create(GROUP, &json!({"LogGroupName": "kept"}), "t1");
    let cancelled = client.event("CancelResourceRequest", &json!({"RequestToken": event["RequestToken"]}));
    assert_eq!(cancelled["OperationStatus"], "CANCEL_IN_PROGRESS");
    assert_eq!(client.ended(&event)["OperationStatus"], "CANCEL_COMPLETE");
    let again = client.call("CancelResourceRequest", &json!({"RequestToken": event["RequestToken"]}));
    assert_eq!(again, Err("ConcurrentModificationException".to_owned()));
    assert_eq!(client.count(), 1);
}

#[test]
fn lists_have_pages_and_filters() {
    let client = Client::new("");
    for number in 0..5 {
        client.made(
            "AWS::SSM::Parameter",
            &json!({"Name": format!("/p/{number}"), "Type": "String", "Value": "x"}),
            &format!("t{number}"),
        );
    }
    let page = |next: Option<&Json>| {
        let mut input = json!({"TypeName": "AWS::SSM::Parameter", "MaxResults": 2});
        if let Some(next) = next {
            input["NextToken"] = next.clone();
        }
        client.call("ListResources", &input).expect("a page")
    };
    let (mut seen, mut next) = (Vec::new(), None);
    loop {
        let page = page(next.as_ref());
        seen.extend(
            page["ResourceDescriptions"].as_array().expect("a list").iter().map(|found| found["Identifier"].clone()),
        );
        next = page.get("NextToken").cloned();
        if next.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["/p/0", "/p/1", "/p/2", "/p/3", "/p/4"]);

    let filtered = json!({"TypeName": "AWS::SSM::Parameter", "ResourceModel": r#"{"Name": "/p/3"}"#});
    let found = client.call("ListResources", &filtered).expect("a page");
    assert_eq!(found["ResourceDescriptions"].as_array().map(Vec::len), Some(1));
    let elsewhere = Client { region: "us-west-2", ..client };
    let none = elsewhere.call("ListResources", &json!({"TypeName": "AWS::SSM::Parameter"})).expect("a page");
    assert_eq!(none["ResourceDescriptions"], json!([]));
}

#[test]
fn requests_are_listed_by_what_they_do_and_how_they_are() {
    let client = Client::new("slow=9");
    client.create(GROUP, &json!({"LogGroupName": "a"}), "t1");
    client.create(GROUP, &json!({"LogGroupName": "b"}), "t2");
    let count = |filter: Json| {
        let answer = client.call("ListResourceRequests", &json!({"ResourceRequestStatusFilter": filter}));
        answer.expect("a page")["ResourceRequestStatusSummaries"].as_array().map(Vec::len)
    };
    assert_eq!(count(json!({"Operations": ["CREATE"], "OperationStatuses": ["PENDING"]})), Some(2));
    assert_eq!(count(json!({"Operations": ["DELETE"]})), Some(0));
    assert_eq!(client.call("ListResourceRequests", &json!({})).map(|_| ()), Ok(()));
}

#[test]
fn a_write_only_property_is_never_returned_nor_kept_in_the_clear() {
    let client = Client::new("");
    let secret = "AWS::SecretsManager::Secret";
    let id = client.made(secret, &json!({"Name": "word", "SecretString": "the-plain-word"}), "t1");
    let model = client.get(secret, &id).expect("there");
    assert!(model.get("SecretString").is_none(), "{model}");
    let patch = json!([{"op": "add", "path": "/SecretString", "value": "another-plain-word"}]);
    assert_eq!(client.ended(&client.update(secret, &id, &patch))["OperationStatus"], "SUCCESS");
    assert!(!format!("{:?}", client.simulated.resources()).contains("plain-word"));
}

#[test]
fn what_disturbs_a_call_is_told_and_what_was_done_is_done() {
    let group = json!({"TypeName": GROUP, "DesiredState": r#"{"LogGroupName": "x"}"#, "ClientToken": "t"});
    let check = |disturbances: &str, expect: &str, count: usize| {
        let client = Client::new(disturbances);
        assert_eq!(client.call("CreateResource", &group), Err(expect.to_owned()), "{disturbances}");
        assert_eq!(client.count(), count, "{disturbances}");
    };
    check("throttle=1", "ThrottlingException", 0);
    check("lost=1", "closed", 1);
    let done = (0..20).filter(|number| {
        let client = Client::new("error=1");
        let input = json!({"TypeName": GROUP, "DesiredState": "{}", "ClientToken": format!("t{number}")});
        assert_eq!(client.call("CreateResource", &input), Err("ServiceInternalErrorException".to_owned()));
        client.count() == 1
    });
    assert!((1..20).contains(&done.count()), "some are done and some are not");

    let client = Client::new("fail=1");
    let event = client.create(GROUP, &json!({"LogGroupName": "x"}), "t");
    let ended = client.ended(&event);
    assert_eq!(ended["OperationStatus"], "FAILED");
    assert!(ended.get("Identifier").is_none(), "{ended}");
    assert_eq!(client.count(), 0);
}

#[test]
fn a_new_resource_may_not_be_found_yet() {
    let client = Client::new("unseen=2");
    client.made(GROUP, &json!({"LogGroupName": "late"}), "t");
    let found: Vec<bool> = (0..3).map(|_| client.get(GROUP, "late").is_ok()).collect();
    assert_eq!(found, [false, false, true]);
}

#[test]
fn who_one_is_and_what_else_is_not_served() {
    let client = Client::new("");
    let ask = |service: &str, content_type: &str, body: &str| {
        let request = Request {
            target: None,
            authorization: Some(signed("cn-north-1", service)),
            content_type: Some(content_type.to_owned()),
            body: body.as_bytes().to_vec(),
        };
        match finish(client.cloud.answer(&request)) {
            Answer::Response(Response { status, body, .. }) => (status, body),
            Answer::Closed | Answer::Reset => panic!("closed"),
        }
    };
    let form = "application/x-www-form-urlencoded; charset=utf-8";
    let (status, body) = ask("sts", form, "Action=GetCallerIdentity&Version=2011-06-15");
    assert_eq!(status, 200);
    assert!(body.contains("<Account>123456789012</Account>") && body.contains("arn:aws-cn:iam::123456789012:user/"));
    for (service, content_type, body, begins) in [
        ("sts", form, "Action=AssumeRole", "<ErrorResponse>"),
        ("ec2", form, "Action=DescribeVpcs", "<Response><Errors>"),
        ("s3", "", "", "<Error>"),
    ] {
        let (status, body) = ask(service, content_type, body);
        assert!(
            status == 400 && body.starts_with(begins) && body.contains("UnsupportedOperation"),
            "{service}: {body}"
        );
    }
    let unsigned = Request { target: Some("CloudApiService.GetResource".to_owned()), ..Request::default() };
    assert_eq!(read(finish(client.cloud.answer(&unsigned))), Err("MissingAuthenticationToken".to_owned()));
}

struct Facts;

impl FactSource for Facts {
    fn facts(&self, type_name: &str) -> Option<Arc<TypeFacts>> {
        ironwright_aws::facts().facts(type_name)
    }
}

/// A clock that stands still.
struct Standing;

#[async_trait]
impl Clock for Standing {
    fn now(&self) -> u64 {
        1_767_225_600_000
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep(&self, _: Duration) {}
}

/// Polls `work`, which waits for nothing.
fn finish<T>(work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("it waits"),
    }
}
