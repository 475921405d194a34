//! From "connect" to the account, and every way in which that ends earlier.

use sandbox::browser::{Choice, Refused, consent};
use sandbox::{
    GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, MICROSOFT_CLIENT_ID, MICROSOFT_CLIENT_SECRET, NewApp,
    ProviderKind,
};
use serde_json::json;
use testing::program::{
    Setup, Tegata, begin, call_back, connect, decide, finished, google, register,
};

use crate::scene::{ALICE, BOB, BOTH, CAROL, House, cause, mail, sandbox, step, steps, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_makes_an_account_whose_steps_are_all_shown() {
    let house = House::new().await;
    for (_, person) in BOTH {
        let done = house.try_connect(person).await;
        assert_eq!(done["state"], "done");
        let names: Vec<String> = steps(&done)
            .iter()
            .map(|step| text(&step["name"]))
            .collect();
        assert_eq!(
            names,
            ["consent", "token", "identity", "scopes", "imap", "smtp"]
        );
        for step in steps(&done) {
            assert_eq!(step["outcome"], "ok", "{done}");
        }
        let account = house
            .until(&text(&done["account_id"]), "sync", "live")
            .await;
        assert_eq!(account["address"], person);
        assert_eq!(account["mailbox_address"], person);
        assert_eq!(account["grant"]["status"], "good");
        assert_eq!(account["send"]["status"], "ready");
    }
    let audit = house.admin.get("/api/audit").await.ok().to_string();
    assert!(audit.contains("account.connected"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_misprinted_callback_registered_and_chosen_is_enough() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(env!("CARGO_BIN_EXE_tegata"), Setup::with(&sandbox));
    let only = vec![format!("{}/common/cm270.do", tegata.base)];
    sandbox.add_app(NewApp {
        redirect_uris: only.clone(),
        unverified: true,
        ..NewApp::new(ProviderKind::Google, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET)
    });
    let admin = tegata.administrator().await;
    let member = tegata.member("hanako").await;
    let id = register(&admin, &google()).await;
    // As it comes, Google shows its error page and nobody ever comes back.
    let begun = begin(&member, &id, ALICE).await;
    let refused = consent(&begun.authorization_url, &Choice::allow(ALICE)).await;
    assert!(matches!(refused, Err(Refused::Page { code, .. }) if code == "redirect_uri_mismatch"));
    let before = admin.get(&format!("/api/credentials/{id}")).await;
    let tag = before.header("etag").to_owned();
    let changed = admin
        .ask(
            testing::program::Method::PATCH,
            &format!("/api/credentials/{id}"),
        )
        .header("if-match", &tag)
        .json(&json!({ "redirect_path": "/common/cm270.do" }))
        .send()
        .await
        .ok();
    assert_eq!(changed["redirect_uri"], only[0]);
    let done = connect(&member, &id, ALICE, Choice::allow(ALICE)).await;
    assert_eq!(done["state"], "done", "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_belongs_to_nobody_here_is_refused_on_a_page_that_leaks_nothing() {
    let house = House::new().await;
    let unknown = house
        .member
        .get("/common/cmn270.do?code=c&state=unknown")
        .await;
    assert_eq!(unknown.status, 400);
    assert_eq!(unknown.header("referrer-policy"), "no-referrer");
    assert_eq!(unknown.header("cache-control"), "no-store");
    assert!(
        unknown
            .header("content-security-policy")
            .contains("default-src 'none'")
    );
    assert!(!unknown.text().contains("src="));
    let japanese = house.member.in_language("ja");
    let page = japanese.get("/common/cmn270.do").await.text();
    assert!(page.contains("lang=\"ja\""));

    // Another browser, signed in as somebody else; the same person in another browser; nobody.
    let begun = begin(&house.member, &house.google, ALICE).await;
    let callback = decide(&house.member, &begun, &Choice::allow(ALICE)).await;
    let bob = house.tegata.member("bob").await;
    let elsewhere = house.tegata.member("hanako").await;
    for foreign in [&bob, &elsewhere, &house.tegata.stranger()] {
        let answer = call_back(foreign, &callback).await;
        assert_eq!(answer.status, 400, "{}", answer.text());
    }
    assert_eq!(house.count("token_requests"), 0, "the code was not touched");
    // The right browser still gets in, once.
    assert_eq!(call_back(&house.member, &callback).await.status, 303);
    let done = finished(&house.member, &begun.connect_id).await;
    assert_eq!(done["state"], "done");
    assert_eq!(call_back(&house.member, &callback).await.status, 400);
    let account = house.account(&text(&done["account_id"])).await;
    assert_eq!(account["grant"]["status"], "good");
    // And nobody else sees the round trip.
    let other = bob.get(&format!("/api/connect/{}", begun.connect_id)).await;
    assert_eq!(other.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_twice_at_once_makes_one_account() {
    let house = House::new().await;
    let begun = begin(&house.member, &house.microsoft, CAROL).await;
    let callback = decide(&house.member, &begun, &Choice::allow(CAROL)).await;
    let (one, other) = tokio::join!(
        call_back(&house.member, &callback),
        call_back(&house.member, &callback)
    );
    assert!(
        [one.status, other.status].contains(&303),
        "{} {}",
        one.status,
        other.status
    );
    assert_eq!(
        finished(&house.member, &begun.connect_id).await["state"],
        "done"
    );
    assert_eq!(house.count("token_requests"), 1);
    assert_eq!(accounts(&house).await, 1);
}

async fn accounts(house: &House) -> usize {
    let all = house.member.get("/api/accounts").await.ok();
    all["items"].as_array().map_or(0, Vec::len)
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_is_said_with_the_providers_words_in_both_languages() {
    let house = House::new().await;
    for (_, person) in BOTH {
        let credential = house.credential(person).to_owned();
        let failed = connect(&house.member, &credential, person, Choice::refuse(person)).await;
        assert_eq!(failed["state"], "failed");
        assert_eq!(cause(&failed, "consent"), "consent-cancelled");
        assert!(!text(&step(&failed, "consent")["provider_said"]).is_empty());
        let path = format!("/api/connect/{}", text(&failed["id"]));
        let english =
            step(&house.member.get(&path).await.ok(), "consent")["advice"]["cure"].clone();
        let japanese = house.member.in_language("ja").get(&path).await.ok();
        let japanese = step(&japanese, "consent")["advice"]["cure"].clone();
        assert!(
            english
                .as_str()
                .is_some_and(|text| text.is_ascii() && !text.is_empty()),
            "{english}"
        );
        assert!(
            japanese.as_str().is_some_and(|text| !text.is_ascii()),
            "{japanese}"
        );
    }
    assert_eq!(accounts(&house).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unticked_mail_box_makes_no_account_and_says_so() {
    let house = House::new().await;
    let failed = connect(
        &house.member,
        &house.google,
        ALICE,
        Choice::only(ALICE, &[]),
    )
    .await;
    assert_eq!(failed["state"], "failed");
    assert_eq!(cause(&failed, "scopes"), "scope-missing-mail");
    assert_eq!(accounts(&house).await, 0);
    // Discarded, not revoked: another mailbox of that person would die with it.
    assert_eq!(house.count("revocations"), 0);
    let retry = format!("/api/connect/{}/retry", text(&failed["id"]));
    house
        .member
        .post(&retry, &json!({}))
        .await
        .problem(409, "nothing-to-retry");
    let used = house
        .admin
        .get(&format!("/api/credentials/{}", house.google))
        .await
        .ok();
    assert_eq!(used["in_use_by"], 0);
    house.connect(ALICE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_microsofts_two_permissions_connects_that_direction() {
    let house = House::new().await;
    let begun = begin(&house.member, &house.microsoft, CAROL).await;
    let url = url::Url::parse(&begun.authorization_url).expect("an address");
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let scope = pairs.iter().find(|(name, _)| name == "scope");
    let scope = scope.map(|(_, scope)| scope.clone()).unwrap_or_default();
    // What an administrator does who grants one permission only.
    let without: Vec<&str> = scope
        .split(' ')
        .filter(|one| !one.contains("SMTP"))
        .collect();
    let mut changed = url.clone();
    changed
        .query_pairs_mut()
        .clear()
        .extend_pairs(pairs.iter().map(|(name, value)| {
            (
                name.clone(),
                if name == "scope" {
                    without.join(" ")
                } else {
                    value.clone()
                },
            )
        }));
    let callback = consent(changed.as_str(), &Choice::allow(CAROL))
        .await
        .expect("sent back");
    assert_eq!(call_back(&house.member, &callback).await.status, 303);
    let done = finished(&house.member, &begun.connect_id).await;
    if done["state"] == "failed" {
        // The code exchange asks for both and Microsoft refuses it: then nothing is half-made.
        assert_eq!(accounts(&house).await, 0, "{done}");
        return;
    }
    assert_eq!(step(&done, "imap")["outcome"], "ok", "{done}");
    assert_eq!(step(&done, "scopes")["outcome"], "warn", "{done}");
    assert_eq!(cause(&done, "scopes"), "scope-missing-smtp");
    house
        .until(&text(&done["account_id"]), "sync", "live")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_person_makes_no_account_and_names_both() {
    let house = House::new().await;
    for (address, person) in [(ALICE, BOB), (CAROL, crate::scene::ICHIRO)] {
        let credential = house.credential(address).to_owned();
        let failed = connect(&house.member, &credential, address, Choice::allow(person)).await;
        assert_eq!(failed["state"], "failed");
        assert_eq!(cause(&failed, "identity"), "wrong-person");
        let advice = step(&failed, "identity")["advice"].to_string();
        assert!(
            advice.contains(person) && advice.contains(address),
            "{advice}"
        );
        assert_eq!(
            house.there(person)["ended"],
            json!(null),
            "discarded, not revoked"
        );
    }
    assert_eq!(accounts(&house).await, 0);
    assert_eq!(house.count("revocations"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_url_that_breaks_a_rule_is_refused_before_the_consent_with_its_cure() {
    let sandbox = sandbox().await;
    for (public_url, provider_refuses) in [
        ("http://192.0.2.1/gsession", true),
        ("http://mail.example.com/gsession", true),
        ("https://tegata.local/gsession", true),
    ] {
        let setup = Setup {
            public_url: Some(public_url.to_owned()),
            ..Setup::with(&sandbox)
        };
        let tegata = Tegata::start(env!("CARGO_BIN_EXE_tegata"), setup);
        let admin = tegata.administrator().await;
        let id = register(&admin, &google()).await;
        let body = json!({ "credential_id": id, "address": ALICE });
        let answer = admin.post("/api/connect", &body).await;
        assert!(provider_refuses);
        let problem = answer.problem(409, "redirect-rule");
        assert_eq!(problem["advice"]["cause_id"], "redirect-rule");
        assert!(
            problem["advice"]["cure"]
                .as_str()
                .is_some_and(|cure| !cure.is_empty())
        );
    }
    assert_eq!(sandbox.state()["counts"]["authorizations"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_again_keeps_the_account_and_its_mail() {
    let house = House::new().await;
    house.deliver(ALICE, "kept mail");
    let first = house.connect(ALICE).await;
    let email = first.arrived("kept mail").await;
    let again = house.connect(ALICE).await;
    assert_eq!(first.id, again.id);
    assert_eq!(again.with_subject("kept mail").await[0]["id"], email["id"]);
    assert_eq!(accounts(&house).await, 1);
    assert_eq!(
        house.count("revocations"),
        0,
        "the replaced token is discarded, not revoked"
    );
    house.deliver(ALICE, "after the second consent");
    again.arrived("after the second consent").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_administrators_consent_opens_a_tenant_that_asked_for_it() {
    let house = House::new().await;
    let uri = |page: &str| format!("{}/common/{page}", house.tegata.base);
    house.sandbox.add_app(NewApp {
        redirect_uris: vec![uri("cmn270.do"), uri("cm270.do")],
        needs_admin: true,
        ..NewApp::new(
            ProviderKind::Microsoft,
            MICROSOFT_CLIENT_ID,
            MICROSOFT_CLIENT_SECRET,
        )
    });
    let ichiro = crate::scene::ICHIRO;
    let begun = begin(&house.member, &house.microsoft, ichiro).await;
    let refused = consent(&begun.authorization_url, &Choice::allow(ichiro)).await;
    assert!(matches!(refused, Err(Refused::Page { .. })), "{refused:?}");
    let path = format!("/api/credentials/{}/admin-consent", house.microsoft);
    house.member.get(&path).await.problem(403, "forbidden");
    let link = text(&house.admin.get(&path).await.ok()["url"]);
    // Another person in another browser, not signed in here.
    let callback = consent(&link, &Choice::allow(CAROL))
        .await
        .expect("sent back");
    let answer = house.tegata.stranger().get(&callback).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("Admin consent received"));
    house.connect(ichiro).await;
    assert!(
        house
            .admin
            .get("/api/audit")
            .await
            .ok()
            .to_string()
            .contains("admin_consent_given")
    );
    assert_eq!(
        house
            .admin
            .get(&format!("/api/credentials/{}/admin-consent", house.google))
            .await
            .status,
        404
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn disconnecting_revokes_at_google_only_when_no_other_grant_of_the_person_lives() {
    let house = House::new().await;
    // The same Gmail person, connected by two people here with the same app.
    let first = house.connect(ALICE).await;
    let bob = house.tegata.member("bob").await;
    let second = connect(&bob, &house.google, ALICE, Choice::allow(ALICE)).await;
    assert_eq!(second["state"], "done", "{second}");
    let _ = house
        .member
        .delete(&format!("/api/accounts/{}", first.id))
        .await
        .ok();
    assert_eq!(house.count("revocations"), 0);
    house
        .sandbox
        .deliver(ALICE, &mail(ALICE, "still here"))
        .expect("delivered");
    let theirs = testing::program::Jmap::open(&bob).await;
    let theirs = crate::scene::Mailbox {
        address: ALICE.to_owned(),
        id: text(&second["account_id"]),
        jmap: theirs,
    };
    theirs.arrived("still here").await;
    let _ = bob
        .delete(&format!("/api/accounts/{}", theirs.id))
        .await
        .ok();
    testing::wait_for("the revocation", crate::scene::PATIENCE, async || {
        (house.there(ALICE)["ended"] == "revoked").then_some(())
    })
    .await;
    assert_eq!(house.count("revocations"), 1);
    assert_eq!(
        bob.get(&format!("/api/accounts/{}", theirs.id))
            .await
            .status,
        404
    );
}
