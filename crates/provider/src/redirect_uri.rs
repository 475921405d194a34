//! Judges the redirect URI by each provider's rules, before a consent is begun.
//!
//! The URI is made of the configured `public_url` and a path, never of a request's Host
//! header. It is judged as the bytes that will be sent: nothing is normalised on the way,
//! because both providers compare byte by byte.
//!
//! Rule names: `G-n` and `M-n` as in facts providers.md 6.1 and 6.2, `A-n` our own, where a
//! provider documents nothing and the result would be unsafe or unusable all the same.
//! A `fail` means that a consent cannot succeed; a `warn` that it may not.

mod base;
mod google;
mod microsoft;
mod parts;

use serde::Serialize;

use crate::{advice::Language, profile::Kind};

pub use base::{Base, Note, normalize_base};
use parts::Parts;

/// Longer input is refused unread.
const LONGEST: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Ok,
    Warn,
    Fail,
}

/// What one rule says. The sentences hold the cure where something is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleResult {
    pub rule: &'static str,
    pub outcome: Outcome,
    pub ja: String,
    pub en: String,
}

impl RuleResult {
    pub fn message(&self, language: Language) -> &str {
        match language {
            Language::Ja => &self.ja,
            Language::En => &self.en,
        }
    }
}

/// The redirect URI below a public address. The public address has no slash at its end.
pub fn uri(public_url: &str, path: &str) -> String {
    format!("{}{path}", public_url.trim_end_matches('/'))
}

/// Judges `public_url` with the callback path of a credential.
pub fn judge(public_url: &str, path: &str, kind: Kind) -> Vec<RuleResult> {
    judge_uri(&uri(public_url, path), kind)
}

/// Judges a whole redirect URI: one result a rule, good ones too, in the order of the rules.
/// An address that is none at all gives the single result `A-1`.
pub fn judge_uri(uri: &str, kind: Kind) -> Vec<RuleResult> {
    let Some(parts) = (uri.len() <= LONGEST).then(|| Parts::read(uri)).flatten() else {
        return vec![fail(
            "A-1",
            "URL として読み取れません。https:// で始まる完全な URL を設定してください。",
            "This is not a complete address. Set one that begins with https://.",
        )];
    };
    let mut results = match kind {
        Kind::Google => google::judge(&parts),
        Kind::Microsoft => microsoft::judge(&parts),
        Kind::Generic => generic(&parts),
    };
    if kind != Kind::Google {
        results.extend(own(&parts));
    }
    results
}

/// Whether a consent can be begun: no rule fails.
pub fn may_begin(results: &[RuleResult]) -> bool {
    results.iter().all(|result| result.outcome != Outcome::Fail)
}

/// G-11 and M-3: what is registered and what is sent must be the same bytes. None if they are.
pub fn difference(registered: &str, sent: &str, kind: Kind) -> Option<RuleResult> {
    if registered == sent {
        return None;
    }
    let rule = if kind == Kind::Microsoft {
        "M-3"
    } else {
        "G-11"
    };
    let bare = |uri: &str| uri.trim().trim_end_matches('/').to_owned();
    let (a, b) = (bare(registered), bare(sent));
    let (ja, en) = if registered.trim() == sent {
        ("前後に空白があります", "there are blanks around it")
    } else if a == b {
        (
            "末尾の「/」の有無が異なります",
            "one of them ends in a slash",
        )
    } else if a.eq_ignore_ascii_case(&b) {
        ("大文字と小文字が異なります", "upper and lower case differ")
    } else if a.replacen("http://", "https://", 1) == b.replacen("http://", "https://", 1) {
        ("http と https が異なります", "one is http, the other https")
    } else if a.replace("/cm270.do", "/cmn270.do") == b.replace("/cm270.do", "/cmn270.do") {
        (
            "cm270.do と cmn270.do が異なります (認証情報のリダイレクト URI の設定で選べます)",
            "one ends in cm270.do, the other in cmn270.do (the credential's redirect path can be chosen)",
        )
    } else {
        ("値が異なります", "they are different addresses")
    };
    Some(fail(
        rule,
        format!(
            "登録済みのリダイレクト URI と一致しません: {ja}。次の値をそのまま登録してください: {sent}"
        ),
        format!("The registered redirect URI is not ours: {en}. Register exactly this one: {sent}"),
    ))
}

