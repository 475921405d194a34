//! Ten thousand grants whose tokens have all ended, as after a long stop, at one program that has just started.
//!
//!     the keeper begins -> every grant has a fresh token     how long, how many in a second
//!                       -> memory that an idle grant takes    PSS after, less PSS before
//!     100 callers ask for tokens that are in memory           how long the slowest hundredth waits
//!
//! The sandbox is another process (this program again), so that its memory is not counted. What was measured stands in
//! `cold-start.json` beside criterion's figures.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use provider::Providers;
use provider::profile::{self, ProviderOverride};
use provider::tokens::{self, Answered};
use sandbox::{MICROSOFT_CLIENT_ID, MICROSOFT_CLIENT_SECRET, Options};
use secrecy::SecretString;
use store::grants::{self, Subject, Tokens};
use store::users::{self, NewUser, Role};
use store::{GrantId, Store, World, credentials};

const GRANTS: usize = 10_000;
const CALLERS: usize = 100;
const ASKS_EACH: usize = 1_000;
const AS_SANDBOX: &str = "TEGATA_COLD_START_SANDBOX";

fn main() {
    // As the program does at its start.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if std::env::var_os(AS_SANDBOX).is_some() {
        runtime.block_on(be_the_sandbox());
    } else if !std::env::args().any(|arg| arg == "--list" || arg == "--test") {
        runtime.block_on(measure());
    }
}

/// Prints where it is, then a refresh token a line, and ends with its standard input.
async fn be_the_sandbox() {
    let sandbox = sandbox::start(Options::default()).await;
    let sandbox = sandbox.expect("the sandbox starts");
    let mut out = std::io::BufWriter::new(std::io::stdout());
    writeln!(out, "{}", sandbox.microsoft.token_url).expect("the parent reads");
    for number in 0..GRANTS {
        let given = sandbox.give(MICROSOFT_CLIENT_ID, &address(number));
        writeln!(out, "{}", given.refresh_token).expect("the parent reads");
    }
    out.flush().expect("the parent reads");
    drop(out);
    let ended = tokio::task::spawn_blocking(|| std::io::read_to_string(std::io::stdin()));
    let _ = ended.await;
}

fn address(number: usize) -> String {
    format!("person{number}@contoso.example")
}

struct Sandbox {
    child: Child,
    token_url: String,
    refresh_tokens: Vec<String>,
}

