//! Keywords of an email (RFC 8621, 4.1.1), which are flags upstream.
//!
//! Kept as ` $seen $flagged `: one blank around each, so that a filter is one LIKE.

use crate::args;
use crate::changes::{self, Change, Kind};
use crate::error::Result;
use crate::id::{AccountId, EmailId};
use crate::tx::Tx;
use crate::{emails, intents};

/// At most so many keywords are kept of an email.
const MOST: usize = 100;

/// The column's form.
pub fn to_column(keywords: &[String]) -> String {
    let mut sorted: Vec<&str> = keywords
        .iter()
        .map(String::as_str)
        .filter(|word| is_keyword(word))
        .collect();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.truncate(MOST);
    let mut text = String::from(" ");
    for word in sorted {
        text.push_str(word);
        text.push(' ');
    }
    text
}

/// Reads the column's form.
pub fn from_column(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

/// Whether a text can be a keyword: 1 to 255 printable ASCII characters without `( ) { ] % * " \`, in
/// lower case (RFC 8621, 4.1.1).
pub fn is_keyword(word: &str) -> bool {
    (1..=255).contains(&word.len())
        && word.bytes().all(|byte| {
            (0x21..=0x7e).contains(&byte)
                && !b"(){]%*\"\\".contains(&byte)
                && !byte.is_ascii_uppercase()
        })
}

/// The keyword of an IMAP flag; `None` for `\Deleted`, `\Recent` and what cannot be a keyword.
pub fn of_flag(flag: &str) -> Option<String> {
    match flag.to_ascii_lowercase().as_str() {
        "\\seen" => Some("$seen".into()),
        "\\flagged" => Some("$flagged".into()),
        "\\answered" => Some("$answered".into()),
        "\\draft" => Some("$draft".into()),
        other => (!other.starts_with('\\') && is_keyword(other)).then(|| other.to_owned()),
    }
}

/// Sets keywords by a person's wish: visible at once, and an intent for those the provider keeps.
pub async fn set(
    tx: &mut Tx,
    account: AccountId,
    email: EmailId,
    wanted: &[(String, bool)],
) -> Result<bool> {
    changes::hold(tx, account).await?;
    let Some(found) = emails::find(tx, account, email).await? else {
        return Ok(false);
    };
    let mut keywords = found.keywords.clone();
    for (word, on) in wanted {
        let has = keywords.contains(word);
        match (has, on) {
            (false, true) => keywords.push(word.clone()),
            (true, false) => keywords.retain(|known| known != word),
            _ => continue,
        }
        if let Some(kind) = intents::Kind::of_keyword(word) {
            intents::add(tx, account, email, kind, *on).await?;
        }
    }
    store(tx, account, &found, &keywords).await?;
    Ok(true)
}

/// Takes over what the server says of a copy's flags. Where the person wants something else that has not
/// reached the server yet, the wish stays.
pub async fn observed(
    tx: &mut Tx,
    account: AccountId,
    place: emails::Place,
    keywords: &[String],
) -> Result<()> {
    changes::hold(tx, account).await?;
    let Some(id) = emails::copies::at(tx, account, place).await? else {
        return Ok(());
    };
    tx.execute(
        "UPDATE copies SET flags = $5 WHERE account_id = $1 AND folder_id = $2 AND uidvalidity = $3 AND uid = $4",
        args![account, place.folder, place.uidvalidity, place.uid, to_column(keywords)],
    )
    .await?;
    let Some(found) = emails::find(tx, account, id).await? else {
        return Ok(());
    };
    let mut now = keywords.to_vec();
    for intent in intents::of_email(tx, account, id).await? {
        let word = intent.kind.keyword();
        now.retain(|known| known != word);
        if intent.value {
            now.push(word.to_owned());
        }
    }
    store(tx, account, &found, &now).await
}

async fn store(
    tx: &mut Tx,
    account: AccountId,
    email: &emails::Email,
    keywords: &[String],
) -> Result<()> {
    let (old, new) = (to_column(&email.keywords), to_column(keywords));
    if old == new {
        return Ok(());
    }
    tx.execute(
        "UPDATE emails SET keywords = $3 WHERE account_id = $1 AND id = $2",
        args![account, email.id, new.clone()],
    )
    .await?;
    changes::record(tx, account, Kind::Email, email.id.0, Change::Updated).await?;
    let unread = |text: &str| !text.contains(" $seen ") && !text.contains(" $draft ");
    if unread(&old) != unread(&new) {
        for folder in &email.folders {
            changes::record(tx, account, Kind::Mailbox, folder.0, Change::Updated).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_become_keywords_and_hostile_ones_are_left_out() {
        assert_eq!(of_flag("\\Seen").as_deref(), Some("$seen"));
        assert_eq!(of_flag("\\Recent"), None);
        assert_eq!(of_flag("$Forwarded").as_deref(), Some("$forwarded"));
        assert_eq!(of_flag("a b"), None);
        let column = to_column(&[
            "$seen".into(),
            "x y".into(),
            "$flagged".into(),
            "$seen".into(),
        ]);
        assert_eq!(column, " $flagged $seen ");
        assert_eq!(from_column(&column), ["$flagged", "$seen"]);
    }
}
