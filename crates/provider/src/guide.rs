//! The set-up guide: from four plain questions to the variant, its cards in order, and how long a change of
//! each card may be on its way.
//!
//! Here is what follows from the answers; the words and drawings of the cards are the web application's
//! (`web/src/guide`), and a test compares the ids of both. What always holds: a variant that cannot work
//! (more than 100 people with an external, unverified Google app, S-57) is said before the work begins.

use serde::{Deserialize, Serialize};
use store::Millis;

use crate::advice::Case;
use crate::profile::Kind;

const HOUR: Millis = 3_600_000;
/// Google counts the people of an unverified external app over its whole life (S-57).
pub const PEOPLE_CAP: i64 = 100;
/// From here on the cap is spoken of.
pub const WARN_FROM: i64 = 80;

/// Where a guide can be left.
pub const STEPS: [&str; 6] = [
    "before",
    "choose",
    "console",
    "bring",
    "verify",
    "hand-over",
];

/// Own organisation only, or also outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    Own,
    Outside,
}

/// Who allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// An administrator, once, for everybody.
    Organisation,
    /// Each person.
    Each,
    /// Nobody signs in: the app has the mailboxes that an administrator listed (Microsoft).
    AppOnly,
}

/// The answers, as far as they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answers {
    pub reach: Option<Reach>,
    pub approval: Option<Approval>,
    pub shared_mailboxes: Option<bool>,
    /// How many mailboxes are to be connected.
    pub mailboxes: Option<u32>,
    /// The 2022 manual's own way: Google external with a personal owner, Microsoft multi-tenant (S-67).
    pub manual: bool,
}

/// What follows from the answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Google: `internal` or `external`.
    pub audience: Option<&'static str>,
    /// Microsoft: `single` or `multi`.
    pub tenancy: Option<&'static str>,
    /// `delegated` or `app_only`.
    pub access: &'static str,
    /// What must be known before the work.
    pub remarks: Vec<Case>,
    /// Whether it can work at all.
    pub possible: bool,
}

/// The variant; `None` until all four questions are answered.
pub fn variant(kind: Kind, answers: &Answers) -> Option<Variant> {
    let (reach, approval, mailboxes) = (answers.reach?, answers.approval?, answers.mailboxes?);
    answers.shared_mailboxes?;
    let mut remarks = Vec::new();
    let mut possible = true;
    let app_only = approval == Approval::AppOnly && kind == Kind::Microsoft;
    let (audience, tenancy) = match kind {
        Kind::Google if reach == Reach::Own && !answers.manual => (Some("internal"), None),
        Kind::Google => {
            if i64::from(mailboxes) > PEOPLE_CAP {
                remarks.push(Case::new("user-cap-impossible").with("n", mailboxes.to_string()));
                possible = false;
            } else if i64::from(mailboxes) >= WARN_FROM {
                remarks.push(Case::new("user-cap-near").with("n", mailboxes.to_string()));
            }
            remarks.push(Case::new("guide-unverified-screen"));
            (Some("external"), None)
        }
        Kind::Microsoft if app_only || reach == Reach::Own && !answers.manual => {
            (None, Some("single"))
        }
        Kind::Microsoft => {
            remarks.push(Case::new("guide-multi-tenant"));
            (None, Some("multi"))
        }
        Kind::Generic => (None, None),
    };
    if kind == Kind::Microsoft && approval == Approval::Each {
        remarks.push(Case::new("guide-member-consent"));
    }
    if app_only && reach == Reach::Outside {
        remarks.push(Case::new("guide-app-only-own"));
    }
    Some(Variant {
        audience,
        tenancy,
        access: if app_only { "app_only" } else { "delegated" },
        remarks,
        possible,
    })
}

/// A card of the guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    /// The last part of its address.
    pub id: &'static str,
    /// It works without.
    pub optional: bool,
}

const fn must(id: &'static str) -> Card {
    Card {
        id,
        optional: false,
    }
}

const fn may(id: &'static str) -> Card {
    Card { id, optional: true }
}

/// All cards of Google's guide, in order.
pub const GOOGLE: [Card; 12] = [
    must("account"),
    must("project"),
    must("gmail-api"),
    must("consent-screen"),
    may("branding"),
    may("scopes"),
    must("client"),
    must("keep"),
    must("publish"),
    may("trust"),
    may("imap"),
    must("wait"),
];

/// All cards of Microsoft's guide for delegated access, in order.
pub const MICROSOFT: [Card; 12] = [
    must("account"),
    must("app"),
    must("ids"),
    must("platform"),
    must("secret"),
    must("permissions"),
    must("admin-consent"),
    may("assignment"),
    must("mail-apps"),
    may("conditional-access"),
    must("shared-mailbox"),
    must("wait"),
];

/// All cards of Microsoft's guide for app-only access, in order.
pub const MICROSOFT_APP_ONLY: [Card; 11] = [
    must("account"),
    must("app"),
    must("ids"),
    must("secret"),
    must("app-permissions"),
    must("admin-consent"),
    must("service-principal"),
    must("mailbox-permissions"),
    must("mail-apps"),
    may("conditional-access"),
    must("wait"),
];

