mod addresses;
mod dates;
mod golden;
mod hostile;
mod model;
mod properties;
mod searching;
mod sections;
mod standard;

use imap_codec::ResponseCodec;
use imap_codec::encode::Encoder;
use imap_codec::imap_types::core::Vec1;
use imap_codec::imap_types::fetch::MessageDataItem;
use imap_codec::imap_types::response::{Data, Response};

use super::*;
use crate::mime::Content;
use crate::octets::{Chunk, Rope};

fn reading(mail: &[u8]) -> Reading {
    Reading::new(&Content::scan(Rope::from(Chunk::text(mail.to_vec()))))
}

/// As it goes over the wire, without `* 1 FETCH (` and the end.
fn wire(item: MessageDataItem<'static>) -> Vec<u8> {
    let response = Response::Data(Data::Fetch { seq: 1.try_into().unwrap(), items: Vec1::from(item) });
    let encoded = ResponseCodec::new().encode(&response).dump();
    encoded.strip_prefix(b"* 1 FETCH (").unwrap().strip_suffix(b")\r\n").unwrap().to_vec()
}
