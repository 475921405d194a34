//! Backup, keys and their loss, on the program itself: beside a running server, and somewhere else.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value, json};
use testing::program::{Jmap, Kind, Place, Setup, Tegata, password_of};
use testing::wait_for;

use crate::scene::{ALICE, BOTH, CAROL, House, PATIENCE};

const TEGATA: &str = env!("CARGO_BIN_EXE_tegata");

fn json_of(output: &str) -> Value {
    serde_json::from_str(output).unwrap_or_else(|error| panic!("{error}: {output}"))
}

/// A house whose two mailboxes are live and hold a mail each; its backup, made while it serves.
async fn backed_up() -> (House, Vec<u8>) {
    let house = House::new().await;
    for (_, person) in BOTH {
        let mailbox = house.connect(person).await;
        house.until(&mailbox.id, "sync", "live").await;
        house.deliver(person, "before the backup");
        mailbox.arrived("before the backup").await;
    }
    let path = house.tegata.folder.join("night.backup");
    let shown = path.display().to_string();
    let made = house
        .tegata
        .done(&["backup", "--to", &shown, "--json"], "")
        .await;
    let made = json_of(&made);
    assert_eq!(made["missing_blobs"], json!([]), "{made}");
    assert!(made["blobs"].as_u64() > Some(1), "{made}");
    let read = ["restore", "--from", &shown, "--only-verify", "--json"];
    let read = json_of(&house.tegata.done(&read, "").await);
    assert_eq!(read["tables"], made["tables"]);
    assert!(house.audited("backup.made").await);
    // As a stream, and never over a file that is something else.
    let piped = house.tegata.run(&["backup", "--to", "-"], "").await;
    assert!(piped.status.success() && piped.stdout.starts_with(b"Tegata backup 1\n"));
    let config = house.tegata.folder.join("tegata.toml");
    let before = fs::read(&config).expect("it is there");
    let over = ["backup", "--to", &config.display().to_string()];
    let refused = house.tegata.run(&over, "").await;
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(fs::read(&config).expect("it is there"), before);
    assert!(!house.tegata.folder.join("tegata.toml.part").exists());
    (house, fs::read(&path).expect("the backup is there"))
}

impl House {
    async fn audited(&self, action: &str) -> bool {
        let entries = self.admin.get("/api/audit").await.ok();
        entries.to_string().contains(&format!("\"{action}\""))
    }
}

