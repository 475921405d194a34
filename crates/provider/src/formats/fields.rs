//! One function per field.

use secrecy::SecretString;

use super::{Checked, Draft, Field, Finding, LONGEST, Report, messages as say};
use crate::{microsoft, profile::Kind};

const GOOGLE_ID_END: &str = ".apps.googleusercontent.com";

/// The client ID (Microsoft: "Application (client) ID").
pub fn client_id(kind: Kind, raw: &str) -> Checked<String> {
    let field = Field::ClientId;
    let mut checked = line(field, raw);
    let value = checked.normalized.clone();
    if !checked.errors.is_empty() {
        return checked;
    }
    let error = if value.is_empty() {
        Some(say::CLIENT_ID_EMPTY)
    } else if value.starts_with('{') {
        Some(say::JSON_IN_FIELD)
    } else if value.starts_with("AIza") {
        Some(say::API_KEY)
    } else if value.starts_with("GOCSPX-") {
        Some(say::SECRET_IN_ID_FIELD)
    } else if value.contains(".iam.gserviceaccount.com") {
        Some(say::SERVICE_ACCOUNT)
    } else if kind == Kind::Google && microsoft::is_guid(&value) {
        Some(say::MICROSOFT_ID_AT_GOOGLE)
    } else if kind == Kind::Microsoft && value.ends_with(GOOGLE_ID_END) {
        Some(say::GOOGLE_ID_AT_MICROSOFT)
    } else if kind == Kind::Google && digits(&value) {
        Some(say::PROJECT_NUMBER)
    } else if kind != Kind::Generic && value.contains('@') {
        Some(say::ADDRESS_AS_CLIENT_ID)
    } else {
        None
    };
    if let Some(error) = error {
        checked.errors.push(error.at(field));
        return checked;
    }
    match kind {
        Kind::Google if !google_client_id(&value) => {
            checked.warnings.push(say::GOOGLE_ID_UNUSUAL.at(field));
        }
        Kind::Microsoft if !microsoft::is_guid(&value) => {
            checked.warnings.push(say::MICROSOFT_ID_UNUSUAL.at(field));
        }
        Kind::Microsoft => checked.normalized = value.to_ascii_lowercase(),
        _ => {}
    }
    checked
}

/// The client secret. Its text appears in no finding.
pub fn client_secret(kind: Kind, raw: &str) -> Checked<SecretString> {
    let field = Field::ClientSecret;
    let Checked {
        normalized: value,
        mut errors,
        mut warnings,
    } = line(field, raw);
    let error = if !errors.is_empty() {
        None
    } else if value.is_empty() {
        Some(say::SECRET_EMPTY)
    } else if value.starts_with('{') {
        Some(say::JSON_IN_FIELD)
    } else if masked(&value) {
        Some(say::SECRET_MASKED)
    } else if value.starts_with("AIza") {
        Some(say::API_KEY)
    } else if value.starts_with("ya29.") || value.starts_with("1//") {
        Some(say::TOKEN_AS_SECRET)
    } else if value.starts_with("-----BEGIN") {
        Some(say::KEY_AS_SECRET)
    } else if value.ends_with(GOOGLE_ID_END) {
        Some(say::ID_IN_SECRET_FIELD)
    } else if microsoft::is_guid(&value) && kind == Kind::Microsoft {
        Some(say::SECRET_ID_NOT_VALUE)
    } else if kind == Kind::Microsoft && value.starts_with("GOCSPX-") {
        Some(say::GOOGLE_SECRET_AT_MICROSOFT)
    } else {
        None
    };
    if let Some(error) = error {
        errors.push(error.at(field));
    } else if errors.is_empty() {
        match kind {
            Kind::Google if !google_secret(&value) => {
                warnings.push(say::GOOGLE_SECRET_UNUSUAL.at(field));
            }
            Kind::Microsoft if !microsoft_secret(&value) => {
                warnings.push(say::MICROSOFT_SECRET_UNUSUAL.at(field));
            }
            _ => {}
        }
    }
    Checked {
        normalized: value.into(),
        errors,
        warnings,
    }
}

/// The tenant: `common`, `organizations`, `consumers`, a GUID or a verified domain. Empty is
/// `organizations` at Microsoft; where a provider has no tenants, the value is dropped.
pub fn tenant(kind: Kind, raw: &str) -> Checked<Option<String>> {
    let field = Field::Tenant;
    let mut checked = line(field, raw);
    let value = checked.normalized.to_ascii_lowercase();
    let value = value.strip_suffix('.').unwrap_or(&value);
    let mut normalized = None;
    if !checked.errors.is_empty() {
    } else if kind == Kind::Google {
        if !value.is_empty() {
            checked.warnings.push(say::TENANT_NOT_USED.at(field));
        }
    } else if value.is_empty() {
        normalized = (kind == Kind::Microsoft).then(|| microsoft::DEFAULT_TENANT.to_owned());
    } else if value.contains('@') {
        checked.errors.push(say::TENANT_ADDRESS.at(field));
    } else if value.contains('/') || value.contains(':') {
        checked.errors.push(say::TENANT_URL.at(field));
    } else if matches!(value, "common" | "organizations" | "consumers")
        || microsoft::is_guid(value)
        || domain(value)
    {
        normalized = Some(value.to_owned());
    } else {
        checked.errors.push(say::TENANT_FORM.at(field));
    }
    Checked {
        normalized,
        errors: checked.errors,
        warnings: checked.warnings,
    }
}

