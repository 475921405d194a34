//! The change log: whoever follows it ends where the store is, in steps of any size.

use std::collections::BTreeSet;

use store::changes::{self, Change, Kind, Point, Since};
use store::testing::TestStore;
use store::{AccountId, args};

use crate::scene::mailbox;

type Object = [u8; 16];

async fn commit(t: &TestStore, account: AccountId, list: Vec<(Object, Change)>) {
    write!(t, tx => {
        for (object, change) in list {
            changes::record(tx, account, Kind::Email, object, change).await?;
        }
        Ok(())
    });
}

async fn since(
    t: &TestStore,
    account: AccountId,
    from: Point,
    limit: Option<usize>,
) -> Option<Since> {
    read!(t, tx => changes::since(tx, account, Kind::Email, from, limit).await)
}

async fn state(t: &TestStore, account: AccountId) -> Point {
    read!(t, tx => changes::state(tx, account, Kind::Email).await).into()
}

/// Follows the log to its end, as a client does; panics where an answer contradicts what the client has.
async fn follow(
    t: &TestStore,
    account: AccountId,
    from: Point,
    limit: Option<usize>,
    has: &mut BTreeSet<Object>,
) -> Point {
    let mut at = from;
    loop {
        // States travel as text.
        at = at.to_string().parse().expect("a state is read back");
        let answer = since(t, account, at, limit)
            .await
            .expect("the state was given out");
        let told = answer.created.len() + answer.updated.len() + answer.destroyed.len();
        assert!(limit.is_none_or(|limit| told <= limit), "{answer:?}");
        for object in answer.created {
            has.insert(object);
        }
        for object in answer.updated {
            assert!(has.contains(&object), "updated, but never created");
        }
        for object in answer.destroyed {
            has.remove(&object);
        }
        if !answer.has_more {
            return answer.state;
        }
        assert_ne!(at, answer.state, "more is promised and nothing moves");
        at = answer.state;
    }
}

/// A made-up history: each commit creates, changes and destroys some objects. Clients that follow from
/// different times with different limits must all end with what is there.
async fn walk(t: &TestStore, commits: usize) {
    let account = mailbox(t).await.account;
    let mut live: BTreeSet<Object> = BTreeSet::new();
    let mut clients: Vec<(Point, Option<usize>, BTreeSet<Object>)> = Vec::new();
    for limit in [None, Some(1), Some(2), Some(3), Some(7)] {
        clients.push((state(t, account).await, limit, BTreeSet::new()));
    }
    for number in 0..commits {
        let dice = t.store.world().random::<32>();
        let mut list = Vec::new();
        for die in dice.iter().take(1 + usize::from(dice[31]) % 12) {
            let some = live
                .iter()
                .nth(usize::from(*die) % live.len().max(1))
                .copied();
            match (die % 5, some) {
                (0 | 1, _) | (_, None) => {
                    let object = t.store.world().id();
                    live.insert(object);
                    list.push((object, Change::Created));
                }
                (2 | 3, Some(object)) => list.push((object, Change::Updated)),
                (_, Some(object)) => {
                    live.remove(&object);
                    list.push((object, Change::Destroyed));
                }
            }
        }
        commit(t, account, list).await;
        // Each client looks at times of its own, and one begins anew from the whole.
        for (index, (at, limit, has)) in clients.iter_mut().enumerate() {
            if number % (index + 2) == 0 {
                *at = follow(t, account, *at, *limit, has).await;
                assert_eq!(*has, live, "client {index} after commit {number}");
            }
        }
        if number % 10 == 5 {
            clients.push((state(t, account).await, Some(1 + number % 5), live.clone()));
        }
    }
    for (index, (at, limit, has)) in clients.iter_mut().enumerate() {
        *at = follow(t, account, *at, *limit, has).await;
        assert_eq!(*has, live, "client {index} at the end");
        assert_eq!(*at, state(t, account).await);
    }
}

fn object(number: u8) -> Object {
    [number; 16]
}

