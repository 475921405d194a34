//! App-only access at Microsoft: mailboxes without anybody's consent, and each way in which it can fail.

use sandbox::{NewApp, ProviderKind};
use serde_json::{Value, json};
use testing::program::{Method, microsoft};

use crate::scene::{CAROL, House, INFO, Mailbox, cause, step, steps, text};
use testing::program::Jmap;

const APP: &str = "99998888-bbbb-4333-8ccc-777766665555";
const SECRET: &str = "app8Q~AppOnlyAppOnlyAppOnlyAppOnlyAppO1";

fn app() -> NewApp {
    NewApp {
        app_roles: vec!["IMAP.AccessAsApp".to_owned(), "SMTP.SendAsApp".to_owned()],
        service_principal: true,
        app_mailboxes: vec![CAROL.to_owned(), INFO.to_owned()],
        ..NewApp::new(ProviderKind::Microsoft, APP, SECRET)
    }
}

fn body() -> Value {
    let mut body = microsoft();
    body["client_id"] = json!(APP);
    body["client_secret"] = json!(SECRET);
    body["access"] = json!("app_only");
    body["allowed_addresses"] = json!([CAROL, INFO.to_uppercase()]);
    body
}

async fn house() -> (House, String) {
    let house = House::new().await;
    house.sandbox.add_app(app());
    let made = house
        .admin
        .post("/api/credentials", &body())
        .await
        .is(201)
        .json();
    assert_eq!(made["access"], "app_only");
    assert_eq!(
        made["allowed_addresses"],
        json!([CAROL, INFO]),
        "tidy and in order"
    );
    (house, text(&made["id"]))
}

