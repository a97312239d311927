//! The `ironwright` binary on the program of a folder: what it prints, writes and returns is what the program itself does.

#![cfg(unix)]

mod odd;
mod project;
mod same;
mod secret;