on_both! {
    async fn changes_of_one_object_are_told_as_one(t) {
        use Change::{Created, Destroyed, Updated};
        let account = mailbox(t).await.account;
        let start = state(t, account).await;
        commit(t, account, vec![(object(1), Updated), (object(1), Created), (object(2), Created), (object(3), Created)]).await;
        let middle = state(t, account).await;
        commit(t, account, vec![(object(1), Updated), (object(2), Destroyed), (object(4), Created)]).await;
        commit(t, account, vec![(object(3), Destroyed), (object(3), Created), (object(4), Destroyed)]).await;
        let all = since(t, account, start, None).await.unwrap();
        assert_eq!((all.created, all.updated, all.destroyed), (vec![object(1), object(3)], vec![], vec![]));
        let rest = since(t, account, middle, None).await.unwrap();
        assert_eq!((rest.created, rest.updated, rest.destroyed), (vec![], vec![object(1), object(3)], vec![object(2)]));
        assert_eq!((rest.state, rest.has_more), (state(t, account).await, false));
        let nothing = since(t, account, rest.state, None).await.unwrap();
        assert_eq!(nothing, Since { state: rest.state, ..Since::default() });
    }

    async fn a_commit_larger_than_the_limit_is_told_in_pieces(t) {
        let account = mailbox(t).await.account;
        let start = state(t, account).await;
        commit(t, account, (1..=5).map(|number| (object(number), Change::Created)).collect()).await;
        commit(t, account, vec![(object(9), Change::Created)]).await;
        let first = since(t, account, start, Some(2)).await.unwrap();
        assert_eq!((first.created.len(), first.has_more), (2, true));
        // While the client reads, the world goes on.
        commit(t, account, vec![(object(1), Change::Updated), (object(5), Change::Destroyed)]).await;
        let mut has: BTreeSet<Object> = first.created.into_iter().collect();
        follow(t, account, first.state, Some(2), &mut has).await;
        assert_eq!(has, [1, 2, 3, 4, 9].map(object).into_iter().collect());
        let between = since(t, account, start, Some(5)).await.unwrap();
        assert!(between.has_more && between.state.part == 0, "between two commits a state is plain: {}", between.state);
    }

    async fn a_state_that_is_too_old_or_was_never_given_out_is_told_nothing(t) {
        let account = mailbox(t).await.account;
        for number in 1..=5 {
            commit(t, account, vec![(object(number), Change::Created)]).await;
        }
        let newest = state(t, account).await;
        assert!(since(t, account, Point::from(newest.number + 1), None).await.is_none());
        let floor = newest.number - 2;
        write!(t, tx => {
            tx.execute("UPDATE accounts SET log_floor = $2 WHERE id = $1", args![account, floor]).await?;
            tx.execute("DELETE FROM changes WHERE account_id = $1 AND modseq <= $2", args![account, floor]).await
        });
        assert!(since(t, account, Point::from(floor - 1), None).await.is_none());
        assert!(since(t, account, Point { number: floor, part: 1 }, None).await.is_none());
        assert_eq!(since(t, account, Point::from(floor), None).await.unwrap().created.len(), 2);
        for text in ["", "-1", "1.0", "01", "1.-2", "x", "1.2.3", "99999999999999999999"] {
            assert!(text.parse::<Point>().is_err(), "{text}");
        }
    }

    async fn commits_of_many_tasks_are_numbered_without_gaps_or_doubles(t) {
        let account = mailbox(t).await.account;
        let start = state(t, account).await;
        let tasks: Vec<_> = (0..20u8).map(|number| {
            let store = t.store.clone();
            tokio::spawn(async move {
                store.write(move |tx| Box::pin(async move { changes::record(tx, account, Kind::Email, object(number), Change::Created).await })).await.unwrap();
            })
        }).collect();
        let mut has = BTreeSet::new();
        let mut at = follow(t, account, start, Some(1), &mut has).await;
        for task in tasks {
            task.await.unwrap();
            at = follow(t, account, at, Some(1), &mut has).await;
        }
        assert_eq!(has.len(), 20);
        let first = read!(t, tx => tx.number("SELECT MIN(modseq) FROM changes WHERE account_id = $1 AND kind = 'Email'", args![account]).await);
        assert_eq!(state(t, account).await.number, first + 19);
    }

    async fn whoever_follows_the_log_ends_with_what_is_there(t) {
        walk(t, 60).await;
    }
}
