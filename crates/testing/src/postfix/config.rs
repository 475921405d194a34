//! The configuration of a test's Postfix (3.7 and later).

use super::Postfix;
use crate::Dovecot;

/// Everybody owns the address under which he or she signed in (a regexp table).
pub(super) const SENDERS: &str = "/^(.*)$/ $1\n";

/// Folders that only Postfix itself enters (`postfix-files` of the package).
pub(super) const QUEUES: &[&str] = &[
    "queue/active",
    "queue/bounce",
    "queue/corrupt",
    "queue/defer",
    "queue/deferred",
    "queue/flush",
    "queue/hold",
    "queue/incoming",
    "queue/private",
    "queue/saved",
    "queue/trace",
];

pub(super) fn main(postfix: &Postfix, dovecot: &Dovecot) -> String {
    let dir = postfix.folder.path().display();
    let lmtp = dovecot.lmtp_socket();
    let lmtp = lmtp.display();
    let auth = dovecot.auth_socket();
    let auth = auth.display();
    let domains = domains(dovecot).join(" ");
    format!(
        r"compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = {dir}/mail.log
maillog_file_prefixes = {dir}

inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
local_transport = error:5.1.1 no local mail
relay_transport = error:5.4.4 nothing leaves this test
default_transport = error:5.4.4 nothing leaves this test
virtual_mailbox_domains = {domains}
virtual_mailbox_maps = texthash:{dir}/conf/recipients
virtual_transport = lmtp:unix:{lmtp}
notify_classes =

# A token of 8 KiB in one AUTH line (RFC 4954, 4); the default of 2048 cuts Microsoft's.
line_length_limit = 12288
message_size_limit = 36700160
mailbox_size_limit = 0
smtputf8_enable = yes

smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_tls_chain_files = {dir}/conf/tls.pem
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {auth}
smtpd_sasl_security_options = noanonymous
smtpd_sender_login_maps = regexp:{dir}/conf/senders
smtpd_sender_restrictions = reject_authenticated_sender_login_mismatch
smtpd_relay_restrictions = reject_unauth_destination, permit_sasl_authenticated, reject
smtpd_recipient_restrictions =
smtpd_error_sleep_time = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
"
    )
}

/// The services. `smtp` and `relay`, which carry mail away, are left out on purpose.
pub(super) fn master(postfix: &Postfix) -> String {
    let submission = postfix.submission_port;
    let smtps = postfix.smtps_port;
    format!(
        "127.0.0.1:{submission} inet n - n - - smtpd
127.0.0.1:{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
pickup     unix n - n 60    1 pickup
cleanup    unix n - n -     0 cleanup
qmgr       unix n - n 300   1 qmgr
tlsmgr     unix - - n 1000? 1 tlsmgr
rewrite    unix - - n -     - trivial-rewrite
bounce     unix - - n -     0 bounce
defer      unix - - n -     0 bounce
trace      unix - - n -     0 bounce
verify     unix - - n -     1 verify
flush      unix n - n 1000? 0 flush
proxymap   unix - - n -     - proxymap
proxywrite unix - - n -     1 proxymap
showq      unix n - n -     - showq
error      unix - - n -     - error
retry      unix - - n -     - error
discard    unix - - n -     - discard
lmtp       unix - - n -     - lmtp
anvil      unix - - n -     1 anvil
scache     unix - - n -     1 scache
postlog    unix-dgram n - n - 1 postlogd
"
    )
}

/// A table of who has a mailbox; a recipient who has none is refused at RCPT.
pub(super) fn recipients(dovecot: &Dovecot) -> String {
    let line = |user: &String| format!("{user} here\n");
    dovecot.users().iter().map(line).collect()
}

fn domains(dovecot: &Dovecot) -> Vec<&str> {
    let mut domains: Vec<&str> = dovecot
        .users()
        .iter()
        .filter_map(|user| user.rsplit_once('@').map(|(_, domain)| domain))
        .collect();
    domains.sort_unstable();
    domains.dedup();
    domains
}
