//! The live self-check: can this server be reached as it says, and can it reach the providers?
//!
//!     public_url, dns, own_certificate, own_reach   our side, from outside in
//!     clock                                          against the provider's Date
//!     outgoing                                       443, IMAP and SMTP of each provider, through the proxy
//!     acme                                           what stands in the way of a certificate
//!
//! Nothing here needs a credential. A provider that cannot be reached stops no other check.

mod reach;

pub use reach::{INSTALLATION, addresses};

use std::time::{Duration, Instant};

use provider::Providers;
use provider::advice::Case;
use provider::cause::{Step, Told};
use provider::credentials::{REDIRECT_PATH, rule_case};
use provider::profile::{HostPort, ProviderProfile, Tls};
use provider::redirect_uri::{self, Outcome};
use sync::net::{self, NetError, Target, Timeouts};
use sync::session;
use url::Url;
use wire::mime::DateTime;

use crate::tls::acme::AcmeStatus;
use crate::tls::acme::trouble::Kind;

/// A check that takes longer is told as not working: somebody is watching.
const PATIENCE: Duration = Duration::from_secs(10);
/// Google and Microsoft refuse assertions that are further off; a minute is what guides promise.
const CLOCK: i64 = 60;

/// Runs all checks, for one provider or for all.
///
/// `acme` is how ordering a certificate stands, where it is ordered at all.
pub async fn run(
    providers: &Providers,
    acme: Option<AcmeStatus>,
    only: Option<&str>,
    mut told: Told,
) -> Vec<Step> {
    let profiles: Vec<&ProviderProfile> = providers
        .profiles()
        .values()
        .filter(|profile| only.is_none_or(|name| name == profile.name))
        .collect();
    for profile in &profiles {
        told.tell(public_url(providers, profile));
    }
    if let Some(acme) = &acme {
        told.tell(certificate_order(providers, acme));
    }
    reach::check(providers, &mut told).await;
    for profile in &profiles {
        told.tell(clock(providers, profile).await);
    }
    let mut targets: Vec<(&ProviderProfile, Target)> = Vec::new();
    for profile in &profiles {
        for (server, tls) in outgoing_of(profile) {
            let target = session::target(providers, profile, &server, tls, None);
            let known = |(_, other): &(&ProviderProfile, Target)| {
                (&other.host, other.port) == (&target.host, target.port)
            };
            if !targets.iter().any(known) {
                targets.push((profile, target));
            }
        }
    }
    for (_, target) in &targets {
        told.tell(Step::running("outgoing", place(target)));
    }
    let mut tries = tokio::task::JoinSet::new();
    for (profile, target) in targets {
        let facts = profile.facts(Case::new("outgoing-blocked"));
        tries.spawn(async move { outgoing(&target, facts).await });
    }
    while let Some(step) = tries.join_next().await {
        if let Ok(step) = step {
            told.tell(step);
        }
    }
    told.into_steps()
}

fn public_url(providers: &Providers, profile: &ProviderProfile) -> Step {
    let uri = redirect_uri::uri(providers.public_url(), REDIRECT_PATH);
    let rules = redirect_uri::judge(providers.public_url(), REDIRECT_PATH, profile.kind);
    let worst = |outcome| rules.iter().find(|rule| rule.outcome == outcome);
    if let Some(rule) = worst(Outcome::Fail) {
        Step::fail(
            "public_url",
            &profile.label,
            0,
            rule_case(profile, &uri, rule),
        )
    } else if let Some(rule) = worst(Outcome::Warn) {
        Step::warn(
            "public_url",
            &profile.label,
            0,
            rule_case(profile, &uri, rule),
        )
    } else {
        Step::ok("public_url", &profile.label, 0)
    }
}