/// A generic provider: the rules of RFC 6749 and 9700 only.
fn generic(parts: &Parts) -> Vec<RuleResult> {
    let scheme = if parts.scheme == "https" || (parts.scheme == "http" && parts.host.is_loopback())
    {
        ok("A-2", "https です。", "It is https.")
    } else {
        fail(
            "A-2",
            "https ではありません。公開URLを https:// で始まる URL にしてください。",
            "It is not https. Let public_url begin with https://.",
        )
    };
    vec![scheme]
}

/// Our own rules beside Microsoft's and for generic providers (providers.md 6.3).
fn own(parts: &Parts) -> Vec<RuleResult> {
    vec![
        check(
            "A-3",
            !parts.userinfo,
            "ユーザー名やパスワードは含まれていません。",
            "It has no user name or password.",
            "URL に「ユーザー名:パスワード@」が含まれています。取り除いてください。",
            "It holds a user name or password before the host. Remove it.",
        ),
        check(
            "A-4",
            parts.fragment.is_none(),
            "「#」以降の部分はありません。",
            "It has no part after #.",
            "「#」以降の部分は使用できません。取り除いてください。",
            "A part after # is not allowed (RFC 6749). Remove it.",
        ),
        check(
            "A-5",
            !parts.open_redirect(),
            "別の URL への転送は含まれていません。",
            "It holds no other address.",
            "別の URL が含まれており、オープン リダイレクトになります。取り除いてください。",
            "It holds another address, which makes an open redirect. Remove it.",
        ),
        check(
            "A-6",
            !parts.traversal(),
            "「..」は含まれていません。",
            "It holds no .. segment.",
            "パスに「..」が含まれています。取り除いてください。",
            "Its path holds a .. segment. Remove it.",
        ),
        check(
            "A-7",
            parts.bad_character().is_none(),
            "使用できない文字は含まれていません。",
            "All its characters are allowed.",
            "「*」、空白、全角文字、または誤った % 表記が含まれています。半角英数字の URL にしてください。",
            "It holds *, a blank, a non-ASCII letter or a broken % sign. Use plain ASCII.",
        ),
    ]
}

fn result(
    rule: &'static str,
    outcome: Outcome,
    ja: impl Into<String>,
    en: impl Into<String>,
) -> RuleResult {
    RuleResult {
        rule,
        outcome,
        ja: ja.into(),
        en: en.into(),
    }
}

fn ok(rule: &'static str, ja: impl Into<String>, en: impl Into<String>) -> RuleResult {
    result(rule, Outcome::Ok, ja, en)
}

fn warn(rule: &'static str, ja: impl Into<String>, en: impl Into<String>) -> RuleResult {
    result(rule, Outcome::Warn, ja, en)
}

fn fail(rule: &'static str, ja: impl Into<String>, en: impl Into<String>) -> RuleResult {
    result(rule, Outcome::Fail, ja, en)
}

/// A rule that holds or fails.
fn check(
    rule: &'static str,
    holds: bool,
    good_ja: &str,
    good_en: &str,
    bad_ja: &str,
    bad_en: &str,
) -> RuleResult {
    if holds {
        ok(rule, good_ja, good_en)
    } else {
        fail(rule, bad_ja, bad_en)
    }
}

/// The domain that an organisation registered, as Google's console wants it among the authorized domains; None
/// for an address and for a public suffix.
pub fn registrable_domain(host: &str) -> Option<String> {
    psl::domain_str(host).map(str::to_owned)
}

#[cfg(test)]
mod tests;
