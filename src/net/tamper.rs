//! Somebody on a line who writes over what passes.

use std::sync::Arc;

use super::packet::Body;
use crate::octets::{Chunk, Rope};

/// What somebody on a line looks for in each packet, and what he writes over it.
///
/// Both have the same length: whoever puts in or takes out bytes must count for both ends of a connection from then on
/// (sequence numbers, RFC 9293 §3.4). What is cut in two by the border of a packet, he does not find. Checksums are made
/// good (a [capture](super::wire) has them right).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tamper {
    find: Arc<str>,
    put: Arc<str>,
}

impl Tamper {
    /// Who writes `put` over `find`; `None` where nothing is looked for, or the lengths are not the same.
    #[must_use]
    pub fn new(find: Arc<str>, put: Arc<str>) -> Option<Tamper> {
        (!find.is_empty() && find.len() == put.len()).then_some(Tamper { find, put })
    }

    /// What is looked for.
    #[must_use]
    pub fn find(&self) -> &Arc<str> {
        &self.find
    }

    /// What is written over it.
    #[must_use]
    pub fn put(&self) -> &Arc<str> {
        &self.put
    }

    /// Lets a packet pass.
    pub(super) fn pass(&self, body: &mut Body) {
        match body {
            Body::Tcp(segment) => {
                if let Some(bytes) = self.changed(segment.payload.to_vec()) {
                    let mut payload = Rope::new();
                    payload.push(Chunk::from(bytes));
                    segment.payload = payload;
                }
            }
            Body::Udp(datagram) => {
                if let Some(bytes) = self.changed(datagram.payload.to_vec()) {
                    datagram.payload = Chunk::from(bytes);
                }
            }
        }
    }

    /// The bytes as they go on; `None` where there is nothing to change.
    fn changed(&self, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
        let (find, put) = (self.find.as_bytes(), self.put.as_bytes());
        let (mut at, mut found) = (0, false);
        while let Some(window) = bytes.get_mut(at..at + find.len()) {
            if window == find {
                window.copy_from_slice(put);
                at += find.len();
                found = true;
            } else {
                at += 1;
            }
        }
        found.then_some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::packet::Datagram;
    use crate::net::tcp::Segment;

    fn passed(chunks: &[&str]) -> (String, usize) {
        let tamper = Tamper::new("STARTTLS".into(), "XXXXXXXA".into()).unwrap();
        let mut payload = Rope::new();
        chunks.iter().for_each(|chunk| payload.push(Chunk::copy_from(chunk.as_bytes())));
        let mut body = Body::Tcp(Segment { payload, ..Segment::default() });
        tamper.pass(&mut body);
        let Body::Tcp(segment) = body else { unreachable!() };
        (String::from_utf8(segment.payload.to_vec()).unwrap(), segment.payload.chunks().len())
    }

    #[test]
    fn it_is_found_wherever_it_stands_in_a_packet() {
        assert_eq!(passed(&["250-SIZE\r\n250 START", "TLS\r\n"]).0, "250-SIZE\r\n250 XXXXXXXA\r\n");
        assert_eq!(passed(&["STARTTLSSTARTTLS STARTTLS"]).0, "XXXXXXXAXXXXXXXA XXXXXXXA");
        assert_eq!(passed(&["STARTSTARTTLS"]).0, "STARTXXXXXXXA");
        for untouched in [&["starttls"][..], &["STARTTL"], &[""], &[]] {
            assert_eq!(passed(untouched).0, untouched.concat());
        }
        assert_eq!(passed(&["one", "two"]).1, 2, "what is not changed stays shared");
        let payload = Chunk::copy_from(b"STARTTLS");
        let mut body = Body::Udp(Datagram { source_port: 1, destination_port: 2, payload });
        Tamper::new("START".into(), "TRATS".into()).unwrap().pass(&mut body);
        assert!(matches!(body, Body::Udp(datagram) if &datagram.payload[..] == b"TRATSTLS"));
    }

    #[test]
    fn nothing_is_put_in_or_taken_out() {
        assert_eq!(Tamper::new("STARTTLS".into(), "".into()), None);
        assert_eq!(Tamper::new("".into(), "".into()), None);
    }
}
