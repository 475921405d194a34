//! Emails: one row a mail, however many copies it has and in whatever order they come and go.

use store::changes::{self, Kind, Point};
use store::emails::{self, keywords};
use store::folders;
use store::testing::TestStore;
use store::{EmailId, intents};

use crate::scene::{Mailbox, add, at, email, exists, mailbox, pull, raw, read_mail};

async fn observed(t: &TestStore, m: &Mailbox, place: emails::Place, words: &[&str]) {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let account = m.account;
    write!(t, tx => keywords::observed(tx, account, place, &words).await);
}

async fn set(t: &TestStore, m: &Mailbox, id: EmailId, wanted: &[(&str, bool)]) -> bool {
    let wanted: Vec<(String, bool)> = wanted
        .iter()
        .map(|(word, on)| ((*word).to_owned(), *on))
        .collect();
    let account = m.account;
    write!(t, tx => keywords::set(tx, account, id, &wanted).await)
}

on_both! {
    async fn the_same_mail_in_a_second_folder_is_one_email(t) {
        let m = mailbox(t).await;
        let mail = raw("a@example.com", "", "hello", "world");
        let first = pull(t, &m, at(m.inbox, 1), &mail).await;
        let again = pull(t, &m, at(m.inbox, 1), &mail).await;
        let second = pull(t, &m, at(m.archive, 9), &mail).await;
        assert!(first.is_new && !again.is_new && !second.is_new);
        assert_eq!((first.id, first.thread_id), (second.id, second.thread_id));
        let mut folders = email(t, &m, first.id).await.folders;
        folders.sort();
        let mut wanted = vec![m.inbox, m.archive];
        wanted.sort();
        assert_eq!(folders, wanted);
        let edited = pull(t, &m, at(m.archive, 10), &raw("a@example.com", "", "hello", "another text")).await;
        assert!(edited.is_new, "the same Message-ID with other bytes is another mail");
    }

    async fn two_pulls_of_one_place_at_once_make_one_email(t) {
        let m = mailbox(t).await;
        for uid in 0..10 {
            let mail = raw(&format!("{uid}@example.com"), "", "hello", "world");
            let mut pulls = Vec::new();
            for _ in 0..3 {
                let new = read_mail(t, &mail).await;
                let (store, account, place) = (t.store.clone(), m.account, at(m.inbox, uid));
                pulls.push(tokio::spawn(async move {
                    store.write(move |tx| Box::pin(async move { emails::add(tx, account, &new, Some(place)).await })).await.unwrap()
                }));
            }
            let mut ids = Vec::new();
            for pull in pulls {
                ids.push(pull.await.unwrap().id);
            }
            ids.dedup();
            assert_eq!(ids.len(), 1, "uid {uid}");
        }
    }

    async fn gmails_copies_are_joined_by_its_own_id(t) {
        let m = mailbox(t).await;
        let mut ids = Vec::new();
        for (uid, folder) in [(1, m.inbox), (2, m.archive)] {
            // Gmail writes other bytes into the copy, and there is no Message-ID.
            let mut new = read_mail(t, format!("Subject: x\r\nX-Copy: {uid}\r\n\r\nbody\r\n").as_bytes()).await;
            new.gm_msgid = Some(1_278_455_344_230_334_865);
            new.gm_thrid = Some(u64::MAX);
            ids.push(add(t, m.account, new, Some(at(folder, uid))).await.id);
        }
        assert_eq!(ids[0], ids[1]);
        let mut other = read_mail(t, b"Subject: x\r\n\r\nbody\r\n").await;
        other.gm_msgid = Some(7);
        assert_ne!(add(t, m.account, other, Some(at(m.inbox, 3))).await.id, ids[0]);
        let found = read!(t, tx => emails::by_gm_msgid(tx, m.account, 1_278_455_344_230_334_865).await);
        assert_eq!(found, Some(ids[0]));
    }

    async fn what_gmail_calls_two_mails_stays_two_whatever_their_message_id(t) {
        let m = mailbox(t).await;
        let mail = raw("same@example.com", "", "hello", "world");
        let mut ids = Vec::new();
        for number in [1, 2] {
            let mut new = read_mail(t, &mail).await;
            (new.gm_msgid, new.gm_thrid) = (Some(number), Some(number));
            ids.push(add(t, m.account, new, Some(at(m.inbox, number as i64))).await.id);
        }
        assert_ne!(ids[0], ids[1]);
    }

    async fn a_sent_mails_copy_joins_the_one_that_was_written_here(t) {
        let m = mailbox(t).await;
        let mut new = read_mail(t, &raw("sent@example.com", "", "hello", "world")).await;
        new.folders = vec![m.drafts];
        new.keywords = vec!["$draft".into(), "$seen".into()];
        let local = add(t, m.account, new, None).await;
        write!(t, tx => emails::move_local(tx, m.account, local.id, &[m.sent]).await);
        assert_eq!(email(t, &m, local.id).await.folders, [m.sent]);
        assert!(!read!(t, tx => emails::is_upstream(tx, m.account, local.id).await));
        // Exchange rebuilds what it files.
        let rebuilt = raw("sent@example.com", "X-MS-Exchange: yes\r\n", "hello", "world");
        let copy = pull(t, &m, at(m.sent, 5), &rebuilt).await;
        assert_eq!((copy.id, copy.is_new), (local.id, false));
        assert!(read!(t, tx => emails::is_upstream(tx, m.account, local.id).await));
        // A second one with this Message-ID is its own mail, unless its bytes are known.
        assert!(pull(t, &m, at(m.inbox, 1), &rebuilt).await.is_new);
    }

    async fn ids_survive_a_new_uidvalidity(t) {
        let m = mailbox(t).await;
        let mail = raw("a@example.com", "", "hello", "world");
        let first = pull(t, &m, at(m.inbox, 1), &mail).await;
        write!(t, tx => emails::folder_gone(tx, m.account, m.inbox).await);
        assert!(exists(t, &m, first.id).await);
        let renumbered = emails::Place { folder: m.inbox, uidvalidity: 2, uid: 77 };
        let again = pull(t, &m, renumbered, &mail).await;
        assert_eq!((again.id, again.is_new), (first.id, false));
        write!(t, tx => folders::set_position(tx, m.account, m.inbox, 2, 78, None, None).await);
        let places = read!(t, tx => emails::copies::of_email(tx, m.account, first.id).await);
        assert_eq!(places, [(renumbered, b"INBOX".to_vec())]);
        assert_eq!(read!(t, tx => emails::copies::of_folder(tx, m.account, m.inbox, 2).await).len(), 1);
        assert!(read!(t, tx => emails::copies::of_folder(tx, m.account, m.inbox, 1).await).is_empty());
    }

    async fn an_email_goes_with_its_last_copy_and_not_before(t) {
        let m = mailbox(t).await;
        let mail = raw("a@example.com", "", "hello", "world");
        let id = pull(t, &m, at(m.inbox, 1), &mail).await.id;
        pull(t, &m, at(m.inbox, 2), &mail).await;
        pull(t, &m, at(m.archive, 1), &mail).await;
        for (place, left) in [(at(m.inbox, 1), 2), (at(m.inbox, 2), 1), (at(m.inbox, 2), 1)] {
            write!(t, tx => emails::copy_gone(tx, m.account, place).await);
            assert_eq!(email(t, &m, id).await.folders.len(), left);
        }
        let before = read!(t, tx => changes::state(tx, m.account, Kind::Email).await);
        write!(t, tx => emails::copy_gone(tx, m.account, at(m.archive, 1)).await);
        assert!(!exists(t, &m, id).await);
        let since = read!(t, tx => changes::since(tx, m.account, Kind::Email, Point::from(before), None).await).unwrap();
        assert_eq!((since.destroyed, since.updated.len(), since.created.len()), (vec![id.0], 0, 0));
        assert!(!write!(t, tx => emails::remove(tx, m.account, id).await));
    }

    async fn a_wish_is_seen_at_once_and_outlives_what_the_server_says_meanwhile(t) {
        let m = mailbox(t).await;
        let place = at(m.inbox, 1);
        let id = pull(t, &m, place, &raw("a@example.com", "", "hello", "world")).await.id;
        assert!(set(t, &m, id, &[("$seen", true), ("$flagged", false), ("$mine", true), ("BAD word", true)]).await);
        assert_eq!(email(t, &m, id).await.keywords, ["$mine", "$seen"]);
        let wishes = read!(t, tx => intents::of_email(tx, m.account, id).await);
        assert_eq!(wishes.len(), 1, "what stays as it is, or stays here, is no wish: {wishes:?}");
        observed(t, &m, place, &["$flagged"]).await;
        assert_eq!(email(t, &m, id).await.keywords, ["$flagged", "$seen"]);
        let wish = wishes[0].clone();
        write!(t, tx => intents::fulfilled(tx, m.account, &wish).await);
        observed(t, &m, place, &["$flagged"]).await;
        assert_eq!(email(t, &m, id).await.keywords, ["$flagged"]);
        assert!(!set(t, &m, EmailId([0; 16]), &[("$seen", true)]).await);
    }

    async fn a_wish_and_the_servers_news_at_once_are_both_kept(t) {
        let m = mailbox(t).await;
        for uid in 0..10 {
            let place = at(m.inbox, uid);
            let id = pull(t, &m, place, &raw(&format!("{uid}@example.com"), "", "hello", "world")).await.id;
            tokio::join!(set(t, &m, id, &[("$seen", true)]), observed(t, &m, place, &["$flagged"]), set(t, &m, id, &[("$answered", true)]));
            let keywords = email(t, &m, id).await.keywords;
            assert_eq!(keywords, ["$answered", "$flagged", "$seen"], "uid {uid}");
        }
    }

    async fn reading_an_email_changes_its_mailboxes_counts(t) {
        let m = mailbox(t).await;
        let id = pull(t, &m, at(m.inbox, 1), &raw("a@example.com", "", "hello", "world")).await.id;
        let before = read!(t, tx => changes::state(tx, m.account, Kind::Mailbox).await);
        set(t, &m, id, &[("$flagged", true)]).await;
        assert_eq!(read!(t, tx => changes::state(tx, m.account, Kind::Mailbox).await), before);
        set(t, &m, id, &[("$seen", true)]).await;
        let since = read!(t, tx => changes::since(tx, m.account, Kind::Mailbox, before.into(), None).await).unwrap();
        assert_eq!(since.updated, [m.inbox.0]);
        assert_eq!(read!(t, tx => folders::counts(tx, m.account).await)[0].1.unread_emails, 0);
    }

    async fn many_emails_are_found_at_once_with_their_folders(t) {
        let m = mailbox(t).await;
        let mut ids = vec![EmailId([0; 16])];
        for uid in 0..30 {
            ids.push(pull(t, &m, at(m.inbox, uid), &raw(&format!("{uid}@x"), "", "s", "b")).await.id);
        }
        let wanted = ids.clone();
        let found = read!(t, tx => emails::find_many(tx, m.account, &wanted).await);
        assert_eq!(found.len(), 30);
        assert!(found.iter().all(|email| email.folders == [m.inbox]));
        let found = read!(t, tx => emails::by_message_id(tx, m.account, "7@x").await);
        assert_eq!(found, Some(ids[8]));
    }
}
