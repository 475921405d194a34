//! Our standing at a provider: credentials, consent, grants, fresh tokens, and what to tell people.
//!
//!     credentials (what an administrator registered) -> consent (what a person allowed)
//!         -> tokens (what opens the mailbox today)   -> advice (what helps when it does not)
//!
//! Pure data and rules stand in `profile`, `google`, `microsoft`, `formats`, `redirect_uri` and `advice`;
//! the modules with a [`Providers`] in their signatures talk to the store and to the provider.

pub mod advice;
pub mod app_only;
pub mod cause;
pub mod consent;
pub mod credentials;
pub mod endings;
pub mod failures;
pub mod formats;
pub mod google;
pub mod guide;
pub mod http;
pub mod microsoft;
pub mod profile;
pub mod redirect_uri;
pub mod tokens;

use std::collections::BTreeMap;
use std::sync::Arc;

use store::Store;
use url::Url;

use profile::ProviderProfile;

/// What can go wrong on our side; what a provider says is an outcome, never an error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The grant is gone: somebody disconnected it.
    #[error("the grant is gone")]
    NoGrant,
    /// A credential names a provider that the configuration does not know any more.
    #[error("the configuration has no provider {0:?}: put back its section [providers.{0}]")]
    NoProvider(String),
}

/// Everything that work with providers needs. Cheap to clone.
#[derive(Clone)]
pub struct Providers(Arc<Inner>);

struct Inner {
    store: Store,
    profiles: BTreeMap<String, ProviderProfile>,
    public_url: String,
    proxy: Option<Url>,
    http: http::Http,
    memory: tokens::Memory,
}

impl Providers {
    /// `public_url` is what users type, without a slash at its end.
    pub fn new(
        store: Store,
        profiles: BTreeMap<String, ProviderProfile>,
        public_url: String,
        proxy: Option<Url>,
    ) -> Providers {
        let http = http::Http::new(proxy.clone());
        Providers(Arc::new(Inner {
            store,
            profiles,
            public_url,
            proxy,
            http,
            memory: tokens::Memory::default(),
        }))
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// All providers by name.
    pub fn profiles(&self) -> &BTreeMap<String, ProviderProfile> {
        &self.0.profiles
    }

    /// A provider by its name in the configuration.
    pub fn profile(&self, name: &str) -> Result<&ProviderProfile, Error> {
        self.0
            .profiles
            .get(name)
            .ok_or_else(|| Error::NoProvider(name.to_owned()))
    }

    /// What users type, without a slash at its end.
    pub fn public_url(&self) -> &str {
        &self.0.public_url
    }

    /// The proxy for outgoing connections.
    pub fn proxy(&self) -> Option<&Url> {
        self.0.proxy.as_ref()
    }

    /// Requests to the provider's web endpoints.
    pub fn http(&self) -> &http::Http {
        &self.0.http
    }

    pub(crate) fn memory(&self) -> &tokens::Memory {
        &self.0.memory
    }
}
