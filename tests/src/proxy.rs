//! A proxy before an AWS that lets calls go wrong: their answers get lost, their connections break, they are refused, or the
//! process that makes them is killed.
//!
//! It speaks HTTP/1.1 without encryption, to any number of clients at once. What a call is, is told in `call`; what may
//! happen to one, in `fault`; `exchange` carries it there and back.

pub mod call;
mod exchange;
pub mod fault;
mod message;

use std::io::{self, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use call::{Action, Call};
use fault::{Fault, Place, Rule};
use message::Request;

/// A proxy that listens until it is dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

/// What its connections share.
struct Shared {
    upstream: String,
    rule: Option<Rule>,
    /// The process that is to be killed.
    victim: OnceLock<Pid>,
    is_over: AtomicBool,
    traffic: Mutex<Traffic>,
    /// Told whenever a call is no longer on its way.
    arrived: Condvar,
}

/// What went through so far.
#[derive(Default)]
struct Traffic {
    calls: Vec<Call>,
    /// How many of the calls change something.
    changes: usize,
    /// How many calls are on their way.
    under_way: usize,
    /// Whether the client was killed: what it has sent and what is not forwarded yet gets lost.
    is_dead: bool,
}

impl Proxy {
    /// A proxy on a free port of this machine, before `upstream`, which is `http://HOST:PORT`. `rule` says what goes wrong.
    pub fn start(upstream: &str, rule: Option<Rule>) -> io::Result<Self> {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into(), upstream, rule)
    }

    /// The same at `address`.
    pub fn start_at(address: SocketAddr, upstream: &str, rule: Option<Rule>) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let shared = Arc::new(Shared {
            upstream: upstream.trim_start_matches("http://").trim_end_matches('/').to_owned(),
            rule,
            victim: OnceLock::new(),
            is_over: AtomicBool::new(false),
            traffic: Mutex::default(),
            arrived: Condvar::new(),
        });
        let (address, serving) = (listener.local_addr()?, shared.clone());
        let listener = std::thread::spawn(move || serving.listen(&listener));
        Ok(Self { address, shared, listener: Some(listener) })
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Says which process [`Fault::Kill`] kills; with a negative number, which group of processes. The first word holds.
    pub fn aim(&self, process: i32) {
        let _ = self.shared.victim.set(Pid::from_raw(process));
    }

    /// Waits until no call is on its way: what a client that is gone has sent has arrived or is lost.
    pub fn settle(&self) {
        let traffic = self.shared.traffic();
        drop(self.shared.arrived.wait_while(traffic, |traffic| traffic.under_way > 0));
    }

    /// The calls so far, in the order in which they came.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.traffic().calls.clone()
    }
}

impl Drop for Proxy {
    /// Takes no more connections. Those that are open end with their clients.
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // The listener sees that it is over when it is woken.
        let is_woken = TcpStream::connect(self.address).is_ok();
        if let Some(listener) = self.listener.take().filter(|_| is_woken) {
            let _ = listener.join();
        }
    }
}

impl Shared {
    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(self: Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming().flatten() {
            if self.is_over.load(Ordering::SeqCst) {
                break;
            }
            let shared = self.clone();
            // A client that breaks off is no concern of the others.
            std::thread::spawn(move || drop(shared.serve(&client)));
        }
    }

    /// Serves one connection until its client has no more to say, or a fault ends it.
    fn serve(&self, client: &TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let mut reader = BufReader::new(client);
        while let Some(request) = message::read_request(&mut reader, client)? {
            let fault = self.enter(&request);
            let _leave = Leave(self);
            let goes_on = exchange::carry(self, client, &request, fault)?;
            if !goes_on || !request.stays_open() {
                break;
            }
        }
        Ok(())
    }

    /// Puts `request` on record. What goes wrong with it.
    fn enter(&self, request: &Request) -> Option<Fault> {
        let action = Action::of(request);
        let mut traffic = self.traffic();
        let number = traffic.calls.len() + 1;
        traffic.changes += usize::from(action.is_change);
        let place =
            if action.is_change { Place::Change(traffic.changes) } else { Place::Read(number - traffic.changes) };
        let fault = self.rule.as_ref().and_then(|rule| rule.fault_of(number, place));
        traffic.calls.push(Call { number, action: action.name, is_change: action.is_change, fault });
        traffic.under_way += 1;
        fault
    }

    /// Kills the client, which may have to be named first. What it has sent to others by then arrives; nothing else does.
    fn kill(&self) {
        let victim = self.victim.wait();
        let mut traffic = self.traffic();
        traffic.is_dead = true;
        // It may have ended by itself.
        let _ = kill(*victim, Signal::SIGKILL);
    }

    fn is_dead(&self) -> bool {
        self.traffic().is_dead
    }
}

/// Takes a call off the way, however it ended.
struct Leave<'a>(&'a Shared);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.traffic().under_way -= 1;
        self.0.arrived.notify_all();
    }
}