fn another_process() -> Sandbox {
    let program = std::env::current_exe().expect("this program has a path");
    let mut child = Command::new(program)
        .env(AS_SANDBOX, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the sandbox starts");
    let out = child.stdout.take().expect("its output is a pipe");
    let mut lines = BufReader::new(out).lines().map_while(Result::ok);
    let token_url = lines.next().expect("it says where it is");
    let refresh_tokens = lines.take(GRANTS).collect();
    Sandbox {
        child,
        token_url,
        refresh_tokens,
    }
}

async fn measure() {
    let sandbox = another_process();
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (database, blobs) = (
        format!("sqlite:{}", at("tegata.db")),
        format!("file:{}", at("blobs")),
    );
    let key_file = folder.path().join("tegata.key");
    let store = Store::open(&database, &blobs, &key_file, World::real()).await;
    let store = store.expect("the store opens");
    let section = ProviderOverride {
        token_url: Some(sandbox.token_url.clone()),
        ..ProviderOverride::default()
    };
    let sections = BTreeMap::from([("microsoft".to_owned(), section)]);
    let profiles = profile::all(&sections).expect("the section is right");
    let providers = Providers::new(store.clone(), profiles, "http://localhost".to_owned(), None);
    let ids = fill(&store, &sandbox.refresh_tokens).await;

    let before = pss();
    let began = Instant::now();
    let keeper = tokio::spawn(tokens::keep_fresh(providers.clone()));
    while fresh(&store).await < ids.len() {
        assert!(
            began.elapsed() < Duration::from_secs(1_200),
            "it takes too long"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let seconds = began.elapsed().as_secs_f64();
    // What the storm needed for itself goes; what stays is the idle grants'.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let each = (pss() - before) / i64::try_from(ids.len()).unwrap_or(1);
    let mut waits = ask_from_memory(&providers, &ids).await;
    waits.sort_unstable();
    let quantile = |share: f64| {
        let at = (waits.len() as f64 * share) as usize;
        waits[at.min(waits.len() - 1)].as_secs_f64() * 1e6
    };
    keeper.abort();
    let figures = serde_json::json!({
        "grants": ids.len(), "seconds": seconds, "per_second": ids.len() as f64 / seconds,
        "bytes_each": each, "callers": CALLERS, "p50_us": quantile(0.5), "p99_us": quantile(0.99),
    });
    println!("{figures}");
    let built = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target")),
        Into::into,
    );
    std::fs::write(built.join("cold-start.json"), figures.to_string()).expect("it is written");
    store.close().await;
    let mut child = sandbox.child;
    drop(child.stdin.take());
    let _ = child.wait();
}

async fn fill(store: &Store, refresh_tokens: &[String]) -> Vec<GrantId> {
    let new = NewUser {
        login: "somebody".to_owned(),
        name: "Somebody".to_owned(),
        address: String::new(),
        role: Role::Member,
        password_hash: None,
    };
    let fields = credentials::Fields {
        provider: "microsoft".to_owned(),
        name: "app".to_owned(),
        client_id: MICROSOFT_CLIENT_ID.to_owned(),
        tenant: "organizations".to_owned(),
        redirect_path: "/common/cmn270.do".to_owned(),
        ..credentials::Fields::default()
    };
    let (user, credential) = store
        .write(move |tx| {
            Box::pin(async move {
                let user = users::add(tx, new).await.expect("nobody has that login").id;
                let secret = SecretString::from(MICROSOFT_CLIENT_SECRET);
                Ok((user, credentials::add(tx, &fields, &secret).await?))
            })
        })
        .await
        .expect("the store works");
    let mut ids = Vec::new();
    for (batch, tokens_of) in refresh_tokens.chunks(500).enumerate() {
        let tokens_of = tokens_of.to_vec();
        let added = store.write(move |tx| {
            Box::pin(async move {
                let mut ids = Vec::new();
                let ended = tx.now() - 3_600_000;
                for (number, token) in tokens_of.iter().enumerate() {
                    let number = batch * 500 + number;
                    let subject = Subject {
                        issuer: "sandbox".to_owned(),
                        // Of a form that is not compared with the ID tokens that come.
                        key: format!("tenant/sub:{number}"),
                        address: address(number),
                        tenant: String::new(),
                    };
                    let tokens = Tokens {
                        access_token: SecretString::from("an access token that has ended"),
                        access_ends_at: ended,
                        refresh_token: Some(SecretString::from(token.as_str())),
                        refresh_ends_at: None,
                        scopes: None,
                    };
                    let id =
                        grants::consented(tx, user, credential, &subject, &tokens, "mail", ended);
                    ids.push(id.await?);
                }
                Ok(ids)
            })
        });
        ids.extend(added.await.expect("the store works"));
    }
    ids
}

/// How many grants have a new token.
async fn fresh(store: &Store) -> usize {
    let found = store
        .read(|tx| {
            Box::pin(async move {
                let now = tx.now();
                tx.number(
                    "SELECT COUNT(*) FROM grants WHERE access_ends_at > $1",
                    store::args![now],
                )
                .await
            })
        })
        .await;
    usize::try_from(found.expect("the store works")).unwrap_or(0)
}

async fn ask_from_memory(providers: &Providers, ids: &[GrantId]) -> Vec<Duration> {
    let callers = (0..CALLERS).map(|caller| {
        let (providers, ids) = (providers.clone(), ids.to_vec());
        tokio::spawn(async move {
            let mut waits = Vec::with_capacity(ASKS_EACH);
            for ask in 0..ASKS_EACH {
                let id = ids[(caller * 7_919 + ask * 104_729) % ids.len()];
                let began = Instant::now();
                let answered = tokens::fresh_token(&providers, id).await;
                waits.push(began.elapsed());
                assert!(matches!(answered, Ok(Answered::Fresh(_))));
                tokio::task::yield_now().await;
            }
            waits
        })
    });
    let all = futures_util::future::join_all(callers).await;
    all.into_iter().flat_map(Result::unwrap).collect()
}

/// Memory of this process in bytes, its share of what is shared.
fn pss() -> i64 {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("Pss:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<i64>().ok());
    kilobytes.unwrap_or(0) * 1_024
}
