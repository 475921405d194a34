//! The walk through a sitting: which page comes next, until the person has decided.
//!
//! The fields of a form are remembered as far as they were given (`account`, `proceed`), the decision
//! counts once. So a person sees one page after the other, and a test may send everything in one
//! POST.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

use super::pages::{self, Look};
use super::sitting::{Purpose, Sitting, full_scope, is_identity};
use super::{Answer, Fields, Site, google, japanese, microsoft};
use crate::ProviderKind;
use crate::grants::Code;
use crate::people::{Audience, NewApp, Person};
use crate::world::Books;

const REFUSED: &str = "User declined to consent to access the app.";

/// What one form says beyond what the sitting remembers.
#[derive(Default)]
struct Decision {
    /// `allow`, `refuse`, `back`.
    word: Option<String>,
    scopes: Vec<String>,
}

pub(crate) async fn decide(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Answer {
    let fields = Fields::parse(&body);
    let look = Look {
        japanese: japanese(&headers),
        provider: site.provider,
    };
    let mut books = site.world.books();
    let id = fields.get("sitting").unwrap_or_default().to_owned();
    let Some(mut sitting) = books.sittings.remove(&id) else {
        let title = look.say("ページの期限が切れています", "This page has expired");
        let html = pages::error(look, "expired_page", title, "");
        return Answer::Page {
            status: StatusCode::BAD_REQUEST,
            html,
        };
    };
    if let Some(account) = fields.get("account") {
        sitting.account = Some(account.to_owned());
    }
    sitting.proceeded |= fields.get("proceed").is_some();
    let decision = Decision {
        word: fields.get("decision").map(str::to_owned),
        scopes: fields.all("scope"),
    };
    step(&mut books, &site, look, id, sitting, &decision)
}

/// The first page of a request that is in order; or the end already, with `prompt=none`.
pub(crate) fn begin(books: &mut Books, site: &Site, look: Look, mut sitting: Sitting) -> Answer {
    if sitting.prompts("none") {
        let hint = sitting.login_hint.clone().unwrap_or_default();
        let person = books.person(sitting.provider, &hint).cloned();
        let consented = person
            .as_ref()
            .is_some_and(|p| has_consented(books, &sitting, p));
        if let (Some(person), true) = (person, consented) {
            let scopes = sitting.scopes.clone();
            return give_code(books, site, &sitting, &person, scopes, false);
        }
        return Answer::Redirect(match sitting.provider {
            ProviderKind::Google => end_google(site, &sitting, "interaction_required"),
            ProviderKind::Microsoft => end_microsoft(
                books,
                site,
                &sitting,
                "interaction_required",
                50058,
                "A silent sign-in request was sent but no user is signed in.",
            ),
        });
    }
    if books.sittings.len() > 1_000 {
        books.sittings.clear();
    }
    // Google takes an unknown hint without a word.
    sitting.account = None;
    let id = books.dice.text(24);
    step(books, site, look, id, sitting, &Decision::default())
}

fn step(
    books: &mut Books,
    site: &Site,
    look: Look,
    id: String,
    sitting: Sitting,
    decision: &Decision,
) -> Answer {
    let Some(app) = books.app(sitting.provider, &sitting.client_id).cloned() else {
        return google::error_page(look, StatusCode::UNAUTHORIZED, "deleted_client", "");
    };
    let person = sitting
        .account
        .as_deref()
        .and_then(|address| books.person(sitting.provider, address))
        .filter(|person| !person.shared)
        .cloned();
    let Some(person) = person else {
        if decision.word.as_deref() == Some("back") {
            let to = sitting.back(&[
                ("error", "access_denied"),
                ("error_description", "the user canceled the authentication"),
                ("state", sitting.state.as_deref().unwrap_or_default()),
            ]);
            return Answer::Redirect(to);
        }
        let people: Vec<Person> = books
            .people
            .iter()
            .filter(|p| p.provider == sitting.provider && !p.shared)
            .cloned()
            .collect();
        let hint = sitting.login_hint.as_deref();
        let html = pages::choose_account(look, &id, &app.name, &people, hint);
        return keep(books, id, sitting, html);
    };
    match sitting.provider {
        ProviderKind::Google => {
            google_step(books, site, look, id, sitting, decision, &app, &person)
        }
        ProviderKind::Microsoft => {
            microsoft_step(books, site, look, id, sitting, decision, &app, &person)
        }
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "one step of one walk, called in one place"
)]
fn google_step(
    books: &mut Books,
    site: &Site,
    look: Look,
    id: String,
    sitting: Sitting,
    decision: &Decision,
    app: &NewApp,
    person: &Person,
) -> Answer {
    if app.audience == Audience::Internal && app.tenant != person.tenant {
        let detail = format!("{} can only be used within its organization.", app.name);
        return google::error_page(look, StatusCode::FORBIDDEN, "org_internal", &detail);
    }
    let tester = app
        .test_users
        .iter()
        .any(|t| t.eq_ignore_ascii_case(&person.address));
    if app.audience == Audience::Testing && !tester {
        let detail = format!(
            "{} has not completed the Google verification process. The app is currently being \
             tested, and can only be accessed by developer-approved testers.",
            app.name
        );
        return google::error_page(look, StatusCode::FORBIDDEN, "access_denied", &detail);
    }
    let ask = sitting.prompts("consent") || !has_consented(books, &sitting, person);
    if !ask {
        let scopes = sitting.scopes.clone();
        return give_code(books, site, &sitting, person, scopes, false);
    }
    if decision.word.as_deref() == Some("refuse") {
        return Answer::Redirect(end_google(site, &sitting, "access_denied"));
    }
    if app.unverified && !sitting.proceeded {
        let html = pages::unverified(look, &id, &app.name);
        return keep(books, id, sitting, html);
    }
    let boxes: Vec<String> = sitting
        .scopes
        .iter()
        .filter(|s| !is_identity(s))
        .cloned()
        .collect();
    if decision.word.as_deref() != Some("allow") {
        let html = pages::google_consent(look, &id, &app.name, &person.address, &boxes);
        return keep(books, id, sitting, html);
    }
    let granted: Vec<String> = sitting
        .scopes
        .iter()
        .filter(|s| is_identity(s) || decision.scopes.contains(s))
        .cloned()
        .collect();
    give_code(books, site, &sitting, person, granted, true)
}

#[expect(
    clippy::too_many_arguments,
    reason = "one step of one walk, called in one place"
)]
fn microsoft_step(
    books: &mut Books,
    site: &Site,
    look: Look,
    id: String,
    sitting: Sitting,
    decision: &Decision,
    app: &NewApp,
    person: &Person,
) -> Answer {
    let now = site.world.now();
    let tid = person.tenant.clone().unwrap_or_default();
    let wrong = microsoft::wrong_account(books, &sitting.tenant, &person.address, &tid, &app.name);
    if let Some((number, text)) = wrong {
        return microsoft::error_page(books, look, now, number, &text);
    }
    let word = decision.word.as_deref();
    if word == Some("refuse") {
        let to = end_microsoft(books, site, &sitting, "consent_required", 65004, REFUSED);
        return Answer::Redirect(to);
    }
    let agreed = books
        .admin_consents
        .contains(&(tid.clone(), app.client_id.clone()));
    let whole = sitting.purpose == Purpose::AdminConsent;
    if (whole || (app.needs_admin && !agreed)) && !person.admin {
        let html = pages::need_admin(look, &id, &app.name);
        return keep(books, id, sitting, html);
    }
    let known = agreed || has_consented(books, &sitting, person);
    let ask = whole || sitting.prompts("consent") || !known;
    if ask && word != Some("allow") {
        let html = pages::microsoft_consent(
            look,
            &id,
            &app.name,
            &person.address,
            &sitting.scopes,
            whole,
        );
        return keep(books, id, sitting, html);
    }
    if whole {
        books
            .admin_consents
            .insert((tid.clone(), app.client_id.clone()));
        let mut pairs = vec![("admin_consent", "True"), ("tenant", tid.as_str())];
        let scope = sitting.scopes.join(" ");
        pairs.push(("scope", &scope));
        if let Some(state) = &sitting.state {
            pairs.push(("state", state));
        }
        return Answer::Redirect(sitting.back(&pairs));
    }
    // The page has no boxes; a test may still say that less was granted, as an administrator can.
    let wanted: Vec<String> = decision
        .scopes
        .iter()
        .map(|s| full_scope(ProviderKind::Microsoft, s))
        .collect();
    let granted: Vec<String> = sitting
        .scopes
        .iter()
        .filter(|s| is_identity(s) || wanted.is_empty() || wanted.contains(s))
        .cloned()
        .collect();
    give_code(books, site, &sitting, person, granted, true)
}

