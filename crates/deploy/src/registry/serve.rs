//! Connections, and who answers which request.

use std::convert::Infallible;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::Shared;
use super::answer::{Answer, Refusal, bytes, with};
use super::path::Target;

/// Serves whoever connects, until it is dropped.
pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(connections.spawn(connection(stream, shared.clone()))),
            // The client has gone, or too many files are open: others are being closed.
            Err(_) => tokio::task::yield_now().await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(|request| {
        let shared = shared.clone();
        async move { Ok::<_, Infallible>(answer(&shared, request).await.unwrap_or_else(|refusal| refusal.answer())) }
    });
    // A connection that breaks is the client's to notice.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(shared: &Arc<Shared>, request: Request<Incoming>) -> Result<Answer, Refusal> {
    let path = request.uri().path();
    if matches!(path, "/v2/" | "/v2") && [Method::GET, Method::HEAD].contains(request.method()) {
        return Ok(bytes(with(StatusCode::OK).header("content-type", "application/json"), "{}"));
    }
    let target = Target::parse(path).ok_or_else(Refusal::unknown)?;
    let offered = shared.offers().get(target.key).cloned();
    if let Some(offered) = offered {
        return offered.answer(&shared.store, request.method(), target.what, request.headers());
    }
    if shared.pushes.is_key(target.key) {
        return shared.pushes.answer(&shared.store, request).await;
    }
    Err(Refusal::unknown())
}
