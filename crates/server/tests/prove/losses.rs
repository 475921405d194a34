//! Grants that ended at the provider: waits until Tegata says so, then lets their person consent again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::stage::Ground;

/// What Tegata said of a grant that had ended: its number in the ledger, the cause's id.
pub type Told = BTreeMap<u64, String>;

pub struct Losses {
    stop: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<Told>,
}

impl Losses {
    pub fn begin(ground: &Arc<Ground>) -> Losses {
        let stop = Arc::new(AtomicBool::new(false));
        let (ground, stopped) = (ground.clone(), stop.clone());
        let task = tokio::spawn(async move {
            let client = reqwest::Client::builder()
                .no_proxy()
                .timeout(Duration::from_secs(3))
                .build()
                .expect("a client can be built");
            let mut told = Told::new();
            while !stopped.load(Ordering::SeqCst) {
                for (number, address) in lost(&ground) {
                    if let Some(cause) = cause_of(&ground, &client, &address).await {
                        told.insert(number, cause);
                        ground.consent_again(&address).await;
                    }
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            told
        });
        Losses { stop, task }
    }

    pub async fn end(self) -> Told {
        self.stop.store(true, Ordering::SeqCst);
        self.task
            .await
            .expect("who looks for losses does not panic")
    }
}

/// Grants of the mailboxes that have ended and were not given again.
pub fn lost(ground: &Ground) -> Vec<(u64, String)> {
    let ended = ground.sandbox.ledger().entries.into_iter();
    let current = ground.lock_current();
    let lost = ended
        .filter(|entry| entry.ended && current.get(&entry.address) == Some(&entry.grant))
        .map(|entry| (entry.grant, entry.address));
    lost.collect()
}

/// The cause that Tegata shows for a grant that needs consent; `None` while it shows none.
async fn cause_of(ground: &Ground, client: &reqwest::Client, address: &str) -> Option<String> {
    let seat = ground.seats.iter().find(|seat| seat.address == address)?;
    for base in &ground.bases {
        let url = format!("{base}/api/accounts/{}", seat.account);
        let asked = client.get(url).bearer_auth(&ground.key).send().await;
        let Ok(answer) = asked.and_then(reqwest::Response::error_for_status) else {
            continue;
        };
        let Ok(account) = answer.json::<Value>().await else {
            continue;
        };
        let grant = &account["grant"];
        if grant["status"] == "needs_consent" {
            let cause = grant["advice"]["cause_id"].as_str().unwrap_or_default();
            return Some(cause.to_owned());
        }
    }
    None
}
