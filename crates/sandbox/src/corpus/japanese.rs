//! Japanese stories: what is written in an office between a supplier, its customers and its own people.
//!
//! `{…}` are filled in by the teller; a story is told with the same names and numbers from its first mail to its last.

use super::story::{Files, Kind, Story, Turn, Who};

const fn them(hours: u32, text: &'static str) -> Turn {
    Turn {
        who: Who::Them,
        hours,
        text,
        files: Files::None,
    }
}

const fn me(hours: u32, text: &'static str) -> Turn {
    Turn {
        who: Who::Me,
        hours,
        text,
        files: Files::None,
    }
}

const fn with(files: Files, turn: Turn) -> Turn {
    Turn { files, ..turn }
}

/// The one that every corpus holds: characters outside of plain JIS.
pub(super) const NEC_CHARACTERS: Story = Story {
    kind: Kind::Customer,
    by: "",
    subject: "①お打ち合わせ日程 ②お見積りの件（㈱髙橋商店）",
    label: "見積",
    turns: &[them(
        0,
        "{me}様\n\n{open}\n㈱髙橋商店の髙橋です。\n\n①次回のお打ち合わせ\n　{day1} 14:00～ でお願いできますでしょうか。場所は御社{room}を希望いたします。\n\n②お見積り\n　№{no}につきまして、数量を{n}台に変更のうえ再提出をお願いいたします。\n　ｶﾀﾛｸﾞの型番も併記いただけると助かります。\n\n{close}\n\n㈱髙橋商店　髙橋 﨑子\n℡ 03-0000-0000",
    )],
};

