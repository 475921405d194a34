//! One-time links.

use serde_json::{Value, json};
use testing::program::{Client, password_of};

use crate::{alone, audited, try_sign_in, user, user_path};

fn url(item: &Value) -> &str {
    item["url"].as_str().expect("a link")
}

async fn invite(admin: &Client, login: &str) -> Value {
    let body =
        json!({ "login": login, "name": "佐藤", "address": "x@example.jp", "role": "member" });
    admin.post("/api/invitations", &body).await.is(201).json()["items"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_is_invited_and_the_link_works_once() {
    let tegata = alone();
    let admin = tegata.administrator().await;
    let invited = invite(&admin, "sato").await;
    assert_eq!(invited["user"]["status"], "invited");
    let place = format!("{}/invitation#", tegata.base);
    let token = url(&invited)
        .strip_prefix(&place)
        .expect("the token is in the fragment");
    let open = admin.get("/api/invitations").await.ok();
    assert_eq!(
        (
            &open["items"][0]["kind"],
            &open["items"][0]["user"]["login"]
        ),
        (&json!("invite"), &json!("sato"))
    );
    let stranger = tegata.stranger();
    let shown = stranger
        .post("/api/invitations/look-up", &json!({ "token": token }))
        .await
        .ok();
    assert_eq!(
        shown,
        json!({ "kind": "invite", "login": "sato", "name": "佐藤" })
    );
    let redeem = |password: &str| json!({ "token": token, "password": password });
    let weak = stranger
        .post("/api/invitations/redeem", &redeem("short"))
        .await
        .problem(422, "invalid-fields");
    assert_eq!(weak["errors"][0]["field"], "password");
    let sato = tegata.redeem(url(&invited), "sato chose this").await;
    assert_eq!(sato.get("/api/me").await.ok()["user"]["status"], "active");
    stranger
        .post("/api/invitations/redeem", &redeem("a second one"))
        .await
        .problem(404, "no-such-link");
    stranger
        .post("/api/invitations/look-up", &json!({ "token": token }))
        .await
        .problem(404, "no-such-link");
    assert_eq!(admin.get("/api/invitations").await.ok()["items"], json!([]));
    tegata.sign_in("sato", "sato chose this").await;
    assert_eq!(audited(&admin, "user.invited").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_taken_line_by_line_and_each_mistake_names_its_line() {
    let tegata = alone();
    let admin = tegata.administrator().await;
    invite(&admin, "known").await;
    let csv = "login,name,address\n\
               sato,佐藤 花子,sato@example.jp\n\
               two words,Nobody,nobody@example.jp\n\
               \"suzuki\",\"鈴木, 一郎\",\n\
               takahashi,髙橋\n\
               known,Somebody,somebody@example.jp\n\
               sato,Again,again@example.jp\n\
               ito,伊藤,no-at-sign\n\
               \"open,quote,x@example.jp\n";
    let answer = admin
        .in_language("ja")
        .post("/api/invitations", &json!({ "csv": csv }))
        .await
        .is(201)
        .json();
    let logins: Vec<_> = answer["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| item["user"]["login"].clone())
        .collect();
    assert_eq!(logins, ["sato", "suzuki"]);
    let lines: Vec<_> = answer["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| error["line"].clone())
        .collect();
    assert_eq!(lines, [3, 5, 6, 7, 8, 9]);
    assert_eq!(
        answer["errors"][3]["message"],
        "同じユーザIDが前の行にあります。"
    );
    assert_eq!(user(&admin, "suzuki").await["name"], "鈴木, 一郎");
    tegata
        .redeem(url(&answer["items"][1]), "suzuki chose this")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_can_be_taken_back_and_ends_by_itself() {
    let tegata = alone();
    let admin = tegata.administrator().await;
    let invited = invite(&admin, "sato").await;
    let id = admin.get("/api/invitations").await.ok()["items"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(
        admin.delete(&format!("/api/invitations/{id}")).await.status,
        204
    );
    admin
        .delete(&format!("/api/invitations/{id}"))
        .await
        .problem(404, "not-found");
    let token = url(&invited)
        .rsplit('#')
        .next()
        .expect("a token")
        .to_owned();
    tegata
        .stranger()
        .post("/api/invitations/look-up", &json!({ "token": token }))
        .await
        .problem(404, "no-such-link");
    let late = invite(&admin, "suzuki").await;
    tegata
        .sql("UPDATE invitations SET expires_at = created_at - 1")
        .await;
    let token = url(&late).rsplit('#').next().expect("a token").to_owned();
    let body = json!({ "token": token, "password": "much too late" });
    tegata
        .stranger()
        .post("/api/invitations/redeem", &body)
        .await
        .problem(404, "no-such-link");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_link_sets_a_new_password_and_ends_what_was_open() {
    let tegata = alone();
    let admin = tegata.administrator().await;
    let member = tegata.member("hanako").await;
    let path = user_path(&admin, "hanako").await;
    let reset = admin.post(&format!("{path}/reset"), &json!({})).await.ok();
    // Until it is used nothing has changed: a wrong click harms nobody.
    tegata.sign_in("hanako", &password_of("hanako")).await;
    let token = url(&reset).rsplit('#').next().expect("a token").to_owned();
    let shown = tegata
        .stranger()
        .post("/api/invitations/look-up", &json!({ "token": token }))
        .await
        .ok();
    assert_eq!(shown["kind"], "reset");
    let fresh = tegata.redeem(url(&reset), "hanako starts anew").await;
    fresh.get("/api/me").await.is(200).ok();
    member.get("/api/me").await.problem(401, "signed-out");
    try_sign_in(&tegata.stranger(), "hanako", &password_of("hanako"))
        .await
        .problem(401, "wrong-login");
    assert_eq!(audited(&admin, "user.reset_link_made").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_somebody_has_and_a_login_with_blanks_are_refused() {
    let tegata = alone();
    let admin = tegata.administrator().await;
    for login in ["admin", "ADMIN", "two words", ""] {
        let problem = admin
            .post(
                "/api/invitations",
                &json!({ "login": login, "name": "", "address": "" }),
            )
            .await;
        let problem = problem.problem(422, "invalid-fields");
        assert_eq!(problem["errors"][0]["field"], "login", "{login:?}");
    }
    let role = json!({ "login": "sato", "name": "", "address": "", "role": "king" });
    admin
        .post("/api/invitations", &role)
        .await
        .problem(422, "invalid-fields");
}