fn keep(books: &mut Books, id: String, sitting: Sitting, html: String) -> Answer {
    books.sittings.insert(id, sitting);
    Answer::Page {
        status: StatusCode::OK,
        html,
    }
}

fn has_consented(books: &Books, sitting: &Sitting, person: &Person) -> bool {
    books
        .grants
        .consented
        .get(&(sitting.client_id.clone(), person.address.clone()))
        .is_some_and(|had| sitting.scopes.iter().all(|s| had.contains(s)))
}

fn end_google(site: &Site, sitting: &Sitting, error: &str) -> String {
    let mut pairs = vec![("error", error)];
    if let Some(state) = &sitting.state {
        pairs.push(("state", state));
    }
    pairs.push(("iss", &site.origin));
    sitting.back(&pairs)
}

fn end_microsoft(
    books: &mut Books,
    site: &Site,
    sitting: &Sitting,
    error: &str,
    number: u32,
    text: &str,
) -> String {
    let said = microsoft::say(books, site.world.now(), number, text);
    let error_uri = format!("{}/error?code={number}", site.origin);
    let mut pairs = vec![
        ("error", error),
        ("error_description", said.description.as_str()),
        ("error_uri", error_uri.as_str()),
    ];
    if sitting.purpose == Purpose::AdminConsent {
        pairs.push(("admin_consent", "True"));
    }
    if let Some(state) = &sitting.state {
        pairs.push(("state", state));
    }
    sitting.back(&pairs)
}

