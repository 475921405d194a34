//! Google's rules for redirect URIs (facts providers.md 6.1).

use psl::{Psl, Type};

use super::{
    Outcome, RuleResult, check, fail, ok,
    parts::{HostKind, Parts},
    result, warn,
};

/// Domains that only shorten addresses of others. Google keeps no public list; these are the
/// large ones.
const SHORTENERS: [&str; 14] = [
    "bit.ly",
    "buff.ly",
    "cutt.ly",
    "goo.gl",
    "is.gd",
    "lnkd.in",
    "ow.ly",
    "rb.gy",
    "rebrand.ly",
    "t.co",
    "t.ly",
    "tiny.cc",
    "tinyurl.com",
    "v.gd",
];

pub(super) fn judge(parts: &Parts) -> Vec<RuleResult> {
    vec![
        scheme(parts),
        check(
            "G-2",
            !parts.host.is_ip() || parts.host.is_loopback(),
            "IP アドレスではありません。",
            "The host is not an IP address.",
            "Google は IP アドレスを受け付けません。公開URLをドメイン名にしてください。",
            "Google accepts no IP address. Use a domain name in public_url.",
        ),
        public_domain(parts),
        check(
            "G-4",
            !below(parts.host.name(), "googleusercontent.com"),
            "googleusercontent.com ではありません。",
            "The host is not googleusercontent.com.",
            "googleusercontent.com は使用できません。自社のドメイン名にしてください。",
            "googleusercontent.com is not allowed. Use a domain of your own.",
        ),
        shortener(parts),
        check(
            "G-6",
            !parts.userinfo,
            "ユーザー名やパスワードは含まれていません。",
            "It has no user name or password.",
            "URL に「ユーザー名:パスワード@」が含まれています。取り除いてください。",
            "It holds a user name or password before the host. Remove it.",
        ),
        check(
            "G-7",
            !parts.traversal(),
            "「..」は含まれていません。",
            "It holds no .. segment.",
            "パスに「..」が含まれています。取り除いてください。",
            "Its path holds a .. segment. Remove it.",
        ),
        check(
            "G-8",
            !parts.open_redirect(),
            "別の URL への転送は含まれていません。",
            "It holds no other address.",
            "別の URL が含まれており、オープン リダイレクトになります。取り除いてください。",
            "It holds another address, which makes an open redirect. Remove it.",
        ),
        check(
            "G-9",
            parts.fragment.is_none(),
            "「#」以降の部分はありません。",
            "It has no part after #.",
            "「#」以降の部分は使用できません。取り除いてください。",
            "A part after # is not allowed. Remove it.",
        ),
        characters(parts),
        match parts.unsteady() {
            None => ok(
                "G-11",
                format!(
                    "Google にはこの値をそのまま登録してください: {}",
                    parts.whole
                ),
                format!("Register exactly this at Google: {}", parts.whole),
            ),
            Some((ja, en)) => warn(
                "G-11",
                format!("Google は 1 文字でも異なると拒否します。{ja}"),
                format!("Google compares character by character. {en}"),
            ),
        },
        ok(
            "G-12",
            "登録の変更が反映されるまで 5 分から数時間かかることがあります。",
            "A change at Google can take from 5 minutes to some hours to work.",
        ),
    ]
}

fn scheme(parts: &Parts) -> RuleResult {
    let loopback = parts.host.is_loopback();
    match parts.scheme.as_str() {
        "https" => ok("G-1", "https です。", "It is https."),
        "http" if loopback => ok(
            "G-1",
            "http ですが、この端末自身のアドレスなので使用できます (開発・試用のみ)。",
            "It is http on this very machine, which is allowed (for trials only).",
        ),
        _ => fail(
            "G-1",
            "Google は https の URL だけを受け付けます。TLS を有効にし、公開URLを https:// で始めてください。",
            "Google accepts https only. Switch TLS on and let public_url begin with https://.",
        ),
    }
}

/// G-3: the top-level domain is public, and the host is more than a public suffix.
fn public_domain(parts: &Parts) -> RuleResult {
    let name = match &parts.host {
        HostKind::Name(name) if name != "localhost" => name,
        HostKind::Unreadable => {
            return fail(
                "G-3",
                "ホスト名として読み取れません。公開ドメインの名前にしてください。",
                "The host is not a host name. Use a name of a public domain.",
            );
        }
        _ if parts.host.is_loopback() => {
            return ok(
                "G-3",
                "この端末自身のアドレスです (開発・試用のみ)。",
                "This is the machine itself (for trials only).",
            );
        }
        // An IP address: G-2 says what there is to say.
        _ => return ok("G-3", "ドメイン名ではありません。", "It is no domain name."),
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    let public = psl::List
        .suffix(last.as_bytes())
        .is_some_and(|suffix| suffix.is_known() && suffix.typ() == Some(Type::Icann));
    if !public {
        return fail(
            "G-3",
            format!(
                "「.{last}」は公開されたトップレベル ドメインではありません (.local などは使用できません)。実在するドメイン名を使用してください。社内だけで使う場合も、社内 DNS でその名前をこのサーバに向ければ動作します。"
            ),
            format!(
                ".{last} is not a public top-level domain (neither is .local). Use a name of a real domain; inside the company, internal DNS may point it at this server."
            ),
        );
    }
    if psl::domain_str(name).is_none() {
        return fail(
            "G-3",
            format!(
                "「{name}」は組織のドメインではなく、登録用の共通部分です。自社のドメイン名を使用してください。"
            ),
            format!(
                "{name} is a public suffix, not a domain of an organisation. Use a domain of your own."
            ),
        );
    }
    ok(
        "G-3",
        "公開ドメインの名前です。",
        "The name belongs to a public domain.",
    )
}

fn shortener(parts: &Parts) -> RuleResult {
    let short = SHORTENERS
        .iter()
        .any(|domain| below(parts.host.name(), domain));
    let own = parts.path.contains("/google-callback/") || parts.path.ends_with("/google-callback");
    let outcome = match (short, own) {
        (false, _) => Outcome::Ok,
        (true, true) => Outcome::Warn,
        (true, false) => Outcome::Fail,
    };
    let (ja, en) = if short {
        (
            "短縮 URL のドメインです。このサーバ自身のドメイン名を使用してください。",
            "This is the domain of a URL shortener. Use this server's own domain.",
        )
    } else {
        ("短縮 URL ではありません。", "It is no URL shortener.")
    };
    result("G-5", outcome, ja, en)
}

fn characters(parts: &Parts) -> RuleResult {
    match parts.bad_character() {
        None => ok(
            "G-10",
            "使用できない文字は含まれていません。",
            "All its characters are allowed.",
        ),
        Some(bad) => fail(
            "G-10",
            format!(
                "使用できない文字「{bad}」が含まれています。半角英数字の URL にしてください (日本語ドメインは xn-- の形で)。"
            ),
            format!(
                "It holds {bad}, which is not allowed. Use plain ASCII (xn-- for international names)."
            ),
        ),
    }
}

fn below(name: Option<&str>, domain: &str) -> bool {
    name.is_some_and(|name| {
        name == domain
            || name
                .strip_suffix(domain)
                .is_some_and(|start| start.ends_with('.'))
    })
}
