//! Files that are made up: of any size, and of the type that they claim to be.
//!
//! A photo opens in a viewer (one grey pixel and a long comment), a document is a page with nothing on it, a text has
//! lines; everything else is octets without a pattern, which nothing can compress.

use std::sync::Arc;

/// A file that is made up. The same size, type and seed give the same octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    head: Arc<[u8]>,
    filler: Filler,
    tail: Arc<[u8]>,
    size_bytes: u64,
    seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filler {
    /// Octets without a pattern.
    Noise,
    /// Lines of text.
    Lines,
    /// Lines that begin with a percent sign: comments in PDF.
    Comments,
    /// Comment segments (ITU-T T.81 §B.2.4.5), each of at most [`SEGMENT`] octets.
    Segments,
}

/// Length of a whole comment segment of JPEG, marker and length included. At most 65,537 are possible.
const SEGMENT: u64 = 60_000;
/// Marker and length of a segment.
const SEGMENT_HEAD: u64 = 4;

impl Sample {
    /// A file of this media type and size. One that is too small for its type is noise, see [`least`](Sample::least).
    #[must_use]
    pub fn new(media_type: &str, size_bytes: u64, seed: u64) -> Sample {
        let (head, filler, tail): (Vec<u8>, _, Vec<u8>) = match media_type {
            "image/jpeg" => (JPEG_HEAD.to_vec(), Filler::Segments, jpeg_tail()),
            "application/pdf" => pdf(size_bytes),
            _ if media_type.starts_with("text/") => (Vec::new(), Filler::Lines, Vec::new()),
            _ => (Vec::new(), Filler::Noise, Vec::new()),
        };
        let fits = (head.len() + tail.len()) as u64 <= size_bytes;
        if !fits {
            return Sample { head: Arc::from([]), filler: Filler::Noise, tail: Arc::from([]), size_bytes, seed };
        }
        Sample { head: head.into(), filler, tail: tail.into(), size_bytes, seed }
    }

    /// The smallest file of this media type.
    #[must_use]
    pub fn least(media_type: &str) -> u64 {
        let whole = match media_type {
            "image/jpeg" => JPEG_HEAD.len() + jpeg_tail().len(),
            "application/pdf" => {
                let (head, _, tail) = pdf(0);
                head.len() + tail.len()
            }
            _ => 0,
        };
        whole as u64
    }

    /// How many octets it has.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Writes the octets from `at` on over all of `out`.
    pub fn fill(&self, at: u64, out: &mut [u8]) {
        let head = self.head.len() as u64;
        let tail = self.size_bytes - self.tail.len() as u64;
        for (place, octet) in (at..).zip(out) {
            *octet = if place < head {
                self.head[place as usize]
            } else if place >= tail {
                self.tail.get((place - tail) as usize).copied().unwrap_or(0)
            } else {
                self.filling(place - head, tail - head)
            };
        }
    }

    /// The octet of the filler at `at`, of `len`.
    fn filling(&self, at: u64, len: u64) -> u8 {
        const LINE: &[u8; 66] = b"nothing is written here; it is only there so that there is more \r\n";
        match self.filler {
            Filler::Noise => self.noise(at),
            // The last line is cut at its beginning, so that its end is one.
            Filler::Lines => {
                let first = len % LINE.len() as u64;
                let place = if at < first { LINE.len() as u64 - first + at } else { (at - first) % LINE.len() as u64 };
                LINE[place as usize]
            }
            Filler::Comments => match (at % 64, at + 1 == len) {
                (63, _) | (_, true) => b'\n',
                (0, _) => b'%',
                _ => b' ',
            },
            Filler::Segments => {
                let (segment, place) = (at / SEGMENT, at % SEGMENT);
                let this = (len - segment * SEGMENT).min(SEGMENT);
                let length = this.saturating_sub(2);
                match place {
                    // Too short for a segment: fill bytes, of which any number may stand before a marker.
                    _ if this < SEGMENT_HEAD => 0xff,
                    0 => 0xff,
                    1 => 0xfe,
                    2 => (length >> 8) as u8,
                    3 => length as u8,
                    _ => self.noise(at),
                }
            }
        }
    }

    /// An octet without a pattern: the finaliser of SplitMix64 (Steele, Lea, Flood 2014) over seed and place.
    fn noise(&self, at: u64) -> u8 {
        let mut z = self.seed.wrapping_add((at / 8).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)).to_le_bytes()[(at % 8) as usize]
    }
}