async fn goes_on_elsewhere(place: Place) {
    let (mut house, backup) = backed_up().await;
    house.tegata.stop();
    for (_, person) in BOTH {
        house.deliver(person, "while nobody served");
    }
    let grants = |house: &House| house.sandbox.state()["grants"].as_array().map(Vec::len);
    let asked = grants(&house);
    let setup = Setup {
        store: place,
        ..Setup::with(&house.sandbox)
    };
    let mut second = Tegata::prepare(TEGATA, &setup);
    let file = second.folder.join("night.backup");
    let shown = file.display().to_string();
    let data = second.folder.join("data");
    fs::create_dir_all(&data).expect("a folder");
    let restore = ["restore", "--from", &shown];
    // One that is cut, and one without its key: nothing is restored, and it is said why.
    fs::copy(
        house.tegata.folder.join("data/tegata.key"),
        data.join("tegata.key"),
    )
    .expect("the key file is carried over");
    fs::write(&file, &backup[..backup.len() - 7]).expect("a file");
    let output = second.run(&restore, "").await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("cut or damaged") && said.contains("Nothing was restored"),
        "{said}"
    );
    fs::write(&file, &backup).expect("a file");
    fs::rename(data.join("tegata.key"), data.join("apart.key")).expect("renamed");
    let output = second.run(&restore, "").await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("a backup never holds it"), "{said}");
    assert!(!data.join("tegata.key").exists());
    fs::rename(data.join("apart.key"), data.join("tegata.key")).expect("renamed");
    let said = second.done(&restore, "").await;
    assert!(said.contains("are back"), "{said}");
    let output = second.run(&restore, "").await;
    assert_eq!(output.status.code(), Some(1), "it is not empty any more");
    let check = second.done(&["check"], "").await;
    assert_eq!(check.trim(), "The data is sound.");
    second.restart();
    let member = second.sign_in("hanako", &password_of("hanako")).await;
    let accounts = member.get("/api/accounts").await.ok();
    let accounts = accounts["items"].as_array().cloned().unwrap_or_default();
    assert_eq!(accounts.len(), 2);
    for account in accounts {
        let mailbox = crate::scene::Mailbox {
            address: account["mailbox_address"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            id: account["id"].as_str().unwrap_or_default().to_owned(),
            jmap: Jmap::open(&member).await,
        };
        for subject in ["before the backup", "while nobody served"] {
            mailbox.arrived(subject).await;
        }
        let path = format!("/api/accounts/{}", mailbox.id);
        wait_for("the mailbox to be live", PATIENCE, async || {
            let now = member.get(&path).await.ok();
            (now["sync"]["status"] == "live" && now["grant"]["status"] == "good").then_some(())
        })
        .await;
    }
    // Nobody was asked again.
    assert_eq!((grants(&house), asked), (asked, Some(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_beside_the_server_goes_on_elsewhere_without_a_consent() {
    goes_on_elsewhere(Place::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_sqlite_goes_on_on_postgresql_without_a_consent() {
    let Some(database) = testing::postgres::database() else {
        return;
    };
    goes_on_elsewhere(Place::Postgres(database.url.clone())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_beside_the_server_and_mail_goes_on() {
    let mut house = House::new().await;
    let mailbox = house.connect(CAROL).await;
    house.until(&mailbox.id, "sync", "live").await;
    let list = ["keys", "list", "--json"];
    let before = json_of(&house.tegata.done(&list, "").await);
    assert_eq!(before["items"][0]["status"], "seals", "{before}");
    let done = json_of(&house.tegata.done(&["keys", "rotate", "--json"], "").await);
    assert_eq!(
        (&done["key"], &done["added"], &done["unreadable"]),
        (&json!(2), &json!(true), &json!(0))
    );
    assert_eq!(done["resealed"], before["items"][0]["sealed"]);
    house.end_access_of(CAROL);
    house.deliver(CAROL, "after the rotation");
    mailbox.arrived("after the rotation").await;
    house.tegata.done(&["keys", "drop", "1"], "").await;
    let after = json_of(&house.tegata.done(&list, "").await);
    assert_eq!(after["items"].as_array().map(Vec::len), Some(1), "{after}");
    assert_eq!(after["items"][0]["number"], 2);
    // A process that never knew the old key.
    house.tegata.restart();
    house.deliver(CAROL, "after the old key");
    mailbox.arrived("after the old key").await;
    for action in ["keys.rotated", "keys.dropped"] {
        assert!(house.audited(action).await, "{action}");
    }
    let output = house.tegata.run(&["keys", "drop", "2"], "").await;
    assert_eq!(output.status.code(), Some(1));
    let output = house.tegata.run(&["keys", "drop"], "").await;
    assert_eq!(output.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_key_file_is_told_at_start_and_no_other_takes_its_place() {
    let mut house = House::new().await;
    let mailbox = house.connect(ALICE).await;
    house.until(&mailbox.id, "sync", "live").await;
    house.deliver(ALICE, "kept");
    mailbox.arrived("kept").await;
    house.tegata.stop();
    let key = house.tegata.folder.join("data/tegata.key");
    fs::rename(&key, house.tegata.folder.join("lost.key")).expect("renamed");
    for arguments in [
        &["serve"][..],
        &["doctor"],
        &["keys", "list"],
        &["keys", "accept-loss"],
    ] {
        let output = house.tegata.run(arguments, "").await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        for part in [
            "is not there",
            "2 client secrets",
            "1 grant",
            "all mail",
            "accept-loss",
        ] {
            assert!(said.contains(part), "{arguments:?}, {part}: {said}");
        }
        assert!(!key.exists(), "{arguments:?}");
    }
    let arguments = ["keys", "accept-loss", "--yes"];
    let said = house.tegata.done(&arguments, "").await;
    assert!(said.contains("lost: 1 grants"), "{said}");
    house.tegata.restart();
    let account = house.account(&mailbox.id).await;
    assert_eq!(account["grant"]["status"], "needs_consent", "{account}");
    assert!(account.to_string().contains("key-lost"), "{account}");
    let found = mailbox.with_subject("kept").await;
    assert_eq!(found.len(), 1, "the mail stays");
}

/// The proof that the search at the end of every test sees: what is planted is found.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_written_on_purpose_fails_the_test() {
    let tegata = Tegata::start(TEGATA, Setup::default());
    tegata.plant(Kind::ClientSecret, "planted-on-purpose");
    tegata
        .sql("UPDATE users SET name = 'planted-on-purpose'")
        .await;
    let found = catch_unwind(AssertUnwindSafe(|| drop(tegata))).expect_err("it is found");
    let said = found.downcast_ref::<String>().cloned().unwrap_or_default();
    assert!(said.contains("stands in the column users.name"), "{said}");
    assert!(said.contains("tegata.db"), "{said}");
}
