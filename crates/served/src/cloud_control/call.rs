//! What a client asks for: the operations of the protocol and their inputs, read from their documents.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use ironwright_core::facts::TypeFacts;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::handler::Order;
use super::identifier;
use super::pages::Wanted;
use crate::problem::Problem;

/// The longest document of properties or of a patch, in bytes.
const LONGEST_DOCUMENT: usize = 256 * 1024;
/// The longest token.
const LONGEST_TOKEN: usize = 128;

/// A call, and the region it is for.
pub(crate) struct Call {
    pub(super) region: String,
    pub(super) ask: Ask,
}

/// What is asked for.
pub(super) enum Ask {
    Submit(Submission),
    Get(GetResource),
    List(ListResources),
    Status(OfRequest),
    Cancel(OfRequest),
    ListRequests(ListResourceRequests),
}

/// A request to create, change or delete a resource.
#[derive(Deserialize, Hash)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Submission {
    #[serde(skip)]
    pub(super) operation: Operation,
    pub(super) type_name: String,
    pub(super) client_token: Option<String>,
    identifier: Option<String>,
    desired_state: Option<String>,
    patch_document: Option<String>,
}

/// What a request does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    #[default]
    Create,
    Update,
    Delete,
}

/// `GetResource`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetResource {
    pub(super) type_name: String,
    pub(super) identifier: String,
}

/// `ListResources`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListResources {
    pub(super) type_name: String,
    resource_model: Option<String>,
    #[serde(flatten)]
    pub(super) page: Wanted,
}

/// `GetResourceRequestStatus` and `CancelResourceRequest`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfRequest {
    pub(super) request_token: String,
}

/// `ListResourceRequests`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListResourceRequests {
    #[serde(default, rename = "ResourceRequestStatusFilter")]
    pub(super) filter: RequestFilter,
    #[serde(flatten)]
    pub(super) page: Wanted,
}

/// Which requests are listed; nothing named is all.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct RequestFilter {
    operations: Vec<String>,
    operation_statuses: Vec<String>,
}

impl Call {
    /// The call of `operation`, with its input in `body`.
    pub(crate) fn read(operation: &str, region: &str, body: &[u8]) -> Result<Self, Problem> {
        let ask = match operation {
            "CreateResource" => Ask::Submit(Submission::read(Operation::Create, body)?),
            "UpdateResource" => Ask::Submit(Submission::read(Operation::Update, body)?),
            "DeleteResource" => Ask::Submit(Submission::read(Operation::Delete, body)?),
            "GetResource" => Ask::Get(input(body)?),
            "ListResources" => Ask::List(input(body)?),
            "GetResourceRequestStatus" => Ask::Status(input(body)?),
            "CancelResourceRequest" => Ask::Cancel(input(body)?),
            "ListResourceRequests" => Ask::ListRequests(input(body)?),
            other => return Err(Problem::not_served(&format!("the operation {other}"))),
        };
        let call = Self { region: region.to_owned(), ask };
        call.type_name().map_or(Ok(()), checked_type_name)?;
        Ok(call)
    }

    /// The operation, for telling calls apart.
    pub(crate) fn operation(&self) -> &'static str {
        match &self.ask {
            Ask::Submit(submission) => submission.operation.name(),
            Ask::Get(_) => "Get",
            Ask::List(_) => "List",
            Ask::Status(_) => "Status",
            Ask::Cancel(_) => "Cancel",
            Ask::ListRequests(_) => "ListRequests",
        }
    }

    /// What it is about, for telling calls of one operation apart.
    pub(crate) fn subject(&self) -> Cow<'_, str> {
        match &self.ask {
            Ask::Submit(submission) => {
                let name = submission.identifier.as_ref().or(submission.client_token.as_ref());
                name.unwrap_or(&submission.type_name).into()
            }
            Ask::Get(wanted) => wanted.identifier.as_str().into(),
            Ask::List(wanted) => wanted.type_name.as_str().into(),
            Ask::Status(wanted) | Ask::Cancel(wanted) => wanted.request_token.as_str().into(),
            Ask::ListRequests(_) => "".into(),
        }
    }

    fn type_name(&self) -> Option<&str> {
        match &self.ask {
            Ask::Submit(submission) => Some(&submission.type_name),
            Ask::Get(wanted) => Some(&wanted.type_name),
            Ask::List(wanted) => Some(&wanted.type_name),
            Ask::Status(_) | Ask::Cancel(_) | Ask::ListRequests(_) => None,
        }
    }
}

