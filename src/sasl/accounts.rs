//! Who may log in: names, passwords, and what SCRAM makes of them.
//!
//! Passwords are kept as they are, for CRAM-MD5 cannot be checked with anything less. The keys of SCRAM are made when they
//! are first needed, once for each account, for they take thousands of rounds.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::OnceLock;

use super::apop;
use super::prepare::{PrepareError, prepare};
use super::refusal::Refusal;
use super::scram::{Derived, Keys, MIN_ITERATIONS, hmac};
use super::secret::{Secret, same};

/// Octets of a salt that is made from the seed.
const SALT_OCTETS: usize = 16;

/// How SCRAM stores passwords.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScramConfig {
    /// From this and its name follows the salt of each account; also that of a name which has none, so that nobody learns
    /// from a salt whether there is an account.
    pub seed: Vec<u8>,
    /// Rounds of PBKDF2. A client here refuses fewer than [`MIN_ITERATIONS`].
    pub iterations: NonZeroU32,
}

impl Default for ScramConfig {
    fn default() -> ScramConfig {
        ScramConfig { seed: Vec::new(), iterations: NonZeroU32::new(MIN_ITERATIONS).unwrap_or(NonZeroU32::MIN) }
    }
}

/// Why an account cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// The name cannot be prepared.
    #[error("the user's name cannot be used: {0}")]
    User(PrepareError),
    /// The password cannot be prepared.
    #[error("the password cannot be used: {0}")]
    Password(PrepareError),
    /// There is one already: SASLprep may make one name of two.
    #[error("the user has an account already")]
    Taken,
    /// A salt that SCRAM cannot write (RFC 5802 §7).
    #[error("the salt is empty")]
    NoSalt,
}

/// All accounts of a server. Nothing changes in it while a run lasts, but for keys that are made when first needed: they
/// follow from what was there, so nobody can tell when that was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    scram: ScramConfig,
    /// By prepared name.
    accounts: BTreeMap<String, Account>,
}

#[derive(Clone, Debug)]
struct Account {
    /// Prepared.
    password: Secret,
    salt: Vec<u8>,
    keys: OnceLock<Keys>,
}

/// Keys follow from the rest.
impl PartialEq for Account {
    fn eq(&self, other: &Account) -> bool {
        (&self.password, &self.salt) == (&other.password, &other.salt)
    }
}

impl Eq for Account {}

impl Accounts {
    /// Nobody yet.
    #[must_use]
    pub fn new(scram: ScramConfig) -> Accounts {
        Accounts { scram, accounts: BTreeMap::new() }
    }

