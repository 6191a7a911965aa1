//! What a mail is made of, as records say it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A mail, or a part of one: an entity of RFC 2045 §2.4. What the mail says is shown as [`super::visible`] shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// How many others it is inside of: 0 is the mail itself.
    pub depth: u32,
    /// Type and subtype in lower case, such as `image/jpeg`.
    pub media_type: Arc<str>,
    /// The content transfer encoding (RFC 2045 §6), such as `base64`; `7bit` where none is named.
    pub encoding: Arc<str>,
    /// The name of the file that it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    /// Its body as it stands in the mail, in bytes.
    pub wire_bytes: u64,
    /// What the body stands for once the encoding is undone, in bytes; as many as it has, where it holds others.
    pub bytes: u64,
}

impl Entity {
    /// Whether it holds others, as its type says.
    #[must_use]
    pub fn is_container(&self) -> bool {
        self.media_type.starts_with("multipart/")
    }
}
