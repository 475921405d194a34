//! Faults on command: what goes wrong, where, and how often.
//!
//! A fault is either an *act* (it changes the state once, at the moment it is set: `expire_access`,
//! `revoke_grant`, `seven_days`, `uidvalidity_change`) or it *stands* and strikes whoever falls into
//! its scope, until its count is used up or it is cleared.

mod reply;

use serde::{Deserialize, Serialize};

use crate::ProviderKind;
pub use reply::Reply;
pub(crate) use reply::{Place, imap_command};

/// What goes wrong. The serialised names are those of the control API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Act: access tokens end now; sessions that use them get their BYE.
    ExpireAccess,
    /// Act: the grant is revoked (by the person, or by an administrator at Microsoft).
    RevokeGrant,
    /// Act: the grant dies as an app in "Testing" makes it die after seven days.
    SevenDays,
    /// Act: a folder (or all) gets a new UIDVALIDITY and new UIDs.
    UidvalidityChange,
    /// Token endpoint: the secret is wrong.
    WrongSecret,
    /// Token endpoint: the secret has expired (Microsoft 7000222).
    SecretExpired,
    /// Token endpoint: 429 with `Retry-After` (Microsoft: 90055).
    ThrottleToken,
    /// Token endpoint: 200 with an HTML page.
    TokenHtml,
    /// Token endpoint: 200 with `{}`.
    #[serde(rename = "token_empty_200")]
    TokenEmpty200,
    /// Token endpoint: a reply of 10 MB.
    TokenHuge,
    /// Token endpoint: valid tokens of 8 KiB.
    #[serde(rename = "token_8k")]
    Token8k,
    /// Token endpoint: 503.
    #[serde(rename = "token_5xx")]
    Token5xx,
    /// Token endpoint: the right answer, `ms` late (default 5,000).
    TokenSlow,
    /// Token endpoint: access tokens that live `ms` (default 60,000) instead of an hour.
    ShortTokens,
    /// Microsoft, old refresh tokens die when a new one is given; using one kills the grant.
    StrictRotation,
    /// IMAP: `OK AUTHENTICATE completed.`, then `User is authenticated but not connected.`
    NotConnected,
    /// SMTP: 535 5.7.139, disabled for the tenant.
    SmtpAuthDisabledTenant,
    /// SMTP: 535 5.7.139, disabled for the mailbox.
    SmtpAuthDisabledMailbox,
    /// IMAP is switched off for the mailbox.
    ImapOff,
    /// IMAP and SMTP: every reply `ms` late (default 300); Gmail adds `[THROTTLED]`.
    Slow,
    /// The connection is cut after `bytes` octets from the server (`protocol`: imap, smtp, token).
    HangUpAfterBytes,
    /// IMAP: too many connections; SMTP: 432 at DATA (Microsoft), 421 (Google).
    TooManyConnections,
    /// IMAP: `[UNAVAILABLE]`, or `NO Server Unavailable. 15`.
    ImapUnavailable,
    /// IMAP: the greeting is a BYE.
    GreetingBye,
    /// IMAP after login: OVERQUOTA at Google, "Suggested Backoff Time" and BYE at Microsoft.
    ImapThrottled,
    /// SMTP files no copy in Sent.
    NoSentCopy,
    /// SMTP: the message is taken, and the connection cut before the last reply.
    LostDataReply,
    /// SMTP: 550 5.4.5 (Google) or 554 SubmissionQuotaExceeded (Microsoft) at the end of DATA.
    SendQuota,
    /// A message that cannot be converted: FETCH of its body leaves the line out (Microsoft).
    UnreadableMessage,
    /// IMAP: a literal of 5 GB is announced at the next body.
    HugeLiteral,
    /// IMAP: a line of 10 MB before the next completion.
    LongLine,
    /// The introspection endpoint answers 503.
    IntrospectionDown,
    /// Wrong but real FETCH data, late news and the like are left out.
    OdditiesOff,
    /// An answer of given bytes: [`Fault::reply`].
    Reply,
}

impl FaultKind {
    /// Is it done once and over, instead of standing?
    pub(crate) fn is_act(self) -> bool {
        matches!(
            self,
            Self::ExpireAccess | Self::RevokeGrant | Self::SevenDays | Self::UidvalidityChange
        )
    }
}

/// Where a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    Imap,
    Smtp,
    /// The HTTP body of the token endpoint.
    Token,
}

/// A fault with its scope. What is `None` matches everything.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub kind: FaultKind,
    #[serde(default)]
    pub provider: Option<ProviderKind>,
    /// The mailbox or person.
    #[serde(default)]
    pub address: Option<String>,
    /// The app, for faults of the token endpoint.
    #[serde(default)]
    pub client_id: Option<String>,
    /// How often it strikes; `None`: until cleared.
    #[serde(default)]
    pub count: Option<u32>,
    /// Milliseconds, for the slow ones; seconds of `Retry-After` come from it too.
    #[serde(default)]
    pub ms: Option<u64>,
    #[serde(default)]
    pub protocol: Option<Protocol>,
    #[serde(default)]
    pub bytes: Option<u64>,
    #[serde(default)]
    pub folder: Option<String>,
    /// What the kind `reply` answers with.
    #[serde(default)]
    pub reply: Option<Reply>,
}

