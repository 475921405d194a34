//! The client secret changes: nobody notices, or everybody stops at once and comes back by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sandbox::{
    Fault, FaultKind, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, MICROSOFT_CLIENT_ID,
    MICROSOFT_CLIENT_SECRET, ProviderKind,
};
use serde_json::{Value, json};
use testing::program::{Answer, Method};
use testing::wait_for;

use crate::scene::{ALICE, CAROL, House, Mailbox};

const MINUTE: Duration = Duration::from_secs(60);
const GOOGLE_NEXT: &str = "GOCSPX-nextnextnextnextnextnextnext";
const MICROSOFT_NEXT: &str = "nxt8Q~NextNextNextNextNextNextNextNextNe";

/// A provider with its app, and both secrets.
type App = (ProviderKind, &'static str, &'static str, &'static str);

const GOOGLE: App = (
    ProviderKind::Google,
    GOOGLE_CLIENT_ID,
    GOOGLE_CLIENT_SECRET,
    GOOGLE_NEXT,
);
const MICROSOFT: App = (
    ProviderKind::Microsoft,
    MICROSOFT_CLIENT_ID,
    MICROSOFT_CLIENT_SECRET,
    MICROSOFT_NEXT,
);

/// At the provider these secrets are right from now on, and those have ended.
fn at_provider(house: &House, app: App, right: &[&str], ended: &[&str]) {
    house.sandbox.set_secrets(app.0, app.1, right, ended);
}

async fn set(house: &House, path: &str, body: &Value) -> Value {
    let seen = house.admin.get(path).await;
    let seen = seen.is(200);
    act(house, Method::PATCH, path, &seen, body).await
}

async fn act(house: &House, method: Method, path: &str, seen: &Answer, body: &Value) -> Value {
    let asked = house.admin.ask(method, path);
    let asked = asked.header("if-match", seen.header("etag"));
    asked.json(body).send().await.ok()
}

/// The states that a mailbox's grant was in.
async fn states(house: &House, mailbox: &Mailbox) -> Vec<String> {
    let account = house.account(&mailbox.id).await;
    let intervals = account["intervals"].as_array().cloned().unwrap_or_default();
    let of_grant = intervals.iter().filter(|one| one["what"] == "grant");
    of_grant
        .map(|one| one["status"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Asks for tokens of a mailbox without a pause until `stop`: how many came, and what came in their place.
async fn demand(house: &House, mailbox: &Mailbox, stop: Arc<AtomicBool>) -> (usize, Vec<String>) {
    let wanted = json!({ "name": "program", "scopes": ["token"] });
    let made = house
        .member
        .post("/api/tokens", &wanted)
        .await
        .is(201)
        .json();
    let program = house
        .member
        .with_token(made["token"].as_str().expect("a token"));
    let path = format!("/api/accounts/{}/access-token", mailbox.id);
    let (mut came, mut failed) = (0, Vec::new());
    while !stop.load(Ordering::SeqCst) {
        let answer = program.post(&path, &json!({})).await;
        match answer.status {
            200 => came += 1,
            _ => failed.push(answer.text()),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    (came, failed)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_under_demand_is_noticed_by_nobody() {
    let house = House::new().await;
    // Tokens that are refreshed every few seconds, and old refresh tokens that die at once.
    house
        .sandbox
        .fault(Fault::new(FaultKind::ShortTokens).ms(40_000));
    house.sandbox.fault(Fault::new(FaultKind::StrictRotation));
    for (app, person) in [(GOOGLE, ALICE), (MICROSOFT, CAROL)] {
        let (_, _, old, next) = app;
        let mailbox = house.connect(person).await;
        house.until(&mailbox.id, "sync", "live").await;
        let path = format!("/api/credentials/{}", house.credential(person));
        let stop = Arc::new(AtomicBool::new(false));
        let rotation = async {
            at_provider(&house, app, &[old, next], &[]);
            set(&house, &path, &json!({ "next_secret": next })).await;
            let check = format!("{path}/next-secret/check");
            let steps = house
                .admin
                .post(&check, &json!({ "account_id": mailbox.id }))
                .await
                .ok();
            assert_eq!(steps["steps"][1]["outcome"], "ok", "{steps}");
            let seen = house.admin.get(&path).await.is(200);
            let switch = format!("{path}/next-secret/switch");
            act(&house, Method::POST, &switch, &seen, &json!({})).await;
            at_provider(&house, app, &[next], &[]);
            house.admin.delete(&format!("{path}/previous-secret")).await;
            let made = || {
                house.there(person)["refreshes"]
                    .as_array()
                    .map_or(0, Vec::len)
            };
            let before = made();
            wait_for("two refreshes with the new secret", MINUTE, async || {
                (made() >= before + 2).then_some(())
            })
            .await;
            stop.store(true, Ordering::SeqCst);
        };
        let ((came, failed), ()) = tokio::join!(demand(&house, &mailbox, stop.clone()), rotation);
        assert!(failed.is_empty(), "{came} tokens came, and {failed:?}");
        assert!(came > 20, "{came}");
        assert_eq!(states(&house, &mailbox).await, ["good"]);
        house.deliver(person, "after the rotation");
        mailbox.arrived("after the rotation").await;
        assert_eq!(house.there(person)["ended"], Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_ends_is_replaced_by_the_next_one_in_the_same_turn() {
    let house = House::new().await;
    for (app, person) in [(GOOGLE, ALICE), (MICROSOFT, CAROL)] {
        let (provider, _, old, next) = app;
        let mailbox = house.connect(person).await;
        house.until(&mailbox.id, "sync", "live").await;
        let path = format!("/api/credentials/{}", house.credential(person));
        set(
            &house,
            &path,
            &json!({ "next_secret": next, "next_secret_ends_on": "2029-01-31" }),
        )
        .await;
        at_provider(&house, app, &[next], &[old]);
        house.end_access_tokens(provider);
        house.deliver(person, "after the end of the secret");
        mailbox.arrived("after the end of the secret").await;
        let now = house.admin.get(&path).await.ok();
        assert_eq!(now["status"], "good", "{now}");
        assert_eq!(now["secret_switched"]["by"], "refusal", "{now}");
        assert_eq!(
            now["secret_switched"]["advice"]["cause_id"],
            "secret-switched"
        );
        assert_eq!(
            (&now["secret_ends_on"], &now["next_secret_hint"]),
            (&json!("2029-01-31"), &Value::Null)
        );
        assert_eq!(
            states(&house, &mailbox).await,
            ["good"],
            "nobody had to wait"
        );
        // A consent takes the same way.
        at_provider(&house, app, &[old], &[next]);
        house.newcomer(provider, 1).await;
        let back = house.admin.get(&path).await.ok();
        assert_eq!(back["secret_hint"], json!(&old[old.len() - 4..]), "{back}");
    }
    let log = house.admin.get("/api/audit?limit=500").await.ok();
    let switches = log["items"].as_array().cloned().unwrap_or_default();
    let switches = switches
        .iter()
        .filter(|entry| entry["action"] == "credential.secret_switched");
    let actors: Vec<_> = switches.map(|entry| entry["actor"].clone()).collect();
    assert_eq!(actors, ["system"; 4]);
}

/// Mailboxes of one credential, the first of which finds out.
async fn some_mailboxes(house: &House, provider: ProviderKind) -> Vec<Mailbox> {
    let mut mailboxes = Vec::new();
    for number in 0..5 {
        mailboxes.push(house.newcomer(provider, number).await);
    }
    mailboxes
}

async fn all_until(house: &House, mailboxes: &[Mailbox], status: &str) -> Duration {
    let began = Instant::now();
    for mailbox in mailboxes {
        wait_for(
            &format!("{status} of {}", mailbox.address),
            MINUTE,
            async || (house.account(&mailbox.id).await["grant"]["status"] == status).then_some(()),
        )
        .await;
    }
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn when_every_secret_is_wrong_all_mailboxes_say_so_at_once_and_a_good_one_brings_them_back() {
    let house = House::new().await;
    for app in [GOOGLE, MICROSOFT] {
        let (provider, _, old, next) = app;
        let mailboxes = some_mailboxes(&house, provider).await;
        let (first, others) = (&mailboxes[0], &mailboxes[1..]);
        let path = format!("/api/credentials/{}", house.credential(&first.address));
        set(&house, &path, &json!({ "next_secret": next })).await;
        let third = if provider == ProviderKind::Google {
            "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"
        } else {
            "thr8Q~ThirdThirdThirdThirdThirdThirdThir"
        };
        at_provider(&house, app, &[third], &[old, next]);
        let asked = house.count("token_requests");
        house.end_access_of(&first.address);
        house.deliver(&first.address, "wakes the session");
        let spread = all_until(&house, &mailboxes, "app_broken").await;
        let found = house.admin.get(&path).await.ok();
        assert_eq!(found["status"], "broken", "{found}");
        assert_eq!(found["next_secret_status"], "broken", "{found}");
        for mailbox in &mailboxes {
            let account = house.account(&mailbox.id).await;
            assert_eq!(
                account["grant"]["advice"]["who"], "administrator",
                "{account}"
            );
        }
        // A token in hand works to its end.
        house.deliver(&others[0].address, "in hand");
        others[0].arrived("in hand").await;
        // Nobody else asked: what one was told holds for all.
        let asked = house.count("token_requests") - asked;
        assert!(asked <= 4, "{asked} requests");
        // Now all of them need a new one.
        for mailbox in others {
            house.end_access_of(&mailbox.address);
            house.deliver(&mailbox.address, "while broken");
        }
        // Entered as the one in use, or as the next one: that is tried at once, without a switch.
        let entered = match provider {
            ProviderKind::Google => json!({ "client_secret": third }),
            ProviderKind::Microsoft => json!({ "next_secret": third }),
        };
        set(&house, &path, &entered).await;
        let mended = all_until(&house, &mailboxes, "good").await;
        assert!(mended < MINUTE, "{mended:?}");
        for mailbox in others {
            mailbox.arrived("while broken").await;
        }
        first.arrived("wakes the session").await;
        assert_eq!(house.admin.get(&path).await.ok()["status"], "good");
        println!(
            "{provider:?}: {} mailboxes stopped within {spread:?}, came back within {mended:?}",
            mailboxes.len()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_the_provider_takes_again_needs_nobodys_hand() {
    let house = House::new().await;
    let mailboxes = some_mailboxes(&house, GOOGLE.0).await;
    let path = format!("/api/credentials/{}", house.credential(ALICE));
    at_provider(&house, GOOGLE, &[], &[]);
    for mailbox in &mailboxes {
        house.end_access_of(&mailbox.address);
        house.deliver(&mailbox.address, "while the secret is disabled");
    }
    all_until(&house, &mailboxes, "app_broken").await;
    at_provider(&house, GOOGLE, &[GOOGLE.2], &[]);
    let mended = all_until(&house, &mailboxes, "good").await;
    assert!(mended < MINUTE, "{mended:?}");
    for mailbox in &mailboxes {
        mailbox.arrived("while the secret is disabled").await;
    }
    assert_eq!(house.admin.get(&path).await.ok()["status"], "good");
    println!(
        "{} mailboxes came back within {mended:?} of the provider",
        mailboxes.len()
    );
}
