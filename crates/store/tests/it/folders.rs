//! Folders: ids survive what servers do to names, and odd lists are taken as far as they make sense.

use store::changes::{self, Kind};
use store::folders::{self, Counts, Listed};
use store::testing::TestStore;
use store::{AccountId, FolderId};

use crate::scene::{at, folder_ids, four_folders, listed, mailbox, pull, raw};

async fn take_over(t: &TestStore, account: AccountId, list: Vec<Listed>) {
    write!(t, tx => folders::take_over(tx, account, &list).await);
}

async fn paths(t: &TestStore, account: AccountId) -> Vec<String> {
    read!(t, tx => folders::list(tx, account).await)
        .into_iter()
        .map(|folder| folder.listed.path)
        .collect()
}

async fn state(t: &TestStore, account: AccountId) -> i64 {
    read!(t, tx => changes::state(tx, account, Kind::Mailbox).await)
}

on_both! {
    async fn the_same_list_again_changes_nothing(t) {
        let m = mailbox(t).await;
        let before = state(t, m.account).await;
        take_over(t, m.account, four_folders()).await;
        assert_eq!(state(t, m.account).await, before);
        assert_eq!(paths(t, m.account).await, ["INBOX", "Drafts", "Sent", "Archive"]);
    }

    async fn a_folder_that_is_gone_and_comes_back_keeps_its_id(t) {
        let m = mailbox(t).await;
        let before = state(t, m.account).await;
        take_over(t, m.account, four_folders().into_iter().take(3).collect()).await;
        let (account, archive) = (m.account, m.archive);
        assert!(read!(t, tx => folders::find(tx, account, archive).await).is_none());
        assert!(read!(t, tx => folders::by_role(tx, account, "archive").await).is_none());
        let since = read!(t, tx => changes::since(tx, account, Kind::Mailbox, before.into(), None).await).unwrap();
        assert_eq!(since.destroyed, [archive.0]);
        take_over(t, m.account, four_folders()).await;
        let found = read!(t, tx => folders::by_role(tx, account, "archive").await).unwrap();
        assert_eq!(found.id, archive);
    }

    async fn a_renamed_folder_leaves_the_others_alone_and_children_know_their_parent(t) {
        let m = mailbox(t).await;
        let mut list = four_folders();
        list.extend([listed("Projekte", None), listed("Projekte/東京", None), listed("Projekte/東京/京都", None)]);
        take_over(t, m.account, list).await;
        let [top, tokyo, kyoto] = folder_ids(t, m.account, ["Projekte", "Projekte/東京", "Projekte/東京/京都"]).await;
        let parents: Vec<Option<FolderId>> = read!(t, tx => folders::list(tx, m.account).await).into_iter()
            .filter(|folder| [top, tokyo, kyoto].contains(&folder.id)).map(|folder| folder.parent_id).collect();
        assert_eq!(parents, [None, Some(top), Some(tokyo)]);
        let mut list = four_folders();
        list.extend([listed("Projects", None), listed("Projects/東京", None), listed("Projects/東京/京都", None)]);
        take_over(t, m.account, list).await;
        let [inbox, sent, archive] = folder_ids(t, m.account, ["INBOX", "Sent", "Archive"]).await;
        assert_eq!((inbox, sent, archive), (m.inbox, m.sent, m.archive));
        assert_eq!(paths(t, m.account).await.len(), 7);
    }

    async fn roles_follow_the_list(t) {
        let m = mailbox(t).await;
        let mut list = four_folders();
        list[3].role = None;
        list.push(listed("アーカイブ", Some("archive")));
        take_over(t, m.account, list).await;
        let found = read!(t, tx => folders::by_role(tx, m.account, "archive").await).unwrap();
        assert_eq!((found.listed.path.as_str(), found.sort_order), ("アーカイブ", 5 - 1));
    }

    async fn a_server_that_lists_a_folder_twice_or_with_absurd_names_is_borne(t) {
        let m = mailbox(t).await;
        let mut list = four_folders();
        list.push(listed("Archive", Some("archive")));
        list.push(listed("New", None));
        list.push(listed("New", None));
        // Two spellings on the wire that decode to one name.
        list.push(Listed { wire_name: b"&Zx8-".to_vec(), ..listed("月", None) });
        list.push(Listed { wire_name: b"&Zx9-".to_vec(), ..listed("月", None) });
        list.push(listed("", None));
        list.push(listed("a\0b", None));
        let long: String = (0..9000).map(|_| char::from(b'a' + t.store.world().random::<1>()[0] % 26)).collect();
        list.push(listed(&long, None));
        take_over(t, m.account, list.clone()).await;
        let first = read!(t, tx => folders::list(tx, m.account).await);
        assert_eq!(first.iter().filter(|folder| folder.listed.path == "月").count(), 2);
        assert_eq!(first.iter().filter(|folder| folder.listed.path == "New").count(), 1);
        let before = state(t, m.account).await;
        take_over(t, m.account, list).await;
        assert_eq!(state(t, m.account).await, before, "the same odd list again changes nothing");
    }

    async fn a_position_moves_and_mailboxes_are_counted(t) {
        let m = mailbox(t).await;
        write!(t, tx => folders::set_position(tx, m.account, m.inbox, 7, 42, Some(9), Some(3)).await);
        let found = read!(t, tx => folders::find(tx, m.account, m.inbox).await).unwrap();
        assert_eq!((found.uidvalidity, found.uidnext, found.highestmodseq, found.messages_there), (Some(7), Some(42), Some(9), Some(3)));
        assert_eq!(found.pulled_at, Some(t.store.now()));
        for (uid, extra) in [(1, ""), (2, "In-Reply-To: <1@x>\r\n"), (3, "")] {
            pull(t, &m, at(m.inbox, uid), &raw(&format!("{uid}@x"), extra, "hello", "world")).await;
        }
        let counts = read!(t, tx => folders::counts(tx, m.account).await);
        assert_eq!(counts, [(m.inbox, Counts { total_emails: 3, unread_emails: 3, total_threads: 2, unread_threads: 2 })]);
    }
}
