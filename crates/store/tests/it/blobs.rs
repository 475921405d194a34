//! Bytes outside the database: named by their hash, whole or not given out at all.

use std::path::PathBuf;

use store::testing::TestStore;
use store::{AccountId, BlobId, Error, blobs, check};

use crate::scene::{at, mailbox, pull, raw};

fn file_of(t: &TestStore, id: BlobId) -> PathBuf {
    let name = id.to_string();
    t.folder
        .join("blobs")
        .join(&name[1..3])
        .join(&name[3..5])
        .join(&name)
}

on_both! {
    async fn the_same_bytes_are_one_blob_and_compressible_ones_take_less_room(t) {
        let text = "おはようございます。\r\n".repeat(2000).into_bytes();
        let noise: Vec<u8> = (0..4096 / 32).flat_map(|_| t.store.world().random::<32>()).collect();
        for bytes in [&text, &noise, &Vec::new()] {
            let id = t.store.blobs().put(bytes).await.unwrap();
            assert_eq!(id, BlobId::of(bytes));
            assert_eq!(t.store.blobs().put(bytes).await.unwrap(), id);
            assert_eq!(t.store.blobs().get(id).await.unwrap().unwrap(), bytes[..]);
        }
        let size = |bytes: &[u8]| std::fs::metadata(file_of(t, BlobId::of(bytes))).unwrap().len();
        assert!(size(&text) < 1000, "{}", size(&text));
        assert_eq!(size(&noise), 4097);
        assert_eq!(t.store.blobs().get(BlobId::of(b"never kept")).await.unwrap(), None);
    }

    async fn a_blob_is_read_only_by_the_accounts_that_may(t) {
        let m = mailbox(t).await;
        let id = t.store.blobs().put(b"hello").await.unwrap();
        let account = m.account;
        assert_eq!(read!(t, tx => blobs::find(tx, account, id).await), None);
        for _ in 0..2 {
            write!(t, tx => blobs::allow(tx, account, id, 5, "text/plain").await);
        }
        assert_eq!(read!(t, tx => blobs::find(tx, account, id).await), Some((5, "text/plain".into())));
        assert_eq!(read!(t, tx => blobs::find(tx, AccountId([9; 16]), id).await), None);
    }

    async fn the_check_finds_a_blob_that_is_missing_broken_or_another(t) {
        let m = mailbox(t).await;
        let mail = raw("a@example.com", "", "hello", "world");
        let added = pull(t, &m, at(m.inbox, 1), &mail).await;
        assert!(added.is_new);
        let id = BlobId::of(&mail);
        let path = file_of(t, id);
        let good = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(t.store.blobs().get(id).await.unwrap(), None);
        let findings = check::run(&t.store).await.unwrap();
        assert_eq!(findings, [format!("blob {id} of account {} is missing", m.account)]);
        let mut cut = good.clone();
        cut.truncate(good.len() / 2);
        for bad in [b"".to_vec(), b"\x07rubbish".to_vec(), b"\x00another mail".to_vec(), cut] {
            std::fs::write(&path, bad).unwrap();
            let error = t.store.blobs().get(id).await.unwrap_err();
            assert!(matches!(error, Error::Blob { .. }) && !error.is_passing(), "{error}");
            let findings = check::run(&t.store).await.unwrap();
            assert_eq!(findings.len(), 1, "{findings:?}");
            assert!(findings[0].contains(&id.to_string()), "{findings:?}");
        }
        std::fs::write(&path, good).unwrap();
    }
}