/// Start of image, and the JFIF segment (ITU-T T.871 §10.1).
const JPEG_HEAD: [u8; 20] = [0xff, 0xd8, 0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0];

/// One grey pixel (ITU-T T.81): a table of ones, a frame of one by one, two codes, the scan, the end.
fn jpeg_tail() -> Vec<u8> {
    let mut tail = vec![0xff, 0xdb, 0, 67, 0];
    tail.extend([1; 64]);
    tail.extend([0xff, 0xc0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0]);
    for class in [0x00, 0x10] {
        // One code, of one bit, for the value 0: no difference, and the end of the block.
        tail.extend([0xff, 0xc4, 0, 20, class, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
    tail.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x3f, 0xff, 0xd9]);
    tail
}

/// A page with nothing on it (ISO 32000-1 §7.5), with room for comments behind the objects.
fn pdf(size_bytes: u64) -> (Vec<u8>, Filler, Vec<u8>) {
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    ];
    let mut head = b"%PDF-1.4\n".to_vec();
    let mut table = "xref\n0 4\n0000000000 65535 f \n".to_owned();
    for (number, object) in (1..).zip(objects) {
        table += &format!("{:010} 00000 n \n", head.len());
        head.extend(format!("{number} 0 obj\n{object}\nendobj\n").into_bytes());
    }
    table += "trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n";
    const END: usize = "0123456789\n%%EOF\n".len();
    let start = size_bytes.saturating_sub((table.len() + END) as u64);
    table += &format!("{start:010}\n%%EOF\n");
    (head, Filler::Comments, table.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(sample: &Sample) -> Vec<u8> {
        let mut out = vec![0; sample.size_bytes() as usize];
        sample.fill(0, &mut out);
        // Block by block it is the same.
        let mut again = vec![0; out.len()];
        for (n, block) in again.chunks_mut(7).enumerate() {
            sample.fill(7 * n as u64, block);
        }
        assert_eq!(out, again);
        out
    }

    #[test]
    fn a_photo_is_a_chain_of_segments_that_ends_in_a_scan() {
        for extra in (0..10).chain([59_999, 60_000, 60_001, 60_003, 60_004, 200_000]) {
            let size = Sample::least("image/jpeg") + extra;
            let octets = whole(&Sample::new("image/jpeg", size, 1));
            assert_eq!(octets[..2], [0xff, 0xd8]);
            let mut at = 2;
            let mut seen = Vec::new();
            loop {
                assert_eq!(octets[at], 0xff, "a marker at {at} of {size}");
                while octets[at] == 0xff {
                    at += 1;
                }
                let marker = octets[at];
                seen.push(marker);
                if marker == 0xda {
                    break;
                }
                at += 1 + usize::from(u16::from_be_bytes([octets[at + 1], octets[at + 2]]));
            }
            seen.retain(|marker| *marker != 0xfe);
            assert_eq!(seen, [0xe0, 0xdb, 0xc0, 0xc4, 0xc4, 0xda]);
            assert_eq!(octets[octets.len() - 2..], [0xff, 0xd9]);
        }
    }

    #[test]
    fn a_document_says_where_its_table_is() {
        for extra in [0, 1, 2, 63, 64, 65, 5000] {
            let size = Sample::least("application/pdf") + extra;
            let text = String::from_utf8(whole(&Sample::new("application/pdf", size, 1))).unwrap();
            let start: usize = text.lines().rev().nth(1).unwrap().parse().unwrap();
            assert!(text[start..].starts_with("xref\n"), "{extra}");
            let objects = text.lines().skip_while(|line| *line != "xref").skip(3).take(3);
            for (n, line) in (1..).zip(objects) {
                let at: usize = line[..10].parse().unwrap();
                assert!(text[at..].starts_with(&format!("{n} 0 obj")), "{line}");
            }
        }
    }

    #[test]
    fn texts_have_lines_and_noise_has_none() {
        for size in [0, 1, 2, 65, 66, 67, 1000] {
            let text = whole(&Sample::new("text/plain", size, 1));
            assert!(size < 2 || text.ends_with(b"\r\n"));
        }
        let noise = whole(&Sample::new("application/zip", 10_000, 7));
        let mut counts = [0; 256];
        noise.iter().for_each(|b| counts[usize::from(*b)] += 1);
        assert!(counts.iter().all(|n| (10..80).contains(n)), "{counts:?}");
        assert_ne!(noise, whole(&Sample::new("application/zip", 10_000, 8)));
    }
}
