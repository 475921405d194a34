//! An administrator's consent for a whole tenant: its link, and its callback.

use secrecy::SecretString;
use serde_json::json;
use store::audit::{self, Actor};
use store::connects::{self, Connect, NewConnect};
use store::credentials::{self, Credential};
use store::users::User;
use store::{CredentialId, LoginSessionId};
use wire::oauth::Callback;

use super::finish::Finished;
use super::{fingerprint, random_text, tenant_of};
use crate::advice::{self, Case};
use crate::{Error, Providers, redirect_uri};

/// The link that a tenant's administrator opens once (facts providers 5.10); its callback is ours too.
pub async fn admin_consent(
    providers: &Providers,
    user: &User,
    session: Option<LoginSessionId>,
    id: CredentialId,
) -> Result<Option<String>, Error> {
    let store = providers.store();
    let credential = store
        .read(move |tx| Box::pin(async move { credentials::find(tx, id).await }))
        .await?;
    let Some(credential) = credential else {
        return Ok(None);
    };
    let profile = providers.profile(&credential.fields.provider)?;
    let redirect = redirect_uri::uri(providers.public_url(), &credential.fields.redirect_path);
    let state = random_text(providers);
    let url = profile.admin_consent_url_for(
        tenant_of(&credential),
        &credential.fields.client_id,
        &redirect,
        &state,
    );
    let Some(url) = url else { return Ok(None) };
    let new = NewConnect {
        user_id: user.id,
        login_session_id: session,
        credential_id: id,
        purpose: "admin_consent",
        address: String::new(),
        mailbox_address: String::new(),
        state_hash: fingerprint(&state),
        verifier: SecretString::from(String::new()),
        nonce: String::new(),
        redirect_uri: redirect,
    };
    store
        .write(move |tx| Box::pin(async move { connects::add(tx, &new).await }))
        .await?;
    Ok(Some(url))
}

pub(super) async fn finish_admin_consent(
    providers: &Providers,
    connect: &Connect,
    credential: &Credential,
    callback: &Callback,
) -> Result<Finished, Error> {
    let (id, now) = (connect.id, providers.store().now());
    if connect.state_ends_at + 7 * 24 * 3_600_000 <= now {
        return Ok(Finished::Refused(Box::new(Case::new("state-expired"))));
    }
    let profile = providers.profile(&credential.fields.provider)?;
    let case = callback.error.as_deref().map(|error| {
        let description = callback.error_description.as_deref().unwrap_or_default();
        profile.facts(advice::callback_error(profile.kind, error, description))
    });
    let given = case.is_none();
    let credential_id = credential.id;
    providers
        .store()
        .write(move |tx| {
            Box::pin(async move {
                if connects::redeem(tx, id).await?.is_some() {
                    let action = if given {
                        "credential.admin_consent_given"
                    } else {
                        "credential.admin_consent_refused"
                    };
                    audit::add(tx, &Actor::system(), action, credential_id, json!({})).await?;
                    // A second try that was cancelled takes nothing back.
                    if given {
                        credentials::admin_consented(tx, credential_id).await?;
                    }
                }
                Ok(())
            })
        })
        .await?;
    Ok(Finished::AdminConsent {
        given,
        case: case.map(Box::new),
    })
}
