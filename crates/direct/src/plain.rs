//! Calls to services whose SDKs are not compiled: signed and sent by what the other SDKs are made of, a document there and a
//! document back. The SDKs of Systems Manager and Secrets Manager would cost eighty CPU seconds more to build, for two calls; that of
//! ECR as much for three.

use std::error::Error;
use std::fmt;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_sdk_sts::error::{ErrorMetadata, ProvideErrorMetadata};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError, SensitiveOutput};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_types::SigningName;
use aws_types::region::SigningRegion;
use aws_types::service_config::ServiceConfigKey;
use ironwright_engine::{ErrorKind, ProviderError};
use serde_json::Value as Json;

use crate::error::{Intent, provider_error};
use crate::region;

/// A service of AWS.
pub(crate) struct Service {
    /// What the configuration calls it: `AWS_ENDPOINT_URL_SSM`.
    pub(crate) id: &'static str,
    /// What its signatures are called.
    pub(crate) name: &'static str,
    /// What its host is called, which is mostly the same.
    pub(crate) host: &'static str,
    /// What its requests are for.
    pub(crate) target: &'static str,
}

/// What a call is answered. It may hold a secret.
struct Content(Vec<u8>);

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(content)")
    }
}

/// An error that the service told.
#[derive(Debug)]
struct Refusal(ErrorMetadata);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Refusal {}

impl ProvideErrorMetadata for Refusal {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

/// Makes a call of AWS's JSON protocol, which changes nothing.
pub(crate) async fn json(
    config: &SdkConfig,
    service: &Service,
    operation: &'static str,
    request: &Json,
) -> Result<Json, ProviderError> {
    json_with(config, service, operation, request, Intent::Look).await
}

/// Makes a call of AWS's JSON protocol, which makes or changes something.
pub(crate) async fn json_change(
    config: &SdkConfig,
    service: &Service,
    operation: &'static str,
    request: &Json,
) -> Result<Json, ProviderError> {
    json_with(config, service, operation, request, Intent::Change).await
}

async fn json_with(
    config: &SdkConfig,
    service: &Service,
    operation: &'static str,
    request: &Json,
    intent: Intent,
) -> Result<Json, ProviderError> {
    let target = format!("{}.{operation}", service.target);
    let headers = [("content-type", "application/x-amz-json-1.1".to_owned()), ("x-amz-target", target)];
    let refusal = |body: &[u8]| {
        let document: Json = serde_json::from_slice(body).unwrap_or_default();
        let code = document.get("__type").and_then(Json::as_str).unwrap_or_default();
        let message = ["message", "Message"].iter().find_map(|name| document.get(name)?.as_str());
        metadata(code.rsplit('#').next(), message)
    };
    let call = Call { operation, headers: &headers, intent };
    let answer = send(config, service, call, request.to_string(), refusal).await?;
    serde_json::from_slice(&answer.0).map_err(|_| unreadable(operation))
}

/// Makes a call of EC2's query protocol, which changes nothing. The answer is XML.
pub(crate) async fn query(
    config: &SdkConfig,
    service: &Service,
    operation: &'static str,
    version: &str,
) -> Result<String, ProviderError> {
    let headers = [("content-type", "application/x-www-form-urlencoded".to_owned())];
    let refusal = |body: &[u8]| {
        let text = String::from_utf8_lossy(body);
        metadata(elements(&text, "Code").next(), elements(&text, "Message").next())
    };
    let request = format!("Action={operation}&Version={version}");
    let call = Call { operation, headers: &headers, intent: Intent::Look };
    let answer = send(config, service, call, request, refusal).await?;
    String::from_utf8(answer.0).map_err(|_| unreadable(operation))
}

/// The contents of the elements `name` that hold text alone.
pub(crate) fn elements<'a>(xml: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    let mut rest = xml;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once(&start)?;
        let (content, after) = after.split_once(&end)?;
        rest = after;
        Some(content)
    })
}

/// A call, without its body.
struct Call<'a> {
    operation: &'static str,
    headers: &'a [(&'static str, String)],
    intent: Intent,
}

async fn send(
    config: &SdkConfig,
    service: &Service,
    call: Call<'_>,
    body: String,
    refusal: fn(&[u8]) -> ErrorMetadata,
) -> Result<Content, ProviderError> {
    let Call { operation, intent, .. } = call;
    let headers = call.headers.to_vec();
    let write = move |body: String| {
        let request = http::Request::post("/").header("content-length", body.len());
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        Ok(HttpRequest::try_from(request.body(SdkBody::from(body))?)?)
    };
    let read = move |response: &HttpResponse| {
        let body = response.body().bytes().unwrap_or_default();
        if response.status().is_success() {
            return Ok(Content(body.to_vec()));
        }
        Err(OrchestratorError::operation(Refusal(refusal(body))))
    };
    let call = Operation::builder()
        .service_name(service.id)
        .operation_name(operation)
        .endpoint_url(&endpoint(config, service))
        .no_retry()
        .timeout_config(config.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled))
        .runtime_plugin(signed(config, service))
        .serializer(write)
        .deserializer::<Content, Refusal>(read)
        .build();
    Box::pin(call.invoke(body)).await.map_err(|error| provider_error(&error, intent))
}

/// What signs a request with the credentials of `config`.
fn signed(config: &SdkConfig, service: &Service) -> StaticRuntimePlugin {
    let mut layer = Layer::new("signed");
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    layer.store_put(SensitiveOutput);
    layer.store_put(SigV4OperationSigningConfig {
        region: config.region().cloned().map(SigningRegion::from),
        name: Some(SigningName::from_static(service.name)),
        ..SigV4OperationSigningConfig::default()
    });
    let mut components = RuntimeComponentsBuilder::new("signed")
        .with_auth_scheme(SigV4AuthScheme::new())
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
        .with_identity_cache(config.identity_cache());
    if let Some(credentials) = config.credentials_provider() {
        components.set_identity_resolver(SCHEME_ID, SharedIdentityResolver::new(credentials));
    }
    StaticRuntimePlugin::new().with_config(layer.freeze()).with_runtime_components(components)
}

/// Where the service is: where the configuration says, or where AWS has it.
fn endpoint(config: &SdkConfig, service: &Service) -> String {
    let key =
        ServiceConfigKey::builder().service_id(service.id).env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let of_service = || config.service_config()?.load_config(key.ok()?);
    let of_all = || config.endpoint_url().map(str::to_owned);
    let is_said_in_code = config.get_origin("endpoint_url").is_client_config();
    let configured = if is_said_in_code { of_all() } else { of_service().or_else(of_all) };
    let region = config.region().map(AsRef::as_ref).unwrap_or_default();
    configured.unwrap_or_else(|| format!("https://{}.{region}.{}", service.host, region::url_suffix(region)))
}

fn metadata(code: Option<&str>, message: Option<&str>) -> ErrorMetadata {
    let mut metadata = ErrorMetadata::builder();
    if let Some(code) = code.filter(|code| !code.is_empty()) {
        metadata = metadata.code(code);
    }
    if let Some(message) = message {
        metadata = metadata.message(message);
    }
    metadata.build()
}

fn unreadable(operation: &str) -> ProviderError {
    let message = format!("the answer of {operation} cannot be read");
    ProviderError::new(ErrorKind::OutcomeUnknown, "ResponseUnreadable", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_in_their_order() {
        let xml = "<set><item><zoneName>a</zoneName><messageSet/></item><item><zoneName>b</zoneName></item></set>";
        assert_eq!(elements(xml, "zoneName").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(elements(xml, "zone").next(), None);
    }
}
