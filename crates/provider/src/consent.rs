//! The consent round trip (RFC 6749, 4.1, with PKCE S256 of RFC 7636).
//!
//!     begin  -> state, verifier, nonce stored -> the provider's address
//!     finish <- the callback: state (once, in time, same browser session) -> iss -> code exchanged
//!            -> identity and scopes judged -> grant, account and check job in one commit
//!
//! What always holds: tokens of a consent that ends without an account (wrong person, missing permission, no
//! identity) are discarded, not revoked, and nothing half-made is left; consent again keeps the account and
//! its mail; what is asked of the provider is built from the configured public address, never from a
//! request's Host.

mod admin;
mod again;
mod finish;

use serde_json::json;
use store::audit::{self, Actor};
use store::connects::{self, Connect, NewConnect, Status};
use store::credentials::{self, Access, Credential};
use store::grants;
use store::users::User;
use store::{AccountId, ConnectId, CredentialId, LoginSessionId, accounts, jobs};
use wire::oauth;

use crate::advice::Case;
use crate::cause::Step;
use crate::profile::{ConsentRequest, ProviderProfile};
use crate::{Error, Providers, credentials as ours, redirect_uri};

pub use admin::admin_consent;
pub use again::{RECONNECT, begin_again};
pub use finish::{Browser, Finished, finish};

/// The kind of job that tries a mailbox after its consent; its subject is the connect.
pub const CHECK_JOB: &str = "connect-check";

/// Who begins, and what is wanted.
#[derive(Debug, Clone)]
pub struct Begin {
    /// The person.
    pub user: User,
    /// The browser session, where there is one.
    pub session: Option<LoginSessionId>,
    /// By which OAuth app.
    pub credential_id: CredentialId,
    /// Who will sign in at the provider.
    pub address: String,
    /// Which mailbox; the same unless shared.
    pub mailbox_address: Option<String>,
    /// Let the provider ask which account, after a wrong choice.
    pub choose_account: bool,
}

/// What begins.
pub struct Begun {
    /// Follow this.
    pub connect_id: ConnectId,
    /// Where the person has to go; `None` when a good grant of that person covers it already.
    pub authorization_url: Option<String>,
}

/// Why a consent is not begun.
#[derive(Debug)]
pub enum NotBegun {
    /// No such credential.
    NoCredential,
    /// Its mailboxes are added by an administrator, without anybody's consent.
    AppOnly,
    /// The public address breaks a rule of this provider: the consent could not succeed.
    Rule(Box<Case>),
    /// An address is not one.
    Address(&'static str),
    /// Our side failed.
    Failed(Error),
}

impl From<Error> for NotBegun {
    fn from(error: Error) -> NotBegun {
        NotBegun::Failed(error)
    }
}
impl From<store::Error> for NotBegun {
    fn from(error: store::Error) -> NotBegun {
        NotBegun::Failed(Error::Store(error))
    }
}

/// Begins a consent, or connects at once where a good grant covers it.
pub async fn begin(providers: &Providers, begin: Begin) -> Result<Begun, NotBegun> {
    let store = providers.store();
    let id = begin.credential_id;
    let credential = store
        .read(move |tx| Box::pin(async move { credentials::find(tx, id).await }))
        .await?;
    let credential = credential.ok_or(NotBegun::NoCredential)?;
    if credential.fields.access == Access::AppOnly {
        return Err(NotBegun::AppOnly);
    }
    let profile = providers.profile(&credential.fields.provider)?;
    let address = tidy_address(&begin.address).ok_or(NotBegun::Address("address"))?;
    let mailbox = match begin
        .mailbox_address
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        Some(mailbox) => tidy_address(mailbox).ok_or(NotBegun::Address("mailbox_address"))?,
        None => address.clone(),
    };
    let redirect = judged_redirect(providers, profile, &credential)?;
    let papers = Papers::new(providers);
    let new = NewConnect {
        user_id: begin.user.id,
        login_session_id: begin.session,
        credential_id: credential.id,
        purpose: "mailbox",
        address: address.clone(),
        mailbox_address: mailbox.clone(),
        state_hash: papers.state_hash(),
        verifier: papers.pkce.verifier.clone(),
        nonce: papers.nonce.clone(),
        redirect_uri: redirect.clone(),
    };
    let (user, wanted) = (begin.user.clone(), address.clone());
    let (connect_id, covered) = store
        .write(move |tx| {
            Box::pin(async move {
                let connect = connects::add(tx, &new).await?;
                // A shared mailbox of somebody who is connected already needs no second consent.
                let other_mailbox = mailbox != wanted;
                let grant = grants::covering(tx, user.id, new.credential_id, &wanted)
                    .await?
                    .filter(|_| other_mailbox);
                Ok((connect, grant))
            })
        })
        .await?;
    if let Some(grant) = covered
        && !begin.choose_account
    {
        let steps = vec![Step::ok("consent", grant.subject.address.clone(), 0)];
        let found = store
            .read(move |tx| Box::pin(async move { connects::find(tx, connect_id).await }))
            .await?;
        if let Some(connect) = found {
            store
                .write(move |tx| {
                    Box::pin(async move {
                        connects::redeem(tx, connect_id).await?;
                        let identity = Person {
                            address: grant.subject.address.clone(),
                            name: user.name.clone(),
                        };
                        make_account(tx, &connect, &credential, grant.id, &identity).await?;
                        save_steps(tx, connect_id, Status::Checking, &steps).await
                    })
                })
                .await?;
        }
        return Ok(Begun {
            connect_id,
            authorization_url: None,
        });
    }
    let choose = begin.choose_account;
    let url = papers.authorization_url(profile, &credential, &redirect, &address, choose)?;
    Ok(Begun {
        connect_id,
        authorization_url: Some(url),
    })
}

