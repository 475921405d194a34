//! The way to a server: names, connections, proxies, certificates.

use super::row;
use crate::advice::{
    Card,
    Class::{Config, Permanent, Transient},
    Row,
    Who::{Administrator, Member, Nobody},
};

pub(super) const ROWS: &[Row] = &[
    row(
        "net-name-not-found",
        Transient,
        Administrator,
        300,
        Card::SelfCheck,
        [
            "{host} の名前を解決できませんでした。",
            "DNS が応答しないか、ホスト名が誤っています。",
            "サーバの DNS の設定と、設定ファイルのホスト名を確認してください。自動で再試行します。",
        ],
        [
            "The name {host} could not be resolved.",
            "DNS does not answer, or the host name is wrong.",
            "Check the server's DNS and the host name in the configuration. We keep trying.",
        ],
    ),
    row(
        "net-connect-refused",
        Transient,
        Administrator,
        300,
        Card::SelfCheck,
        [
            "{host} への接続が拒否されました。",
            "ポート番号が誤っているか、ファイアウォールが拒否しています。",
            "サーバから外部への 993、465、587 番ポートの通信が許可されているか確認してください。自動で再試行します。",
        ],
        [
            "{host} refused the connection.",
            "The port is wrong, or a firewall refuses it.",
            "Check that this server may reach ports 993, 465 and 587 outside. We keep trying.",
        ],
    ),
    row(
        "net-connect-timeout",
        Transient,
        Administrator,
        300,
        Card::SelfCheck,
        [
            "{host} に時間内に接続できませんでした。",
            "ファイアウォールが通信を破棄しているか、相手が混み合っています。",
            "サーバから外部への通信 (993、465、587 番ポート) を確認してください。プロキシが必要な場合は [outgoing] に設定してください。",
        ],
        [
            "{host} could not be reached in time.",
            "A firewall drops the traffic, or the other side is busy.",
            "Check the way to ports 993, 465 and 587 outside. If a proxy is needed, set it under [outgoing].",
        ],
    ),
    row(
        "net-private-address",
        Config,
        Administrator,
        0,
        Card::SelfCheck,
        [
            "{host} は社内のアドレスを指しているため、接続しませんでした。",
            "安全のため、プロバイダへの接続ではプライベート アドレスを使用しません。",
            "DNS を確認してください。意図した構成であれば、[providers] の allow_private_addresses を true にしてください。",
        ],
        [
            "{host} points at a private address, so no connection was made.",
            "For safety, private addresses are not used for providers.",
            "Check DNS. If it is meant so, set allow_private_addresses = true under [providers].",
        ],
    ),
    row(
        "net-proxy-refused",
        Config,
        Administrator,
        300,
        Card::SelfCheck,
        [
            "プロキシが {host} への接続を拒否しました。",
            "プロキシの設定で、接続先またはポートが許可されていません。",
            "プロキシの管理者に、{host} への CONNECT (993、465、587 番ポート) の許可を依頼してください。",
        ],
        [
            "The proxy refused a connection to {host}.",
            "It does not allow this host or port.",
            "Ask whoever runs the proxy to allow CONNECT to {host} (ports 993, 465, 587).",
        ],
    ),
    row(
        "net-proxy-auth",
        Config,
        Administrator,
        0,
        Card::SelfCheck,
        [
            "プロキシの認証に失敗しました。",
            "プロキシのユーザー名またはパスワードが誤っています (407)。",
            "設定ファイルの [outgoing] の proxy を修正してください。",
        ],
        [
            "The proxy did not accept our user name or password.",
            "It answered 407.",
            "Correct proxy under [outgoing] in the configuration.",
        ],
    ),
    row(
        "net-tls-untrusted",
        Config,
        Administrator,
        0,
        Card::SelfCheck,
        [
            "{host} の証明書を信頼できません。",
            "TLS を中継するプロキシやウイルス対策製品が証明書を差し替えているか、サーバのルート証明書が古くなっています。",
            "差し替えが社内の正規のものであれば、その CA の証明書を ca_file に設定してください。そうでなければ経路を確認してください。",
        ],
        [
            "The certificate of {host} is not trusted.",
            "A proxy or virus scanner that opens TLS puts in its own, or this server's root certificates are old.",
            "If that is your company's own, set its CA certificate as ca_file. Otherwise look at the way in between.",
        ],
    ),
    row(
        "net-tls-wrong-name",
        Config,
        Administrator,
        0,
        Card::SelfCheck,
        [
            "{host} の証明書は別のホスト名のものです。",
            "接続先が誤っているか、途中の機器が応答しています。",
            "設定ファイルのホスト名と、サーバの DNS を確認してください。",
        ],
        [
            "The certificate of {host} is for another name.",
            "The host is wrong, or something in between answers.",
            "Check the host name in the configuration and the server's DNS.",
        ],
    ),
    row(
        "net-tls-failed",
        Config,
        Administrator,
        300,
        Card::SelfCheck,
        [
            "{host} との暗号化 (TLS) を開始できませんでした。",
            "ポートと暗号化の方式 (implicit、starttls) が合っていない可能性があります。",
            "993 と 465 は implicit、587 は starttls です。設定ファイルを確認してください。",
        ],
        [
            "TLS with {host} could not be started.",
            "Port and kind of TLS (implicit, starttls) may not belong together.",
            "993 and 465 are implicit, 587 is starttls. Check the configuration.",
        ],
    ),
    row(
        "net-tls-timeout",
        Transient,
        Nobody,
        60,
        Card::SelfCheck,
        [
            "{host} との暗号化 (TLS) の開始に時間がかかりすぎました。",
            "ネットワークが遅いか、相手が混み合っています。",
            "自動で再試行します (次回 {time})。",
        ],
        [
            "Starting TLS with {host} took too long.",
            "The network is slow, or the other side is busy.",
            "We keep trying (next: {time}).",
        ],
    ),
    row(
        "net-ca-file",
        Config,
        Administrator,
        0,
        Card::SelfCheck,
        [
            "ca_file を読み取れません。",
            "ファイルがないか、証明書 (PEM) が含まれていません。",
            "設定ファイルの ca_file のパスと内容を確認してください。",
        ],
        [
            "The ca_file cannot be read.",
            "It is not there, or it holds no certificate (PEM).",
            "Check path and content of ca_file in the configuration.",
        ],
    ),
    row(
        "net-timeout",
        Transient,
        Nobody,
        60,
        Card::None,
        [
            "{host} から時間内に応答がありませんでした。",
            "相手のサーバが混み合っているか、通信が途切れています。",
            "自動で再試行します (次回 {time})。",
        ],
        [
            "{host} did not answer in time.",
            "It is busy, or the connection broke.",
            "We keep trying (next: {time}).",
        ],
    ),
    row(
        "net-closed",
        Transient,
        Nobody,
        30,
        Card::None,
        [
            "{host} との接続が途中で切れました。",
            "相手のサーバまたは途中の機器が接続を閉じました。",
            "自動で接続し直します。",
        ],
        [
            "The connection to {host} was closed.",
            "The other side, or something in between, ended it.",
            "We connect again by ourselves.",
        ],
    ),
    row(
        "net-protocol",
        Transient,
        Administrator,
        900,
        Card::SelfCheck,
        [
            "{host} の応答は、メール サーバのものではありません。",
            "ポート番号が誤っているか、途中の機器が別の応答を返しています。",
            "設定ファイルのホスト名とポート番号を確認してください。自動で再試行します。",
        ],
        [
            "{host} did not answer like a mail server.",
            "The port is wrong, or something in between answers in its place.",
            "Check host and port in the configuration. We keep trying.",
        ],
    ),
    row(
        "starttls-missing",
        Config,
        Administrator,
        0,
        Card::SelfCheck,
        [
            "{host} はこのポートで暗号化 (STARTTLS) を提供していません。",
            "ポート番号が誤っているか、途中の機器が暗号化を妨げています。暗号化せずに送ることはありません。",
            "ポートと smtp_tls、imap_tls の設定、およびファイアウォールのメール検査の機能を確認してください。",
        ],
        [
            "{host} offers no encryption (STARTTLS) on this port.",
            "The port is wrong, or something in between removes it. Nothing is ever sent unencrypted.",
            "Check port, smtp_tls and imap_tls, and the mail inspection of firewalls.",
        ],
    ),
    row(
        "message-too-large",
        Permanent,
        Member,
        0,
        Card::None,
        [
            "メールが大きすぎるため、取り込めませんでした。",
            "このサーバの上限を超えています。ほかのメールには影響しません。",
            "{provider} の画面で開いてください。",
        ],
        [
            "A mail is too large to be fetched.",
            "It is above this server's limit. Other mail is not affected.",
            "Open it at {provider}.",
        ],
    ),
];
