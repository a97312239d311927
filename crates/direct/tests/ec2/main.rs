//! The provider on EC2's API against a server of the tests' own: what is sent, how often, and what is made of the answers.
#![cfg(feature = "ec2")]

mod doubt;
mod golden;
mod reading;
mod server;
mod updates;