impl Fault {
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            provider: None,
            address: None,
            client_id: None,
            count: None,
            ms: None,
            protocol: None,
            bytes: None,
            folder: None,
            reply: None,
        }
    }
    /// An answer of given bytes, where it says.
    pub fn reply(reply: Reply) -> Self {
        Self {
            reply: Some(reply),
            ..Self::new(FaultKind::Reply)
        }
    }
    #[must_use]
    pub fn at(mut self, provider: ProviderKind) -> Self {
        self.provider = Some(provider);
        self
    }
    #[must_use]
    pub fn of(mut self, address: &str) -> Self {
        self.address = Some(address.to_owned());
        self
    }
    #[must_use]
    pub fn client(mut self, client_id: &str) -> Self {
        self.client_id = Some(client_id.to_owned());
        self
    }
    #[must_use]
    pub fn times(mut self, count: u32) -> Self {
        self.count = Some(count);
        self
    }
    #[must_use]
    pub fn ms(mut self, ms: u64) -> Self {
        self.ms = Some(ms);
        self
    }
    #[must_use]
    pub fn after_bytes(mut self, protocol: Protocol, bytes: u64) -> Self {
        self.protocol = Some(protocol);
        self.bytes = Some(bytes);
        self
    }
    #[must_use]
    pub fn folder(mut self, folder: &str) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }
}

/// Who is being struck. A member that is `None` is unknown at that moment (a greeting knows no
/// address yet): a fault that names it does not match.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) provider: ProviderKind,
    pub(crate) address: Option<&'a str>,
    pub(crate) client_id: Option<&'a str>,
    pub(crate) protocol: Option<Protocol>,
}

impl<'a> Scope<'a> {
    pub(crate) fn provider(provider: ProviderKind) -> Self {
        Self {
            provider,
            address: None,
            client_id: None,
            protocol: None,
        }
    }
    pub(crate) fn of(provider: ProviderKind, address: &'a str) -> Self {
        Self {
            address: Some(address),
            ..Self::provider(provider)
        }
    }
    fn meets(&self, fault: &Fault) -> bool {
        fault.provider.is_none_or(|p| p == self.provider)
            && fault.address.as_deref().is_none_or(|wanted| {
                self.address
                    .is_some_and(|address| address.eq_ignore_ascii_case(wanted))
            })
            && fault
                .client_id
                .as_deref()
                .is_none_or(|wanted| self.client_id == Some(wanted))
            && (self.protocol.is_none()
                || fault.protocol.is_none()
                || fault.protocol == self.protocol)
    }
}

/// The standing faults.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Ends the faults of this kind and scope (all kinds if `kind` is `None`).
    pub(crate) fn clear(
        &mut self,
        kind: Option<FaultKind>,
        provider: Option<ProviderKind>,
        address: Option<&str>,
    ) {
        self.0.retain(|fault| {
            let same = kind.is_none_or(|kind| fault.kind == kind)
                && (provider.is_none() || fault.provider == provider)
                && (address.is_none() || fault.address.as_deref() == address);
            !same
        });
    }

    /// Does such a fault stand? Its count is left alone.
    pub(crate) fn stands(&self, kind: FaultKind, scope: Scope<'_>) -> bool {
        self.0
            .iter()
            .any(|fault| fault.kind == kind && scope.meets(fault))
    }

    /// Strikes once: the fault, if one stands, with one taken off its count.
    pub(crate) fn strike(&mut self, kind: FaultKind, scope: Scope<'_>) -> Option<Fault> {
        self.strike_first(|fault| fault.kind == kind && scope.meets(fault))
    }

    /// The given answer for this place, if one stands.
    pub(crate) fn answer(&mut self, place: Place<'_>, scope: Scope<'_>) -> Option<Reply> {
        let said = |fault: &Fault| {
            let reply = fault.reply.as_ref();
            fault.kind == FaultKind::Reply
                && reply.is_some_and(|reply| reply.is_said(place))
                && scope.meets(fault)
        };
        self.strike_first(said)?.reply
    }

    fn strike_first(&mut self, wanted: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let at = self.0.iter().position(wanted)?;
        let fault = self.0.get_mut(at)?;
        match &mut fault.count {
            None => Some(fault.clone()),
            Some(count) if *count > 1 => {
                *count -= 1;
                Some(fault.clone())
            }
            Some(_) => Some(self.0.remove(at)),
        }
    }

    pub(crate) fn all(&self) -> &[Fault] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_with_a_count_strikes_so_often_and_only_in_its_scope() {
        let mut faults = Faults::default();
        faults.add(
            Fault::new(FaultKind::TokenHtml)
                .at(ProviderKind::Google)
                .times(2),
        );
        let google = Scope::of(ProviderKind::Google, "alice@example.com");
        let microsoft = Scope::of(ProviderKind::Microsoft, "carol@contoso.example");
        assert!(faults.strike(FaultKind::TokenHtml, microsoft).is_none());
        assert!(faults.strike(FaultKind::TokenHtml, google).is_some());
        assert!(faults.strike(FaultKind::TokenHtml, google).is_some());
        assert!(faults.strike(FaultKind::TokenHtml, google).is_none());
    }

    #[test]
    fn the_names_of_the_control_api_are_read() {
        for name in [
            "token_empty_200",
            "token_8k",
            "token_5xx",
            "smtp_auth_disabled_tenant",
        ] {
            let json = format!(r#"{{"kind":"{name}","count":1}}"#);
            assert!(serde_json::from_str::<Fault>(&json).is_ok(), "{name}");
        }
    }
}