/// The note: line breaks stay, other control characters are refused.
pub fn note(raw: &str) -> Checked<String> {
    let normalized = raw.replace("\r\n", "\n").replace('\r', "\n");
    let mut errors = Vec::new();
    if normalized.chars().count() > LONGEST {
        errors.push(say::TOO_LONG.at(Field::Note));
    }
    if normalized
        .chars()
        .any(|c| c.is_control() && c != '\n' && c != '\t')
    {
        errors.push(say::CONTROL_CHARACTER.at(Field::Note));
    }
    Checked {
        normalized,
        errors,
        warnings: Vec::new(),
    }
}

/// The name in our own list: one line, may hold blanks.
pub fn name(raw: &str) -> Checked<String> {
    let normalized = trim(raw).to_owned();
    let mut errors = Vec::new();
    if normalized.chars().count() > LONGEST {
        errors.push(say::TOO_LONG.at(Field::Name));
    }
    if normalized.chars().any(char::is_control) {
        errors.push(say::CONTROL_CHARACTER.at(Field::Name));
    }
    Checked {
        normalized,
        errors,
        warnings: Vec::new(),
    }
}

/// The last four characters, as the consoles show them; None for a secret so short that four
/// characters would give a good part of it away.
pub fn secret_hint(secret: &str) -> Option<String> {
    let characters: Vec<char> = secret.chars().collect();
    let from = characters.len().checked_sub(4).filter(|from| *from >= 12)?;
    characters.get(from..).map(|end| end.iter().collect())
}

/// Mistakes that show only when two fields are seen together.
pub(super) fn compare(draft: &Draft<'_>, report: &mut Report) {
    let id = draft.client_id.map(trim).filter(|id| !id.is_empty());
    let same = |other: Option<&str>| {
        id.zip(other.map(trim))
            .is_some_and(|(id, other)| id.eq_ignore_ascii_case(other))
    };
    if same(draft.tenant) {
        report
            .errors
            .push(say::TENANT_IS_CLIENT_ID.at(Field::Tenant));
    }
    let said = report
        .errors
        .iter()
        .any(|finding| finding.field == Field::ClientSecret);
    if same(draft.client_secret) && !said {
        report
            .errors
            .push(say::ID_IN_SECRET_FIELD.at(Field::ClientSecret));
    }
}

/// What every one-line value has in common: trimmed, bounded, printable ASCII inside.
fn line(field: Field, raw: &str) -> Checked<String> {
    let normalized = trim(raw).to_owned();
    let mut errors: Vec<Finding> = Vec::new();
    let mut warnings = Vec::new();
    if normalized.chars().count() > LONGEST {
        errors.push(say::TOO_LONG.at(field));
    } else if !normalized.starts_with('{') && !masked(&normalized) {
        if normalized.contains(blank) {
            errors.push(say::BLANK_INSIDE.at(field));
        } else if normalized.contains(|c: char| !c.is_ascii_graphic()) {
            errors.push(say::NOT_ASCII.at(field));
        }
    }
    if normalized.len() != raw.len() && !normalized.is_empty() {
        warnings.push(say::BLANKS_TRIMMED.at(field));
    }
    Checked {
        normalized,
        errors,
        warnings,
    }
}

/// Blanks of every width, and the invisible characters that copying from web pages brings.
fn blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\0')
}

pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(blank)
}

fn masked(value: &str) -> bool {
    let dots = |c: char| matches!(c, '*' | '•' | '●' | '＊' | '…');
    value.chars().take_while(|c| dots(*c)).count() >= 3
}

fn digits(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_digit())
}

/// `^[0-9]{6,}(-[0-9A-Za-z_]+)?\.apps\.googleusercontent\.com$` (providers.md 7.1)
fn google_client_id(value: &str) -> bool {
    let Some(start) = value.strip_suffix(GOOGLE_ID_END) else {
        return false;
    };
    let (number, rest) = match start.split_once('-') {
        Some((number, rest)) => (number, Some(rest)),
        None => (start, None),
    };
    let word = |rest: &str| {
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    number.len() >= 6 && digits(number) && rest.is_none_or(word)
}

/// Since 2021 `GOCSPX-` and 28 characters, before 24 characters (providers.md 7.1).
fn google_secret(value: &str) -> bool {
    let of = |text: &str, length: usize| {
        text.len() == length
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    match value.strip_prefix("GOCSPX-") {
        Some(rest) => of(rest, 28),
        None => of(value, 24),
    }
}

/// `^[0-9A-Za-z_~.-]{3}[0-9]Q~[0-9A-Za-z_~.-]{31,34}$` (providers.md 7.2)
fn microsoft_secret(value: &str) -> bool {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'~' | b'.' | b'-');
    (37..=40).contains(&value.len())
        && value.bytes().all(|b| plain(&b))
        && value.as_bytes().get(3).is_some_and(u8::is_ascii_digit)
        && value.get(4..6) == Some("Q~")
}

/// A domain name with a dot; its last label has a letter.
fn domain(value: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    value.len() <= 253
        && value.contains('.')
        && value.split('.').all(label)
        && value
            .rsplit('.')
            .next()
            .is_some_and(|last| last.bytes().any(|b| b.is_ascii_alphabetic()))
}
