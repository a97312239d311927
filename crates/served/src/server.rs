//! HTTP: a listener, and what of its requests goes to the cloud. Nothing of the protocols is known here.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderName;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::cloud::Cloud;
use crate::exchange::{Answer, Request, Response};

/// The longest body that is read, in bytes: a document of Cloud Control's longest, escaped.
const LONGEST_BODY: usize = 1024 * 1024;

/// A cloud that listens.
pub struct Server {
    listener: TcpListener,
    cloud: Arc<Cloud>,
}

impl Server {
    /// Listens at `address`; with port 0, at a free one.
    pub async fn bind(address: SocketAddr, cloud: Cloud) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await?, cloud: Arc::new(cloud) })
    }

    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `end`.
    pub async fn serve(self, end: impl Future<Output = ()>) {
        tokio::pin!(end);
        loop {
            tokio::select! {
                () = &mut end => return,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => drop(tokio::spawn(connection(stream, Arc::clone(&self.cloud)))),
                    // The client has gone, or too many files are open: others are being closed.
                    Err(_) => tokio::task::yield_now().await,
                },
            }
        }
    }
}

async fn connection(stream: TcpStream, cloud: Arc<Cloud>) {
    // A second handle: by the time that a reset is due, the first is hyper's.
    let Ok((stream, breaker)) = twice(stream) else { return };
    let service = service_fn(|request| {
        let (cloud, breaker) = (Arc::clone(&cloud), &breaker);
        async move { answer(&cloud, request, breaker).await }
    });
    let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A connection that breaks is the client's to notice.
    let _ = connection.await;
}

fn twice(stream: TcpStream) -> io::Result<(TcpStream, TcpStream)> {
    let first = stream.into_std()?;
    let second = first.try_clone()?;
    Ok((TcpStream::from_std(first)?, TcpStream::from_std(second)?))
}

/// The answer to a request; an error closes the connection without one.
async fn answer(
    cloud: &Cloud,
    request: hyper::Request<Incoming>,
    breaker: &TcpStream,
) -> io::Result<hyper::Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let header = |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let target = header(HeaderName::from_static("x-amz-target"));
    let (authorization, content_type) = (header(hyper::header::AUTHORIZATION), header(hyper::header::CONTENT_TYPE));
    let body = Limited::new(body, LONGEST_BODY).collect().await.map_err(io::Error::other)?.to_bytes().to_vec();
    match cloud.answer(&Request { target, authorization, content_type, body }).await {
        Answer::Response(response) => http(response),
        Answer::Closed => Err(io::ErrorKind::ConnectionAborted.into()),
        Answer::Reset => {
            // Closed with nothing lingering, a connection is reset.
            breaker.set_zero_linger()?;
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
}

fn http(response: Response) -> io::Result<hyper::Response<Full<Bytes>>> {
    let builder = hyper::Response::builder().status(response.status).header("content-type", response.content_type);
    let builder = match &response.error_type {
        Some(error_type) => builder.header("x-amzn-errortype", error_type),
        None => builder,
    };
    builder.body(Full::new(Bytes::from(response.body))).map_err(io::Error::other)
}
