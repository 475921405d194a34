//! Microsoft's error numbers (facts providers.md 8.4).
//!
//! Microsoft says to decide by `error` and never by the number; the number only chooses the
//! text that helps.

/// Cause id and the numbers that mean it.
const NUMBERS: &[(&str, &[u32])] = &[
    ("redirect-uri-mismatch", &[50011, 900_971]),
    ("app-not-found", &[700_016, 700_011, 70001]),
    ("app-switched-off", &[7_000_112]),
    ("tenant-unknown", &[90002, 50059, 50128, 90019]),
    ("single-tenant-app", &[50194]),
    ("account-type-not-allowed", &[9_002_332, 90130, 90124]),
    (
        "account-not-in-tenant",
        &[500_208, 50020, 16000, 50034, 51004, 90072],
    ),
    ("client-secret-wrong", &[7_000_215, 70002]),
    ("client-secret-expired", &[7_000_222]),
    ("client-secret-missing", &[7_000_218]),
    ("client-is-public", &[700_025]),
    ("certificate-wrong", &[700_027, 700_030, 50012, 500_133]),
    ("scope-wrong", &[70011, 28002, 28003, 700_022, 700_023]),
    (
        "permission-missing",
        &[500_011, 650_052, 650_057, 65005, 650_056],
    ),
    ("admin-consent-needed", &[65001, 90094, 90095, 90008]),
    ("consent-cancelled", &[65004]),
    ("user-not-assigned", &[50105]),
    ("code-unusable", &[54005, 50089]),
    ("pkce-mismatch", &[501_481, 50147, 501_491]),
    ("tenant-changed", &[700_005]),
    (
        "request-malformed",
        &[9_002_313, 900_144, 90014, 90013, 90015],
    ),
    ("platform-not-web", &[9_002_326, 9_002_327, 90023, 700_084]),
    ("grant-ended", &[70000]),
    ("grant-unused", &[700_082, 70008]),
    ("grant-revoked", &[50173, 50132, 50133]),
    (
        "sign-in-again",
        &[70043, 50072, 50074, 50076, 50078, 50079, 50158, 53004],
    ),
    ("password-problem", &[50055, 50144, 50126, 50056]),
    ("account-disabled", &[50057]),
    ("account-locked", &[50053]),
    (
        "blocked-by-policy",
        &[
            53000, 53001, 53002, 53003, 530_032, 530_035, 50005, 50097, 50131,
        ],
    ),
    ("tenant-restrictions", &[500_021, 500_022, 500_212, 500_213]),
    ("wrong-cloud", &[90038, 900_382, 900_432, 90051, 1_000_104]),
    ("tenant-needed", &[9_001_023]),
    ("loop-detected", &[50196]),
    ("throttled", &[90055]),
    (
        "provider-server-error",
        &[
            50033, 50087, 50088, 90006, 90012, 90024, 90033, 90090, 70012, 80005, 40010,
        ],
    ),
    ("browser-session-trouble", &[50058, 50061, 16001]),
];

/// The cause id of a number; None for one that is not in the catalogue.
pub fn aadsts(number: u32) -> Option<&'static str> {
    NUMBERS
        .iter()
        .find(|(_, numbers)| numbers.contains(&number))
        .map(|(id, _)| *id)
}

/// The numbers behind `AADSTS` in a description, in order of appearance.
pub fn numbers_in(description: &str) -> Vec<u32> {
    description
        .split("AADSTS")
        .skip(1)
        .take(8)
        .filter_map(|rest| {
            let end = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            rest.get(..end)?.parse().ok()
        })
        .collect()
}

#[cfg(test)]
pub(crate) fn table() -> &'static [(&'static str, &'static [u32])] {
    NUMBERS
}
