//! Grants without a round trip: for who needs hundreds of them at once.

use crate::faults::{FaultKind, Scope};
use crate::grants::{AccessToken, Grant};
use crate::world::World;
use crate::{NewPerson, ProviderKind};

/// A grant of Microsoft's as a consent would have brought it, with the names that its ID token would have had.
#[derive(Clone, Debug)]
pub struct Given {
    /// Its number in the ledger.
    pub grant: u64,
    pub access_token: String,
    pub refresh_token: String,
    /// Seconds.
    pub expires_in: i64,
    /// Separated by blanks.
    pub scopes: String,
    /// `tid`
    pub tenant: String,
    /// `oid`
    pub object: String,
}

const SCOPES: [&str; 6] = [
    "openid",
    "profile",
    "email",
    "offline_access",
    "https://outlook.office.com/IMAP.AccessAsUser.All",
    "https://outlook.office.com/SMTP.Send",
];

/// Adds the person, if new, and a grant of theirs with this app.
pub(crate) fn give(world: &World, client_id: &str, address: &str) -> Given {
    let now = world.now();
    let mut books = world.books();
    let provider = ProviderKind::Microsoft;
    if books.person(provider, address).is_none() {
        books.add_person(NewPerson::new(provider, address, "Somebody"));
    }
    let person = books.person(provider, address).cloned();
    let (object, tenant) = person.map_or_else(Default::default, |person| {
        (person.subject, person.tenant.unwrap_or_default())
    });
    let scope = Scope {
        client_id: Some(client_id),
        ..Scope::of(provider, address)
    };
    let short = books.faults.strike(FaultKind::ShortTokens, scope);
    let life = short.and_then(|fault| i64::try_from(fault.ms.unwrap_or(60_000) / 1_000).ok());
    let expires_in = life.unwrap_or(3_599);
    let access_token = format!("EwB{}", books.dice.text(1_907));
    let refresh_token = format!("1.{}", books.dice.text(1_100));
    let scopes: Vec<String> = SCOPES.map(str::to_owned).to_vec();
    let grant = books.grants.add(Grant {
        provider,
        client_id: client_id.to_owned(),
        address: address.to_owned(),
        scopes: scopes.clone(),
        issued_at: now,
        dies_at: None,
        ended: None,
        refresh_tokens: vec![refresh_token.clone()],
        refreshes: Vec::new(),
        nonce: None,
    });
    books.grants.access.insert(
        access_token.clone(),
        AccessToken {
            provider,
            grant: Some(grant),
            address: address.to_owned(),
            scopes,
            expires_at: now + expires_in,
            revoked: false,
            answer: None,
        },
    );
    Given {
        grant,
        access_token,
        refresh_token,
        expires_in,
        scopes: SCOPES.join(" "),
        tenant,
        object,
    }
}