    /// Adds an account, with a salt that follows from the seed.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn add(&mut self, user: &str, password: &Secret) -> Result<(), AccountError> {
        let salt = self.made_up_salt(&prepare(user).map_err(AccountError::User)?);
        self.add_with_salt(user, password, salt)
    }

    /// Adds an account with a salt of its own, as an example of an RFC has it.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn add_with_salt(&mut self, user: &str, password: &Secret, salt: Vec<u8>) -> Result<(), AccountError> {
        let user = prepare(user).map_err(AccountError::User)?.into_owned();
        let password = Secret::new(prepare(password.reveal()).map_err(AccountError::Password)?);
        if salt.is_empty() {
            return Err(AccountError::NoSalt);
        }
        if self.accounts.contains_key(&user) {
            return Err(AccountError::Taken);
        }
        self.accounts.insert(user, Account { password, salt, keys: OnceLock::new() });
        Ok(())
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.accounts.keys().map(String::as_str)
    }

    /// How many accounts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.accounts.len()
    }

    /// Whether nobody can log in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    /// Checks a password that was said in the open: by PLAIN, by LOGIN, or by a protocol's own command. Gives the name as the
    /// account has it.
    ///
    /// # Errors
    /// [`Refusal::Unprepared`], [`Refusal::UnknownUser`], [`Refusal::WrongPassword`].
    pub fn check(&self, user: &str, password: &str) -> Result<&str, Refusal> {
        let (name, account) = self.find(user)?;
        let password = prepare(password).map_err(|_| Refusal::Unprepared)?;
        if same(password.as_bytes(), account.password.reveal().as_bytes()) {
            Ok(name)
        } else {
            Err(Refusal::WrongPassword)
        }
    }

    /// Checks the digest that APOP sends for a timestamp, angle brackets included (RFC 1939 §7). Gives the name as the account has it.
    ///
    /// # Errors
    /// [`Refusal::Unprepared`], [`Refusal::UnknownUser`], [`Refusal::WrongPassword`].
    pub fn check_apop(&self, user: &str, timestamp: &str, digest: &str) -> Result<&str, Refusal> {
        let (name, account) = self.find(user)?;
        let expected = apop::digest(timestamp, account.password.reveal());
        if same(expected.as_bytes(), digest.as_bytes()) { Ok(name) } else { Err(Refusal::WrongPassword) }
    }

    /// Name and password of who calls itself `user`.
    pub(super) fn password(&self, user: &str) -> Result<(&str, &Secret), Refusal> {
        self.find(user).map(|(name, account)| (name, &account.password))
    }

    /// Salt and rounds of who calls itself `user`. One whom nobody knows gets a salt all the same: he is refused in the end,
    /// as one with the wrong password is.
    pub(super) fn salt(&self, user: &str) -> Result<(Vec<u8>, u32), Refusal> {
        let salt = match self.find(user) {
            Ok((_, account)) => account.salt.clone(),
            Err(Refusal::UnknownUser) => self.made_up_salt(&prepare(user).map_err(|_| Refusal::Unprepared)?),
            Err(refusal) => return Err(refusal),
        };
        Ok((salt, self.scram.iterations.get()))
    }

    /// Name and keys of who calls itself `user`. The keys are made when they are first asked for.
    pub(super) fn keys(&self, user: &str) -> Result<(&str, &Keys), Refusal> {
        let (name, account) = self.find(user)?;
        let make =
            || Derived::new(account.password.reveal(), &account.salt, self.scram.iterations.get()).keys().clone();
        Ok((name, account.keys.get_or_init(make)))
    }

    fn find(&self, user: &str) -> Result<(&str, &Account), Refusal> {
        let user = prepare(user).map_err(|_| Refusal::Unprepared)?;
        let found = self.accounts.get_key_value(&*user).ok_or(Refusal::UnknownUser)?;
        Ok((found.0, found.1))
    }

    fn made_up_salt(&self, prepared_user: &str) -> Vec<u8> {
        hmac(&self.scram.seed, prepared_user.as_bytes())[..SALT_OCTETS].to_vec()
    }
}

