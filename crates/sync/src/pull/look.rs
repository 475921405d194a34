//! Asking a server for rows and for bodies.

use std::collections::{BTreeMap, HashMap, HashSet};

use store::{Millis, emails};
use wire::imap::{Fetch, FetchItem, SequenceSet};

use crate::imap::{Connection, ImapError};

/// What a first look tells of a message.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) keywords: Vec<String>,
    pub(super) received_at: Option<Millis>,
    pub(super) gm_msgid: Option<u64>,
    pub(super) gm_thrid: Option<u64>,
    /// Octets, as the server counts them.
    pub(super) size: u64,
}

pub(super) async fn look(
    connection: &mut Connection,
    uids: &[u32],
    gmail: bool,
) -> Result<Vec<(i64, Row)>, ImapError> {
    if uids.is_empty() {
        return Ok(Vec::new());
    }
    let mut items = vec![
        FetchItem::Uid,
        FetchItem::Flags,
        FetchItem::InternalDate,
        FetchItem::Rfc822Size,
    ];
    if gmail {
        items.extend([FetchItem::GmMsgId, FetchItem::GmThrId, FetchItem::GmLabels]);
    }
    let asked: HashSet<u32> = uids.iter().copied().collect();
    let fetched = connection
        .fetch_all(&SequenceSet::of(uids.iter().copied()), &items, None)
        .await?;
    let mut rows: BTreeMap<i64, Row> = BTreeMap::new();
    for row in fetched {
        let fetch = row.fetch;
        // Rows of other messages come too, and so do rows with less than was asked for: those say nothing.
        let Some(uid) = fetch.uid.filter(|uid| asked.contains(uid)) else {
            continue;
        };
        let Some(flags) = &fetch.flags else { continue };
        rows.insert(i64::from(uid), read_row(&fetch, flags));
    }
    Ok(rows.into_iter().collect())
}

fn read_row(fetch: &Fetch, flags: &[String]) -> Row {
    let mut keywords: Vec<String> = flags
        .iter()
        .filter_map(|flag| emails::keywords::of_flag(flag))
        .collect();
    if fetch
        .gm_labels
        .iter()
        .flatten()
        .any(|label| label.eq_ignore_ascii_case("\\Important"))
    {
        keywords.push("$important".to_owned());
    }
    keywords.sort();
    keywords.dedup();
    Row {
        keywords,
        received_at: fetch
            .internal_date
            .map(|date| date.unix_timestamp().saturating_mul(1000)),
        gm_msgid: fetch.gm_msgid,
        gm_thrid: fetch.gm_thrid,
        size: fetch.rfc822_size.unwrap_or(0),
    }
}

pub(super) async fn fetch_bodies(
    connection: &mut Connection,
    batch: &[(i64, Row)],
) -> Result<HashMap<i64, Vec<u8>>, ImapError> {
    let most = connection.largest_message();
    let uids: Vec<u32> = batch
        .iter()
        .filter(|(_, row)| row.size <= most)
        .filter_map(|(uid, _)| u32::try_from(*uid).ok())
        .collect();
    let mut bodies = HashMap::new();
    if uids.is_empty() {
        return Ok(bodies);
    }
    let set = SequenceSet::of(uids.iter().copied());
    let items = [FetchItem::Uid, FetchItem::whole()];
    let mut run = connection.fetch(&set, &items, None);
    while let Some(mut row) = run.next().await? {
        let (uid, body) = (row.fetch.uid, row.take_body(""));
        if let (Some(uid), Some(body)) = (uid.filter(|uid| uids.contains(uid)), body) {
            let bytes = body.into_bytes().await.map_err(ImapError::Spill)?;
            bodies.insert(i64::from(uid), bytes);
        }
    }
    Ok(bodies)
}