/// Where the provider sends the person back to, unless that breaks a rule of the provider.
fn judged_redirect(
    providers: &Providers,
    profile: &ProviderProfile,
    credential: &Credential,
) -> Result<String, NotBegun> {
    let redirect = redirect_uri::uri(providers.public_url(), &credential.fields.redirect_path);
    let results = redirect_uri::judge_uri(&redirect, profile.kind);
    match results
        .iter()
        .find(|result| result.outcome == redirect_uri::Outcome::Fail)
    {
        Some(rule) => Err(NotBegun::Rule(Box::new(ours::rule_case(
            profile, &redirect, rule,
        )))),
        None => Ok(redirect),
    }
}

/// What a round trip goes out with.
struct Papers {
    state: String,
    nonce: String,
    pkce: oauth::Pkce,
}

impl Papers {
    fn new(providers: &Providers) -> Papers {
        Papers {
            state: random_text(providers),
            pkce: oauth::Pkce::new(&providers.store().world().random()),
            nonce: random_text(providers),
        }
    }

    fn state_hash(&self) -> Vec<u8> {
        fingerprint(&self.state)
    }

    /// The provider's address with everything in it.
    fn authorization_url(
        &self,
        profile: &ProviderProfile,
        credential: &Credential,
        redirect_uri: &str,
        address: &str,
        choose_account: bool,
    ) -> Result<String, Error> {
        let parameters = profile.consent_parameters(&ConsentRequest {
            client_id: &credential.fields.client_id,
            redirect_uri,
            state: &self.state,
            challenge: &self.pkce.challenge,
            nonce: &self.nonce,
            login_hint: Some(address),
            choose_account,
        });
        let parameters: Vec<(&str, &str)> = parameters
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let endpoint = profile.authorization_url_for(tenant_of(credential));
        oauth::authorization_url(&endpoint, &parameters)
            .map_err(|_| Error::NoProvider(profile.name.clone()))
    }
}

/// Who consented, for the account's names.
struct Person {
    address: String,
    name: String,
}

