//! A grant dies, and its person brings it back: by a link without signing in, or signed in.

use std::collections::BTreeSet;

use sandbox::browser::{self, Choice};
use sandbox::{Fault, FaultKind};
use serde_json::{Value, json};
use testing::program::{Client, Jmap, Kind, begin_with, call_back, decide, finished};
use testing::wait_for;

use crate::scene::{
    ALICE, BOB, BOTH, CAROL, House, ICHIRO, INFO, Mailbox, PATIENCE, cause, step, steps, text,
};

/// A consent by a link, under way in one browser.
struct Way {
    browser: Client,
    connect_id: String,
    callback: String,
}

impl House {
    /// The provider ends the grant of this person; waits until that is known here.
    async fn dies(&self, mailbox: &Mailbox, person: &str) {
        self.until(&mailbox.id, "sync", "live").await;
        self.sandbox
            .fault(Fault::new(FaultKind::RevokeGrant).of(person));
        self.end_access_of(person);
        // Gmail says so only when the session is used again.
        self.deliver(person, "wakes the session");
        self.until(&mailbox.id, "grant", "needs_consent").await;
    }

    /// The token of a link for this account, as an administrator makes it.
    async fn link(&self, account: &str) -> String {
        let body = json!({ "account_ids": [account] });
        let made = self.admin.post("/api/reconnect-links", &body).await.ok();
        let item = &made["items"][0];
        assert_eq!(item["status"], "not_asked", "{made}");
        let place = format!("{}/reconnect#", self.tegata.base);
        let url = text(&item["url"]);
        url.strip_prefix(&place)
            .unwrap_or_else(|| panic!("the token is in the fragment: {url}"))
            .to_owned()
    }

    async fn looked_up(&self, token: &str) -> Value {
        let body = json!({ "token": token });
        let stranger = self.tegata.stranger();
        stranger.post("/api/reconnect/look-up", &body).await.ok()
    }

    /// Begins by a link in this browser and goes through the provider's pages.
    async fn goes(&self, browser: &Client, token: &str, choice: &Choice) -> Way {
        let begun = browser
            .post("/api/reconnect/begin", &json!({ "token": token }))
            .await
            .is(201);
        let cookie = begun.cookie().expect("a cookie for the way back");
        let begun = begun.json();
        let url = text(&begun["authorization_url"]);
        let callback = browser::consent(&url, choice).await.expect("sent back");
        plant_state(self, &callback);
        Way {
            browser: with_cookie(browser, &cookie),
            connect_id: text(&begun["connect_id"]),
            callback,
        }
    }

    /// The way back, and the end of the checks as the link's page sees it.
    async fn comes_back(&self, way: &Way, token: &str) -> Value {
        let answer = call_back(&way.browser, &way.callback).await.is(303);
        let page = format!("/reconnect?connect={}", way.connect_id);
        assert!(
            answer.header("location").ends_with(&page),
            "{}",
            answer.header("location")
        );
        self.ended(way, token).await
    }

    async fn ended(&self, way: &Way, token: &str) -> Value {
        let body = json!({ "token": token, "connect_id": way.connect_id });
        wait_for("the end of the checks", PATIENCE, async || {
            let stranger = self.tegata.stranger();
            let now = stranger.post("/api/reconnect/follow", &body).await.ok();
            matches!(now["state"].as_str(), Some("done" | "failed")).then_some(now)
        })
        .await
    }
}

fn with_cookie(browser: &Client, cookie: &str) -> Client {
    let mut both = browser.clone();
    both.cookie = Some(match &browser.cookie {
        Some(session) => format!("{session}; {cookie}"),
        None => cookie.to_owned(),
    });
    both
}

