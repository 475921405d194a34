//! One run, from its stage to its verdict.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use sandbox::ledger::Sent;
use testing::wait_for;

use crate::demand::Demand;
use crate::judge::judge;
use crate::losses::{Losses, lost};
use crate::node::Node;
use crate::plan::{Place, Plan};
use crate::report::Report;
use crate::stage::{self, Ground};

/// What Tegata says of a grant that is refused after an answer that never came.
const CAUSE: &str = "refresh-reply-lost";
/// The last leases have to end, and then everybody is refreshed once.
const SETTLED: Duration = Duration::from_secs(150);

/// # Panics
/// With everything that must not be, and the seed.
pub async fn run(plan: Plan) {
    let database = match plan.place {
        Place::Sqlite => None,
        Place::Postgres => match testing::postgres::database() {
            None => return,
            some => some,
        },
    };
    let began = Instant::now();
    let (ground, nodes) = stage::set(plan.clone(), database.as_ref()).await;
    let ground = Arc::new(ground);
    let nodes = each(nodes, |_, mut node| {
        node.start();
        node
    })
    .await;
    let demand = Demand::begin(&ground);
    let losses = Losses::begin(&ground);
    let turns = plan.clone();
    let nodes = each(nodes, move |place, node| node.live(&turns.turns(place))).await;
    wait_for("the last command to be killed", SETTLED, async || {
        let killed = demand.counts.commands_killed.load(Ordering::SeqCst);
        (killed >= plan.command_kills()).then_some(())
    })
    .await;
    settled(&ground).await;
    let counts = demand.end().await;
    let told = losses.end().await;
    let lives = ground.diary.all();
    let ledger = ground.sandbox.ledger();
    let mut verdict = judge(&ledger, &lives, &told, plan.rule, CAUSE);
    verdict.failures.extend(
        counts
            .wrong
            .lock()
            .expect("nobody panicked")
            .iter()
            .map(|wrong| format!("not taken: {wrong}")),
    );
    for said in &*counts.said.lock().expect("nobody panicked") {
        println!("a command said: {said}");
    }
    let report = Report::of(&plan, &verdict, &counts, &lives, began.elapsed());
    println!("{report:#?}");
    let seed = plan.seed;
    assert!(
        verdict.failures.is_empty(),
        "TEGATA_SEED={seed}: {} things must not be:\n{}",
        verdict.failures.len(),
        verdict.failures.join("\n")
    );
    // Each is stopped, its data checked and its logs searched for secrets; the first holds the key ring of both.
    let ended = tokio::task::spawn_blocking(move || {
        for node in nodes.into_iter().rev() {
            drop(node);
        }
    });
    ended.await.expect("its data is sound and nothing leaked");
    report.write_down();
}

/// Does something with all nodes at the same time, on threads where it may block.
async fn each<T: Send + 'static>(
    nodes: Vec<Node>,
    work: impl Fn(usize, Node) -> T + Clone + Send + 'static,
) -> Vec<T> {
    let tasks: Vec<_> = nodes
        .into_iter()
        .enumerate()
        .map(|(place, node)| {
            let work = work.clone();
            tokio::task::spawn_blocking(move || work(place, node))
        })
        .collect();
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await.expect("its log is above"));
    }
    done
}

/// Waits until each mailbox has a living grant that was refreshed after now.
async fn settled(ground: &Ground) {
    let since = ground.sandbox.uptime_ms();
    let waiting = || {
        let current = ground.lock_current().clone();
        let entries = ground.sandbox.ledger().entries.into_iter();
        let waits = entries.filter(|entry| {
            let good = entry.refreshes.last().is_some_and(|last| {
                last.opened_ms > since && last.granted && last.sent == Sent::Whole
            });
            current.get(&entry.address) == Some(&entry.grant) && !good
        });
        waits.collect::<Vec<_>>()
    };
    let began = Instant::now();
    while !waiting().is_empty() || !lost(ground).is_empty() {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let seed = ground.plan.seed;
        assert!(
            began.elapsed() < SETTLED,
            "TEGATA_SEED={seed}: not refreshed again after the last kill: {:#?}",
            waiting()
        );
    }
}
