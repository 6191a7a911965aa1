//! Message content: header fields, composing, received fields, delivery reports (RFC 5322, 2045, 3464).
