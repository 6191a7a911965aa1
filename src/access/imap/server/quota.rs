//! How full the mailbox is (RFC 9208). It has one quota root, without a name, if it has a limit at all.

use super::Session;
use super::jobs::Telling;
use crate::store::Desk;

impl Session {
    /// GETQUOTA (§4.1.2).
    pub(super) fn get_quota(&mut self, tag: &str, root: &[u8], desk: &mut Desk<'_>) {
        if root.is_empty() && self.say_quota(desk) {
            self.complete(tag, Telling::ALL, "OK Getquota completed.");
        } else {
            self.complete(tag, Telling::ALL, "NO [NONEXISTENT] Quota root doesn't exist.");
        }
    }

    /// GETQUOTAROOT (§4.1.3).
    pub(super) fn get_quota_root(&mut self, tag: &str, name: &[u8], desk: &mut Desk<'_>) {
        let Some(mailbox) = self.state.mailbox() else { return };
        let names = self.enabled.names();
        let name = names.read(name);
        let Some(folder) = name.and_then(|name| desk.store.mailbox(mailbox).find(&name)) else {
            return self.complete(tag, Telling::ALL, "NO [NONEXISTENT] Mailbox doesn't exist.");
        };
        self.lines.extend_from_slice(b"* QUOTAROOT ");
        names.write(&mut self.lines, folder.name());
        let has_root = desk.store.mailbox(mailbox).quota_bytes().is_some();
        self.lines.extend_from_slice(if has_root { b" \"\"\r\n" } else { b"\r\n" });
        self.say_quota(desk);
        self.complete(tag, Telling::ALL, "OK Getquotaroot completed.");
    }

    /// `* QUOTA "" (STORAGE 10 512)`, in units of 1,024 octets (§5.1). Whether there is a limit.
    fn say_quota(&mut self, desk: &Desk<'_>) -> bool {
        let Some(mailbox) = self.state.mailbox().map(|id| desk.store.mailbox(id)) else { return false };
        let Some(limit) = mailbox.quota_bytes() else { return false };
        let (used, limit) = (mailbox.used_bytes().div_ceil(1024), limit / 1024);
        self.say(&format!("QUOTA \"\" (STORAGE {used} {limit})"));
        true
    }
}
