//! What dialogues cannot say.
