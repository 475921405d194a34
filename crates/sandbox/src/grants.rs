//! Consents and tokens: what is valid, for whom, until when.
//!
//! A code becomes a grant when it is redeemed. A grant has one refresh token (Google) or a growing
//! list of them (Microsoft, where each use gives a new one). An access token points at its grant and
//! stays valid by itself until its time ends, except at Google, where revoking ends it at once.

use std::collections::{BTreeMap, BTreeSet};

use crate::ProviderKind;
use crate::ledger::Refresh;

/// An authorization request whose code is still out.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) provider: ProviderKind,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) address: String,
    pub(crate) nonce: Option<String>,
    /// Tenant part of the address the code was got at (Microsoft).
    pub(crate) tenant: String,
    /// A refresh token comes with it.
    pub(crate) offline: bool,
    pub(crate) issued_at: i64,
    /// The grant it became; a second use revokes that one.
    pub(crate) grant: Option<u64>,
}

/// Why a grant ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By the person or an administrator.
    Revoked,
    /// Seven days of an app in testing.
    Testing,
    /// The code was used twice, or an old refresh token with strict rotation.
    Replay,
}

#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) provider: ProviderKind,
    pub(crate) client_id: String,
    pub(crate) address: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) issued_at: i64,
    /// An app in testing: the grant ends by itself then.
    pub(crate) dies_at: Option<i64>,
    pub(crate) ended: Option<End>,
    /// All refresh tokens given, the newest last.
    pub(crate) refresh_tokens: Vec<String>,
    pub(crate) refreshes: Vec<Refresh>,
    pub(crate) nonce: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct AccessToken {
    pub(crate) provider: ProviderKind,
    /// `None`: an app's own token (client credentials).
    pub(crate) grant: Option<u64>,
    pub(crate) address: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) expires_at: i64,
    pub(crate) revoked: bool,
    /// Grant and place of the refresh whose answer held it.
    pub(crate) answer: Option<(u64, usize)>,
}

/// The whole of it. Number of a grant: position in the order of consent, from 1.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    pub(crate) codes: BTreeMap<String, Code>,
    pub(crate) grants: BTreeMap<u64, Grant>,
    /// Refresh token to grant; the dead ones stay, to be told apart from unknown ones.
    pub(crate) refresh: BTreeMap<String, u64>,
    pub(crate) access: BTreeMap<String, AccessToken>,
    /// (client, person) that have said yes to these scopes before.
    pub(crate) consented: BTreeMap<(String, String), BTreeSet<String>>,
    next: u64,
}

impl Grants {
    pub(crate) fn add(&mut self, grant: Grant) -> u64 {
        self.next += 1;
        for token in &grant.refresh_tokens {
            self.refresh.insert(token.clone(), self.next);
        }
        self.grants.insert(self.next, grant);
        self.next
    }

    /// The refresh of this grant that is being worked on, for the tokens of its answer.
    pub(crate) fn under_work(&self, number: u64) -> Option<(u64, usize)> {
        let grant = self.grants.get(&number)?;
        Some((number, grant.refreshes.len().checked_sub(1)?))
    }

    /// The access token, if it is valid at `now`.
    pub(crate) fn valid_access(&self, token: &str, now: i64) -> Option<&AccessToken> {
        self.access
            .get(token)
            .filter(|t| !t.revoked && t.expires_at > now)
    }

    pub(crate) fn end(&mut self, number: u64, why: End) {
        let Some(grant) = self.grants.get_mut(&number) else {
            return;
        };
        grant.ended.get_or_insert(why);
        // Microsoft's access tokens live on until their time (providers.md 5.8).
        if grant.provider == ProviderKind::Google {
            for token in self.access.values_mut().filter(|t| t.grant == Some(number)) {
                token.revoked = true;
            }
        }
    }

    /// Ends all grants of a person with a client (Google's revocation; providers.md 4.7).
    pub(crate) fn end_all(&mut self, client_id: &str, address: &str, why: End) {
        let numbers: Vec<u64> = self
            .grants
            .iter()
            .filter(|(_, g)| g.client_id == client_id && g.address == address)
            .map(|(n, _)| *n)
            .collect();
        for number in numbers {
            self.end(number, why);
        }
        self.consented
            .remove(&(client_id.to_owned(), address.to_owned()));
    }

    /// More than 100 live refresh tokens of a person and client: the oldest dies without notice
    /// (Google, providers.md 4.6).
    pub(crate) fn keep_newest_hundred(&mut self, client_id: &str, address: &str) {
        let live: Vec<u64> = self
            .grants
            .iter()
            .filter(|(_, g)| {
                g.client_id == client_id
                    && g.address == address
                    && g.ended.is_none()
                    && !g.refresh_tokens.is_empty()
            })
            .map(|(n, _)| *n)
            .collect();
        if live.len() > 100 {
            for number in live.iter().take(live.len() - 100) {
                self.end(*number, End::Revoked);
            }
        }
    }

    pub(crate) fn in_scope(
        &self,
        provider: Option<ProviderKind>,
        address: Option<&str>,
        client_id: Option<&str>,
    ) -> Vec<u64> {
        self.grants
            .iter()
            .filter(|(_, g)| {
                provider.is_none_or(|p| p == g.provider)
                    && address.is_none_or(|a| a.eq_ignore_ascii_case(&g.address))
                    && client_id.is_none_or(|c| c == g.client_id)
            })
            .map(|(n, _)| *n)
            .collect()
    }
}
