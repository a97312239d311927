//! The cloud's side of the socket: it lives in the test's process and outlives every process that deploys to it.

use std::io;
use std::os::unix::net::UnixStream;

use ironwright::engine::{Create, Provider as _};
use ironwright::simulated::SimulatedCloud;

use super::block_on;
use super::wire::{self, Answer, Change, Message, Question};

/// What becomes of changes that were sent by a process that is dead before it heard of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The cloud carries them out, and nobody hears of it.
    CarriedOut,
    /// They never arrive.
    Lost,
}

/// Serves `cloud` on `stream` until the process at its other end is gone; then what it has sent meets its `fate`.
pub fn serve(cloud: &SimulatedCloud, mut stream: UnixStream, fate: Fate) {
    let mut sent: Vec<(u64, Change)> = Vec::new();
    while let Ok(message) = receive(&mut stream) {
        let answered = match message {
            Message::Ask(question) => wire::write(&mut stream, &block_on(answer(cloud, question))),
            Message::Send(number, change) => {
                sent.push((number, change));
                Ok(())
            }
            Message::LetGo(number) => {
                let position = sent.iter().position(|(sent, _)| *sent == number).expect("it was sent before");
                let (_, change) = sent.remove(position);
                wire::write(&mut stream, &block_on(carry_out(cloud, change)))
            }
        };
        if answered.is_err() {
            break;
        }
    }
    if fate == Fate::CarriedOut {
        for (_, change) in sent {
            block_on(carry_out(cloud, change));
        }
    }
}

fn receive(stream: &mut UnixStream) -> io::Result<Message> {
    let length = wire::arrival(stream)?;
    wire::read(stream, length)
}

async fn answer(cloud: &SimulatedCloud, question: Question) -> Answer {
    match question {
        Question::Surroundings(region) => Answer::Surroundings(cloud.surroundings(&region).await),
        Question::Read(requests) => Answer::Read(cloud.read(&requests).await),
        Question::Find(request) => Answer::Found(cloud.find(&request).await),
    }
}

async fn carry_out(cloud: &SimulatedCloud, change: Change) -> Answer {
    match change {
        Change::Create { address, type_name, region, token, properties } => {
            let properties = properties.resolved();
            Answer::Live(cloud.create(Create { address, type_name, region, properties, token }).await)
        }
        Change::Update { target, prior, properties } => {
            Answer::Live(cloud.update(target.update(prior, properties)).await)
        }
        Change::Delete(request) => Answer::Gone(cloud.delete(request).await),
    }
}
