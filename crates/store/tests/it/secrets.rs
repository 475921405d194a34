//! The secrets of a credential: next, current, previous; and what a refusal does to all grants.

use secrecy::ExposeSecret;
use store::credentials::{self, NextChange, Slot, Status, SwitchedBy};
use store::intervals::Cause;
use store::testing::TestStore;
use store::users::Role;
use store::{CredentialId, Error, GrantId, args, grants};

use crate::scene::{HOUR, credential, fields, grant, subject, tokens, user};

const OLD: &str = "GOCSPX-top-secret";
const NEW: &str = "GOCSPX-the-next-one";

fn next(secret: &str) -> NextChange {
    NextChange::Set {
        secret: secret.to_owned().into(),
        hint: secret[secret.len() - 4..].to_owned(),
        ends_on: Some("2028-03-31".into()),
    }
}

async fn all(t: &TestStore, id: CredentialId) -> [Option<String>; 3] {
    read!(t, tx => {
        let mut all = [None, None, None];
        for (place, slot) in all.iter_mut().zip([Slot::Current, Slot::Next, Slot::Previous]) {
            *place = credentials::secret_in(tx, id, slot).await?.map(|secret| secret.expose_secret().to_owned());
        }
        Ok(all)
    })
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

async fn find(t: &TestStore, id: CredentialId) -> credentials::Credential {
    read!(t, tx => credentials::find(tx, id).await).expect("the credential is there")
}

async fn status(t: &TestStore, id: GrantId) -> grants::Status {
    read!(t, tx => grants::find(tx, id).await)
        .expect("the grant is there")
        .status
}

on_both! {
    async fn the_next_secret_is_kept_beside_the_current_one_and_takes_its_place_with_its_date(t) {
        let mut dated = fields("app");
        dated.secret_ends_on = Some("2026-12-31".into());
        let id = write!(t, tx => credentials::add(tx, &dated, &OLD.into()).await);
        write!(t, tx => credentials::change_next(tx, id, &next(NEW)).await);
        assert_eq!(all(t, id).await, [some(OLD), some(NEW), None]);
        let held = find(t, id).await.next.unwrap();
        assert_eq!((held.hint.as_str(), held.status, held.ends_on.as_deref()), ("-one", Status::Unproven, Some("2028-03-31")));
        write!(t, tx => credentials::judge_next(tx, id, &NEW.into(), Status::Good, None).await);
        // What is said of another secret is not said of this one.
        write!(t, tx => credentials::judge_next(tx, id, &OLD.into(), Status::Broken, Some(&Cause::new("client-secret-wrong"))).await);
        assert_eq!(find(t, id).await.next.unwrap().status, Status::Good);
        assert!(write!(t, tx => credentials::switch(tx, id, 1).await));
        assert_eq!(all(t, id).await, [some(NEW), None, some(OLD)]);
        let found = find(t, id).await;
        assert_eq!((found.status, found.version, found.next), (Status::Good, 2, None));
        assert_eq!((found.fields.secret_hint.as_str(), found.fields.secret_ends_on.as_deref()), ("-one", Some("2028-03-31")));
        let previous = found.previous.unwrap();
        assert_eq!((previous.hint.as_str(), previous.ends_on.as_deref()), ("cret", Some("2026-12-31")));
        assert_eq!(found.switched.unwrap().by, SwitchedBy::Person);
        assert!(write!(t, tx => credentials::drop_previous(tx, id).await));
        assert!(!write!(t, tx => credentials::drop_previous(tx, id).await));
        assert_eq!(all(t, id).await, [some(NEW), None, None]);
    }

    async fn a_secret_opens_in_its_own_column_only(t) {
        let id = credential(t, "app").await;
        write!(t, tx => credentials::change_next(tx, id, &next(NEW)).await);
        write!(t, tx => tx.execute("UPDATE credentials SET previous_secret = next_secret WHERE id = $1", args![id]).await);
        let refused = t.store.read(move |tx| Box::pin(async move { credentials::secret_in(tx, id, Slot::Previous).await })).await;
        assert!(matches!(refused.unwrap_err(), Error::Sealed { .. }));
        assert_eq!(store::check::run(&t.store).await.unwrap().len(), 1);
        write!(t, tx => tx.execute("UPDATE credentials SET previous_secret = NULL", args![]).await);
    }

    async fn of_many_who_switch_at_once_one_does_and_no_secret_is_lost(t) {
        let id = credential(t, "app").await;
        write!(t, tx => credentials::change_next(tx, id, &next(NEW)).await);
        let mut all_of_them = Vec::new();
        for number in 0..8 {
            let store = t.store.clone();
            all_of_them.push(tokio::spawn(async move {
                store.write(move |tx| Box::pin(async move {
                    if number % 2 == 0 {
                        credentials::switch(tx, id, 1).await
                    } else {
                        // Requests that were refused with the old secret in the same moment.
                        let cause = Cause::new("client-secret-expired");
                        credentials::taken(tx, id, &OLD.into(), (Slot::Next, &NEW.into()), &cause).await
                    }
                })).await.unwrap()
            }));
        }
        let mut done = 0;
        for one in all_of_them {
            done += usize::from(one.await.unwrap());
        }
        assert_eq!(done, 1);
        assert_eq!(all(t, id).await, [some(NEW), None, some(OLD)]);
    }

    async fn a_secret_that_is_taken_in_place_of_a_refused_one_becomes_current_and_back_again(t) {
        let id = credential(t, "app").await;
        write!(t, tx => credentials::change_next(tx, id, &next(NEW)).await);
        let cause = Cause::new("secret-switched").said("invalid_client");
        let why = cause.clone();
        assert!(write!(t, tx => credentials::taken(tx, id, &OLD.into(), (Slot::Next, &NEW.into()), &why).await));
        let found = find(t, id).await;
        let switched = found.switched.unwrap();
        assert_eq!((switched.by, switched.cause.as_ref(), found.status), (SwitchedBy::Refusal, Some(&cause), Status::Good));
        // A next one that stands beside is not touched when the previous one is taken.
        write!(t, tx => credentials::change_next(tx, id, &next("GOCSPX-third")).await);
        assert!(write!(t, tx => credentials::taken(tx, id, &NEW.into(), (Slot::Previous, &OLD.into()), &cause).await));
        assert_eq!(all(t, id).await, [some(OLD), some("GOCSPX-third"), some(NEW)]);
        assert_eq!(find(t, id).await.fields.secret_hint, "cret");
    }

    async fn a_refusal_stops_all_grants_at_once_and_a_secret_that_works_brings_them_back(t) {
        let user = user(t, "alice", Role::Member).await;
        let id = credential(t, "app").await;
        let other = credential(t, "other").await;
        let in_hand = grant(t, user, id, "in-hand").await;
        let ended = grant(t, user, id, "ended").await;
        let gone = grant(t, user, id, "gone").await;
        let elsewhere = grant(t, user, other, "elsewhere").await;
        write!(t, tx => {
            tx.execute("UPDATE grants SET access_ends_at = $2 WHERE id = $1", args![ended, tx.now() - 1]).await?;
            grants::set_status(tx, gone, grants::Status::NeedsConsent, None, Some(&Cause::new("grant-ended"))).await
        });
        t.clock.advance(std::time::Duration::from_millis(1));
        let cause = Cause::new("client-secret-expired");
        let (said, until) = (cause.clone(), t.store.now() + HOUR);
        write!(t, tx => credentials::refused(tx, id, &OLD.into(), &said, Some(until)).await);
        assert_eq!(find(t, id).await.status, Status::Broken);
        for one in [in_hand, ended] {
            let found = read!(t, tx => grants::find(tx, one).await).unwrap();
            assert_eq!((found.status, found.cause.as_ref()), (grants::Status::AppBroken, Some(&cause)));
            assert_eq!((found.refresh_at, found.has_access_token), (Some(until), true));
        }
        assert_eq!(status(t, gone).await, grants::Status::NeedsConsent);
        assert_eq!(status(t, elsewhere).await, grants::Status::Good);
        // One at a time is tried, by one process.
        t.clock.advance(std::time::Duration::from_secs(1));
        let now = t.store.now();
        assert_eq!(read!(t, tx => credentials::broken(tx, now).await), [(id, cause)]);
        write!(t, tx => credentials::try_one(tx, id, now - 1).await);
        assert_eq!(read!(t, tx => grants::due(tx, id, 10).await).len(), 1);
        write!(t, tx => credentials::try_one(tx, id, now - 1).await);
        assert_eq!(read!(t, tx => grants::due(tx, id, 10).await).len(), 1);
        t.clock.advance(std::time::Duration::from_secs(1));
        write!(t, tx => credentials::worked(tx, id, &"another".into()).await);
        assert_eq!(find(t, id).await.status, Status::Broken, "of another secret nothing follows");
        write!(t, tx => credentials::worked(tx, id, &OLD.into()).await);
        assert_eq!(find(t, id).await.status, Status::Good);
        assert_eq!(status(t, in_hand).await, grants::Status::Good, "its token works");
        assert_eq!(status(t, ended).await, grants::Status::AppBroken, "good when it has a token");
        let due = read!(t, tx => grants::due(tx, id, 10).await);
        assert_eq!(due.iter().map(|due| due.id).collect::<Vec<_>>(), [ended]);
        let intervals = read!(t, tx => store::intervals::list(tx, in_hand.0, 10).await);
        let words: Vec<_> = intervals.iter().map(|one| one.status.as_str()).collect();
        assert_eq!(words, ["good", "app_broken", "good"]);
    }

    async fn a_refusal_of_a_secret_that_was_replaced_meanwhile_breaks_nothing(t) {
        let user = user(t, "alice", Role::Member).await;
        let id = credential(t, "app").await;
        let one = grant(t, user, id, "one").await;
        assert!(write!(t, tx => credentials::update(tx, id, 1, &fields("app"), Some(&NEW.into())).await));
        let cause = Cause::new("client-secret-wrong");
        let until = t.store.now() + HOUR;
        write!(t, tx => credentials::refused(tx, id, &OLD.into(), &cause, Some(until)).await);
        assert_eq!(find(t, id).await.status, Status::Unproven);
        assert_eq!(status(t, one).await, grants::Status::Good);
    }

    async fn another_client_id_is_another_app_and_keeps_no_other_secret(t) {
        let id = credential(t, "app").await;
        write!(t, tx => credentials::change_next(tx, id, &next(NEW)).await);
        assert!(write!(t, tx => credentials::switch(tx, id, 1).await));
        write!(t, tx => credentials::change_next(tx, id, &next("GOCSPX-third")).await);
        let mut moved = fields("app");
        moved.client_id = "another.apps.example".into();
        assert!(write!(t, tx => credentials::update(tx, id, 2, &moved, None).await));
        assert_eq!(all(t, id).await, [some(NEW), None, None]);
    }

    async fn a_thousand_grants_stop_and_come_back_in_one_transaction_each(t) {
        let user = user(t, "alice", Role::Member).await;
        let id = credential(t, "app").await;
        let ends = t.store.now() + HOUR;
        write!(t, tx => {
            for number in 0..1_000 {
                let subject = subject(&format!("p{number}"));
                let tokens = tokens("access-0", Some("refresh-0"), ends);
                grants::consented(tx, user, id, &subject, &tokens, "mail", ends).await?;
            }
            Ok(())
        });
        let cause = Cause::new("client-secret-wrong");
        t.clock.advance(std::time::Duration::from_secs(1));
        write!(t, tx => credentials::refused(tx, id, &OLD.into(), &cause, Some(ends)).await);
        let broken = read!(t, tx => tx.number("SELECT COUNT(*) FROM grants WHERE status = 'app_broken'", args![]).await);
        assert_eq!(broken, 1_000);
        t.clock.advance(std::time::Duration::from_secs(1));
        write!(t, tx => credentials::worked(tx, id, &OLD.into()).await);
        let good = read!(t, tx => tx.number("SELECT COUNT(*) FROM grants WHERE status = 'good'", args![]).await);
        assert_eq!(good, 1_000);
    }
}