impl Operation {
    /// Its name in events.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

impl Submission {
    fn read(operation: Operation, body: &[u8]) -> Result<Self, Problem> {
        let submission = Self { operation, ..input(body)? };
        let is_token = |token: &String| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-+/=".contains(&byte);
            (1..=LONGEST_TOKEN).contains(&token.len()) && token.bytes().all(is_plain)
        };
        if !submission.client_token.as_ref().is_none_or(is_token) {
            return Err(Problem::invalid("ClientToken must match [-A-Za-z0-9+/=]+ and have 1 to 128 characters"));
        }
        Ok(submission)
    }

    /// What tells it from another request under the same client token. Its documents, which may hold secrets, are not
    /// kept.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    /// The identifier it names.
    pub(super) fn identifier(&self) -> Option<&str> {
        self.identifier.as_deref()
    }

    /// What is to be done.
    pub(super) fn order(&self, facts: &TypeFacts) -> Result<Order, Problem> {
        let identifier = || self.identifier.as_deref().ok_or_else(|| missing("Identifier"));
        let identifier = || identifier().map(|text| identifier::plain(facts, text).into_owned());
        match self.operation {
            Operation::Create => {
                let desired = document(self.desired_state.as_deref(), "DesiredState")?;
                Ok(Order::Create { desired: Json::Object(object(desired, "DesiredState")?) })
            }
            Operation::Update => {
                let patch = document(self.patch_document.as_deref(), "PatchDocument")?;
                let patch = serde_json::from_value(patch);
                let patch = patch.map_err(|error| invalid(format!("PatchDocument is no JSON patch: {error}")))?;
                Ok(Order::Update { identifier: identifier()?, patch })
            }
            Operation::Delete => Ok(Order::Delete { identifier: identifier()? }),
        }
    }
}

impl ListResources {
    /// The properties that are listed only where they have these values.
    pub(super) fn filter(&self) -> Result<Map<String, Json>, Problem> {
        match &self.resource_model {
            Some(text) => object(document(Some(text), "ResourceModel")?, "ResourceModel"),
            None => Ok(Map::new()),
        }
    }
}

impl RequestFilter {
    /// Whether the request of this event is listed.
    pub(super) fn takes(&self, event: &Json) -> bool {
        let named = |names: &[String], key: &str| names.is_empty() || names.iter().any(|name| event[key] == **name);
        named(&self.operations, "Operation") && named(&self.operation_statuses, "OperationStatus")
    }
}

fn input<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::invalid(format!("the input cannot be read: {error}")))
}

fn missing(name: &str) -> Problem {
    Problem::invalid(format!("{name} must not be missing"))
}

fn invalid(message: String) -> Problem {
    Problem::new("InvalidRequestException", message)
}

fn document(text: Option<&str>, name: &str) -> Result<Json, Problem> {
    let text = text.ok_or_else(|| missing(name))?;
    if text.len() > LONGEST_DOCUMENT {
        return Err(Problem::invalid(format!("{name} is longer than {LONGEST_DOCUMENT} bytes")));
    }
    serde_json::from_str(text).map_err(|error| invalid(format!("{name} is no JSON document: {error}")))
}

fn object(document: Json, name: &str) -> Result<Map<String, Json>, Problem> {
    match document {
        Json::Object(entries) => Ok(entries),
        _ => Err(invalid(format!("{name} is no JSON object"))),
    }
}

fn checked_type_name(name: &str) -> Result<(), Problem> {
    let is_part = |part: &str| (2..=64).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let parts: Vec<&str> = name.split("::").collect();
    if parts.len() == 3 && parts.into_iter().all(is_part) {
        return Ok(());
    }
    Err(Problem::invalid(format!("TypeName '{name}' is not of the form Organization::Service::Resource")))
}
