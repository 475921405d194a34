//! Steady demand for access tokens: programs that ask over HTTP, and commands.
//!
//! Whoever gets a token looks at its end, as every user of a token must, and uses it at once.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sandbox::ledger::Presented;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::plan::{Chance, Place};
use crate::stage::{Ground, PROGRAM, Seat};

/// Programs that ask at the same time.
const ASKERS: usize = 16;
/// Commands that run at the same time.
const COMMANDS: usize = 2;
/// A program gives up after so long: who is paused answers later.
const PATIENCE: Duration = Duration::from_secs(3);

/// What became of the demand.
#[derive(Default)]
pub struct Counts {
    /// Tokens that were used at once.
    pub used: AtomicUsize,
    /// Tokens whose own end, told with them, had passed when they came: their process was held meanwhile.
    pub came_late: AtomicUsize,
    /// No token, no answer, no connection.
    pub refused: AtomicUsize,
    pub commands: AtomicUsize,
    pub commands_killed: AtomicUsize,
    /// Tokens that the sandbox did not take although their end had not come.
    pub wrong: Mutex<Vec<String>>,
    /// What commands said when they failed, each once.
    pub said: Mutex<BTreeSet<String>>,
}

/// Asks until it is told to stop.
pub struct Demand {
    pub counts: Arc<Counts>,
    stop: Arc<AtomicBool>,
    tasks: tokio::task::JoinSet<()>,
}

impl Demand {
    pub fn begin(ground: &Arc<Ground>) -> Demand {
        let counts = Arc::new(Counts::default());
        let stop = Arc::new(AtomicBool::new(false));
        let mut tasks = tokio::task::JoinSet::new();
        for who in 0..ASKERS {
            let (ground, counts, stop) = (ground.clone(), counts.clone(), stop.clone());
            tasks.spawn(async move {
                let mut chance = ground.plan.chance(100 + who as u64);
                let client = reqwest::Client::builder()
                    .no_proxy()
                    .timeout(PATIENCE)
                    .build()
                    .expect("a client can be built");
                while !stop.load(Ordering::SeqCst) {
                    ask(&ground, &counts, &client, &mut chance).await;
                    let pause = Duration::from_millis(chance.between(100, 400));
                    tokio::time::sleep(pause).await;
                }
            });
        }
        if ground.plan.place == Place::Sqlite {
            for who in 0..COMMANDS {
                let (ground, counts, stop) = (ground.clone(), counts.clone(), stop.clone());
                tasks.spawn_blocking(move || {
                    let mut chance = ground.plan.chance(200 + who as u64);
                    while !stop.load(Ordering::SeqCst) {
                        command(&ground, &counts, &mut chance);
                        std::thread::sleep(Duration::from_millis(chance.between(50, 250)));
                    }
                });
            }
        }
        Demand {
            counts,
            stop,
            tasks,
        }
    }

    pub async fn end(mut self) -> Arc<Counts> {
        self.stop.store(true, Ordering::SeqCst);
        while let Some(ended) = self.tasks.join_next().await {
            ended.expect("who asks does not panic");
        }
        self.counts
    }
}

async fn ask(ground: &Ground, counts: &Counts, client: &reqwest::Client, chance: &mut Chance) {
    let (seat, base) = (chance.one_of(&ground.seats), chance.one_of(&ground.bases));
    let url = format!("{base}/api/accounts/{}/access-token", seat.account);
    let answered = async {
        let response = client.get(&url).bearer_auth(&ground.key).send().await?;
        response.error_for_status()?.json::<Value>().await
    };
    match answered.await {
        Ok(answer) => take(ground, counts, seat, &answer),
        Err(_) => {
            counts.refused.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Uses a token that was handed out, unless its end has passed.
fn take(ground: &Ground, counts: &Counts, seat: &Seat, answer: &Value) {
    let text = |name: &str| answer[name].as_str().unwrap_or_default();
    let end = OffsetDateTime::parse(text("expires_at"), &Rfc3339).expect("a time");
    if end <= OffsetDateTime::now_utc() {
        counts.came_late.fetch_add(1, Ordering::SeqCst);
        return;
    }
    counts.used.fetch_add(1, Ordering::SeqCst);
    let presented = ground.sandbox.present(text("access_token"));
    if presented != Presented::Good {
        let mut wrong = counts.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        wrong.push(format!("{}: {presented:?}", seat.address));
    }
}

/// Runs `tegata token`, and kills it in the middle if it is its turn.
fn command(ground: &Ground, counts: &Counts, chance: &mut Chance) {
    let number = counts.commands.fetch_add(1, Ordering::SeqCst) + 1;
    let by = format!("c{number}");
    let seat = chance.one_of(&ground.seats);
    let file = ground.folder.join(format!("{by}.toml"));
    let config = ground.config.replace("{by}", &by);
    fs::write(&file, config).expect("its folder is writable");
    let mut child = Command::new(PROGRAM)
        .args(["--config", &file.display().to_string()])
        .args(["token", &seat.address, "--json"])
        .current_dir(&ground.folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let left = |killed: usize| (killed < ground.plan.command_kills()).then_some(killed + 1);
    let chosen = chance.between(0, 2) > 0
        && counts
            .commands_killed
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, left)
            .is_ok();
    if chosen {
        std::thread::sleep(Duration::from_millis(chance.between(20, 350)));
        let from = ground.sandbox.uptime_ms();
        // One that is through already is no kill.
        let over = matches!(child.try_wait(), Ok(Some(_)));
        let _ = child.kill();
        if over {
            counts.commands_killed.fetch_sub(1, Ordering::SeqCst);
        } else {
            let to = ground.sandbox.uptime_ms();
            ground.diary.killed(&by, from, to);
        }
    }
    let output = child.wait_with_output().expect("the program ends");
    let _ = fs::remove_file(file);
    if output.status.success() {
        told(ground, counts, seat, &output);
    } else if !chosen {
        counts.refused.fetch_add(1, Ordering::SeqCst);
        let mut said = counts.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.insert(String::from_utf8_lossy(&output.stderr).into_owned());
    }
}

fn told(ground: &Ground, counts: &Counts, seat: &Seat, output: &Output) {
    let answer: Value = serde_json::from_slice(&output.stdout).expect("the command prints JSON");
    take(ground, counts, seat, &answer);
}
