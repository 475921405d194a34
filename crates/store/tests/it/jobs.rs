//! Work: claimed once, claimed again when its worker died.

use std::collections::BTreeSet;
use std::time::Duration;

use store::jobs;

on_both! {
    async fn five_hundred_jobs_are_claimed_by_eight_workers_once_each(t) {
        write!(t, tx => {
            for _ in 0..500 {
                jobs::add(tx, "look", [1; 16], "{}", 0).await?;
            }
            Ok(())
        });
        let workers: Vec<_> = (0..8).map(|number| {
            let store = t.store.clone();
            tokio::spawn(async move {
                let mut claimed = Vec::new();
                loop {
                    let owner = format!("node{number}");
                    let job = store.write(move |tx| Box::pin(async move { jobs::claim(tx, &owner, 60_000).await })).await.unwrap();
                    let Some(job) = job else { return claimed };
                    claimed.push(job.id);
                }
            })
        }).collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.await.unwrap());
        }
        assert_eq!(all.len(), 500);
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 500);
    }

    async fn a_dead_workers_job_is_claimed_again_and_a_done_one_is_not(t) {
        let id = write!(t, tx => jobs::add(tx, "look", [7; 16], r#"{"a":1}"#, 0).await);
        let claimed = write!(t, tx => jobs::claim(tx, "one", 60_000).await).unwrap();
        assert_eq!((claimed.id, claimed.subject, claimed.detail.as_str(), claimed.attempts), (id, [7; 16], r#"{"a":1}"#, 1));
        assert!(write!(t, tx => jobs::claim(tx, "two", 60_000).await).is_none());
        assert_eq!(read!(t, tx => jobs::next_due(tx).await), Some(t.store.now() + 60_000));
        t.clock.advance(Duration::from_secs(60));
        assert_eq!(write!(t, tx => jobs::claim(tx, "two", 60_000).await).unwrap().attempts, 2);
        write!(t, tx => jobs::progress(tx, id, "half").await);
        assert_eq!(read!(t, tx => jobs::result(tx, id).await), Some((Some("half".into()), false)));
        let later = t.store.now() + 5000;
        write!(t, tx => jobs::later(tx, id, later).await);
        assert!(write!(t, tx => jobs::claim(tx, "two", 60_000).await).is_none());
        assert_eq!(read!(t, tx => jobs::next_due(tx).await), Some(later));
        t.clock.advance(Duration::from_secs(5));
        assert!(write!(t, tx => jobs::claim(tx, "one", 60_000).await).is_some());
        write!(t, tx => jobs::done(tx, id, "found").await);
        t.clock.advance(Duration::from_secs(3600));
        assert!(write!(t, tx => jobs::claim(tx, "one", 60_000).await).is_none());
        assert_eq!(read!(t, tx => jobs::next_due(tx).await), None);
        assert_eq!(read!(t, tx => jobs::result(tx, id).await), Some((Some("found".into()), true)));
    }
}