fn plant_state(house: &House, callback: &str) {
    let url = url::Url::parse(callback).expect("an address");
    for (name, value) in url.query_pairs() {
        if name == "state" || name == "code" {
            house.tegata.plant(Kind::Consent, &value);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_brings_the_mailbox_back_where_it_stopped_with_nobody_signed_in() {
    let house = House::new().await;
    for (_, person) in BOTH {
        house.deliver(person, "before");
        let mailbox = house.connect(person).await;
        let before = mailbox.arrived("before").await;
        house.dies(&mailbox, person).await;
        house.deliver(person, "in between");
        let token = house.link(&mailbox.id).await;
        let shown = house.looked_up(&token).await;
        assert_eq!(shown["state"], "open", "{shown}");
        assert_eq!(shown["mailbox_addresses"], json!([person]));
        assert_eq!(shown["address"], person);
        assert!(!text(&shown["advice"]["cure"]).is_empty(), "{shown}");

        let budget = |account: &Value| account["budget"]["received_bytes"].as_i64().unwrap_or(0);
        let taken = budget(&house.account(&mailbox.id).await);
        let stranger = house.tegata.stranger();
        let way = house.goes(&stranger, &token, &Choice::allow(person)).await;
        let done = house.comes_back(&way, &token).await;
        assert_eq!(done["state"], "done", "{done}");
        assert_eq!(text(&done["account_id"]), mailbox.id);
        for step in steps(&done) {
            assert_eq!(step["outcome"], "ok", "{done}");
        }
        mailbox.arrived("in between").await;
        let again = mailbox.with_subject("before").await;
        assert_eq!(again.len(), 1);
        assert_eq!(again[0]["id"], before["id"], "emails keep their ids");
        let account = house.until(&mailbox.id, "sync", "live").await;
        assert_eq!(account["grant"]["status"], "good");
        // What was here is not fetched again: less came than the mail that is here by now.
        let size: i64 = [before, again[0].clone()]
            .iter()
            .filter_map(|email| email["size"].as_i64())
            .sum();
        assert!(budget(&account) >= taken, "{account}");
        assert!(size > 0);

        // Used up: it is said, nothing else of it is told, and it opens nothing.
        let over = house.looked_up(&token).await;
        assert_eq!(over["state"], "used");
        assert_eq!(over["mailbox_addresses"], json!([]));
        let body = json!({ "token": token });
        stranger
            .post("/api/reconnect/begin", &body)
            .await
            .problem(409, "link-used");
    }
    let audit = house.admin.get("/api/audit?limit=500").await.ok();
    let entries = audit["items"].as_array().cloned().unwrap_or_default();
    let of = |action: &str| entries.iter().filter(|e| e["action"] == action).count();
    assert_eq!(of("grant.reconnected"), 2);
    assert_eq!(of("reconnect_link.made"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_signed_in_in_that_browser_neither_helps_nor_hinders() {
    let house = House::new().await;
    let mailbox = house.connect(ALICE).await;
    house.dies(&mailbox, ALICE).await;
    let token = house.link(&mailbox.id).await;
    let bob = house.tegata.member("bob").await;
    // Without a CSRF token too: the request is nobody's.
    let mut browser = bob.clone();
    browser.csrf = None;
    let way = house.goes(&browser, &token, &Choice::allow(ALICE)).await;
    let done = house.comes_back(&way, &token).await;
    assert_eq!(done["state"], "done", "{done}");
    assert_eq!(bob.get("/api/accounts").await.ok()["items"], json!([]));
    bob.get(&format!("/api/connect/{}", way.connect_id))
        .await
        .problem(404, "not-found");
    house.until(&mailbox.id, "grant", "good").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_person_is_refused_and_the_link_still_works() {
    let house = House::new().await;
    for (right, wrong) in [(ALICE, BOB), (CAROL, ICHIRO)] {
        let mailbox = house.connect(right).await;
        house.dies(&mailbox, right).await;
        let token = house.link(&mailbox.id).await;
        let stranger = house.tegata.stranger();
        let way = house.goes(&stranger, &token, &Choice::allow(wrong)).await;
        let failed = house.comes_back(&way, &token).await;
        assert_eq!(failed["state"], "failed", "{failed}");
        assert_eq!(cause(&failed, "identity"), "wrong-person");
        assert_eq!(failed["account_id"], Value::Null);
        assert_eq!(house.looked_up(&token).await["state"], "open");
        let account = house.account(&mailbox.id).await;
        assert_eq!(account["grant"]["status"], "needs_consent");
        // Cancelled is no better.
        let way = house.goes(&stranger, &token, &Choice::refuse(right)).await;
        let failed = house.comes_back(&way, &token).await;
        assert_eq!(cause(&failed, "consent"), "consent-cancelled");
        let way = house.goes(&stranger, &token, &Choice::allow(right)).await;
        assert_eq!(house.comes_back(&way, &token).await["state"], "done");
    }
    let mine = house.member.get("/api/accounts").await.ok();
    assert_eq!(mine["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(house.count("revocations"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_back_is_bound_to_the_browser_that_began() {
    let house = House::new().await;
    let mailbox = house.connect(ALICE).await;
    house.dies(&mailbox, ALICE).await;
    let token = house.link(&mailbox.id).await;
    let stranger = house.tegata.stranger();
    let begun = stranger
        .post("/api/reconnect/begin", &json!({ "token": token }))
        .await
        .is(201);
    let set = begun.header("set-cookie").to_owned();
    for flag in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(set.contains(flag), "{set}");
    }
    assert!(!set.contains("tegata_session"), "no session results: {set}");
    let asked = house.count("token_requests");
    let way = house.goes(&stranger, &token, &Choice::allow(ALICE)).await;
    let other = house.goes(&stranger, &token, &Choice::allow(ALICE)).await;
    // No cookie, the cookie of another browser, the account's owner signed in without the cookie.
    for foreign in [&stranger, &other.browser, &house.member] {
        let answer = call_back(foreign, &way.callback).await;
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(
            answer.text().contains("another browser"),
            "{}",
            answer.text()
        );
    }
    assert_eq!(
        house.count("token_requests"),
        asked,
        "the code was not touched"
    );
    // The cookie alone follows too, in its own browser only; no token stands in the address.
    let follow = json!({ "connect_id": way.connect_id });
    assert_eq!(
        way.browser
            .post("/api/reconnect/follow", &follow)
            .await
            .ok()["state"],
        "waiting"
    );
    other
        .browser
        .post("/api/reconnect/follow", &follow)
        .await
        .problem(404, "not-found");
    assert_eq!(house.comes_back(&way, &token).await["state"], "done");
    // Loaded again: the same page, nothing twice.
    let asked = house.count("token_requests");
    let again = call_back(&way.browser, &way.callback).await.is(303);
    assert!(again.header("location").contains("/reconnect?connect="));
    assert_eq!(house.count("token_requests"), asked);
    // The other one was begun in time and comes too late.
    let late = house.comes_back(&other, &token).await;
    assert_eq!(late["state"], "failed");
    assert_eq!(cause(&late, "consent"), "reconnect-link-used");
    assert_eq!(house.account(&mailbox.id).await["grant"]["status"], "good");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_consents_at_once_one_renews_and_the_other_is_told() {
    let house = House::new().await;
    let mailbox = house.connect(CAROL).await;
    house.dies(&mailbox, CAROL).await;
    let (one, two) = (house.link(&mailbox.id).await, house.link(&mailbox.id).await);
    let stranger = house.tegata.stranger();
    let first = house.goes(&stranger, &one, &Choice::allow(CAROL)).await;
    let second = house.goes(&stranger, &two, &Choice::allow(CAROL)).await;
    let (a, b) = tokio::join!(
        house.comes_back(&first, &one),
        house.comes_back(&second, &two)
    );
    let mut ends = [text(&a["state"]), text(&b["state"])];
    ends.sort();
    assert_eq!(ends, ["done", "failed"], "{a} {b}");
    for token in [&one, &two] {
        assert_eq!(house.looked_up(token).await["state"], "used");
    }
    house.until(&mailbox.id, "grant", "good").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_opens_nothing_else() {
    let house = House::new().await;
    let alice = house.connect(ALICE).await;
    let carol = house.connect(CAROL).await;
    house.dies(&alice, ALICE).await;
    house.dies(&carol, CAROL).await;
    let token = house.link(&alice.id).await;
    let stranger = house.tegata.stranger();
    let way = house.goes(&stranger, &token, &Choice::allow(ALICE)).await;
    // As a key, as a session, as the cookie: nothing is read with it.
    let mut as_key = stranger.clone();
    as_key.bearer = Some(token.clone());
    for browser in [&as_key, &way.browser] {
        for path in [
            "/api/me",
            "/api/accounts",
            "/api/reconnects",
            "/jmap/session",
        ] {
            assert_eq!(browser.get(path).await.status, 401, "{path}");
        }
        let path = format!("/api/accounts/{}", alice.id);
        assert_eq!(browser.get(&path).await.status, 401);
    }
    // Not for another mailbox's consent, nor for a round trip of somebody who is signed in.
    let signed_in = begin_with(
        &house.member,
        &json!({ "credential_id": house.microsoft, "address": CAROL }),
    )
    .await;
    let theirs = house.link(&carol.id).await;
    for (token, connect) in [
        (&token, &signed_in.connect_id),
        (&theirs, &way.connect_id),
        (&theirs, &signed_in.connect_id),
    ] {
        let body = json!({ "token": token, "connect_id": connect });
        stranger
            .post("/api/reconnect/follow", &body)
            .await
            .problem(404, "not-found");
    }
    // The cookie of a link does not finish what a session began, nor the other way round.
    let callback = decide(&house.member, &signed_in, &Choice::allow(CAROL)).await;
    assert_eq!(call_back(&way.browser, &callback).await.status, 400);
    assert_eq!(call_back(&house.member, &way.callback).await.status, 400);
    // The callback of one grant with the code of another person's consent renews neither.
    assert_eq!(call_back(&house.member, &callback).await.status, 303);
    finished(&house.member, &signed_in.connect_id).await;
    assert_eq!(house.looked_up(&theirs).await["state"], "used");
    assert_eq!(
        house.account(&alice.id).await["grant"]["status"],
        "needs_consent"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_ended_and_unneeded_links_say_what_they_are() {
    let house = House::new().await;
    let mailbox = house.connect(ALICE).await;
    let body = json!({ "account_ids": [mailbox.id] });
    let item = house.admin.post("/api/reconnect-links", &body).await.ok()["items"][0].clone();
    assert_eq!(
        (&item["status"], &item["url"]),
        (&json!("not_needed"), &Value::Null)
    );
    house.dies(&mailbox, ALICE).await;
    let token = house.link(&mailbox.id).await;
    let stranger = house.tegata.stranger();
    let begin = |token: &str| {
        let body = json!({ "token": token });
        let stranger = stranger.clone();
        async move { stranger.post("/api/reconnect/begin", &body).await }
    };
    let cut = &token[..token.len() - 1];
    begin(cut).await.problem(404, "no-such-link");
    begin("").await.problem(404, "no-such-link");
    begin(&"x".repeat(100_000))
        .await
        .problem(404, "no-such-link");
    stranger
        .post("/api/reconnect/begin", &json!({ "token": 5 }))
        .await
        .problem(400, "bad-request");
    let ends = "UPDATE reconnect_links SET expires_at = created_at - 1";
    house.tegata.sql(ends).await;
    let over = house.looked_up(&token).await;
    assert_eq!(
        (&over["state"], &over["address"]),
        (&json!("expired"), &json!(""))
    );
    begin(&token).await.problem(409, "link-expired");
    // A new one works; when its person reconnects signed in, there is nothing left for it.
    let token = house.link(&mailbox.id).await;
    house.connect(ALICE).await;
    begin(&token).await.problem(409, "link-used");
    // Whoever is disabled comes in by no way.
    house.dies(&mailbox, ALICE).await;
    let token = house.link(&mailbox.id).await;
    let users = "UPDATE users SET status = 'disabled' WHERE login = 'hanako'";
    house.tegata.sql(users).await;
    begin(&token).await.problem(404, "no-such-link");
    house
        .tegata
        .sql("UPDATE users SET status = 'active' WHERE login = 'hanako'")
        .await;
    // Guesses are slowed down, the right token is not.
    for _ in 0..40 {
        begin("guessed").await;
    }
    let slowed = begin("guessed").await.problem(429, "too-many-attempts");
    assert!(slowed["retry_after"].as_i64().is_some_and(|wait| wait > 0));
    assert_eq!(begin(&token).await.status, 201);
    let cross = stranger
        .ask(testing::program::Method::POST, "/api/reconnect/begin")
        .header("sec-fetch-site", "cross-site")
        .json(&json!({ "token": token }))
        .send()
        .await;
    cross.problem(403, "csrf");
    // One link does not begin consents without end.
    let mut last = 201;
    for _ in 0..25 {
        last = begin(&token).await.status;
    }
    assert_eq!(last, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mailbox_of_the_grant_comes_back_by_a_link_of_one() {
    let house = House::new().await;
    house.deliver(INFO, "to the team");
    let carol = house.connect(CAROL).await;
    let wanting =
        json!({ "credential_id": house.microsoft, "address": CAROL, "mailbox_address": INFO });
    let begun = house
        .member
        .post("/api/connect", &wanting)
        .await
        .is(201)
        .json();
    let done = finished(&house.member, &text(&begun["connect_id"])).await;
    let info = house.mailbox(INFO, &done).await;
    let before = info.arrived("to the team").await;
    house.until(&info.id, "sync", "live").await;
    house.dies(&carol, CAROL).await;
    let died = house.account(&info.id).await;
    assert_eq!(died["grant"]["status"], "needs_consent");
    house.deliver(INFO, "to the team, in between");
    house.deliver(CAROL, "to carol, in between");
    let must_act = house.admin.get("/api/reconnects").await.ok();
    assert_eq!(
        must_act["items"].as_array().map(Vec::len),
        Some(1),
        "{must_act}"
    );
    let line = &must_act["items"][0];
    assert_eq!(line["person"]["login"], "hanako");
    assert_eq!(line["mailboxes"].as_array().map(Vec::len), Some(2));
    assert_eq!(line["link"], Value::Null);
    house
        .member
        .get("/api/reconnects")
        .await
        .problem(403, "forbidden");

    let token = house.link(&info.id).await;
    let shown = house.looked_up(&token).await;
    assert_eq!(shown["address"], CAROL);
    assert_eq!(shown["mailbox_addresses"].as_array().map(Vec::len), Some(2));
    let stranger = house.tegata.stranger();
    let way = house.goes(&stranger, &token, &Choice::allow(CAROL)).await;
    let done = house.comes_back(&way, &token).await;
    assert_eq!(done["state"], "done", "{done}");
    assert_eq!(text(&done["account_id"]), info.id);
    info.arrived("to the team, in between").await;
    carol.arrived("to carol, in between").await;
    let again = info.with_subject("to the team").await;
    assert_eq!((again.len(), &again[0]["id"]), (1, &before["id"]));
    let must_act = house.admin.get("/api/reconnects").await.ok();
    assert_eq!(must_act["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_made_by_administrators_and_by_whoever_manages_the_account() {
    let house = House::new().await;
    let mailbox = house.connect(ALICE).await;
    house.dies(&mailbox, ALICE).await;
    let one = json!({ "account_ids": [mailbox.id] });
    let bob = house.tegata.member("bob").await;
    bob.post("/api/reconnect-links", &one)
        .await
        .problem(404, "not-found");
    let stranger = house.tegata.stranger();
    stranger
        .post("/api/reconnect-links", &one)
        .await
        .problem(401, "signed-out");
    house
        .member
        .ask(testing::program::Method::POST, "/api/reconnect-links")
        .json(&one)
        .csrf(None)
        .send()
        .await
        .problem(403, "csrf");
    let mine = house.member.post("/api/reconnect-links", &one).await.ok();
    assert_eq!(mine["items"][0]["status"], "not_asked");
    assert_eq!(mine["items"][0]["mailbox_address"], ALICE);
    for bad in [json!([]), json!(vec![mailbox.id.clone(); 501])] {
        house
            .admin
            .post("/api/reconnect-links", &json!({ "account_ids": bad }))
            .await
            .problem(422, "invalid-fields");
    }
    let unknown = json!({ "account_ids": [mailbox.id, "aaaaaaaaaaaaaaaaaaaaaaaaaaa"] });
    house
        .admin
        .post("/api/reconnect-links", &unknown)
        .await
        .problem(404, "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_in_the_account_comes_back_with_its_mail_too() {
    let house = House::new().await;
    for (_, person) in BOTH {
        house.deliver(person, "before");
        let mailbox = house.connect(person).await;
        let before = mailbox.arrived("before").await;
        house.dies(&mailbox, person).await;
        house.deliver(person, "in between");
        let body = json!({
            "credential_id": house.credential(person), "address": person, "account_id": mailbox.id,
        });
        let begun = begin_with(&house.member, &body).await;
        let callback = decide(&house.member, &begun, &Choice::allow(person)).await;
        let _ = call_back(&house.member, &callback).await.is(303);
        let done = finished(&house.member, &begun.connect_id).await;
        assert_eq!(text(&done["account_id"]), mailbox.id, "{done}");
        mailbox.arrived("in between").await;
        let again = mailbox.with_subject("before").await;
        assert_eq!((again.len(), &again[0]["id"]), (1, &before["id"]));
        assert_eq!(step(&done, "imap")["outcome"], "ok");
    }
    let _ = Jmap::open(&house.member).await;
}

/// The links in the notices of a death that lie in a mailbox at the provider.
fn mailed_links(house: &House, address: &str) -> BTreeSet<String> {
    let messages = house.sandbox.messages(address, None);
    let items = messages["items"].as_array().cloned().unwrap_or_default();
    let place = format!("{}/reconnect#", house.tegata.base);
    items
        .iter()
        .map(|item| text(&item["raw"]))
        .filter(|raw| raw.contains("X-Tegata-Notice: grant-died\r\n"))
        .filter_map(|raw| {
            let read = wire::mime::read(raw.as_bytes());
            let body = wire::mime::search_text(raw.as_bytes(), &read);
            let (_, rest) = body.split_once(&place)?;
            rest.split_whitespace().next().map(str::to_owned)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_carries_a_link_and_is_sent_again_when_an_administrator_asks() {
    let house = House::new().await;
    let own = "UPDATE users SET address = 'bob@example.com' WHERE login = 'hanako'";
    house.tegata.sql(own).await;
    let alice = house.connect(ALICE).await;
    let system = house.connect(CAROL).await;
    house.dies(&alice, ALICE).await;
    // Nothing can send it: the link itself is the answer.
    let body = json!({ "account_ids": [alice.id], "send": true });
    let answer = house.admin.post("/api/reconnect-links", &body).await.ok();
    let item = &answer["items"][0];
    assert_eq!(item["status"], "no_system_mailbox", "{answer}");
    assert!(text(&item["url"]).contains("/reconnect#"));
    let choose = json!({ "account_id": system.id });
    let ask = house
        .admin
        .ask(testing::program::Method::PUT, "/api/system-mailbox");
    let _ = ask.json(&choose).send().await.ok();
    let links = |count: usize| {
        let house = &house;
        async move {
            wait_for(&format!("{count} messages"), PATIENCE, async || {
                let links = mailed_links(house, BOB);
                (links.len() == count).then_some(links)
            })
            .await
        }
    };
    let first = links(1).await;
    let told = wait_for("the notice is known as sent", PATIENCE, async || {
        let waiting = house.admin.get("/api/reconnects").await.ok();
        let line = waiting["items"][0].clone();
        (line["notice"]["status"] == "sent").then_some(line)
    })
    .await;
    assert_eq!(told["notice"]["to"], BOB);
    assert!(told["link"]["expires_at"].is_string());
    let answer = house.admin.post("/api/reconnect-links", &body).await.ok();
    let item = &answer["items"][0];
    assert_eq!(
        (&item["status"], &item["url"]),
        (&json!("queued"), &Value::Null)
    );
    let both = links(2).await;
    for token in &both {
        house.tegata.plant(Kind::Invitation, token);
        assert_eq!(house.looked_up(token).await["state"], "open");
    }
    let token = first.first().expect("one");
    let stranger = house.tegata.stranger();
    let way = house.goes(&stranger, token, &Choice::allow(ALICE)).await;
    assert_eq!(house.comes_back(&way, token).await["state"], "done");
    for token in &both {
        assert_eq!(house.looked_up(token).await["state"], "used");
    }
    let audit = house
        .admin
        .get("/api/audit?limit=500")
        .await
        .ok()
        .to_string();
    assert!(audit.contains("reconnect_link.ordered"), "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_every_failing_state_a_link_says_what_it_can_do() {
    let house = House::new().await;
    let mailbox = house.connect(ALICE).await;
    house.until(&mailbox.id, "sync", "live").await;
    // Receiving is refused: a consent may mend it, and where it does not, the steps say so.
    // Long after the consent, so that no fresh setting explains it.
    for long_ago in [
        "UPDATE connects SET consented_at = consented_at - 36000000",
        "UPDATE accounts SET created_at = created_at - 36000000",
    ] {
        house.tegata.sql(long_ago).await;
    }
    let off = Fault::new(FaultKind::ImapOff).of(ALICE);
    house.sandbox.fault(off);
    house.end_access_of(ALICE);
    house.deliver(ALICE, "wakes the session");
    house.until(&mailbox.id, "sync", "blocked").await;
    let token = house.link(&mailbox.id).await;
    let shown = house.looked_up(&token).await;
    assert_eq!(shown["state"], "open", "{shown}");
    assert!(!text(&shown["advice"]["cause"]).is_empty(), "{shown}");
    let stranger = house.tegata.stranger();
    let way = house.goes(&stranger, &token, &Choice::allow(ALICE)).await;
    let done = house.comes_back(&way, &token).await;
    assert_ne!(step(&done, "imap")["outcome"], "ok", "{done}");
    house.sandbox.clear_faults(None);
    let retry = json!({});
    let path = format!("/api/accounts/{}/check", mailbox.id);
    let _ = house.member.post(&path, &retry).await;
    house.until(&mailbox.id, "sync", "live").await;

    // The app is refused: the person's consent comes to nothing, the link stays, and nobody is asked to act.
    house.sandbox.fault(Fault::new(FaultKind::WrongSecret));
    house.end_access_of(ALICE);
    house.deliver(ALICE, "wakes the session again");
    house.until(&mailbox.id, "grant", "app_broken").await;
    let waiting = house.admin.get("/api/reconnects").await.ok();
    assert_eq!(waiting["items"], json!([]));
    let account = house.account(&mailbox.id).await;
    assert_eq!(account["grant"]["acts"], "administrator");
    let token = house.link(&mailbox.id).await;
    let shown = house.looked_up(&token).await;
    assert_eq!(
        (&shown["state"], &shown["advice"]["who"]),
        (&json!("open"), &json!("administrator"))
    );
    let way = house.goes(&stranger, &token, &Choice::allow(ALICE)).await;
    let failed = house.comes_back(&way, &token).await;
    assert_eq!(failed["state"], "failed", "{failed}");
    assert_eq!(cause(&failed, "token"), "client-secret-wrong");
    // Mended: the same link renews it, if the grant has not come back by itself by then.
    house.sandbox.clear_faults(None);
    let now = house.looked_up(&token).await;
    if now["state"] == "open" {
        let way = house.goes(&stranger, &token, &Choice::allow(ALICE)).await;
        assert_eq!(house.comes_back(&way, &token).await["state"], "done");
    }
    house.until(&mailbox.id, "grant", "good").await;
}