/// Whether `user`, as its account has it, may act as `authzid`: as itself only, named or not. An identity that cannot be
/// prepared fails, but for the empty one (RFC 4954 §4).
pub(super) fn may_act_as(user: &str, authzid: &str) -> Result<(), Refusal> {
    if authzid.is_empty() {
        return Ok(());
    }
    let authzid = prepare(authzid).map_err(|_| Refusal::Unprepared)?;
    if authzid == user { Ok(()) } else { Err(Refusal::NotPermitted) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> Accounts {
        let mut accounts = Accounts::new(ScramConfig::default());
        accounts.add("tim", &"tanstaaftanstaaf".into()).unwrap();
        accounts.add("IX", &"sesame\u{A0}open".into()).unwrap();
        accounts
    }

    #[test]
    fn passwords_are_compared_as_prepared() {
        let accounts = accounts();
        let cases: &[(&str, &str, Result<&str, Refusal>)] = &[
            ("tim", "tanstaaftanstaaf", Ok("tim")),
            ("\u{2168}", "sesame open", Ok("IX")),
            ("tim", "tanstaaf", Err(Refusal::WrongPassword)),
            ("Tim", "tanstaaftanstaaf", Err(Refusal::UnknownUser)),
            ("tim\0", "tanstaaftanstaaf", Err(Refusal::Unprepared)),
            ("", "", Err(Refusal::Unprepared)),
            ("tim", "", Err(Refusal::Unprepared)),
        ];
        for (user, password, expected) in cases {
            assert_eq!(accounts.check(user, password), *expected, "{user:?} {password:?}");
        }
    }

    #[test]
    fn a_digest_of_apop_belongs_to_its_timestamp() {
        let mut accounts = accounts();
        accounts.add("mrose", &"tanstaaf".into()).unwrap();
        let digest = "c4c9334bac560ecc979e58001b3e22fb";
        let check = |user, timestamp| accounts.check_apop(user, timestamp, digest);
        assert_eq!(check("mrose", "<1896.697170952@dbc.mtview.ca.us>"), Ok("mrose"));
        assert_eq!(check("mrose", "<1896.697170953@dbc.mtview.ca.us>"), Err(Refusal::WrongPassword));
        assert_eq!(check("tim", "<1896.697170952@dbc.mtview.ca.us>"), Err(Refusal::WrongPassword));
        assert_eq!(check("nobody", "<1896.697170952@dbc.mtview.ca.us>"), Err(Refusal::UnknownUser));
    }

    #[test]
    fn keys_are_made_once_and_salts_do_not_tell_who_is_there() {
        let accounts = accounts();
        assert!(accounts.accounts["tim"].keys.get().is_none());
        let first: *const Keys = accounts.keys("tim").unwrap().1;
        assert!(std::ptr::eq(first, accounts.keys("tim").unwrap().1));
        assert_eq!(accounts.keys("nobody").map(|_| ()), Err(Refusal::UnknownUser));

        let salts: Vec<_> = ["tim", "IX", "nobody", "noone"].map(|user| accounts.salt(user).unwrap()).into();
        for (at, (salt, iterations)) in salts.iter().enumerate() {
            assert_eq!((salt.len(), *iterations), (SALT_OCTETS, 4096));
            assert!(salts[..at].iter().all(|(other, _)| other != salt), "each has its own");
        }
        assert_eq!(accounts.salt("nobody"), accounts.salt("nob\u{AD}ody"));
        let other = Accounts::new(ScramConfig { seed: b"other".to_vec(), ..ScramConfig::default() });
        assert_ne!(accounts.salt("nobody"), other.salt("nobody"));
    }

    #[test]
    fn what_cannot_be_an_account() {
        let mut accounts = accounts();
        assert_eq!(accounts.add("", &"x".into()), Err(AccountError::User(PrepareError::Empty)));
        assert_eq!(accounts.add("a\0b", &"x".into()), Err(AccountError::User(PrepareError::Forbidden)));
        assert_eq!(accounts.add("bob", &"".into()), Err(AccountError::Password(PrepareError::Empty)));
        assert_eq!(accounts.add("t\u{AD}im", &"x".into()), Err(AccountError::Taken));
        assert_eq!(accounts.add_with_salt("bob", &"x".into(), Vec::new()), Err(AccountError::NoSalt));
        assert_eq!((accounts.len(), accounts.is_empty()), (2, false));
    }

    #[test]
    fn one_acts_as_oneself() {
        assert_eq!(may_act_as("tim", ""), Ok(()));
        assert_eq!(may_act_as("tim", "tim"), Ok(()));
        assert_eq!(may_act_as("tim", "t\u{AD}im"), Ok(()));
        assert_eq!(may_act_as("tim", "root"), Err(Refusal::NotPermitted));
        assert_eq!(may_act_as("tim", "\u{AD}"), Err(Refusal::Unprepared));
    }

    #[test]
    fn nothing_secret_shows() {
        let accounts = accounts();
        accounts.keys("tim").unwrap();
        let shown = format!("{accounts:?}");
        assert!(shown.contains("tim") && shown.contains("Keys(***)"), "{shown}");
        assert!(!shown.contains("tanstaaf") && !shown.contains("sesame"), "{shown}");
    }
}
