//! Which of the wanted permissions were really granted.
//!
//! A person can untick a box at Google, an administrator can grant one of two permissions at
//! Microsoft: the reply's `scope` is the truth, not the request.

use super::{Kind, ProviderProfile};
use crate::microsoft;

/// The scope that opens each direction; None where it is not known (a generic provider) and
/// the mail server itself has to say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailScopes {
    pub imap: Option<String>,
    pub smtp: Option<String>,
}

/// The comparison of wanted and granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    pub imap: bool,
    pub smtp: bool,
    /// The wanted mail scopes that are not there, each once.
    pub missing: Vec<String>,
}

impl Granted {
    pub fn complete(&self) -> bool {
        self.imap && self.smtp
    }

    /// The row of the advice catalogue, None when nothing is missing.
    pub fn cause_id(&self) -> Option<&'static str> {
        match (self.imap, self.smtp) {
            (true, true) => None,
            (false, true) => Some("scope-missing-imap"),
            (true, false) => Some("scope-missing-smtp"),
            (false, false) => Some("scope-missing-mail"),
        }
    }
}

impl ProviderProfile {
    /// Reads `scope` of a token reply. None means "as asked for" (RFC 6749 section 5.1).
    pub fn granted(&self, scope: Option<&str>) -> Granted {
        let has = |wanted: &Option<String>| match (wanted, scope) {
            (None, _) | (_, None) => true,
            (Some(wanted), Some(scope)) => scope
                .split_ascii_whitespace()
                .any(|granted| self.same_scope(wanted, granted)),
        };
        let (imap, smtp) = (has(&self.mail_scopes.imap), has(&self.mail_scopes.smtp));
        let mut missing = Vec::new();
        for (there, wanted) in [
            (imap, &self.mail_scopes.imap),
            (smtp, &self.mail_scopes.smtp),
        ] {
            if let Some(wanted) = wanted
                && !there
                && !missing.contains(wanted)
            {
                missing.push(wanted.clone());
            }
        }
        Granted {
            imap,
            smtp,
            missing,
        }
    }

    /// `scope` of a refresh: Microsoft needs it, so that the token is for the Outlook resource
    /// (providers.md 5.6). Mail scopes that were not granted are left out, because the whole
    /// refresh would be refused for them.
    pub fn refresh_scope(&self, granted: Option<&str>) -> Option<String> {
        if self.kind != Kind::Microsoft {
            return None;
        }
        let missing = self.granted(granted).missing;
        let all_missing = self
            .scopes
            .iter()
            .all(|scope| missing.contains(scope) || !self.is_mail_scope(scope));
        let wanted: Vec<&str> = self
            .scopes
            .iter()
            .filter(|scope| all_missing || !missing.contains(scope))
            .map(String::as_str)
            .collect();
        Some(wanted.join(" "))
    }

    fn is_mail_scope(&self, scope: &str) -> bool {
        [&self.mail_scopes.imap, &self.mail_scopes.smtp]
            .into_iter()
            .flatten()
            .any(|mail| mail == scope)
    }

    /// Microsoft writes the permission in any case and the resource under either name; a bare
    /// permission name is a Graph permission there and does not count.
    fn same_scope(&self, wanted: &str, granted: &str) -> bool {
        if self.kind != Kind::Microsoft {
            return wanted == granted;
        }
        if wanted.eq_ignore_ascii_case(granted) {
            return true;
        }
        let (Some((wanted_at, wanted_name)), Some((granted_at, granted_name))) =
            (resource_and_name(wanted), resource_and_name(granted))
        else {
            return false;
        };
        let outlook = |host: &str| {
            microsoft::RESOURCE_HOSTS
                .iter()
                .any(|known| known.eq_ignore_ascii_case(host))
        };
        wanted_name.eq_ignore_ascii_case(granted_name)
            && (wanted_at.eq_ignore_ascii_case(granted_at)
                || (outlook(wanted_at) && outlook(granted_at)))
    }
}

/// `https://host/Name` in its two parts; a doubled slash before the name is forgiven.
fn resource_and_name(scope: &str) -> Option<(&str, &str)> {
    let rest = scope.get(8..).filter(|_| {
        scope
            .get(..8)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
    })?;
    let (host, name) = rest.split_once('/')?;
    Some((host, name.trim_start_matches('/')))
}
