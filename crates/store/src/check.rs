//! Is the data sound? Every invariant of the store, asked as a question that finds the rows that break it.
//!
//! `tegata check` prints what is found; a test's store asks when it closes.

use std::collections::BTreeSet;

use crate::args;
use crate::error::Result;
use crate::id::{AccountId, BlobId, EmailId};
use crate::{Store, accounts, seal};

/// Questions whose answer must be zero, with what it means when it is not.
const QUESTIONS: &[(&str, &str)] = &[
    (
        "emails that are in no folder",
        "SELECT COUNT(*) FROM emails e WHERE NOT EXISTS (SELECT 1 FROM email_folders f WHERE f.account_id = e.account_id AND f.email_id = e.id)",
    ),
    (
        "emails whose thread is not known by their Message-ID",
        "SELECT COUNT(*) FROM emails e JOIN thread_ids t ON t.account_id = e.account_id AND t.key = 'm:' || e.message_id \
         WHERE e.gm_msgid IS NULL AND t.thread_id <> e.thread_id",
    ),
    (
        "folder entries whose order differs from their email's",
        "SELECT COUNT(*) FROM email_folders f JOIN emails e ON e.account_id = f.account_id AND e.id = f.email_id WHERE f.seq <> e.seq",
    ),
    (
        "copies whose email is not in their folder",
        "SELECT COUNT(*) FROM copies c WHERE NOT EXISTS (SELECT 1 FROM email_folders f WHERE f.account_id = c.account_id \
         AND f.folder_id = c.folder_id AND f.email_id = c.email_id)",
    ),
    (
        "emails whose blob their account may not read",
        "SELECT COUNT(*) FROM emails e WHERE NOT EXISTS (SELECT 1 FROM blobs b WHERE b.account_id = e.account_id AND b.id = e.blob_id)",
    ),
    (
        "submissions whose blob their account may not read",
        "SELECT COUNT(*) FROM submissions s WHERE NOT EXISTS (SELECT 1 FROM blobs b WHERE b.account_id = s.account_id AND b.id = s.blob_id)",
    ),
    (
        "emails that do not stand in the change log",
        "SELECT COUNT(*) FROM emails e JOIN accounts a ON a.id = e.account_id WHERE a.log_floor = 0 AND NOT EXISTS \
         (SELECT 1 FROM changes c WHERE c.account_id = e.account_id AND c.kind = 'Email' AND c.object_id = e.id)",
    ),
    (
        "change numbers above their account's counter",
        "SELECT COUNT(*) FROM changes c JOIN accounts a ON a.id = c.account_id WHERE c.modseq > a.modseq",
    ),
    (
        "accounts without a member",
        "SELECT COUNT(*) FROM accounts a WHERE NOT EXISTS (SELECT 1 FROM account_members m WHERE m.account_id = a.id)",
    ),
    (
        "accounts without an identity",
        "SELECT COUNT(*) FROM accounts a WHERE NOT EXISTS (SELECT 1 FROM identities i WHERE i.account_id = a.id)",
    ),
    (
        "subjects with two open intervals of one side",
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM intervals WHERE ended_at IS NULL GROUP BY subject_id, side HAVING COUNT(*) > 1) doubled",
    ),
    (
        "grants whose open interval tells another state",
        "SELECT COUNT(*) FROM grants g JOIN intervals i ON i.subject_id = g.id AND i.side = 'grant' AND i.ended_at IS NULL WHERE i.status <> g.status",
    ),
    (
        "accounts whose open interval tells another state of receiving",
        "SELECT COUNT(*) FROM accounts a JOIN intervals i ON i.subject_id = a.id AND i.side = 'sync' AND i.ended_at IS NULL WHERE i.status <> a.sync_status",
    ),
    (
        "accounts whose open interval tells another state of sending",
        "SELECT COUNT(*) FROM accounts a JOIN intervals i ON i.subject_id = a.id AND i.side = 'send' AND i.ended_at IS NULL WHERE i.status <> a.send_status",
    ),
    (
        "leases without an end",
        "SELECT COUNT(*) FROM grants WHERE (lease_owner IS NULL) <> (lease_until IS NULL)",
    ),
    (
        "next secrets without a state",
        "SELECT COUNT(*) FROM credentials WHERE next_secret IS NOT NULL AND next_secret_status IS NULL",
    ),
    (
        "active users without a password",
        "SELECT COUNT(*) FROM users WHERE status = 'active' AND password_hash IS NULL",
    ),
    (
        "login sessions or API tokens of people who may not come in",
        "SELECT COUNT(*) FROM users u WHERE u.status = 'disabled' AND (EXISTS (SELECT 1 FROM login_sessions s WHERE s.user_id = u.id) \
         OR EXISTS (SELECT 1 FROM api_tokens t WHERE t.user_id = u.id))",
    ),
];

