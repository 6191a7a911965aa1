//! Reading mail: an ordinary one with an attachment, and ones that were written to be expensive.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use postroad::mime::read::{Encoding, read};

const TOP: &str = "From: a@green.example\r\nDate: Mon, 5 Jan 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\n";

fn multipart(boundary: &str) -> String {
    format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n")
}

fn base64(lines: usize) -> String {
    format!("{}\r\n", "QUJD".repeat(19)).repeat(lines)
}

/// A text, and a file of some megabytes.
fn attachment() -> String {
    let file = "--b\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    format!("{TOP}{}--b\r\n\r\nHello\r\n{file}{}--b--\r\n", multipart("b"), base64(50_000))
}

fn text() -> String {
    let line = "The quick brown fox jumps over the lazy dog, and does so for seventy bytes.\r\n";
    format!("{TOP}\r\n{}", line.repeat(50_000))
}

fn quoted() -> String {
    let line = "The quick br=C3=B6wn f=C3=B6x jumps over the lazy dog, =\r\nand does so.\r\n";
    format!("{TOP}Content-Transfer-Encoding: quoted-printable\r\n\r\n{}", line.repeat(50_000))
}

fn many_parts() -> String {
    let part = "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n";
    format!("{TOP}{}{}--b--\r\n", multipart("b"), part.repeat(100_000))
}

fn long_header() -> String {
    format!("{TOP}{}\r\n", "X-Field: value\r\n".repeat(650_000))
}

fn nested() -> String {
    let inner: String = (0..1_000).map(|n| format!("{}--b{n}\r\n", multipart(&format!("b{n}")))).collect();
    format!("{TOP}{inner}")
}

fn prefixes() -> String {
    let long = "b".repeat(99);
    let inner: String = (1..100).map(|n| format!("{}--{}\r\n", multipart(&long[..n]), &long[..n])).collect();
    format!("{TOP}{inner}\r\n{}", format!("--{long}b\r\n").repeat(50_000))
}

pub(super) fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("mime");
    group.sample_size(10);
    for (name, mail) in [
        ("text", text()),
        ("attachment", attachment()),
        ("quoted-printable", quoted()),
        ("100000-parts", many_parts()),
        ("10MB-header", long_header()),
        ("1000-deep", nested()),
        ("99-prefixes", prefixes()),
        ("10MB-of-CR", "\r".repeat(10_000_000)),
    ] {
        group.throughput(Throughput::Bytes(mail.len() as u64));
        group.bench_function(BenchmarkId::new("read", name), |b| b.iter(|| read(black_box(mail.as_bytes()))));
    }
    let body = base64(50_000);
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("decode-base64", |b| {
        b.iter(|| {
            let mut bytes = 0;
            Encoding::Base64.decode(black_box(body.as_bytes()), &mut |piece| bytes += piece.len());
            bytes
        });
    });
    group.finish();
}
