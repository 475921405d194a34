use testing::program::*;
use crate::TEGATA;
use sandbox::browser::Choice;
#[tokio::test(flavor = "multi_thread")]
async fn probe() {
    let sandbox = sandbox::start(sandbox::Options::default()).await.unwrap();
    let tegata = Tegata::start(TEGATA, Setup::with(&sandbox));
    let admin = tegata.administrator().await;
    let member = tegata.member("hanako").await;
    let google = register_google(&admin, &sandbox).await;
    let microsoft = register_microsoft(&admin, &sandbox).await;
    for id in [&google, &microsoft] {
        println!("{}", admin.post(&format!("/api/credentials/{id}/check"), &serde_json::json!({})).await.text());
    }
    for kind in [sandbox::FaultKind::WrongSecret, sandbox::FaultKind::SecretExpired] {
        sandbox.fault(sandbox::Fault::new(kind));
        for id in [&google, &microsoft] {
            println!("{kind:?} {}", admin.post(&format!("/api/credentials/{id}/check"), &serde_json::json!({})).await.text());
        }
        sandbox.clear_faults(None);
    }
    for id in [&google, &microsoft] {
        println!("{}", admin.post(&format!("/api/credentials/{id}/check"), &serde_json::json!({})).await.text());
    }
    println!("{}", connect(&member, &google, "hanako@example.jp", Choice::allow("hanako@example.jp")).await);
    println!("{:?}", tegata.run(&["token", "hanako@example.jp"], "").await);
    println!("{}", admin.get("/api/audit").await.text());
    println!("{:?}", tegata.stranger().get("/").await);
    println!("{:?}", tegata.stranger().get("/common/cmn270.do?state=x&code=y").await);
    println!("{:?}", tegata.stranger().get("/api/nothing").await);
    println!("{}", admin.get("/api/self-check").await.text());
    println!("{:?}", admin.ask(Method::POST, "/api/credentials").bytes("application/json", vec![b' '; 3<<20]).send().await);
}
