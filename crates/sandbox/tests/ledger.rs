//! What the ledger of refreshes sees: who asked, who hung up, what was used again and what was used late.

mod common;

use std::time::Duration;

use ProviderKind::Microsoft;
use common::*;
use sandbox::ledger::{Presented, Refresh, Sent, overlaps};
use sandbox::{Fault, FaultKind, MICROSOFT_CLIENT_ID, ProviderKind, Sandbox};

const CAROL: &str = "carol@contoso.example";

/// The refreshes of the only grant.
fn refreshes(sandbox: &Sandbox) -> Vec<Refresh> {
    let ledger = sandbox.ledger();
    assert_eq!(ledger.entries.len(), 1);
    ledger.entries[0].refreshes.clone()
}

#[tokio::test]
async fn a_request_whose_client_hangs_up_is_closed_as_cut_at_once_though_the_token_was_rotated() {
    let sandbox = sandbox().await;
    let given = sandbox.give(MICROSOFT_CLIENT_ID, CAROL);
    sandbox.fault(Fault::new(FaultKind::TokenSlow).ms(60_000).times(1));
    let asking = tokio::time::timeout(
        Duration::from_millis(300),
        refresh(&sandbox, Microsoft, &given.refresh_token),
    );
    assert!(asking.await.is_err(), "it hangs up");
    let closed = async {
        while refreshes(&sandbox)
            .iter()
            .any(|one| one.closed_ms.is_none())
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let limit = Duration::from_secs(10);
    let in_time = tokio::time::timeout(limit, closed).await;
    in_time.expect("the sandbox notices");
    let cut = &refreshes(&sandbox)[0];
    assert_eq!(
        (cut.sent, cut.granted, cut.gave),
        (Sent::Cut, true, Some(1))
    );
    assert_eq!(cut.used_ms, None);
    // The token that came with it was lost: the old one again is no overlap, but a repeat.
    let again = refresh(&sandbox, Microsoft, &given.refresh_token).await;
    assert_eq!(again.status, 200);
    let all = refreshes(&sandbox);
    assert!(overlaps(&all).is_empty());
    assert!(!all[0].is_reuse() && all[1].is_reuse());
    assert_eq!((all[1].sent, all[1].gave), (Sent::Whole, Some(2)));
}

#[tokio::test]
async fn a_client_that_names_itself_is_known_by_that_name_and_its_tokens_use_is_noted() {
    let sandbox = sandbox().await;
    let given = sandbox.give(MICROSOFT_CLIENT_ID, CAROL);
    let url = token_url(&sandbox, Microsoft, "organizations");
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", MICROSOFT_CLIENT_ID),
        ("client_secret", sandbox::MICROSOFT_CLIENT_SECRET),
        ("refresh_token", given.refresh_token.as_str()),
    ];
    let answer = post(&format!("{url}?by=a3"), &form).await;
    let row = refreshes(&sandbox)[0].clone();
    assert_eq!((row.by.as_str(), row.used_ms), ("a3", None));
    assert_eq!(
        sandbox.present(answer.member("access_token")),
        Presented::Good
    );
    assert!(refreshes(&sandbox)[0].used_ms.is_some());
    sandbox.advance_clock(3_600);
    let late = sandbox.present(answer.member("access_token"));
    assert_eq!(late, Presented::Late(1));
    assert_eq!(sandbox.present("no such token"), Presented::Unknown);
    let ledger = sandbox.ledger();
    assert_eq!((ledger.uses, ledger.late.len()), (2, 1));
}
