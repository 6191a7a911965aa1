//! Colours. The hues are those of Okabe and Ito, which people with any common kind of colour-blindness can tell apart;
//! pictures never rely on them alone.

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rgb(pub(crate) u8, pub(crate) u8, pub(crate) u8);

pub(crate) const PAPER: Rgb = Rgb(0xff, 0xff, 0xff);
pub(crate) const FRAME: Rgb = Rgb(0xd9, 0xde, 0xe5);
pub(crate) const INK: Rgb = Rgb(0x16, 0x1d, 0x27);
pub(crate) const MUTED: Rgb = Rgb(0x55, 0x60, 0x6e);
pub(crate) const FAINT: Rgb = Rgb(0x9a, 0xa5, 0xb3);
pub(crate) const LIFELINE: Rgb = Rgb(0xb4, 0xbd, 0xc9);
pub(crate) const BAND: Rgb = Rgb(0xf1, 0xf4, 0xf8);
pub(crate) const TUBE: Rgb = Rgb(0xe3, 0xe7, 0xf6);
pub(crate) const CARD: Rgb = Rgb(0xf7, 0xf9, 0xfb);

pub(crate) const BLUE: Rgb = Rgb(0x00, 0x72, 0xb2);
pub(crate) const GREEN: Rgb = Rgb(0x00, 0x9e, 0x73);
pub(crate) const VERMILLION: Rgb = Rgb(0xd5, 0x5e, 0x00);
pub(crate) const PURPLE: Rgb = Rgb(0xcc, 0x79, 0xa7);
pub(crate) const ORANGE: Rgb = Rgb(0xe6, 0x9f, 0x00);
pub(crate) const SKY: Rgb = Rgb(0x56, 0xb4, 0xe9);
pub(crate) const YELLOW: Rgb = Rgb(0xf0, 0xe4, 0x42);
