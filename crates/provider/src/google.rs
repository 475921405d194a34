//! All we know of Google (told in `docs/providers/google.md`): data first, then manners.
//!
//! Source: facts providers.md section 4. One scope opens both IMAP and SMTP; its final slash
//! is part of it. The person is known by `sub`, never by the address.

use crate::profile::{ConsentRequest, HostPort, Kind, MailScopes, ProviderProfile, Tls};

pub const NAME: &str = "google";
pub const LABEL: &str = "Google Mail";
pub const AUTHORIZATION_URL: &str = "https://accounts.google.com/o/oauth2/v2/auth";
pub const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
pub const REVOCATION_URL: &str = "https://oauth2.googleapis.com/revoke";
pub const ISSUER: &str = "https://accounts.google.com";
/// The only scope with which a person's token works for IMAP and SMTP (providers.md 4.2).
pub const MAIL_SCOPE: &str = "https://mail.google.com/";
pub const SCOPES: [&str; 3] = ["openid", "email", MAIL_SCOPE];
pub const IMAP: (&str, u16) = ("imap.gmail.com", 993);
/// 465 is preferred over 587 with STARTTLS (providers.md 4.1).
pub const SMTP: (&str, u16) = ("smtp.gmail.com", 465);

pub fn profile() -> ProviderProfile {
    ProviderProfile {
        name: NAME.to_owned(),
        kind: Kind::Google,
        label: LABEL.to_owned(),
        authorization_url: AUTHORIZATION_URL.to_owned(),
        token_url: TOKEN_URL.to_owned(),
        revocation_url: Some(REVOCATION_URL.to_owned()),
        issuer: ISSUER.to_owned(),
        admin_consent_url: None,
        scopes: SCOPES.map(str::to_owned).to_vec(),
        mail_scopes: MailScopes {
            imap: Some(MAIL_SCOPE.to_owned()),
            smtp: Some(MAIL_SCOPE.to_owned()),
        },
        imap: HostPort {
            host: IMAP.0.to_owned(),
            port: IMAP.1,
        },
        smtp: HostPort {
            host: SMTP.0.to_owned(),
            port: SMTP.1,
        },
        imap_tls: Tls::Implicit,
        smtp_tls: Tls::Implicit,
        ca_file: None,
        allow_private_addresses: false,
        wants_tenant: false,
    }
}

/// `access_type=offline` gives a refresh token, and only a forced consent gives it again to
/// somebody who consented before (providers.md 4.3). Without a hint, or after a wrong choice,
/// the choice of account is asked for too; both words may stand together at Google.
pub(crate) fn add_consent_parameters(
    parameters: &mut Vec<(&'static str, String)>,
    request: &ConsentRequest<'_>,
) {
    parameters.push(("access_type", "offline".to_owned()));
    let prompt = if request.choose_account || request.login_hint.is_none() {
        "select_account consent"
    } else {
        "consent"
    };
    parameters.push(("prompt", prompt.to_owned()));
    if let Some(hint) = request.login_hint {
        parameters.push(("login_hint", hint.to_owned()));
    }
}

/// Google's older issuer has no scheme; both are in use (providers.md section 1).
pub(crate) fn issuer_ok(expected: &str, iss: &str) -> bool {
    iss == expected || expected.strip_prefix("https://") == Some(iss)
}
