//! One order, from the account to the certificate (RFC 8555, 7).
//!
//!     account -> order -> authorization: already valid, or
//!                           challenge put up -> "look" -> taken down
//!                      -> key made, request signed -> certificate
//!
//! What always holds: a challenge is taken down however the order ends, and the private key leaves only
//! into the folder.

use std::sync::Arc;
use std::time::Duration;

use instant_acme::{
    Account, AuthorizationStatus, CertificateIdentifier, ChallengeType, Error, Identifier,
    NewAccount, NewOrder, Order, OrderStatus, Problem, RetryPolicy,
};
use secrecy::SecretString;

use super::challenges::{Challenges, Standing};
use super::folder::Folder;
use super::http::Http;
use super::trouble::{Kind, Trouble};

/// The authority is asked how far it is: after half a second, then ever more rarely, for so long.
const PATIENCE: RetryPolicy = RetryPolicy::new()
    .initial_delay(Duration::from_millis(500))
    .backoff(1.5)
    .timeout(Duration::from_secs(120));

const NO_ACCOUNT: &str = "urn:ietf:params:acme:error:accountDoesNotExist";

/// How the name is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Http01,
    TlsAlpn01,
}

impl Way {
    pub(super) fn name(self) -> &'static str {
        match self {
            Way::Http01 => "http-01",
            Way::TlsAlpn01 => "tls-alpn-01",
        }
    }

    fn challenge(self) -> ChallengeType {
        match self {
            Way::Http01 => ChallengeType::Http01,
            Way::TlsAlpn01 => ChallengeType::TlsAlpn01,
        }
    }
}

/// What an order needs.
pub(super) struct Desk {
    pub(super) domain: String,
    pub(super) directory_url: String,
    pub(super) contact: Option<String>,
    pub(super) folder: Folder,
    pub(super) http: Http,
    pub(super) challenges: Arc<Challenges>,
}

/// A certificate that was ordered.
pub(super) struct Issued {
    pub(super) chain_pem: String,
    pub(super) key_pem: SecretString,
    /// `false`: the authority remembered an earlier proof.
    pub(super) proven: bool,
}

impl Desk {
    /// Orders a certificate. `replaces` names the one it is for (RFC 9773, 5).
    pub(super) async fn order(
        &self,
        way: Way,
        replaces: Option<CertificateIdentifier<'static>>,
    ) -> Result<Issued, Trouble> {
        let _ = self.http.take_not_before();
        self.try_order(way, replaces).await.map_err(|mut trouble| {
            trouble.not_before = self.http.take_not_before();
            trouble
        })
    }

    async fn try_order(
        &self,
        way: Way,
        replaces: Option<CertificateIdentifier<'static>>,
    ) -> Result<Issued, Trouble> {
        let mut order = self.begin(replaces).await?;
        let proven = self.prove(&mut order, way).await?;
        let key_pem: SecretString = order.finalize().await.map_err(of_request)?.into();
        let chain_pem = order
            .poll_certificate(&PATIENCE)
            .await
            .map_err(of_request)?;
        Ok(Issued {
            chain_pem,
            key_pem,
            proven,
        })
    }

    /// The account as it was kept, or a new one. Ordering with `tls = "acme"` agrees to the authority's terms.
    pub(super) async fn account(&self) -> Result<Account, Trouble> {
        let builder = Account::builder_with_http(Box::new(self.http.clone()));
        if let Some(kept) = self.folder.account(&self.directory_url) {
            return builder.from_credentials(kept).await.map_err(of_request);
        }
        let contact = self.contact.as_ref().map(|it| format!("mailto:{it}"));
        let contact: Vec<&str> = contact.as_deref().into_iter().collect();
        let new = NewAccount {
            contact: &contact,
            terms_of_service_agreed: true,
            only_return_existing: false,
        };
        let (account, credentials) = builder
            .create(&new, self.directory_url.clone(), None)
            .await
            .map_err(of_request)?;
        self.folder.keep_account(&credentials).map_err(ours)?;
        tracing::info!(directory = %self.directory_url, "an account was made at the certificate authority");
        Ok(account)
    }

    async fn begin(
        &self,
        replaces: Option<CertificateIdentifier<'static>>,
    ) -> Result<Order, Trouble> {
        let names = [Identifier::Dns(self.domain.clone())];
        let mut account = self.account().await?;
        if let Some(replaced) = replaces {
            match account
                .new_order(&NewOrder::new(&names).replaces(replaced))
                .await
            {
                Ok(order) => return Ok(order),
                // Replaced already, or by another account: an ordinary order will do.
                Err(error) => tracing::debug!(%error, "an order that replaces a certificate"),
            }
        }
        match account.new_order(&NewOrder::new(&names)).await {
            Err(Error::Api(Problem {
                r#type: Some(kind), ..
            })) if kind == NO_ACCOUNT => {
                self.folder.forget_account();
                account = self.account().await?;
                account.new_order(&NewOrder::new(&names)).await
            }
            answer => answer,
        }
        .map_err(of_request)
    }

    /// `true` when the authority came to look, `false` when it did not want to.
    async fn prove(&self, order: &mut Order, way: Way) -> Result<bool, Trouble> {
        let mut standing = Vec::new();
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization.map_err(of_request)?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let mut challenge = authorization.challenge(way.challenge()).ok_or_else(|| {
                let said = format!("the authority offers no {}", way.name());
                Trouble::new(Kind::Refused, said)
            })?;
            standing.push(self.put_up(way, &challenge.token, &challenge.key_authorization())?);
            challenge.set_ready().await.map_err(of_look)?;
        }
        if order.state().status == OrderStatus::Ready {
            return Ok(!standing.is_empty());
        }
        match order.poll_ready(&PATIENCE).await {
            Ok(OrderStatus::Ready) => Ok(!standing.is_empty()),
            Ok(_) => Err(found_wanting(order).await.unwrap_or_else(|| {
                Trouble::new(Kind::Other, "the authority calls the order invalid")
            })),
            Err(error) => match found_wanting(order).await {
                Some(trouble) => Err(trouble),
                None => Err(of_look(error)),
            },
        }
    }

    fn put_up(
        &self,
        way: Way,
        token: &str,
        key_authorization: &instant_acme::KeyAuthorization,
    ) -> Result<Standing, Trouble> {
        match way {
            Way::Http01 => Ok(self.challenges.put_http(token, key_authorization.as_str())),
            Way::TlsAlpn01 => self
                .challenges
                .put_tls(&self.domain, key_authorization.digest().as_ref())
                .map_err(ours),
        }
    }
}

/// What the authority found when it looked: it stands at the challenge, not at the order (RFC 8555, 7.1.6).
async fn found_wanting(order: &mut Order) -> Option<Trouble> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization.ok()?;
        let state = authorization.refresh().await.ok()?;
        let mut errors = state.challenges.iter().filter_map(|it| it.error.as_ref());
        if let Some(problem) = errors.next() {
            return Some(Trouble::of_challenge(problem));
        }
    }
    None
}

fn of_request(error: Error) -> Trouble {
    Trouble::of_request(&error)
}

fn of_look(error: Error) -> Trouble {
    match &error {
        Error::Api(problem) => Trouble::of_challenge(problem),
        _ => Trouble::of_request(&error),
    }
}

fn ours(error: anyhow::Error) -> Trouble {
    Trouble::new(Kind::Other, format!("{error:#}"))
}
