//! Moving in by a list: the original's CSV, line by line (G-112).

use serde_json::{Value, json};
use testing::program::{
    Answer, Client, Method, Setup, Tegata, register_google, register_microsoft,
};

use wire::mime::{JapaneseCharset, encode_japanese};

use crate::{TEGATA, sandbox};

async fn import(admin: &Client, query: &str, bytes: Vec<u8>) -> Answer {
    let path = format!("/api/accounts/import{query}");
    let asked = admin.ask(Method::POST, &path).bytes("text/csv", bytes);
    asked.send().await
}

async fn pending(admin: &Client) -> Vec<Value> {
    let list = admin.get("/api/pending-accounts?all=1").await.ok();
    list["items"].as_array().expect("items").clone()
}

const HEADER: &str =
    "アカウントID,アカウント名,メールアドレス,認証形式,プロバイダ,使用者,氏名,備考";

#[tokio::test(flavor = "multi_thread")]
async fn a_list_in_windows_31j_brings_accounts_and_people_after_a_dry_run_that_changes_nothing() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    register_google(&admin, &sandbox).await;
    register_microsoft(&admin, &sandbox).await;
    let text = format!(
        "{HEADER}\r\nsales,\"営業①㈱髙橋\",hanako@example.jp,OAuth,Google Mail,hanako,佐藤 花子,\"一行目\r\n二行目\"\r\n\
         ichiro,鈴木,ichiro@contoso.example,OAuth,Microsoft Exchange Online,ichiro,鈴木 一郎,\r\n"
    );
    let bytes = encode_japanese(&text, JapaneseCharset::ShiftJis).expect("it fits");
    assert!(std::str::from_utf8(&bytes).is_err());
    let dry = import(&admin, "?dry_run=1", bytes.clone()).await.ok();
    assert_eq!(
        (&dry["lines"], &dry["added"], &dry["invited"]),
        (&json!(2), &json!(2), &json!(2))
    );
    assert_eq!(dry["invitations"], json!([]), "a dry run invites nobody");
    assert!(pending(&admin).await.is_empty());
    let done = import(&admin, "", bytes.clone()).await.ok();
    assert_eq!(done["added"], 2, "{done}");
    let link = done["invitations"][0]["url"].as_str().unwrap();
    let hanako = tegata.redeem(link, "correct horse hanako").await;
    let mine = hanako.get("/api/pending-accounts").await.ok();
    assert_eq!(mine["items"][0]["name"], "営業①㈱髙橋");
    assert_eq!(mine["items"][0]["note"], "一行目\r\n二行目");
    assert_eq!(mine["items"][0]["account_id_there"], "sales");
    assert_eq!(mine["items"].as_array().unwrap().len(), 1, "only her own");
    assert_eq!(hanako.get("/api/pending-accounts?all=1").await.status, 403);
    // The same list once more: nothing is doubled, and it is said.
    let again = import(&admin, "", bytes.clone()).await.ok();
    assert_eq!(
        (&again["added"], &again["unchanged"]),
        (&json!(0), &json!(2))
    );
    assert_eq!(again["warnings"].as_array().unwrap().len(), 2);
    // The same account with another address: it stays as it is, and nobody new is invited for it.
    let moved = format!("{HEADER}\nsales,x,new@example.jp,OAuth,Google Mail,newcomer,,\n");
    let kept = import(&admin, "", moved.into_bytes()).await.ok();
    assert_eq!(
        (&kept["unchanged"], &kept["invited"]),
        (&json!(1), &json!(0)),
        "{kept}"
    );
    let over = import(&admin, "?overwrite=1", bytes).await.ok();
    assert_eq!(over["changed"], 2);
    assert_eq!(pending(&admin).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wrong_line_stores_nothing_and_every_fault_is_told_with_its_line_and_column() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    // A column that the file does not have is named in the caller's language.
    let short = import(&admin, "", "メールアドレス\nalice@example.com\n".into()).await;
    assert_eq!(short.json()["errors"][0]["field"], "provider");
    register_google(&admin, &sandbox).await;
    let text = format!(
        "{HEADER}\nok,良い,alice@example.com,OAuth,Google Mail,alice,,\n\
         a,x,nowhere,OAuth,Google Mail,bob,,\n\
         b,x,bob@example.com,基本認証,Google Mail,bob,,\n\
         c,x,carol@contoso.example,OAuth,Microsoft Exchange Online,carol,,\n\
         ok,x,dan@example.com,OAuth,Google Mail,dan,,\n\
         e,x,erin@example.com,OAuth,Yahoo,erin,,\n"
    );
    let answer = import(&admin, "", text.into_bytes()).await;
    assert_eq!(answer.status, 422);
    let problem = answer.json();
    let told: Vec<(u64, &str)> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            (
                error["line"].as_u64().unwrap(),
                error["field"].as_str().unwrap(),
            )
        })
        .collect();
    let wanted = [
        (3, "メールアドレス"),
        (4, "認証形式"),
        (5, "プロバイダ"),
        (6, "アカウントID"),
        (7, "プロバイダ"),
    ];
    assert_eq!(told, wanted, "{problem}");
    assert!(pending(&admin).await.is_empty());
    // An editor counts lines the same way with CRLF, and after a field that holds a line end.
    let text = "address,note\r\nalice@example.com,\"one\r\ntwo\"\r\n\r\nnowhere,\r\n";
    let crlf = import(&admin, "", text.as_bytes().to_vec()).await.json();
    let errors = crlf["errors"].as_array().unwrap();
    assert_eq!((errors.len(), &errors[0]["line"]), (1, &json!(5)), "{crlf}");
    let japanese = import(&admin.in_language("ja"), "", b"x\ny\n".to_vec())
        .await
        .json();
    let message = japanese["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("メールアドレス"), "{message}");
    let unreadable = import(&admin, "", vec![0x81, 0xff, 0x0a]).await;
    assert_eq!(unreadable.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_file_is_taken_as_it_is_and_short_lines_and_foreign_columns_stop_nothing() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    register_google(&admin, &sandbox).await;
    register_microsoft(&admin, &sandbox).await;
    let sample = admin.get("/api/accounts/import/sample").await;
    let dry = import(&admin, "?dry_run=1", sample.bytes.clone())
        .await
        .ok();
    assert_eq!(
        (&dry["lines"], &dry["errors"]),
        (&json!(2), &json!([])),
        "{dry}"
    );
    // U-13: lines shorter than the header, a column that we do not know, empty lines.
    let odd = "address,provider,ディスク容量,備考\nalice@example.com,google\n\n,,,\nbob@example.com,Google Mail,100,x\n";
    let done = import(&admin, "", odd.as_bytes().to_vec()).await.ok();
    assert_eq!(done["added"], 2, "{done}");
    assert_eq!(done["warnings"][0]["field"], "ディスク容量");
    let all = pending(&admin).await;
    let alice = all
        .iter()
        .find(|item| item["address"] == "alice@example.com")
        .unwrap();
    assert_eq!(alice["user"]["login"], "alice@example.com");
    let id = alice["id"].as_str().unwrap();
    let _ = admin
        .delete(&format!("/api/pending-accounts/{id}"))
        .await
        .is(204);
    assert_eq!(pending(&admin).await.len(), 1);
    let member = tegata.member("kenji").await;
    assert_eq!(import(&member, "", b"address\n".to_vec()).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_imports_too_and_exits_with_one_for_a_wrong_line() {
    let sandbox = sandbox().await;
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    register_google(&admin, &sandbox).await;
    let file = tegata.folder.join("accounts.csv");
    std::fs::write(
        &file,
        "address,provider\nalice@example.com,google\nbroken,google\n",
    )
    .unwrap();
    let path = file.display().to_string();
    let output = tegata.run(&["account", "import", &path], "").await;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("line 3") && said.contains("address"),
        "{said}"
    );
    std::fs::write(&file, "address,provider\nalice@example.com,google\n").unwrap();
    let done = tegata
        .done(&["account", "import", &path, "--json"], "")
        .await;
    let done: Value = serde_json::from_str(&done).unwrap();
    assert_eq!((&done["added"], &done["invited"]), (&json!(1), &json!(1)));
    assert!(
        done["invitations"][0]["url"]
            .as_str()
            .unwrap()
            .contains("/invitation#")
    );
    assert_eq!(pending(&admin).await.len(), 1);
}