/// The cards of a variant, or all of a kind before one is chosen.
pub fn cards(kind: Kind, answers: &Answers) -> Vec<Card> {
    let variant = variant(kind, answers);
    match kind {
        Kind::Google => {
            let internal =
                variant.as_ref().and_then(|variant| variant.audience) == Some("internal");
            GOOGLE
                .into_iter()
                .filter(|card| !internal || card.id != "publish")
                .filter(|card| !answers.manual || !matches!(card.id, "trust" | "imap"))
                .collect()
        }
        Kind::Microsoft
            if variant
                .as_ref()
                .is_some_and(|variant| variant.access == "app_only") =>
        {
            MICROSOFT_APP_ONLY.to_vec()
        }
        Kind::Microsoft => MICROSOFT
            .into_iter()
            .filter(|card| card.id != "shared-mailbox" || answers.shared_mailboxes != Some(false))
            .collect(),
        Kind::Generic => Vec::new(),
    }
}

/// Whether a card of this id exists at a provider of this kind.
pub fn is_card(kind: Kind, id: &str) -> bool {
    let known = |cards: &[Card]| cards.iter().any(|card| card.id == id);
    match kind {
        Kind::Google => known(&GOOGLE),
        Kind::Microsoft => known(&MICROSOFT) || known(&MICROSOFT_APP_ONLY),
        Kind::Generic => false,
    }
}

/// How long what was changed on a card may be on its way: a redirect URI at Google up to a day (S-19 says
/// hours), mail apps and rights at Microsoft up to two hours (S-38).
pub fn settles_in(kind: Kind, card: &str) -> Option<Millis> {
    match (kind, card) {
        (Kind::Google, "client") => Some(24 * HOUR),
        (Kind::Google, "imap" | "trust") => Some(24 * HOUR),
        (
            Kind::Microsoft,
            "mail-apps" | "shared-mailbox" | "service-principal" | "mailbox-permissions",
        ) => Some(2 * HOUR),
        _ => None,
    }
}

/// The same for what a mail server's refusal can be explained by: a redirect URI has no part in it.
pub fn mail_settles_in(kind: Kind, card: &str) -> Option<Millis> {
    settles_in(kind, card).filter(|_| card != "client")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(reach: Reach, approval: Approval, mailboxes: u32, manual: bool) -> Answers {
        Answers {
            reach: Some(reach),
            approval: Some(approval),
            shared_mailboxes: Some(false),
            mailboxes: Some(mailboxes),
            manual,
        }
    }

    fn ids(cases: &[Case]) -> Vec<&str> {
        cases.iter().map(|case| case.cause_id.as_str()).collect()
    }

    #[test]
    fn more_than_a_hundred_people_with_an_external_google_app_is_said_before_the_work() {
        let of = |mailboxes, manual| {
            variant(
                Kind::Google,
                &answers(Reach::Outside, Approval::Each, mailboxes, manual),
            )
            .unwrap()
        };
        assert!(!of(101, false).possible);
        assert!(ids(&of(101, false).remarks).contains(&"user-cap-impossible"));
        assert!(of(100, true).possible);
        assert!(ids(&of(80, false).remarks).contains(&"user-cap-near"));
        assert!(!ids(&of(79, false).remarks).contains(&"user-cap-near"));
        let own = answers(Reach::Own, Approval::Each, 5_000, false);
        let own = variant(Kind::Google, &own).unwrap();
        assert!(own.possible && own.audience == Some("internal"));
    }

    #[test]
    fn the_manuals_own_way_can_be_chosen_at_both_providers() {
        let manual = answers(Reach::Own, Approval::Each, 3, true);
        let google = variant(Kind::Google, &manual).unwrap();
        assert_eq!(google.audience, Some("external"));
        let shown = cards(Kind::Google, &manual);
        assert!(shown.iter().any(|card| card.id == "publish"));
        let microsoft = variant(Kind::Microsoft, &manual).unwrap();
        assert_eq!(microsoft.tenancy, Some("multi"));
    }

    #[test]
    fn the_web_application_has_the_same_cards_in_the_same_order() {
        let file = include_str!("../../../web/src/guide/cards.json");
        let theirs: std::collections::BTreeMap<String, Vec<String>> =
            serde_json::from_str(file).unwrap();
        let ids = |cards: &[Card]| {
            cards
                .iter()
                .map(|card| card.id.to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(theirs["google"], ids(&GOOGLE));
        assert_eq!(theirs["microsoft"], ids(&MICROSOFT));
        assert_eq!(theirs["microsoft_app_only"], ids(&MICROSOFT_APP_ONLY));
    }

    #[test]
    fn no_variant_stands_before_all_four_questions_are_answered() {
        let mut open = answers(Reach::Own, Approval::Each, 3, false);
        open.shared_mailboxes = None;
        assert_eq!(variant(Kind::Microsoft, &open), None);
        assert_eq!(cards(Kind::Microsoft, &open).len(), MICROSOFT.len());
    }

    #[test]
    fn app_only_access_has_cards_of_its_own_and_needs_no_consent_screen() {
        let answers = answers(Reach::Own, Approval::AppOnly, 200, false);
        let ids: Vec<&str> = cards(Kind::Microsoft, &answers)
            .iter()
            .map(|card| card.id)
            .collect();
        assert!(ids.contains(&"service-principal") && !ids.contains(&"permissions"));
        let variant = variant(Kind::Microsoft, &answers).unwrap();
        assert_eq!(
            (variant.access, variant.tenancy),
            ("app_only", Some("single"))
        );
        assert!(is_card(Kind::Microsoft, "mailbox-permissions"));
        assert!(!is_card(Kind::Google, "mailbox-permissions"));
    }
}
