//! The configuration of a test's Dovecot (2.3).

use std::path::Path;

use super::{Dovecot, Folders, Setup};

/// Whom the mail belongs to: somebody every Unix has, and who owns nothing else.
pub(super) const MAIL_OWNER: &str = "nobody:nogroup";
const MAIL_IDS: &str = "65534:65534";

pub(super) fn main(dovecot: &Dovecot) -> String {
    let dir = dovecot.folder.path().display();
    let imap = dovecot.imap_port;
    let imaps = dovecot.imaps_port;
    let folders = folders(dovecot.setup.folders);
    let mechanisms = &dovecot.setup.mechanisms;
    let capabilities = if dovecot.setup.idle {
        ""
    } else {
        "imap_capability = IMAP4rev1 SASL-IR ID ENABLE LITERAL+ NAMESPACE UIDPLUS MOVE UNSELECT SPECIAL-USE"
    };
    format!(
        r"
base_dir = {dir}/run
state_dir = {dir}/state
instance_name = tegata-tests
log_path = {dir}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1, 127.0.0.2
first_valid_uid = 1
mail_uid = nobody
mail_gid = nogroup

ssl = required
ssl_cert = <{dir}/cert.pem
ssl_key = <{dir}/key.pem
disable_plaintext_auth = yes

auth_mechanisms = {mechanisms}
{capabilities}
# With the cache a revoked token would still log in.
auth_cache_size = 0
auth_failure_delay = 0
auth_verbose = yes
auth_username_format = %Lu
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {dir}/oauth2.conf
}}
userdb {{
  driver = passwd-file
  args = {dir}/users
}}

mail_location = maildir:~/Maildir
mail_fsync = never
namespace inbox {{
  inbox = yes
  separator = /
{folders}}}

# After a wrong token the same address would wait four seconds for the next try.
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  unix_listener {dir}/lmtp {{
    mode = 0666
  }}
}}
service auth {{
  unix_listener {dir}/auth {{
    mode = 0666
  }}
}}
"
    )
}

fn folders(names: Folders) -> String {
    let named = match names {
        Folders::English => ["Drafts", "Sent", "Trash", "Junk"],
        Folders::Japanese => [
            "下書き",
            "送信済みアイテム",
            "削除済みアイテム",
            "迷惑メール",
        ],
    };
    let uses = ["\\Drafts", "\\Sent", "\\Trash", "\\Junk"];
    named
        .iter()
        .zip(uses)
        .map(|(name, special)| {
            format!(
                "  mailbox \"{name}\" {{\n    special_use = {special}\n    auto = subscribe\n  }}\n"
            )
        })
        .collect()
}

pub(super) fn oauth2(setup: &Setup) -> String {
    let url = &setup.introspection_url;
    let attribute = &setup.username_attribute;
    format!(
        "introspection_url = {url}
introspection_mode = post
force_introspection = yes
username_attribute = {attribute}
username_format = %Lu
active_attribute = active
active_value = true
timeout_msecs = 5000
"
    )
}

/// The lines of a passwd-file: `user:password:uid:gid:gecos:home`; nobody has a password.
pub(super) fn users(users: &[String], mail: &Path) -> String {
    let mail = mail.display();
    users
        .iter()
        .map(|user| format!("{user}::{MAIL_IDS}::{mail}/{user}\n"))
        .collect()
}
