//! Looks at what an administrator pasted before anything is sent to a provider.
//!
//! Known mistakes (the secret's ID in place of its value, an API key, a masked secret) are
//! errors with the sentence that helps. A form that merely looks unusual is a warning: the
//! providers change their formats without notice, and only they decide.
//! Blanks around a value, full-width and non-breaking ones too, are cut off.
//!
//! Source: facts providers.md section 7, groupsession.md G-02, S-60.

mod client_json;
mod fields;
mod messages;

use secrecy::SecretString;

use crate::{advice::Language, profile::Kind};

pub use client_json::{GoogleClient, google_json};
pub(crate) use fields::trim as trim_blanks;
pub use fields::{client_id, client_secret, name, note, secret_hint, tenant};

/// The longest client ID, secret, note and name, in characters.
pub const LONGEST: usize = 1000;

/// The field of the form and of `/api/credentials` that a finding belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    ClientId,
    ClientSecret,
    Tenant,
    Note,
    Name,
}

impl Field {
    pub fn as_str(self) -> &'static str {
        match self {
            Field::ClientId => "client_id",
            Field::ClientSecret => "client_secret",
            Field::Tenant => "tenant",
            Field::Note => "note",
            Field::Name => "name",
        }
    }
}

/// One remark on one field. `id` is stable; the sentences are for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub field: Field,
    pub id: &'static str,
    pub ja: &'static str,
    pub en: &'static str,
}

impl Finding {
    pub fn message(&self, language: Language) -> &'static str {
        match language {
            Language::Ja => self.ja,
            Language::En => self.en,
        }
    }
}

/// One field after the check. With errors, `normalized` is only for showing.
#[derive(Debug, Clone)]
pub struct Checked<T> {
    pub normalized: T,
    pub errors: Vec<Finding>,
    pub warnings: Vec<Finding>,
}

/// What came in, as it came in. None is "not sent" (a PATCH leaves it alone).
#[derive(Debug, Clone, Copy, Default)]
pub struct Draft<'a> {
    pub client_id: Option<&'a str>,
    pub client_secret: Option<&'a str>,
    pub tenant: Option<&'a str>,
    pub name: Option<&'a str>,
    pub note: Option<&'a str>,
}

/// What would be stored. `tenant` is None where the provider has none.
#[derive(Debug, Clone, Default)]
pub struct Normalized {
    pub client_id: Option<String>,
    pub client_secret: Option<SecretString>,
    pub tenant: Option<String>,
    pub name: Option<String>,
    pub note: Option<String>,
}

/// All fields together, in the order of the form.
#[derive(Debug, Clone, Default)]
pub struct Report {
    pub normalized: Normalized,
    pub errors: Vec<Finding>,
    pub warnings: Vec<Finding>,
}

impl Report {
    fn take<T>(&mut self, checked: Checked<T>) -> T {
        self.errors.extend(checked.errors);
        self.warnings.extend(checked.warnings);
        checked.normalized
    }
}

/// Checks every field that was sent, and the client ID against the tenant and the secret: at
/// Microsoft two GUIDs stand one below the other, at Google ID and secret do.
pub fn check(kind: Kind, draft: &Draft<'_>) -> Report {
    let mut report = Report::default();
    if let Some(raw) = draft.client_id {
        report.normalized.client_id = Some(report.take(client_id(kind, raw)));
    }
    if let Some(raw) = draft.client_secret {
        report.normalized.client_secret = Some(report.take(client_secret(kind, raw)));
    }
    if let Some(raw) = draft.note {
        report.normalized.note = Some(report.take(note(raw)));
    }
    if let Some(raw) = draft.name {
        report.normalized.name = Some(report.take(name(raw)));
    }
    if let Some(raw) = draft.tenant {
        report.normalized.tenant = report.take(tenant(kind, raw));
    }
    fields::compare(draft, &mut report);
    report
}

#[cfg(test)]
mod tests;
