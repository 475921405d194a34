//! What a login waits for its token: from memory, and by a refresh.
//!
//!     fresh_token -- in memory --------------------------------> token
//!     fresh_token -- lease, request to the sandbox, commit ----> token     beside: the request alone
//!
//! The sandbox runs in this process on loopback, the store is SQLite in the temporary folder.

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::join_all;
use provider::tokens::{self, Answered, Fresh};
use secrecy::ExposeSecret as _;
use store::{GrantId, grants};
use tokio::runtime::Runtime;

#[path = "../tests/it/scene.rs"]
#[expect(
    dead_code,
    reason = "the tests' scene offers more than is measured here"
)]
mod scene;

use scene::{ALICE, Scene};

/// Callers that ask at once.
const CALLERS: [usize; 2] = [1, 100];

async fn fresh(scene: &Scene, grant: GrantId) -> Fresh {
    match tokens::fresh_token(&scene.providers, grant).await {
        Ok(Answered::Fresh(fresh)) => fresh,
        _ => panic!("the grant is good"),
    }
}

async fn all_fresh(scene: &Scene, grant: GrantId, callers: usize) -> Vec<Fresh> {
    join_all((0..callers).map(|_| fresh(scene, grant))).await
}

/// The token that is held is refused, so that the next caller refreshes: the time from then on.
async fn refreshed(scene: &Scene, grant: GrantId, callers: usize) -> Duration {
    let held = fresh(scene, grant).await;
    // A token that is refused sooner is a reason to wait.
    scene.turn_clock(400);
    let refused = tokens::refused(&scene.providers, grant, held.version).await;
    refused.expect("the store works");
    let began = Instant::now();
    let got = all_fresh(scene, grant, callers).await;
    let took = began.elapsed();
    assert!(got.iter().all(|got| got.version == held.version + 1));
    took
}

/// The same request over the same kind of client, without lease, store and seal.
async fn asked(client: &reqwest::Client, scene: &Scene, token: &str) -> Duration {
    let form = [
        ("client_id", sandbox::GOOGLE_CLIENT_ID),
        ("client_secret", sandbox::GOOGLE_CLIENT_SECRET),
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
    ];
    let began = Instant::now();
    let request = client.post(&scene.sandbox.google.token_url).form(&form);
    let answer = request.send().await.expect("the sandbox answers");
    assert!(answer.status().is_success());
    answer.bytes().await.expect("a whole answer");
    began.elapsed()
}

fn fresh_token(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let (scene, grant, token) = runtime.block_on(async {
        let scene = Scene::new().await;
        let grant = scene.connect(scene.google, ALICE).await;
        let found = scene
            .store()
            .read(move |tx| Box::pin(async move { grants::refresh_token(tx, grant).await }))
            .await;
        let token = found.expect("the store works").expect("a refresh token");
        (scene, grant, token.expose_secret().to_owned())
    });
    let mut group = c.benchmark_group("fresh_token");
    for callers in CALLERS {
        group.throughput(Throughput::Elements(callers as u64));
        let id = BenchmarkId::new("from_memory", callers);
        group.bench_function(id, |b| {
            b.iter(|| runtime.block_on(all_fresh(&scene, grant, callers)));
        });
    }
    group.sample_size(30);
    for callers in CALLERS {
        group.throughput(Throughput::Elements(callers as u64));
        let id = BenchmarkId::new("by_refresh", callers);
        group.bench_function(id, |b| {
            b.iter_custom(|times| {
                (0..times)
                    .map(|_| runtime.block_on(refreshed(&scene, grant, callers)))
                    .sum()
            });
        });
    }
    let client = reqwest::Client::builder().no_proxy().build();
    let client = client.expect("an HTTP client");
    group.throughput(Throughput::Elements(1));
    group.bench_function("request_alone", |b| {
        b.iter_custom(|times| {
            (0..times)
                .map(|_| runtime.block_on(asked(&client, &scene, &token)))
                .sum()
        });
    });
    group.finish();
    runtime.block_on(scene.close());
}

criterion_group!(benches, fresh_token);
criterion_main!(benches);
