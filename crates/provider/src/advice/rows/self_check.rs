//! What the self-check finds out about this server: its name, certificate, reach and ways out.

use super::row;
use crate::advice::{
    Card,
    Class::{Config, Throttle, Transient},
    Row,
    Who::{Administrator, Nobody},
};

pub(super) const ROWS: &[Row] = &[
    row(
        "own-name-not-found",
        Config,
        Administrator,
        0,
        Card::SelfCheck,
        [
            "{name} が DNS に見つかりません。",
            "名前が登録されていないか、登録がまだ反映されていません。この名前では誰もこのサーバを開けません。",
            "ドメインの DNS に、この名前の A レコード (IPv6 では AAAA レコード) としてサーバのアドレスを登録してください。名前が誤っている場合は、設定ファイルの public_url を修正します。",
        ],
        [
            "{name} is not in the DNS.",
            "It was not entered, or the entry is still on its way. Nobody can open this server by that name.",
            "Enter an A record (AAAA for IPv6) for it in the domain's DNS, with this server's address. If the name is wrong, correct public_url in the configuration.",
        ],
    ),
    row(
        "own-unreachable",
        Config,
        Administrator,
        0,
        Card::SelfCheck,
        [
            "このサーバから公開URLを開けませんでした。",
            "サーバ、リバース プロキシ、またはルータで、公開URLのポートが開いていません。外から開ける場合は、内側から自分のアドレスに戻れないルータの制限の可能性があります。",
            "利用者のブラウザで公開URLを開けるか確認してください。開けない場合は、リバース プロキシの転送先と、ファイアウォールおよびルータのポートの設定を確認します。",
        ],
        [
            "The public address could not be opened from this server.",
            "Its port is closed at the server, the reverse proxy or the router. If it opens from outside, the router may only refuse the way back in.",
            "Try the public address with a user's browser. If it does not open, check where the reverse proxy leads and the ports of firewall and router.",
        ],
    ),
    row(
        "own-certificate-untrusted",
        Config,
        Administrator,
        0,
        Card::SelfCheck,
        [
            "公開URLの証明書を信頼できません。",
            "自己署名の証明書か、中間証明書が足りないか、証明書の名前が公開URLと異なります。ブラウザは警告を表示します。",
            "公開URLの名前に対して認証局が発行した証明書を、中間証明書も含めて設定してください。設定ファイルの tls = \"acme\" では自動で取得します。",
        ],
        [
            "The certificate of the public address is not trusted.",
            "It is self-signed, its intermediate certificates are missing, or it names another host. Browsers show a warning.",
            "Install a certificate of a public authority for this name, with its intermediates. With tls = \"acme\" in the configuration it comes by itself.",
        ],
    ),
    row(
        "own-certificate-ends",
        Config,
        Administrator,
        0,
        Card::SelfCheck,
        [
            "公開URLの証明書の有効期限が近いか、切れています (期限: {date})。",
            "期限を過ぎると、ブラウザは警告を表示し、接続の手続きから戻れなくなります。",
            "証明書を更新してください。自動で更新している場合は、その処理が動いているか確認します。",
        ],
        [
            "The certificate of the public address ends soon or has ended (end date: {date}).",
            "After that day browsers show a warning, and nobody comes back from a consent.",
            "Renew the certificate. Where that happens by itself, check that it still does.",
        ],
    ),
    row(
        "own-other-server",
        Config,
        Administrator,
        0,
        Card::SelfCheck,
        [
            "公開URLでは、このサーバではないものが応答しています。",
            "DNS が別のサーバを指しているか、リバース プロキシが別の転送先やパスに渡しています。",
            "DNS のアドレスと、リバース プロキシの転送先およびパスを確認してください。パスは設定ファイルの public_url と同じである必要があります。",
        ],
        [
            "Something else answers at the public address.",
            "The DNS names another server, or the reverse proxy leads to another place or path.",
            "Check the address in the DNS, and place and path of the reverse proxy. The path must be that of public_url in the configuration.",
        ],
    ),
    row(
        "outgoing-blocked",
        Config,
        Administrator,
        0,
        Card::SelfCheck,
        [
            "{host} に接続できません。",
            "サーバから外部への通信が、ファイアウォールまたはプロキシで遮断されています。",
            "ファイアウォールで {host} への通信を許可するか、プロキシを使う場合は設定ファイルの proxy と、プロキシが許可するポート (993、465、587、443) を確認してください。",
        ],
        [
            "{host} cannot be reached.",
            "A firewall or proxy blocks the way from this server to the outside.",
            "Allow {host} in the firewall. With a proxy, check proxy in the configuration and the ports that it allows (993, 465, 587, 443).",
        ],
    ),
    row(
        "acme-port",
        Config,
        Administrator,
        3600,
        Card::SelfCheck,
        [
            "認証局がこのサーバに接続できず、証明書を取得できませんでした。",
            "認証局は外部からポート 80 または 443 に接続して、名前の持ち主を確認します。",
            "ルータとファイアウォールで、外部からこのサーバへのポート 80 と 443 を開いてください。自動で再試行します (次回 {time})。",
        ],
        [
            "The certificate authority could not reach this server, so there is no certificate.",
            "It proves who owns the name by connecting to port 80 or 443 from outside.",
            "Open ports 80 and 443 from the outside to this server in router and firewall. We try again by ourselves (next: {time}).",
        ],
    ),
    row(
        "acme-dns",
        Config,
        Administrator,
        3600,
        Card::SelfCheck,
        [
            "認証局が {name} を DNS で見つけられず、証明書を取得できませんでした。",
            "公開の DNS に名前がないか、別のアドレスが登録されています。CAA レコードで認証局が制限されている場合もあります。",
            "公開の DNS で A レコードと AAAA レコードを確認し、使っていないアドレスを削除してください。CAA レコードがある場合は、使用する認証局を追加します。",
        ],
        [
            "The certificate authority does not find {name} in the DNS, so there is no certificate.",
            "The public DNS does not hold the name or holds another address. A CAA record may also shut the authority out.",
            "Check the A and AAAA records in the public DNS and remove addresses that are not in use. If there is a CAA record, add the authority to it.",
        ],
    ),
    row(
        "acme-proxy",
        Config,
        Administrator,
        3600,
        Card::SelfCheck,
        [
            "認証局への応答が、このサーバの前で置き換えられています。",
            "リバース プロキシや CDN が確認の要求に自分で応答しているため、証明書を取得できません。",
            "/.well-known/acme-challenge/ への要求を、そのままこのサーバに渡してください。プロキシが証明書を扱う場合は、設定ファイルの tls を \"off\" にします。",
        ],
        [
            "Something in front of this server answers the certificate authority in its place.",
            "A reverse proxy or CDN takes the request that proves the name, so there is no certificate.",
            "Pass /.well-known/acme-challenge/ on to this server unchanged. If the proxy has the certificate, set tls to \"off\" in the configuration.",
        ],
    ),
    row(
        "acme-rate-limited",
        Throttle,
        Nobody,
        3600,
        Card::SelfCheck,
        [
            "認証局の制限により、証明書の取得を待っています。",
            "同じ名前で、短い期間に多くの証明書が要求されました。",
            "自動で再試行します (次回 {time})。それまでは現在の証明書を使います。",
        ],
        [
            "The certificate authority asks us to wait.",
            "Many certificates were asked for this name within a short time.",
            "We try again by ourselves (next: {time}). Until then the present certificate is used.",
        ],
    ),
    row(
        "acme-directory",
        Transient,
        Administrator,
        3600,
        Card::SelfCheck,
        [
            "証明書の認証局に接続できません。",
            "認証局のアドレスが誤っているか、サーバから外部への通信が遮断されています。",
            "設定ファイルの acme のアドレスと、外部への通信 (ポート 443) を確認してください。自動で再試行します (次回 {time})。",
        ],
        [
            "The certificate authority cannot be reached.",
            "Its address is wrong, or the way from this server to the outside is blocked.",
            "Check its address under acme in the configuration and the way out (port 443). We keep trying (next: {time}).",
        ],
    ),
    row(
        "acme-refused",
        Config,
        Administrator,
        3600,
        Card::SelfCheck,
        [
            "認証局が証明書の発行を拒否しました。",
            "理由は下の原文のとおりです。",
            "原文を確認し、公開URLの名前と設定ファイルの acme の値を修正してください。分からない場合は「{search}」で検索してください。",
        ],
        [
            "The certificate authority refused to issue a certificate.",
            "Its own words below say why.",
            "Read them and correct the public name or the values under acme in the configuration. If they do not help, search for “{search}”.",
        ],
    ),
];