/// The account of a consent, with its check job and its entry in the audit log.
async fn make_account(
    tx: &mut store::Tx,
    connect: &Connect,
    credential: &Credential,
    grant: store::GrantId,
    person: &Person,
) -> store::Result<AccountId> {
    let shared = !connect
        .mailbox_address
        .eq_ignore_ascii_case(&connect.address);
    // Exchange's login is the UPN of the ID token, which need not look like the address (facts providers 5.7).
    let mailbox = if shared {
        connect.mailbox_address.clone()
    } else {
        person.address.clone()
    };
    let user = store::users::find(tx, connect.user_id).await?;
    let own_name = user.as_ref().map(|user| user.name.clone());
    let account = accounts::connect(
        tx,
        accounts::NewAccount {
            owner_id: connect.user_id,
            grant_id: grant,
            provider: credential.fields.provider.clone(),
            address: connect.address.clone(),
            sender_address: if shared {
                mailbox.clone()
            } else {
                connect.address.clone()
            },
            mailbox_address: mailbox,
            smtp_user: person.address.clone(),
            sender_name: if shared {
                String::new()
            } else if person.name.is_empty() {
                // Google tells no name without a scope of its own: then it is the name the person has here.
                own_name.unwrap_or_default()
            } else {
                person.name.clone()
            },
        },
    )
    .await?;
    connects::made(tx, connect.id, account, grant).await?;
    let now = tx.now();
    jobs::add(tx, CHECK_JOB, connect.id.0, "{}", now).await?;
    let actor = match user {
        Some(user) => Actor {
            name: user.login,
            remote_address: String::new(),
        },
        None => Actor::system(),
    };
    let detail = json!({ "mailbox": &connect.mailbox_address, "person": &person.address, "credential": credential.id });
    audit::add(tx, &actor, "account.connected", account, detail).await?;
    Ok(account)
}

/// Writes the steps of a round trip.
pub async fn save_steps(
    tx: &mut store::Tx,
    id: ConnectId,
    status: Status,
    steps: &[Step],
) -> store::Result<()> {
    let text = serde_json::to_string(steps).unwrap_or_else(|_| "[]".to_owned());
    connects::update(tx, id, status, &text).await
}

/// The steps of a round trip.
pub fn steps_of(connect: &Connect) -> Vec<Step> {
    serde_json::from_str(&connect.steps).unwrap_or_default()
}

fn tenant_of(credential: &Credential) -> Option<&str> {
    Some(credential.fields.tenant.as_str()).filter(|tenant| !tenant.is_empty())
}

/// 43 characters of base64url that nobody guesses. Microsoft strips HTML from `state`; these have none.
fn random_text(providers: &Providers) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD
        .encode(providers.store().world().random::<32>())
}

fn fingerprint(state: &str) -> Vec<u8> {
    use sha2::Digest;
    sha2::Sha256::digest(state.as_bytes()).to_vec()
}

/// An address as typed, without blanks and `Name <…>` around it; at most 256 characters (G-14).
pub fn tidy_address(text: &str) -> Option<String> {
    let text = text.trim();
    let inner = text
        .rsplit_once('<')
        .and_then(|(_, rest)| rest.strip_suffix('>'))
        .unwrap_or(text)
        .trim();
    let (local, domain) = inner.rsplit_once('@')?;
    let fits = !local.is_empty()
        && !domain.is_empty()
        && inner.chars().count() <= 256
        && !inner.chars().any(|letter| {
            // Typographic quotation marks are in no address, and dangerous where one is pasted.
            letter.is_whitespace()
                || letter.is_control()
                || "<>,;\"".contains(letter)
                || ('\u{2018}'..='\u{201f}').contains(&letter)
        });
    fits.then(|| format!("{local}@{}", domain.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::tidy_address;

    #[test]
    fn an_address_is_tidied_and_what_could_end_a_quotation_elsewhere_is_none() {
        let tidy = |text: &str| tidy_address(text);
        assert_eq!(
            tidy(" Hanako <h@Example.JP> ").as_deref(),
            Some("h@example.jp")
        );
        for bad in [
            "",
            "nowhere",
            "a b@example.jp",
            "x\u{2019}|iex@example.jp",
            "a\"b@example.jp",
        ] {
            assert_eq!(tidy(bad), None, "{bad}");
        }
    }
}
