//! Content on its way is read as its bytes are, wherever its chunks are cut.

use proptest::prelude::*;

use super::soup::soup;
use crate::mime::Content;
use crate::mime::read::{read, read_content};
use crate::octets::{Chunk, Rope};

/// Content that lies in chunks of these lengths, over and over.
fn content(mail: &[u8], cuts: &[usize]) -> Content {
    let (mut rope, mut rest) = (Rope::new(), mail);
    for cut in cuts.iter().chain(std::iter::repeat(&usize::MAX)) {
        let (piece, tail) = rest.split_at((*cut).min(rest.len()));
        rope.push(Chunk::copy_from(piece));
        rest = tail;
        if rest.is_empty() {
            break;
        }
    }
    Content::scan(rope)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn chunks_make_no_difference(mail in soup(), cuts in proptest::collection::vec(0_usize..80, 0..6)) {
        prop_assert_eq!(read_content(&content(&mail, &cuts)), read(&mail));
    }
}

#[test]
fn fields_in_front_of_a_mail_make_no_difference() {
    let mail = b"From: a@green.example\r\nDate: Mon, 5 Jan 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n\
                 Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b--\r\n";
    let received = b"Received: from a by b; Mon, 5 Jan 2026 09:00:00 +0000\r\n";
    let carried = content(mail, &[]).prepend(Chunk::from_static(received), true);
    let all = [&received[..], mail].concat();
    assert_eq!(carried.rope().chunks().len(), 2);
    assert_eq!(read_content(&carried), read(&all));
    assert_eq!(read_content(&carried).parts.len(), 2);
}