pub(super) const STORIES: &[Story] = &[
    Story {
        kind: Kind::Customer,
        by: "",
        subject: "【お見積依頼】{product}の件",
        label: "見積",
        turns: &[
            them(
                0,
                "{company2}\n{me}様\n\n{open}\n{company}の{them}です。\n\n{project}で{product}の導入を検討しております。\nつきましては、下記の内容でお見積りをいただけますでしょうか。\n\n　品名：{product}\n　数量：{n}台\n　納期：{day3}までを希望\n　納入場所：当社川崎事業所\n\n{day1}までにご回答いただけますと幸いです。\nご不明な点がございましたら、お気軽にお問い合わせください。\n\n{close}",
            ),
            with(
                Files::Quotation,
                me(
                    20,
                    "{company}\n{them}様\n\n{open}\n{company2}の{me}です。\n\nこのたびはお見積りのご依頼をいただき、誠にありがとうございます。\n{product}　{n}台の御見積書を添付いたしますので、ご査収ください。\n\n・見積番号：{no}\n・合計金額：{amount}円（税込）\n・有効期限：発行日より1か月\n\n納期につきましては、{day1}までにご発注いただければ{day3}の納入が可能です。\n\nご検討のほど、{close}",
                ),
            ),
            them(
                26,
                "{me}様\n\nお世話になっております。{them}です。\n\n早速のご対応ありがとうございます。\n社内で確認しましたところ、設置作業費を別行にしていただきたいとのことでした。\nお手数ですが、修正版をお送りいただけますでしょうか。\n\n金額に変更がなければ、今週中に注文書を発行できる見込みです。\n\n{close}",
            ),
            with(
                Files::Quotation,
                me(
                    3,
                    "{them}様\n\nお世話になっております。{me}です。\n\nご連絡ありがとうございます。\n設置作業費を別行にした修正版をお送りいたします。合計金額に変更はございません。\n\nご確認のほど、{close}",
                ),
            ),
        ],
    },
    Story {
        kind: Kind::Colleague,
        by: "",
        subject: "{project} 定例会議の日程調整",
        label: "会議",
        turns: &[
            them(
                0,
                "{me}さん、{third}さん\n\nお疲れさまです。{them}です。\n\n来月の{project}定例ですが、下記のうちご都合のよい日をお知らせください。\n\n　候補1：{day1} 10:00～11:00\n　候補2：{day2} 15:00～16:00\n　候補3：{day3} 13:30～14:30\n\n{day0}の夕方までにご返信いただけると助かります。\nよろしくお願いします。",
            ),
            me(
                2,
                "{them}さん\n\nお疲れさまです。\n\n候補2、候補3なら参加できます。\n候補1は{company}さんとの打ち合わせが入っていて難しいです。\n\nよろしくお願いします。",
            ),
            them(
                20,
                "各位\n\nお疲れさまです。{them}です。\n\nご返信ありがとうございました。候補2の\n\n　{day2} 15:00～16:00　{room}\n\nで確定とします。会議室は予約済みです。\n議題があれば前日までに共有フォルダの議題シートへ記入をお願いします。\n\nよろしくお願いします。",
            ),
        ],
    },
    Story {
        kind: Kind::Customer,
        by: "",
        subject: "{month}分ご請求書送付のご案内",
        label: "請求",
        turns: &[
            with(
                Files::Invoice,
                them(
                    0,
                    "{company2}\nご担当者様\n\n{open}\n{company} {unit}の{them}でございます。\n\n{month}分のご請求書（請求番号 {no}）をお送りいたします。\n\n　ご請求金額：{amount}円（消費税込み）\n　お支払期日：{day3}\n\nお振込手数料は貴社にてご負担くださいますようお願い申し上げます。\nなお、本メールをもって原本の郵送に代えさせていただきます。\n\nご不明な点がございましたら、{them}までご連絡ください。\n\n{close}",
                ),
            ),
            me(
                5,
                "{company}\n{them}様\n\nお世話になっております。{company2}の{me}です。\n\n請求書を受領いたしました。\n内容を確認のうえ、{day3}までにお振り込みいたします。\n\n{close}",
            ),
        ],
    },
    Story {
        kind: Kind::Colleague,
        by: "d.takahashi",
        subject: "【障害報告】{system}に接続しにくい事象について（第1報）",
        label: "障害",
        turns: &[
            them(
                0,
                "関係者各位\n\n{unit}の{them}です。\n\n現在、{system}に接続しにくい事象が発生しています。\n\n■ 発生日時\n　本日 {time} 頃～\n\n■ 影響\n　ログイン画面の表示に1分以上かかる、または「応答がありません」と表示される\n\n■ 原因\n　調査中です\n\n■ お願い\n　何度も再読み込みをすると負荷が高くなるため、復旧のご連絡までお待ちください。\n\n次の報告は1時間後を予定しています。\nご迷惑をおかけして申し訳ありません。",
            ),
            them(
                2,
                "関係者各位\n\n{unit}の{them}です。\n\n{system}の件、{time}に復旧を確認しました。\n\n■ 原因\n　夜間バッチの処理が終わらず、データベースの接続を使い切っていました。\n\n■ 対応\n　該当のバッチを停止し、接続数の上限を見直しました。\n\n■ 再発防止\n　処理時間が一定を超えた場合に自動で通知するよう、{day2}までに設定します。\n\nまだつながりにくい場合は、{them}（内線 {ext}）までご連絡ください。",
            ),
            me(
                1,
                "{them}さん\n\nお疲れさまです。{me}です。\n\nこちらでも接続できることを確認しました。\n早い対応ありがとうございました。",
            ),
        ],
    },
    Story {
        kind: Kind::Customer,
        by: "inoue",
        subject: "面接日程のご連絡（{applicant}様）",
        label: "採用",
        turns: &[
            them(
                0,
                "{company2} 採用ご担当\n{me}様\n\n{open}\n{company}の{them}です。\n\nご推薦しております{applicant}様の一次面接につきまして、ご本人より下記の日程であれば伺えるとの連絡がありました。\n\n　第1希望：{day1} 17:00以降\n　第2希望：{day2} 終日\n　第3希望：{day3} 午前中\n\nご都合のよい日時をお知らせいただけますでしょうか。\n履歴書と職務経歴書は、先日お送りしたものから変更ございません。\n\n{close}",
            ),
            me(
                7,
                "{company}\n{them}様\n\nお世話になっております。{me}です。\n\n日程をお知らせいただきありがとうございます。\n第2希望の{day2} 14:00からでお願いできればと存じます。\n\n　場所：当社 本社3階 受付\n　面接官：技術部長、{me}\n　所要時間：1時間程度\n\n当日は受付の内線（{ext}）からお呼び出しください。\n\n{close}",
            ),
            them(
                4,
                "{me}様\n\nお世話になっております。{them}です。\n\n{day2} 14:00で、{applicant}様に確認が取れました。\n当日はどうぞよろしくお願いいたします。",
            ),
        ],
    },
    Story {
        kind: Kind::Customer,
        by: "r-matsumoto",
        subject: "出荷完了のお知らせ【ご注文番号 {no}】",
        label: "納品",
        turns: &[with(
            Files::Table,
            them(
                0,
                "{company2}\n{me}様\n\n{open}\n{company} 出荷センターの{them}です。\n\nご注文いただきました商品を、本日出荷いたしました。\n\n　ご注文番号：{no}\n　品名：{product}\n　数量：{n}\n　お届け予定日：{day1} 午前中\n　お問い合わせ番号：{track}\n\n出荷明細を添付いたします。\n到着後、数量と外装に傷みがないかをご確認くださいますようお願いいたします。\n\n{close}",
            ),
        )],
    },
    Story {
        kind: Kind::Colleague,
        by: "",
        subject: "議事録：{project}キックオフ {day0}",
        label: "会議",
        turns: &[
            with(
                Files::Note,
                them(
                    0,
                    "各位\n\nお疲れさまです。{them}です。\n\n本日のキックオフの議事録をお送りします。添付と同じ内容です。\n\n【決定事項】\n1. 連絡窓口は{them}とし、週1回の定例を行う\n2. 検証環境は{day1}までに{third}さんが用意する\n3. 仕様の確定は{day2}とする\n\n【宿題】\n・現行データの件数確認（{me}さん、{day1}まで）\n・利用者への説明資料のたたき台（{them}、{day2}まで）\n\n【次回】\n{day3} 10:00～ {room}\n\n認識の違いがあれば、明日中にご指摘ください。",
                ),
            ),
            me(
                18,
                "{them}さん\n\nお疲れさまです。議事録ありがとうございます。\n\n宿題の件数ですが、退職者の分を含めるかどうかで3割ほど変わります。\n今回は含める前提で数えておきますね。",
            ),
            them(
                1,
                "{me}さん\n\nはい、含める前提でお願いします。\n議事録の宿題欄にも書き足しておきました。助かります！",
            ),
        ],
    },
    Story {
        kind: Kind::Newsletter,
        by: "news",
        subject: "【{company}メールマガジン】{month}号：業務改善のヒントと新製品のお知らせ",
        label: "",
        turns: &[them(
            0,
            "いつも{company}のサービスをご利用いただき、ありがとうございます。\n{month}号では、次の3つの話題をお届けします。\n\n■ 特集：紙の申請書をなくした3つの工夫\n総務部門が最初に手をつけたのは、いちばん枚数の多い申請書ではありませんでした。\n\n■ 新製品：{product}\n設置面積はそのままに、処理速度が大きく向上しました。\n\n■ セミナー：{day2} 14:00～（オンライン・無料）\n「はじめての電子帳簿保存」お申し込みは{day1}まで\n\n配信の停止をご希望の方は、下記のページからお手続きください。",
        )],
    },
    Story {
        kind: Kind::Colleague,
        by: "misaki.suzuki",
        subject: "【{day1}締切】健康診断の予約について",
        label: "総務",
        turns: &[
            them(
                0,
                "社員各位\n\n{unit}の{them}です。\n\n定期健康診断の時期になりました。下記をご確認のうえ、{day1}までに予約をお願いします。\n\n・受診期間は{day2}からの2か月間です\n・予約は病院の予約ページから各自で行ってください\n・35歳以上の方は、胃の検査を内視鏡に変更できます（差額は会社が負担します）\n\n問診票は社内便で配布します。当日は保険証を忘れずにお持ちください。\n\nお忙しいところ恐れ入りますが、ご協力をお願いいたします。",
            ),
            me(
                46,
                "{them}さん\n\nお疲れさまです。{me}です。\n\n予約ページを見たのですが、土曜日の枠がもう埋まっているようです。\n平日の午前中に受ける場合は、出勤扱いになりますか。",
            ),
            them(
                2,
                "{me}さん\n\nお疲れさまです。\n\nはい、受診の時間は移動も含めて出勤扱いです。\n勤怠の備考欄に「健康診断」と入れておいてください。",
            ),
        ],
    },
    Story {
        kind: Kind::Customer,
        by: "",
        subject: "{project}の検収についてのご相談",
        label: "案件",
        turns: &[
            them(
                0,
                "{me}様\n\n{open}\n{company}の{them}です。\n\n先日納品いただいた{project}の検収を進めておりますが、2点ご相談がございます。\n\n1点目は、月次帳票の合計欄です。端数の処理が仕様書と異なるように見えます。\n　仕様書：切り捨て\n　実際：四捨五入\n\n2点目は、操作マニュアルの改訂版をいつ頃いただけるかという点です。\n\n検収期限が{day2}のため、明日お電話でお話しできればと存じます。\nご都合のよい時間帯をお知らせください。",
            ),
            me(
                3,
                "{company}\n{them}様\n\nお世話になっております。{me}です。\n\nご連絡ありがとうございます。ご不便をおかけし申し訳ございません。\n\n1点目は当方の設定誤りでした。本日中に修正し、あらためてご連絡いたします。\n2点目のマニュアルは{day1}にお送りできます。\n\n明日は13時から15時でしたら、いつでもお電話をお受けできます。\n\n{close}",
            ),
            them(
                16,
                "{me}様\n\nお世話になっております。{them}です。\n\nでは、13時30分頃にこちらからお電話いたします。\nよろしくお願いいたします。",
            ),
            me(
                9,
                "{them}様\n\nお世話になっております。{me}です。\n\n本日はお電話でのお打ち合わせ、ありがとうございました。\n端数処理の修正を反映いたしましたので、お時間のあるときにご確認ください。\n\n検収書のご発行は{day2}で問題ないとのこと、承知いたしました。\n引き続き、{close}",
            ),
        ],
    },
    Story {
        kind: Kind::Colleague,
        by: "",
        subject: "本日の在宅勤務について",
        label: "",
        turns: &[
            them(
                0,
                "{me}さん\n\nおはようございます。{them}です。\n\n子どもが熱を出してしまったため、本日は在宅勤務に切り替えます。\n午前中は病院に行くので、連絡がつきにくいかもしれません。\n\n14時の{company}さんとの打ち合わせはオンラインで出ます。\n急ぎのときは携帯にお願いします。",
            ),
            me(
                1,
                "{them}さん\n\nおはようございます。了解です。\n打ち合わせは{third}さんと先に始めておくので、無理しないでください。\n\nお大事に。",
            ),
        ],
    },
    Story {
        kind: Kind::Customer,
        by: "",
        subject: "棚卸しに伴う臨時休業のお知らせ",
        label: "",
        turns: &[them(
            0,
            "お取引先各位\n\n{open}\n{company}でございます。\n\n誠に勝手ながら、棚卸しのため下記の期間を休業とさせていただきます。\n\n　休業期間：{day1} ～ {day2}\n\n期間中にいただいたお問い合わせには、{day3}以降に順次ご回答いたします。\n出荷の最終受付は休業前日の正午となりますので、お急ぎのご注文はお早めにお願いいたします。\n\nご不便をおかけいたしますが、何卒ご了承くださいますようお願い申し上げます。",
        )],
    },
    Story {
        kind: Kind::Colleague,
        by: "yamada",
        subject: "Fwd: {product}の不具合に関するお問い合わせ",
        label: "問い合わせ",
        turns: &[
            with(
                Files::Picture,
                them(
                    0,
                    "{me}さん\n\nお疲れさまです。{unit}の{them}です。\n\n{company}さんから下のお問い合わせをいただきました。\n画面の写真を添付します。\n\n心当たりがあれば教えてもらえますか。{day1}に訪問するので、それまでに一次回答をしたいです。\n\n---------- 転送メッセージ ----------\n昨日から、{product}の電源を入れると「E-{ext}」と表示されて起動しません。\n電源を入れ直すと動くこともあります。交換が必要でしょうか。",
                ),
            ),
            me(
                5,
                "{them}さん\n\nお疲れさまです。\n\nE-{ext}は内部の電池が弱っているときに出る表示です。\n電池の交換だけで直るので、本体の交換は要りません。部品は在庫があります。\n\n訪問時に持っていけるよう、{room}の棚に置いておきます。",
            ),
            them(
                1,
                "{me}さん\n\n助かります！　先方にもそのように伝えます。\nありがとうございました。",
            ),
        ],
    },
    Story {
        kind: Kind::Customer,
        by: "",
        subject: "ご発注書の送付（発注番号 {no}）",
        label: "受注",
        turns: &[
            with(
                Files::Order,
                them(
                    0,
                    "{company2}\n{me}様\n\n{open}\n{company} {unit}の{them}です。\n\n先日お見積りいただいた{product}につきまして、添付のとおり発注いたします。\n\n　発注番号：{no}\n　数量：{n}\n　金額：{amount}円（税込）\n　希望納期：{day3}\n\n注文請書をご返送くださいますようお願いいたします。\n\n{close}",
                ),
            ),
            with(
                Files::Order,
                me(
                    4,
                    "{company}\n{them}様\n\n{open}\n{company2}の{me}です。\n\nこのたびはご注文をいただき、誠にありがとうございます。\n注文請書を添付いたします。ご希望のとおり{day3}に納品いたします。\n\n納品の前日に、担当の{third}からお電話を差し上げます。\n\n{close}",
                ),
            ),
        ],
    },
    Story {
        kind: Kind::Junk,
        by: "info",
        subject: "【重要】お客様のアカウントに関するお知らせ",
        label: "",
        turns: &[them(
            0,
            "お客様各位\n\n弊社のシステム更新に伴い、お客様の情報の再登録が必要となりました。\n24時間以内に下記よりお手続きいただけない場合、ご利用を制限いたします。\n\nhttps://login.example.net/verify\n\n※このメールは自動で送信されています。",
        )],
    },
    Story {
        kind: Kind::Colleague,
        by: "",
        subject: "歓送迎会のご案内　{day2} 18:30～",
        label: "",
        turns: &[
            them(
                0,
                "{me}さん\n\nお疲れさまです。幹事の{them}です。\n\n{third}さんの異動と、新しく入られた{applicant}さんの歓迎を兼ねて、下記のとおり会を開きます。\n\n　日時：{day2} 18:30～20:30\n　場所：駅前の「海鮮いろり」2階\n　会費：4,500円（当日集めます）\n\n出欠を{day1}までに、このメールへの返信でお願いします。\nアレルギーのある方は、あわせてお知らせください。",
            ),
            me(
                3,
                "{them}さん\n\nお疲れさまです。出席します。\nえびだけ苦手なので、ほかのもので大丈夫ならお願いします。\n\n幹事おつかれさまです！",
            ),
        ],
    },
    Story {
        kind: Kind::Newsletter,
        by: "",
        subject: "{product} 無料体験会のご案内（{day2}開催）",
        label: "",
        turns: &[them(
            0,
            "平素は格別のご高配を賜り、厚く御礼申し上げます。\n\n{product}をじっくりお試しいただける無料体験会を開催します。\n\n■ 日時　{day2} 13:00～17:00（入退場自由）\n■ 会場　{company} ショールーム\n■ 定員　各回10名（先着順）\n\n当日は担当の技術者が、設定や運用のご質問にお答えします。\nご家族やお知り合いの方とのご来場もお待ちしております。",
        )],
    },
];