/// Looks at everything; answers a line for each broken invariant, none when the data is sound.
pub async fn run(store: &Store) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for (meaning, question) in QUESTIONS {
        let count = store
            .read(move |tx| Box::pin(async move { tx.number(*question, args![]).await }))
            .await?;
        if count > 0 {
            findings.push(format!("{meaning}: {count}"));
        }
    }
    search_index(store, &mut findings).await?;
    secrets(store, &mut findings).await?;
    blobs(store, &mut findings).await?;
    let accounts = store
        .read(|tx| Box::pin(async move { accounts::all(tx).await }))
        .await?;
    for account in accounts {
        for email in unreadable_emails(store, account.id).await? {
            findings.push(format!(
                "email {email} of account {} cannot be read",
                account.id
            ));
        }
    }
    Ok(findings)
}

async fn search_index(store: &Store, findings: &mut Vec<String>) -> Result<()> {
    let (emails, indexed) = store
        .read(|tx| {
            Box::pin(async move {
                let emails = tx.number("SELECT COUNT(*) FROM emails", args![]).await?;
                let rows = if tx.is_sqlite() {
                    "email_search_docsize"
                } else {
                    "email_search"
                };
                let indexed = tx
                    .number(format!("SELECT COUNT(*) FROM {rows}"), args![])
                    .await?;
                Ok((emails, indexed))
            })
        })
        .await?;
    if emails != indexed {
        findings.push(format!(
            "the search index has {indexed} entries for {emails} emails"
        ));
    }
    Ok(())
}

/// Every sealed value opens.
async fn secrets(store: &Store, findings: &mut Vec<String>) -> Result<()> {
    let closed = store
        .read(|tx| {
            Box::pin(async move {
                let keys = tx.keys.clone();
                seal::unreadable(tx, &keys).await
            })
        })
        .await?;
    findings.extend(closed.iter().map(|(sealed, id)| {
        format!(
            "{}.{} of row {} cannot be opened: is this the right key file?",
            sealed.table,
            sealed.column,
            sealed.row(*id)
        )
    }));
    Ok(())
}

/// Every blob that a row names is there, whole, and as long as the row says.
async fn blobs(store: &Store, findings: &mut Vec<String>) -> Result<()> {
    let mut after = (vec![0u8; 16], vec![0u8; 32]);
    let mut seen = BTreeSet::new();
    loop {
        let (account, blob) = after.clone();
        let page = store
            .read(move |tx| {
                Box::pin(async move {
                    let rows = tx
                        .rows(
                            "SELECT account_id, id, size FROM blobs WHERE (account_id, id) > ($1, $2) ORDER BY account_id, id LIMIT 500",
                            args![account, blob],
                        )
                        .await?;
                    rows.iter()
                        .map(|row| Ok((row.get::<AccountId>(0)?, row.get::<BlobId>(1)?, row.get::<i64>(2)?)))
                        .collect::<Result<Vec<_>>>()
                })
            })
            .await?;
        let Some((account, blob, _)) = page.last() else {
            return Ok(());
        };
        after = (account.0.to_vec(), blob.0.to_vec());
        for (account, id, size) in page {
            if !seen.insert(id) {
                continue;
            }
            match store.blobs().get(id).await {
                Ok(Some(bytes)) if bytes.len() as i64 == size => {}
                Ok(Some(bytes)) => findings.push(format!(
                    "blob {id} of account {account} has {} octets, not {size}",
                    bytes.len()
                )),
                Ok(None) => findings.push(format!("blob {id} of account {account} is missing")),
                Err(error) => findings.push(format!("account {account}: {error}")),
            }
        }
    }
}

/// Emails whose row cannot be read, for the report.
pub async fn unreadable_emails(store: &Store, account: AccountId) -> Result<Vec<EmailId>> {
    store
        .read(move |tx| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        "SELECT id, message FROM emails WHERE account_id = $1",
                        args![account],
                    )
                    .await?;
                let mut bad = Vec::new();
                for row in rows {
                    if serde_json::from_str::<wire::mime::Message>(&row.get::<String>(1)?).is_err()
                    {
                        bad.push(row.get(0)?);
                    }
                }
                Ok(bad)
            })
        })
        .await
}
