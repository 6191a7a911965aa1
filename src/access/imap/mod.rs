#![allow(missing_docs)]
pub mod client;
pub mod server;