/// What stands in the way of a certificate; a running one outlives many failures, so that is a warning.
fn certificate_order(providers: &Providers, acme: &AcmeStatus) -> Step {
    let Some(trouble) = &acme.last_error else {
        return Step::ok("acme", &acme.domain, 0);
    };
    let id = match trouble.kind {
        Kind::Port => "acme-port",
        Kind::Dns => "acme-dns",
        Kind::Proxy => "acme-proxy",
        Kind::RateLimited => "acme-rate-limited",
        Kind::Directory => "acme-directory",
        Kind::Refused | Kind::Other => "acme-refused",
    };
    let now = providers.store().now();
    let mut case = Case::new(id)
        .with("name", &acme.domain)
        .with("uri", providers.public_url())
        .said(&trouble.said);
    if let Some(next) = acme.next_try.filter(|next| *next > now) {
        case = case.retry((next - now).unsigned_abs() / 1_000);
    }
    if acme.not_after.is_some_and(|ends| ends > now) {
        Step::warn("acme", &acme.domain, 0, case)
    } else {
        Step::fail("acme", &acme.domain, 0, case)
    }
}

/// Our clock against the provider's `Date` (RFC 9110, 6.6.1).
async fn clock(providers: &Providers, profile: &ProviderProfile) -> Step {
    let url = profile.discovery_url_for(None);
    let host = Url::parse(&url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_default();
    let began = Instant::now();
    let page = providers.http().get(profile, &url, "en", PATIENCE).await;
    let ms = millis(began);
    let theirs = page
        .ok()
        .and_then(|page| DateTime::parse(&page.date?))
        .map(|date| date.unix);
    let Some(theirs) = theirs else {
        // Whether it can be reached at all is the next question.
        return Step::skip("clock", host);
    };
    let off = providers.store().now() / 1_000 - theirs;
    let said = format!("{off:+} s");
    if off.abs() > CLOCK {
        let case = profile.facts(Case::new("clock-wrong").with("n", off.to_string()));
        Step::fail("clock", host, ms, case).said(&said)
    } else {
        Step::ok("clock", host, ms).said(&said)
    }
}

/// The hosts and ports that a provider's mailboxes need.
fn outgoing_of(profile: &ProviderProfile) -> Vec<(HostPort, Tls)> {
    let mut all: Vec<(HostPort, Tls)> = [&profile.authorization_url, &profile.token_url]
        .iter()
        .filter_map(|address| {
            let url = Url::parse(&address.replace("{tenant}", "organizations")).ok()?;
            let host = url.host_str()?.to_owned();
            let port = url.port_or_known_default()?;
            // A rehearsal provider speaks plain HTTP: then a connection is all there is to see.
            let tls = if url.scheme() == "https" {
                Tls::Implicit
            } else {
                Tls::StartTls
            };
            Some((HostPort { host, port }, tls))
        })
        .collect();
    all.push((profile.imap.clone(), profile.imap_tls));
    all.push((profile.smtp.clone(), profile.smtp_tls));
    all
}

async fn outgoing(target: &Target, case: Case) -> Step {
    let limits = Timeouts {
        connect: PATIENCE,
        tls: PATIENCE,
        ..Timeouts::default()
    };
    let began = Instant::now();
    let result = net::connect(target, &limits).await;
    let (ms, subject) = (millis(began), place(target));
    match result {
        Ok(_) => Step::ok("outgoing", subject, ms),
        Err(NetError { cause_id, said }) => {
            // What the connection itself can say (name, certificate, proxy) is better than "blocked".
            let case = match cause_id {
                "net-connect-refused" | "net-connect-timeout" | "net-timeout" | "net-closed" => {
                    case
                }
                _ => Case {
                    cause_id: cause_id.to_owned(),
                    ..case
                },
            };
            let case = case.with("host", &subject).said(said);
            Step::fail("outgoing", subject, ms, case)
        }
    }
}

fn place(target: &Target) -> String {
    HostPort {
        host: target.host.clone(),
        port: target.port,
    }
    .to_string()
}

fn millis(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}
