//! What a client logs in with.

use std::sync::{Arc, OnceLock};

use super::apop;
use super::prepare::{PrepareError, prepare};
use super::scram::Derived;
use super::secret::Secret;

/// Name, password and whom to act as, all prepared (RFC 4013), so that no mechanism can fail over them. Copies share the
/// keys of SCRAM once they have been made, so a client that logs in often does the thousands of rounds once
/// (RFC 5802 §5.1, `i`).
#[derive(Clone, Debug)]
pub struct Login {
    user: String,
    password: Secret,
    authzid: String,
    keys: Arc<OnceLock<Remembered>>,
}

/// Keys, and what they were made with.
#[derive(Debug)]
struct Remembered {
    salt: Vec<u8>,
    iterations: u32,
    derived: Derived,
}

/// Why nobody can log in with this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// The name cannot be prepared.
    #[error("the user's name cannot be used: {0}")]
    User(PrepareError),
    /// The password cannot be prepared.
    #[error("the password cannot be used: {0}")]
    Password(PrepareError),
    /// The name of whom to act as cannot be prepared.
    #[error("the name of whom to act as cannot be used: {0}")]
    Authzid(PrepareError),
}

impl Login {
    /// Logs in as oneself.
    ///
    /// # Errors
    /// [`LoginError`].
    pub fn new(user: &str, password: &Secret) -> Result<Login, LoginError> {
        Ok(Login {
            user: prepare(user).map_err(LoginError::User)?.into_owned(),
            password: Secret::new(prepare(password.reveal()).map_err(LoginError::Password)?),
            authzid: String::new(),
            keys: Arc::default(),
        })
    }

    /// Acts as somebody else (RFC 4422 §2: the authorization identity), which PLAIN and SCRAM can ask for.
    ///
    /// # Errors
    /// [`LoginError::Authzid`].
    pub fn acting_as(self, authzid: &str) -> Result<Login, LoginError> {
        let authzid = prepare(authzid).map_err(LoginError::Authzid)?.into_owned();
        Ok(Login { authzid, ..self })
    }

    /// The prepared name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Whom to act as; empty: as oneself.
    #[must_use]
    pub fn authzid(&self) -> &str {
        &self.authzid
    }

    /// The digest that APOP sends for a timestamp, angle brackets included (RFC 1939 §7).
    #[must_use]
    pub fn apop_digest(&self, timestamp: &str) -> String {
        apop::digest(timestamp, self.password())
    }

    pub(super) fn password(&self) -> &str {
        self.password.reveal()
    }

    /// The keys for a salt and a number of rounds. The first that are asked for are remembered.
    pub(super) fn derived(&self, salt: &[u8], iterations: u32) -> Derived {
        let make = || Derived::new(self.password(), salt, iterations);
        let remembered = self.keys.get_or_init(|| Remembered { salt: salt.to_vec(), iterations, derived: make() });
        if remembered.salt == salt && remembered.iterations == iterations { remembered.derived.clone() } else { make() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_share_the_first_keys_and_others_are_made_anew() {
        let login = Login::new("user", &"pencil".into()).unwrap();
        let copy = login.clone();
        let first = login.derived(b"salt", 2);
        assert_eq!(first, Derived::new("pencil", b"salt", 2));
        assert_eq!(copy.keys.get().map(|keys| keys.iterations), Some(2));
        assert_eq!(copy.derived(b"salt", 3), Derived::new("pencil", b"salt", 3));
        assert_eq!(copy.derived(b"pepper", 2), Derived::new("pencil", b"pepper", 2));
        assert_eq!(copy.derived(b"salt", 2), first);
    }

    #[test]
    fn what_cannot_be_prepared_is_refused_and_nothing_secret_shows() {
        let new = |user, password: &str| Login::new(user, &password.into()).map(|login| login.user);
        assert_eq!(new("\u{2168}", "x"), Ok("IX".to_owned()));
        assert_eq!(new("", "x"), Err(LoginError::User(PrepareError::Empty)));
        assert_eq!(new("a\0", "x"), Err(LoginError::User(PrepareError::Forbidden)));
        assert_eq!(new("a", "x\0"), Err(LoginError::Password(PrepareError::Forbidden)));
        let login = Login::new("tim", &"tanstaaf".into()).unwrap();
        assert!(!format!("{login:?}").contains("tanstaaf"));
        assert_eq!(login.acting_as("").map(|_| ()), Err(LoginError::Authzid(PrepareError::Empty)));
    }
}
