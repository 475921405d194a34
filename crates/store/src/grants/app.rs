//! The grant of an app itself: app-only access has no person and no refresh token (decision 0009).

use secrecy::SecretString;

use super::{Status, Subject, place, set_status};
use crate::announcements::Announcement;
use crate::args;
use crate::error::Result;
use crate::id::{CredentialId, GrantId, UserId};
use crate::tx::Tx;

/// The grant of the app itself (app-only access): one a credential, with no refresh token. Made where there is
/// none; its first access token is asked for like any other, at the first login.
pub async fn of_app(
    tx: &mut Tx,
    user: UserId,
    credential: CredentialId,
    subject: &Subject,
) -> Result<GrantId> {
    let now = tx.now();
    let known = tx
        .row(
            "SELECT id FROM grants WHERE credential_id = $1 AND subject = $2 ORDER BY created_at LIMIT 1",
            args![credential, &subject.key],
        )
        .await?;
    let id = match known {
        Some(row) => row.get(0)?,
        None => {
            let id = GrantId(tx.world().id());
            let none = SecretString::from(String::new());
            let sealed = tx.keys.seal(&tx.world, place(&id, "refresh_token"), &none);
            tx.execute(
                "INSERT INTO grants (id, user_id, credential_id, issuer, subject, address, tenant, scopes, refresh_token, \
                 status, status_since, refresh_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, 'unset', $9, $9, $9)",
                args![
                    id, user, credential, &subject.issuer, &subject.key, &subject.address, &subject.tenant, sealed, now
                ],
            )
            .await?;
            id
        }
    };
    let status = tx
        .row("SELECT status FROM grants WHERE id = $1", args![id])
        .await?;
    let status: String = status.map_or(Ok(String::new()), |row| row.get(0))?;
    if matches!(status.as_str(), "unset" | "revoked") {
        set_status(tx, id, Status::Good, None, None).await?;
    }
    tx.announce(Announcement::Grant(id));
    Ok(id)
}
