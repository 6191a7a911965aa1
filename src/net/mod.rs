//! Hosts, routers and links; packets, UDP and TCP. It carries bytes and knows no mail.

pub mod tcp;