async fn add(house: &House, credential: &str, mailbox: &str) -> Value {
    let members = house.admin.get("/api/users").await.ok();
    let hanako = members["items"]
        .as_array()
        .and_then(|users| users.iter().find(|user| user["login"] == "hanako"))
        .map(|user| user["id"].clone());
    let body =
        json!({ "credential_id": credential, "mailbox_address": mailbox, "owner_id": hanako });
    let answer = house.admin.post("/api/accounts", &body).await;
    json!({ "status": answer.status, "account": answer.json() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_mailbox_is_added_without_consent_receives_and_sends() {
    let (house, credential) = house().await;
    let added = add(&house, &credential, CAROL).await;
    assert_eq!(added["status"], 201, "{added}");
    let id = text(&added["account"]["id"]);
    house.until(&id, "sync", "live").await;
    let jmap = Jmap::open(&house.member).await;
    let mailbox = Mailbox {
        address: CAROL.to_owned(),
        id: id.clone(),
        jmap,
    };
    house.deliver(CAROL, "for the app");
    mailbox.arrived("for the app").await;
    let sent = mailbox
        .send("somebody@elsewhere.example", "from the app")
        .await;
    mailbox.reply(&sent, "somebody@elsewhere.example").await;
    let told = house
        .member
        .post(&format!("/api/accounts/{id}/check"), &json!({}))
        .await
        .ok();
    for step in steps(&told) {
        assert_ne!(step["outcome"], "fail", "{step}");
    }
    assert_eq!(step(&told, "address")["outcome"], "ok");
    // The app's own token opens more than this mailbox: it is handed to nobody.
    let wanted = json!({ "name": "program", "scopes": ["token"] });
    let made = house
        .member
        .post("/api/tokens", &wanted)
        .await
        .is(201)
        .json();
    let program = house.member.with_token(&text(&made["token"]));
    let token = program
        .get(&format!("/api/accounts/{id}/access-token"))
        .await;
    assert_eq!(token.status, 403, "{}", token.text());
    // Its token ends as any other does, and the next one comes by itself.
    house.end_access_tokens(ProviderKind::Microsoft);
    house.deliver(CAROL, "after the token");
    mailbox.arrived("after the token").await;
    let grants = house.sandbox.state()["grants"].clone();
    assert_eq!(grants, json!([]), "nobody consented");
    // A second mailbox shares the app's grant.
    let second = add(&house, &credential, INFO).await;
    assert_eq!(second["status"], 201, "{second}");
    house
        .until(&text(&second["account"]["id"]), "sync", "live")
        .await;
    let audit = house.admin.get("/api/audit?limit=50").await.ok();
    let entry = audit["items"]
        .as_array()
        .and_then(|items| {
            items
                .iter()
                .find(|entry| entry["detail"]["access"] == "app_only")
        })
        .cloned();
    assert!(
        entry.is_some_and(|entry| entry["detail"]["owner"] == "hanako"),
        "{audit}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_addresses_named_tenants_and_administrators_get_in() {
    let (house, credential) = house().await;
    let refused = add(&house, &credential, "ichiro@contoso.example").await;
    assert_eq!(refused["status"], 422, "{refused}");
    let delegated = add(&house, &house.microsoft, CAROL).await;
    assert_eq!(delegated["status"], 422);
    let by_member = json!({ "credential_id": credential, "mailbox_address": CAROL });
    assert_eq!(
        house.member.post("/api/accounts", &by_member).await.status,
        403
    );
    let consent = json!({ "credential_id": credential, "address": CAROL });
    assert_eq!(
        house.member.post("/api/connect", &consent).await.status,
        422
    );
    for (field, value) in [
        ("tenant", json!("organizations")),
        ("provider", json!("google")),
        ("allowed_addresses", json!(["no address"])),
        ("access", json!("everything")),
    ] {
        let mut wrong = body();
        wrong[field] = value;
        if field == "provider" {
            wrong["client_id"] = json!(sandbox::GOOGLE_CLIENT_ID);
        }
        let answer = house.admin.post("/api/credentials", &wrong).await;
        assert_eq!(answer.status, 422, "{field}: {}", answer.text());
    }
    let path = format!("/api/credentials/{credential}");
    let etag = house.admin.get(&path).await.header("etag").to_owned();
    let change = house
        .admin
        .ask(Method::PATCH, &path)
        .header("if-match", &etag)
        .json(&json!({ "allowed_addresses": [INFO] }))
        .send()
        .await
        .ok();
    assert_eq!(change["allowed_addresses"], json!([INFO]));
    assert_eq!(
        add(&house, &credential, CAROL).await["status"],
        422,
        "no longer listed"
    );
    let members = house.member.get("/api/credentials").await.ok();
    let listed = members["items"].as_array().unwrap();
    assert!(
        listed
            .iter()
            .any(|item| item["access"] == "app_only" && item["client_id"].is_null())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_missing_piece_of_app_only_access_is_told_apart_from_a_wrong_secret() {
    let (house, credential) = house().await;
    let added = add(&house, &credential, CAROL).await;
    let id = text(&added["account"]["id"]);
    house.until(&id, "sync", "live").await;
    let check = async || {
        let path = format!("/api/accounts/{id}/check");
        house.member.post(&path, &json!({})).await.ok()
    };
    let causes = |told: &Value| -> Vec<String> {
        steps(told)
            .iter()
            .filter(|step| step["advice"].is_object())
            .map(|step| text(&step["advice"]["cause_id"]))
            .collect()
    };
    for (what, changed, wanted) in [
        (
            "no service principal",
            NewApp {
                service_principal: false,
                ..app()
            },
            "app-service-principal-wrong",
        ),
        (
            "no mailbox permission",
            NewApp {
                app_mailboxes: Vec::new(),
                ..app()
            },
            "app-no-mailbox-permission",
        ),
        (
            "no role",
            NewApp {
                app_roles: Vec::new(),
                ..app()
            },
            "app-service-principal-wrong",
        ),
    ] {
        house.sandbox.add_app(changed);
        let told = check().await;
        assert!(
            causes(&told).iter().any(|cause| cause == wanted),
            "{what}: {told}"
        );
    }
    house.sandbox.add_app(NewApp {
        secrets: vec!["another".to_owned()],
        ..app()
    });
    house.end_access_tokens(ProviderKind::Microsoft);
    let told = check().await;
    assert_eq!(cause(&told, "token"), "client-secret-wrong");
    let account = house.account(&id).await;
    assert_eq!(
        account["grant"]["status"], "app_broken",
        "never needs_consent: {account}"
    );
    house.sandbox.add_app(app());
    let path = format!("/api/credentials/{credential}/check");
    house.admin.post(&path, &json!({})).await.ok();
    house.until(&id, "grant", "good").await;
}