/// The code goes back to the client. `shown`: consent was asked for; only then Google gives a
/// refresh token (providers.md 4.3).
fn give_code(
    books: &mut Books,
    site: &Site,
    sitting: &Sitting,
    person: &Person,
    scopes: Vec<String>,
    shown: bool,
) -> Answer {
    let google = sitting.provider == ProviderKind::Google;
    let value = if google {
        format!("4/0A{}", books.dice.text(70))
    } else {
        format!("1.{}", books.dice.text(600))
    };
    if shown {
        let pair = (sitting.client_id.clone(), person.address.clone());
        books
            .grants
            .consented
            .entry(pair)
            .or_default()
            .extend(scopes.iter().cloned());
    }
    let code = Code {
        provider: sitting.provider,
        client_id: sitting.client_id.clone(),
        redirect_uri: sitting.redirect_uri.clone(),
        challenge: sitting.challenge.clone(),
        scopes: scopes.clone(),
        address: person.address.clone(),
        nonce: sitting.nonce.clone(),
        tenant: sitting.tenant.clone(),
        offline: sitting.offline && (shown || !google),
        issued_at: site.world.now(),
        grant: None,
    };
    books.grants.codes.insert(value.clone(), code);
    let state = sitting.state.clone();
    let scope = scopes.join(" ");
    let session = books.dice.guid();
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    if google {
        pairs.extend(state.as_deref().map(|s| ("state", s)));
        pairs.extend([("iss", site.origin.as_str()), ("code", value.as_str())]);
        pairs.extend([("scope", scope.as_str()), ("authuser", "0")]);
        pairs.extend(person.tenant.as_deref().map(|hd| ("hd", hd)));
        pairs.push(("prompt", if shown { "consent" } else { "none" }));
    } else {
        pairs.push(("code", &value));
        pairs.extend(state.as_deref().map(|s| ("state", s)));
        pairs.push(("session_state", &session));
    }
    Answer::Redirect(sitting.back(&pairs))
}
