//! Who may log in to a mailbox with a token: the same rule for IMAP and SMTP.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::ProviderKind;
use crate::faults::{FaultKind, Scope};
use crate::world::Books;

/// Google's error challenge, the same for every reason:
/// `{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}`
pub(crate) const CHALLENGE: &str = "eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIiwic2NvcGUiOiJodHRwczovL21haWwuZ29vZ2xlLmNvbS8ifQ==";

/// User and token of an XOAUTH2 or OAUTHBEARER blob.
pub(crate) struct Blob {
    pub(crate) user: String,
    pub(crate) token: String,
}

impl Blob {
    /// From base64; `None` is a malformed blob. XOAUTH2: `user=U^Aauth=Bearer T^A^A`;
    /// OAUTHBEARER: `n,a=U,^A...^Aauth=Bearer T^A^A` (providers.md 3).
    pub(crate) fn parse(base64: &str) -> Option<Self> {
        let text = String::from_utf8(STANDARD.decode(base64.trim()).ok()?).ok()?;
        let (head, _) = text.split_once('\u{1}')?;
        let user = match head.strip_prefix("user=") {
            Some(user) => user.to_owned(),
            None => head
                .strip_prefix("n,a=")?
                .strip_suffix(',')?
                .replace("=2C", ",")
                .replace("=3D", "="),
        };
        let auth = text
            .split('\u{1}')
            .find_map(|pair| pair.strip_prefix("auth="))?;
        let (scheme, token) = auth.split_once(' ')?;
        let ends = text.ends_with("\u{1}\u{1}");
        (ends && scheme.eq_ignore_ascii_case("bearer")).then(|| Self {
            user,
            token: token.to_owned(),
        })
    }
}

/// How a login ends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The mailbox (lower case); the person may be another one.
    Open {
        mailbox: String,
        person: String,
    },
    BadToken,
    /// Good token, but this protocol is switched off for the mailbox.
    Off {
        tenant_wide: bool,
    },
    /// Good token and user, no way to the mailbox (Microsoft).
    NotConnected {
        person: String,
    },
}

pub(crate) fn judge(
    books: &mut Books,
    provider: ProviderKind,
    imap: bool,
    blob: &Blob,
    now: i64,
) -> Verdict {
    let Some(token) = books.grants.valid_access(&blob.token, now).cloned() else {
        return Verdict::BadToken;
    };
    if token.grant.is_none() {
        return judge_app(books, imap, blob, &token.address);
    }
    let wanted = match (provider, imap) {
        (ProviderKind::Google, _) => ["https://mail.google.com/", ""],
        (ProviderKind::Microsoft, true) => [
            "https://outlook.office.com/IMAP.AccessAsUser.All",
            "https://outlook.office365.com/IMAP.AccessAsUser.All",
        ],
        (ProviderKind::Microsoft, false) => [
            "https://outlook.office.com/SMTP.Send",
            "https://outlook.office365.com/SMTP.Send",
        ],
    };
    let covered = token.scopes.iter().any(|s| wanted.contains(&s.as_str()));
    if token.provider != provider || !covered {
        return Verdict::BadToken;
    }
    let Some(owner) = books.person(provider, &token.address).cloned() else {
        return Verdict::BadToken;
    };
    let Some(target) = books.person(provider, &blob.user).cloned() else {
        return Verdict::BadToken;
    };
    let own = target.address == owner.address;
    let shared = owner
        .rights
        .iter()
        .any(|r| r.eq_ignore_ascii_case(&target.address));
    if !own && provider == ProviderKind::Google {
        return Verdict::BadToken;
    }
    let person = owner.address.clone();
    let scope = Scope::of(provider, &target.address);
    if imap {
        let off = books.faults.strike(FaultKind::ImapOff, scope).is_some() || !target.imap;
        let lost = books
            .faults
            .strike(FaultKind::NotConnected, scope)
            .is_some();
        match provider {
            ProviderKind::Google if off => return Verdict::Off { tenant_wide: false },
            ProviderKind::Microsoft if off || lost || !(own || shared) => {
                return Verdict::NotConnected { person };
            }
            _ => {}
        }
    } else {
        if books
            .faults
            .strike(FaultKind::SmtpAuthDisabledTenant, scope)
            .is_some()
        {
            return Verdict::Off { tenant_wide: true };
        }
        if books
            .faults
            .strike(FaultKind::SmtpAuthDisabledMailbox, scope)
            .is_some()
            || (own && !target.smtp)
        {
            return Verdict::Off { tenant_wide: false };
        }
        // A shared mailbox has SMTP AUTH off: log in as the person (providers.md 10.3).
        if !(own || (shared && target.smtp)) {
            return Verdict::BadToken;
        }
    }
    Verdict::Open {
        mailbox: target.address.to_ascii_lowercase(),
        person,
    }
}

/// An app's own token (client credentials): the role, the service principal and the right on the mailbox are
/// what counts; a token is given also where all of them are missing (providers.md 5.11).
fn judge_app(books: &mut Books, imap: bool, blob: &Blob, token_of: &str) -> Verdict {
    let provider = ProviderKind::Microsoft;
    let client_id = token_of.split('@').next().unwrap_or_default();
    let Some(app) = books.app(provider, client_id).cloned() else {
        return Verdict::BadToken;
    };
    let role = if imap {
        "IMAP.AccessAsApp"
    } else {
        "SMTP.SendAsApp"
    };
    if !app.service_principal || !app.app_roles.iter().any(|known| known == role) {
        return Verdict::BadToken;
    }
    let Some(target) = books.person(provider, &blob.user).cloned() else {
        return Verdict::BadToken;
    };
    let person = target.address.clone();
    let allowed = app
        .app_mailboxes
        .iter()
        .any(|mailbox| mailbox.eq_ignore_ascii_case(&target.address));
    if imap && (!target.imap || !allowed) {
        return Verdict::NotConnected { person };
    }
    if !imap && !target.smtp {
        return Verdict::Off { tenant_wide: false };
    }
    if !allowed {
        return Verdict::BadToken;
    }
    Verdict::Open {
        mailbox: target.address.to_ascii_lowercase(),
        person,
    }
}

#[cfg(test)]
mod tests {
    use super::Blob;

    #[test]
    fn the_vendors_vectors_are_read() {
        let blob = Blob::parse(
            "dXNlcj1hbGljZUBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LkVYQU1QTEUtdG9rZW5fMTIzAQE=",
        )
        .unwrap();
        assert_eq!(
            (blob.user.as_str(), blob.token.as_str()),
            ("alice@example.com", "ya29.EXAMPLE-token_123")
        );
        let bearer = Blob::parse("bixhPWFsaWNlQGV4YW1wbGUuY29tLAFob3N0PWltYXAuZ21haWwuY29tAXBvcnQ9OTkzAWF1dGg9QmVhcmVyIHlhMjkuRVhBTVBMRS10b2tlbl8xMjMBAQ==").unwrap();
        assert_eq!(bearer.user, "alice@example.com");
        assert!(Blob::parse("AQ==").is_none());
    }
}
