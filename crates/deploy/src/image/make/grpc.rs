//! gRPC, the side that answers: messages in frames of HTTP/2, and a status at the end.

use std::future::poll_fn;

use bytes::{Buf as _, Bytes, BytesMut};
use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use http::{HeaderMap, HeaderValue, Response};

/// The longest message that is taken: one of BuildKit's packets.
const LONGEST: usize = 16 * 1024 * 1024;

/// How a call ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// Well.
    Done,
    /// There is no such thing.
    NotFound,
    /// There is no such call.
    Unimplemented,
    /// For the reason that is said.
    Failed(String),
}

impl Status {
    fn headers(&self) -> HeaderMap {
        let code = match self {
            Self::Done => 0,
            Self::NotFound => 5,
            Self::Unimplemented => 12,
            Self::Failed(_) => 2,
        };
        let mut headers = HeaderMap::new();
        headers.insert("grpc-status", HeaderValue::from(code));
        if let Self::Failed(reason) = self
            && let Ok(reason) = HeaderValue::from_str(&reason.replace(['\r', '\n'], " "))
        {
            headers.insert("grpc-message", reason);
        }
        headers
    }
}

/// The messages of a call.
pub(super) struct Incoming {
    body: RecvStream,
    buffer: BytesMut,
}

impl Incoming {
    pub(super) fn new(body: RecvStream) -> Self {
        Self { body, buffer: BytesMut::new() }
    }

    /// The next message; nothing at the end, or where what comes is none.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, h2::Error> {
        loop {
            if let Some(header) = self.buffer.first_chunk::<5>() {
                let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]) as usize;
                if header[0] != 0 || length > LONGEST {
                    return Ok(None);
                }
                if self.buffer.len() >= 5 + length {
                    self.buffer.advance(5);
                    return Ok(Some(self.buffer.split_to(length).freeze()));
                }
            }
            let Some(data) = self.body.data().await else { return Ok(None) };
            let data = data?;
            self.body.flow_control().release_capacity(data.len())?;
            self.buffer.extend_from_slice(&data);
        }
    }
}

/// The answer to a call.
pub(super) struct Answer {
    stream: SendStream<Bytes>,
}

impl Answer {
    /// Begins the answer.
    pub(super) fn begin(mut respond: SendResponse<Bytes>) -> Result<Self, h2::Error> {
        Ok(Self { stream: respond.send_response(head(), false)? })
    }

    /// Sends a message, as fast as it is taken.
    pub(super) async fn send(&mut self, message: &[u8]) -> Result<(), h2::Error> {
        let mut frame = BytesMut::with_capacity(5 + message.len());
        frame.extend_from_slice(&[0]);
        frame.extend_from_slice(&u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
        frame.extend_from_slice(message);
        let mut frame = frame.freeze();
        while !frame.is_empty() {
            self.stream.reserve_capacity(frame.len());
            while self.stream.capacity() == 0 {
                match poll_fn(|task| self.stream.poll_capacity(task)).await {
                    Some(granted) => drop(granted?),
                    None => return Err(h2::Reason::CANCEL.into()),
                }
            }
            let length = self.stream.capacity().min(frame.len());
            self.stream.send_data(frame.split_to(length), false)?;
        }
        Ok(())
    }

    /// Ends the answer.
    pub(super) fn end(mut self, status: &Status) -> Result<(), h2::Error> {
        self.stream.send_trailers(status.headers())
    }
}

/// An answer that is a status alone.
pub(super) fn refuse(mut respond: SendResponse<Bytes>, status: &Status) -> Result<(), h2::Error> {
    let mut response = head();
    response.headers_mut().extend(status.headers());
    respond.send_response(response, true).map(drop)
}

fn head() -> Response<()> {
    let mut response = Response::new(());
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    response
}
