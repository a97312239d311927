//! Whole sessions on AWS, as moto has it: the examples are planned, applied, changed, replaced, repaired after others
//! changed and deleted what they made, imported and destroyed. What is there is counted by an independent script.
//!
//! moto does what AWS does, with exceptions: it cannot change user data, and keeps what a machine had when it is
//! terminated.
#![cfg(feature = "aws-ec2")]

mod first_server;
mod network;
mod others;
mod place;
