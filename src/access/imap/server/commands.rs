//! The table of commands: what may be said in which state (RFC 9051 §3, §6), apart from what it does.

use imap_codec::imap_types::command::CommandBody as Body;

use super::Session;
use super::extension::Extension;
use super::jobs::Telling;
use super::state::State;
use super::syntax::{self, Command, Head, name_of};
use crate::sim::Instant;
use crate::store::Desk;

/// When a command may be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// At any time.
    Always,
    /// Before anybody has logged in.
    NotAuthenticated,
    /// Behind that.
    Authenticated,
    /// While a folder is open.
    Selected,
}

/// All commands: when they may be said, and what the server has to offer for them.
const COMMANDS: [(&str, When, Option<Extension>); 34] = [
    ("CAPABILITY", When::Always, None),
    ("NOOP", When::Always, None),
    ("LOGOUT", When::Always, None),
    ("ID", When::Always, Some(Extension::Id)),
    ("STARTTLS", When::NotAuthenticated, None),
    ("AUTHENTICATE", When::NotAuthenticated, None),
    ("LOGIN", When::NotAuthenticated, None),
    ("ENABLE", When::Authenticated, Some(Extension::Enable)),
    ("SELECT", When::Authenticated, None),
    ("EXAMINE", When::Authenticated, None),
    ("CREATE", When::Authenticated, None),
    ("DELETE", When::Authenticated, None),
    ("RENAME", When::Authenticated, None),
    ("SUBSCRIBE", When::Authenticated, None),
    ("UNSUBSCRIBE", When::Authenticated, None),
    ("LIST", When::Authenticated, None),
    ("LSUB", When::Authenticated, None),
    ("NAMESPACE", When::Authenticated, Some(Extension::Namespace)),
    ("STATUS", When::Authenticated, None),
    ("APPEND", When::Authenticated, None),
    ("IDLE", When::Authenticated, Some(Extension::Idle)),
    ("GETQUOTA", When::Authenticated, Some(Extension::Quota)),
    ("GETQUOTAROOT", When::Authenticated, Some(Extension::Quota)),
    ("SETQUOTA", When::Authenticated, Some(Extension::Quota)),
    ("CHECK", When::Selected, None),
    ("CLOSE", When::Selected, None),
    ("UNSELECT", When::Selected, Some(Extension::Unselect)),
    ("EXPUNGE", When::Selected, None),
    ("SEARCH", When::Selected, None),
    ("FETCH", When::Selected, None),
    ("STORE", When::Selected, None),
    ("COPY", When::Selected, None),
    ("MOVE", When::Selected, Some(Extension::Move)),
    ("UID", When::Selected, None),
];

impl Session {
    /// Does what a command says, or says why not.
    pub(super) fn obey(&mut self, text: &[u8], now: Instant, desk: &mut Desk<'_>) {
        let Some(head) = Head::read(text) else { return self.blame("*", "Error in IMAP tag.") };
        if let Err(why) = self.may(&head) {
            return self.blame(head.tag, &why);
        }
        let names = self.enabled.names();
        let none = super::numbers::Numbers::default();
        let saved = self.state.selected().map_or(&none, |(_, selected)| &selected.saved);
        match syntax::read(text, names, saved) {
            Some(command) => {
                self.bad_commands = 0;
                self.act(head.tag, command, now, desk);
            }
            None => {
                let verb = head.verb.to_ascii_uppercase();
                let verb = String::from_utf8_lossy(&verb);
                self.blame(head.tag, &format!("Error in IMAP command {verb}: Invalid arguments."));
            }
        }
    }

    /// Whether the command may be said now.
    pub(super) fn may(&self, head: &Head<'_>) -> Result<(), String> {
        let known = COMMANDS.iter().find(|(verb, ..)| head.is(verb));
        let Some((verb, when, _)) = known.filter(|(.., needs)| needs.is_none_or(|needs| self.server.offers(needs)))
        else {
            return Err("Unknown command.".into());
        };
        let why = match (when, &self.state) {
            (When::NotAuthenticated, State::Authenticated(_) | State::Selected(..)) => "Already logged in.",
            (When::Authenticated | When::Selected, State::NotAuthenticated) => "Please login first.",
            (When::Selected, State::Authenticated(_)) => "No mailbox selected.",
            _ => return Ok(()),
        };
        Err(format!("Error in IMAP command {verb}: {why}"))
    }

