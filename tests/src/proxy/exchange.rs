//! One call, there and back, with what goes wrong on the way.

use std::io::{self, BufReader, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use socket2::SockRef;

use super::Shared;
use super::call::Dialect;
use super::fault::{Fault, When};
use super::message::{Answer, Request, read_answer};

/// Carries `request` to the AWS behind the proxy, and the answer to `client`. Whether the connection goes on.
pub(super) fn carry(
    shared: &Shared,
    mut client: &TcpStream,
    request: &Request,
    fault: Option<Fault>,
) -> io::Result<bool> {
    match fault {
        Some(Fault::Reset) => return reset(client),
        Some(Fault::Throttle) => return refuse(client, request).map(|()| true),
        Some(Fault::Kill(When::Before)) => shared.kill(),
        Some(Fault::Delay(When::Before, duration)) => wait(duration),
        _ => {}
    }
    if shared.is_dead() {
        return Ok(false);
    }
    let mut answer = forward(&shared.upstream, request);
    match fault {
        Some(Fault::Lose) => {
            client.shutdown(Shutdown::Both)?;
            return Ok(false);
        }
        Some(Fault::Fail) => answer = failure(request),
        Some(Fault::Kill(When::After)) => shared.kill(),
        Some(Fault::Delay(When::After, duration)) => wait(duration),
        _ => {}
    }
    if shared.is_dead() {
        return Ok(false);
    }
    client.write_all(&answer.wire()).map(|()| true)
}

/// The answer of `upstream`; where it gives none, one that says so.
fn forward(upstream: &str, request: &Request) -> Answer {
    let exchange = || {
        let mut stream = TcpStream::connect(upstream)?;
        stream.set_nodelay(true)?;
        stream.write_all(&request.wire())?;
        read_answer(&mut BufReader::new(stream), &request.method)
    };
    exchange().unwrap_or_else(|error| Answer::new(502, ("text/plain", format!("{upstream} gives no answer: {error}"))))
}

/// Ends the connection by a reset: what lies in its buffers is lost on both sides.
fn reset(client: &TcpStream) -> io::Result<bool> {
    // Without time to linger, closing resets. Another handle is all that is left to close.
    SockRef::from(client).set_linger(Some(Duration::ZERO))?;
    Ok(false)
}

fn refuse(mut client: &TcpStream, request: &Request) -> io::Result<()> {
    let dialect = Dialect::of(request);
    let (status, code) = dialect.throttled();
    client.write_all(&Answer::new(status, dialect.error(code, "Request limit exceeded.")).wire())
}

fn failure(request: &Request) -> Answer {
    let dialect = Dialect::of(request);
    let (status, code) = dialect.failed();
    Answer::new(status, dialect.error(code, "An internal error has occurred."))
}

#[expect(clippy::disallowed_methods, reason = "the call is to be late by the real clock")]
fn wait(duration: Duration) {
    std::thread::sleep(duration);
}
