//! Microsoft's rules for redirect URIs (facts providers.md 6.2).

use super::{
    RuleResult, check, fail, ok,
    parts::{HostKind, Parts},
    warn,
};

const LONGEST: usize = 256;

pub(super) fn judge(parts: &Parts) -> Vec<RuleResult> {
    vec![
        scheme(parts),
        check(
            "M-2",
            parts.whole.len() <= LONGEST,
            "256 文字以内です。",
            "It has at most 256 characters.",
            "256 文字を超えています。公開URLのパスを短くしてください。",
            "It has more than 256 characters. Shorten the path of public_url.",
        ),
        match parts.unsteady() {
            None => ok(
                "M-3",
                format!(
                    "Microsoft にはこの値をそのまま登録してください (大文字と小文字も区別されます): {}",
                    parts.whole
                ),
                format!(
                    "Register exactly this at Microsoft, in the same case: {}",
                    parts.whole
                ),
            ),
            Some((ja, en)) => warn(
                "M-3",
                format!("登録した値と 1 文字でも異なると拒否されます。{ja}"),
                format!("The registered address is compared character by character. {en}"),
            ),
        },
        check(
            "M-4",
            !parts.whole.contains(['!', '$', '\'', '(', ')', ',', ';']),
            "「! $ ' ( ) , ;」は含まれていません。",
            "It holds none of ! $ ' ( ) , ;",
            "「! $ ' ( ) , ;」は使用できません。公開URLのパスを変更してください。",
            "None of ! $ ' ( ) , ; is allowed. Change the path of public_url.",
        ),
        check(
            "M-5",
            !parts.whole.contains('*'),
            "「*」は含まれていません。",
            "It has no wildcard.",
            "ワイルドカード「*」は使用できません。実際のホスト名を設定してください。",
            "A wildcard * is not allowed. Use the real host name.",
        ),
        match parts.query {
            None => ok(
                "M-6",
                "「?」以降の部分はありません。",
                "It has no query part.",
            ),
            Some(_) => warn(
                "M-6",
                "「?」以降の部分は、職場または学校アカウントだけのアプリでしか使用できません。取り除いてください。",
                "A part after ? works only for apps of work or school accounts. Leave it out.",
            ),
        },
        check(
            "M-7",
            !matches!(&parts.host, HostKind::V6(ip) if ip.is_loopback()),
            "[::1] ではありません。",
            "It is not [::1].",
            "Microsoft は [::1] を受け付けません。localhost を使用してください。",
            "Microsoft does not support [::1]. Use localhost.",
        ),
        ok(
            "M-8",
            "localhost の場合、ポート番号は照合されません。ポートだけが異なる値を 2 つ登録しないでください。",
            "For localhost the port is not compared: never register two that differ only by port.",
        ),
        if parts.path.is_empty() || parts.path == "/" {
            warn(
                "M-9",
                "パスがないと、末尾に「/」が付いて戻ります。パスのある URL を登録してください。",
                "Without a path it comes back with / at its end. Register one with a path.",
            )
        } else {
            ok("M-9", "パスがあります。", "It has a path.")
        },
        ok(
            "M-10",
            "1 つのアプリに登録できるのは 256 件 (個人アカウントを含む場合は 100 件) までです。",
            "An app holds at most 256 of them (100 with personal accounts).",
        ),
        ok(
            "M-11",
            "プラットフォームは「Web」で登録してください (シングルページ アプリケーションやモバイルではありません)。",
            "Register it under the platform Web (not single-page, not mobile).",
        ),
        host(parts),
    ]
}

fn scheme(parts: &Parts) -> RuleResult {
    match (parts.scheme.as_str(), &parts.host) {
        ("https", _) => ok("M-1", "https です。", "It is https."),
        ("http", HostKind::Name(name)) if name == "localhost" => ok(
            "M-1",
            "http ですが、localhost なので使用できます (開発・試用のみ)。",
            "It is http on localhost, which is allowed (for trials only).",
        ),
        ("http", HostKind::V4(ip)) if ip.octets() == [127, 0, 0, 1] => warn(
            "M-1",
            "http://127.0.0.1 はマニフェスト エディターでしか登録できません。localhost を使用してください。",
            "http://127.0.0.1 can be registered only in the manifest editor. Use localhost.",
        ),
        _ => fail(
            "M-1",
            "Microsoft は https の URL だけを受け付けます。TLS を有効にし、公開URLを https:// で始めてください。",
            "Microsoft accepts https only. Switch TLS on and let public_url begin with https://.",
        ),
    }
}

/// M-12: names of internal domains are accepted; addresses are not documented.
fn host(parts: &Parts) -> RuleResult {
    match &parts.host {
        HostKind::Name(_) => ok(
            "M-12",
            "ドメイン名です (社内のドメインも使用できます)。",
            "The host is a name (internal domains are accepted, too).",
        ),
        HostKind::Unreadable => fail(
            "M-12",
            "ホスト名として読み取れません。実際のホスト名を設定してください。",
            "The host is not a host name. Use the real one.",
        ),
        other if other.is_loopback() => ok(
            "M-12",
            "この端末自身のアドレスです (開発・試用のみ)。",
            "This is the machine itself (for trials only).",
        ),
        _ => warn(
            "M-12",
            "IP アドレスでの動作は Microsoft の資料に記載がありません。ドメイン名を使用してください。",
            "Microsoft documents nothing about IP addresses. Use a domain name.",
        ),
    }
}