    fn act(&mut self, tag: &str, command: Command, now: Instant, desk: &mut Desk<'_>) {
        match command {
            Command::Known { body, on_saved } => self.act_on_known(tag, body, on_saved, now, desk),
            Command::Authenticate { mechanism, initial } => self.authenticate(tag, &mechanism, initial.as_deref(), now),
            Command::Create { name, uses } => self.create_folder(tag, &name, &uses, desk),
            Command::List(list) => self.list(tag, &list, false, desk),
            Command::Lsub(list) => self.list(tag, &list, true, desk),
            Command::Status { name, items } => self.status(tag, &name, &items, desk),
            Command::Search(search) => self.search(tag, search, now, desk),
        }
    }

    fn act_on_known(&mut self, tag: &str, body: Body<'static>, on_saved: bool, now: Instant, desk: &mut Desk<'_>) {
        match body {
            Body::Capability => {
                self.say(&format!("CAPABILITY {}", self.capabilities()));
                self.complete(tag, Telling::ALL, "OK Capability completed.");
            }
            Body::Noop => self.complete(tag, Telling::ALL, "OK NOOP completed."),
            Body::Check => self.complete(tag, Telling::ALL, "OK Check completed."),
            Body::Logout => {
                self.say("BYE Logging out");
                self.reply(tag, "OK Logout completed.");
                self.close();
            }
            Body::Id { .. } => {
                self.say("ID (\"name\" \"Postroad\")");
                self.complete(tag, Telling::ALL, "OK ID completed.");
            }
            Body::StartTLS => self.start_tls(tag),
            Body::Login { username, password } => {
                self.login(tag, username.as_ref(), password.declassify().as_ref(), now);
            }
            Body::Enable { capabilities } => {
                let names: Vec<String> = capabilities.as_ref().iter().map(ToString::to_string).collect();
                self.enable(tag, &names, desk);
            }
            Body::Select { mailbox, parameters } => self.select(tag, &name_of(&mailbox), &parameters, false, desk),
            Body::Examine { mailbox, parameters } => self.select(tag, &name_of(&mailbox), &parameters, true, desk),
            Body::Unselect => self.close_folder(tag, false, desk),
            Body::Close => self.close_folder(tag, true, desk),
            Body::Delete { mailbox } => self.delete_folder(tag, &name_of(&mailbox), desk),
            Body::Rename { from, to } => self.rename_folder(tag, &name_of(&from), &name_of(&to), desk),
            Body::Subscribe { mailbox } => self.subscribe(tag, &name_of(&mailbox), true, desk),
            Body::Unsubscribe { mailbox } => self.subscribe(tag, &name_of(&mailbox), false, desk),
            Body::Namespace => {
                self.say("NAMESPACE ((\"\" \"/\")) NIL NIL");
                self.complete(tag, Telling::ALL, "OK Namespace completed.");
            }
            Body::Idle => self.begin_idle(tag),
            Body::Expunge => self.expunge(tag, None, desk),
            Body::ExpungeUid { sequence_set } if self.server.offers(Extension::UidPlus) => {
                let set = (!on_saved).then_some(sequence_set);
                self.expunge(tag, Some(set.as_ref()), desk);
            }
            Body::Fetch { sequence_set, macro_or_item_names, uid, modifiers } => {
                let set = (!on_saved).then_some(&sequence_set);
                self.begin_fetch(tag, set, macro_or_item_names, uid, &modifiers, desk);
            }
            Body::Store { sequence_set, kind, response, flags, uid, modifiers } => {
                let set = (!on_saved).then_some(&sequence_set);
                self.begin_store(tag, set, uid, (kind, response, &flags, &modifiers), desk);
            }
            Body::Copy { sequence_set, mailbox, uid } => {
                self.copy(tag, (!on_saved).then_some(&sequence_set), uid, &name_of(&mailbox), desk);
            }
            Body::Move { sequence_set, mailbox, uid } if self.server.offers(Extension::Move) => {
                self.r#move(tag, (!on_saved).then_some(&sequence_set), uid, &name_of(&mailbox), desk);
            }
            Body::GetQuota { root } => self.get_quota(tag, root.as_ref(), desk),
            Body::GetQuotaRoot { mailbox } => self.get_quota_root(tag, &name_of(&mailbox), desk),
            Body::SetQuota { .. } => self.complete(tag, Telling::ALL, "NO [NOPERM] Permission denied."),
            // Known to the codec, and to nobody here.
            _ => self.blame(tag, "Unknown command."),
        }
    }
}
