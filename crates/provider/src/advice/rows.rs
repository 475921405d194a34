//! The catalogue itself, cut by where a trouble comes from. Only data below this module.

mod app_only;
mod checks;
mod consent;
mod endings;
mod exchange;
mod google;
mod guide;
mod imap;
mod microsoft;
mod net;
mod own;
mod reconnect;
mod self_check;
mod setup;
mod smtp;
mod smtp_login;
mod tokens;

use super::{Card, Class, Row, Text, Who};

pub(super) const ALL: &[&[Row]] = &[
    own::ROWS,
    reconnect::ROWS,
    consent::ROWS,
    tokens::ROWS,
    google::ROWS,
    microsoft::ROWS,
    net::ROWS,
    imap::ROWS,
    exchange::ROWS,
    smtp_login::ROWS,
    smtp::ROWS,
    app_only::ROWS,
    setup::ROWS,
    checks::ROWS,
    guide::ROWS,
    self_check::ROWS,
    endings::ROWS,
];

/// Any answer that has no row of its own: shown as it is, with a word to search for.
pub(super) const UNKNOWN: Row = row(
    "unknown-answer",
    Class::Config,
    Who::Administrator,
    0,
    Card::None,
    [
        "{provider} から、登録されていない応答 ({code}) がありました。",
        "原因は下に表示した原文から判断してください。",
        "「{search}」で検索するか、原文と日時を添えて {provider} のサポートに問い合わせてください。",
    ],
    [
        "{provider} gave an answer that is not in our list ({code}).",
        "Its own words below say why.",
        "Search for “{search}”, or give these words and their time to the support of {provider}.",
    ],
);

/// One row: what happened, why, what to do; `retry_after` 0 means none.
const fn row(
    id: &'static str,
    class: Class,
    who: Who,
    retry_after: u64,
    card: Card,
    ja: [&'static str; 3],
    en: [&'static str; 3],
) -> Row {
    Row {
        id,
        class,
        who,
        retry_after: if retry_after == 0 {
            None
        } else {
            Some(retry_after)
        },
        card,
        ja: text(ja),
        en: text(en),
    }
}

const fn text([what, why, cure]: [&'static str; 3]) -> Text {
    Text { what, why, cure }
}
