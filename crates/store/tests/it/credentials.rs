//! OAuth apps: the second of two editors is told, and the secret is nowhere to be read.

use secrecy::{ExposeSecret, SecretString};
use store::credentials::{self, Status};
use store::intervals::Cause;
use store::testing::TestStore;
use store::{CredentialId, Error, accounts, args, grants};

use crate::scene::{credential, fields, is_sqlite, mailbox, new_account};

async fn secret(t: &TestStore, id: CredentialId) -> String {
    read!(t, tx => credentials::secret(tx, id).await)
        .unwrap()
        .expose_secret()
        .to_owned()
}

/// All that an intruder sees of the database: SQLite's files, or PostgreSQL's rows as text and hexadecimal.
async fn everything_stored(t: &TestStore) -> Vec<u8> {
    if is_sqlite(t) {
        let mut all = Vec::new();
        for name in ["tegata.db", "tegata.db-wal"] {
            all.extend(std::fs::read(t.folder.join(name)).unwrap_or_default());
        }
        return all;
    }
    let mut all = Vec::new();
    for table in ["credentials", "grants", "connects", "meta", "audit"] {
        let rows = read!(t, tx => tx.rows(format!("SELECT CAST(x AS TEXT) FROM {table} x"), args![]).await);
        for row in rows {
            all.extend(row.get::<String>(0).unwrap().into_bytes());
        }
    }
    all
}

fn contains(all: &[u8], part: &str) -> bool {
    let hex: String = part.bytes().map(|byte| format!("{byte:02x}")).collect();
    [part.as_bytes(), hex.as_bytes()]
        .iter()
        .any(|part| all.windows(part.len()).any(|window| window == *part))
}

on_both! {
    async fn secrets_are_sealed_and_never_in_the_databases_bytes(t) {
        let m = mailbox(t).await;
        assert_eq!(secret(t, m.credential).await, "GOCSPX-top-secret");
        let all = everything_stored(t).await;
        assert!(contains(&all, "mail.apps.example"), "the right place is looked at");
        for hidden in ["GOCSPX-top-secret", "access-0", "refresh-0"] {
            assert!(!contains(&all, hidden), "{hidden} can be read");
        }
    }

    async fn a_secret_that_is_copied_to_another_row_does_not_open(t) {
        let (one, two) = (credential(t, "one").await, credential(t, "two").await);
        let kept = read!(t, tx => tx.row("SELECT client_secret FROM credentials WHERE id = $1", args![two]).await).unwrap();
        let kept: Vec<u8> = kept.get(0).unwrap();
        write!(t, tx => tx.execute(
            "UPDATE credentials SET client_secret = (SELECT client_secret FROM credentials WHERE id = $1) WHERE id = $2",
            args![one, two],
        ).await);
        let refused = t.store.read(move |tx| Box::pin(async move { credentials::secret(tx, two).await })).await.unwrap_err();
        assert!(matches!(refused, Error::Sealed { .. }));
        assert_eq!(refused.to_string(), "a sealed value in credentials.client_secret cannot be opened: is this the right key file?");
        let findings = store::check::run(&t.store).await.unwrap();
        assert!(findings.len() == 1 && findings[0].contains(&two.to_string()), "{findings:?}");
        write!(t, tx => tx.execute("UPDATE credentials SET client_secret = $2 WHERE id = $1", args![two, kept]).await);
    }

    async fn of_two_editors_the_second_is_told_and_changes_nothing(t) {
        let id = credential(t, "app").await;
        let editors: Vec<_> = ["alice", "bob"].map(|editor| {
            let store = t.store.clone();
            let mut fields = fields("app");
            fields.note = editor.to_owned();
            let secret = SecretString::from(format!("secret of {editor}"));
            tokio::spawn(async move {
                let won = store.write(move |tx| Box::pin(async move { credentials::update(tx, id, 1, &fields, Some(&secret)).await })).await.unwrap();
                (editor, won)
            })
        }).into_iter().collect();
        let mut winners = Vec::new();
        for editor in editors {
            let (name, won) = editor.await.unwrap();
            if won {
                winners.push(name);
            }
        }
        assert_eq!(winners.len(), 1);
        let found = read!(t, tx => credentials::find(tx, id).await).unwrap();
        assert_eq!((found.version, found.fields.note.as_str()), (2, winners[0]));
        assert_eq!(secret(t, id).await, format!("secret of {}", winners[0]));
        assert!(!write!(t, tx => credentials::update(tx, id, 1, &fields("late"), None).await));
        assert!(!write!(t, tx => credentials::update(tx, CredentialId([0; 16]), 1, &fields("none"), None).await));
    }

    async fn a_changed_note_keeps_what_is_proven_and_a_changed_secret_does_not(t) {
        let id = credential(t, "app").await;
        write!(t, tx => credentials::set_status(tx, id, Status::Good, None).await);
        let mut noted = fields("app");
        noted.note = "新しい備考".into();
        assert!(write!(t, tx => credentials::update(tx, id, 1, &noted, None).await));
        assert_eq!(read!(t, tx => credentials::find(tx, id).await).unwrap().status, Status::Good);
        assert_eq!(secret(t, id).await, "GOCSPX-top-secret");
        assert!(write!(t, tx => credentials::update(tx, id, 2, &fields("app"), Some(&"new".into())).await));
        assert_eq!(read!(t, tx => credentials::find(tx, id).await).unwrap().status, Status::Unproven);
        assert_eq!(secret(t, id).await, "new");
        let cause = Cause::new("invalid_client").said("AADSTS7000215: Invalid client secret\u{7} provided.");
        write!(t, tx => credentials::set_status(tx, id, Status::Broken, Some(&cause)).await);
        let found = read!(t, tx => credentials::find(tx, id).await).unwrap();
        assert_eq!((found.status, found.version), (Status::Broken, 3));
        assert_eq!(found.cause.unwrap().provider_said.as_deref(), Some("AADSTS7000215: Invalid client secret provided."));
        assert_eq!(read!(t, tx => credentials::list(tx).await).len(), 1);
    }

    async fn a_mended_credential_has_its_grants_tried_again(t) {
        let m = mailbox(t).await;
        let (id, grant) = (m.credential, m.grant);
        write!(t, tx => {
            grants::set_status(tx, grant, grants::Status::AppBroken, None, Some(&Cause::new("invalid_client"))).await?;
            tx.execute("UPDATE grants SET refresh_at = NULL", args![]).await
        });
        assert!(read!(t, tx => grants::due(tx, id, 10).await).is_empty());
        assert!(write!(t, tx => credentials::update(tx, id, 1, &fields("mail"), Some(&"mended".into())).await));
        assert_eq!(read!(t, tx => grants::due(tx, id, 10).await)[0].id, grant);
    }

    async fn a_credential_in_use_is_not_removed_and_tells_by_whom(t) {
        let m = mailbox(t).await;
        let (id, user, grant) = (m.credential, m.user, m.grant);
        let second = write!(t, tx => accounts::connect(tx, new_account(user, grant, "info@example.com")).await);
        assert_eq!(read!(t, tx => credentials::in_use_by(tx, id).await), ["alice@example.com", "info@example.com"]);
        assert!(!write!(t, tx => credentials::remove(tx, id).await));
        let account = m.account;
        write!(t, tx => { accounts::remove(tx, account).await?; accounts::remove(tx, second).await });
        assert!(write!(t, tx => credentials::remove(tx, id).await));
        assert!(read!(t, tx => credentials::find(tx, id).await).is_none());
        assert!(read!(t, tx => grants::find(tx, grant).await).is_none());
    }
}
