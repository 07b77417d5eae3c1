/**
 * What far sides write when they refuse, as data: the wordings behind `senseOf`, in the order in which they are asked.
 *
 * Who is strict speaks precisely: greylisting, limits and block lists name themselves, so they are asked before the
 * wordings that could mean several things ("rejected", "unavailable"). Patterns are about how servers word a thing, not
 * about single servers; the codes that big providers document stand in a group of their own. `[^;]{0,40}` bounds each
 * gap, so that no text can make a pattern slow.
 */
import type { Sense } from "./sense.ts";

/** `digit`: only for replies of this class (4yz for now, 5yz for good). */
export type Wording = { sense: Sense; words: RegExp; digit?: 4 | 5 };

const words = (sense: Sense, patterns: RegExp[], digit?: 4 | 5): Wording[] =>
  patterns.map((pattern) => ({ sense, words: pattern, ...(digit && { digit }) }));

const greylisted = words("greylisted", [
  /gr[ae]y[- ]?list|postgrey|\bpolicyd-weight\b|\bsqlgrey\b|\bgrey\.rbl\b/iu,
  /\[gl0\d\]/iu, // Yahoo
  /(?:first|initial) (?:attempt|time|contact|delivery)[^;]{0,60}(?:defer|delay|reject|try|retry|again)/iu,
  /(?:unknown|new) (?:triplet|sender)[^;]{0,40}(?:defer|delay|retry|again)/iu,
  /(?:try|retry)(?:ing)? (?:again )?(?:in|after) \d+ ?(?:s|sec|seconds|min|minutes)\b/iu,
  /liste grise|lista gris|lista grigia|lista cinza|szar[aey][^;]{0,3} list|серы[йхе][^;]{0,3} спис|灰名单|灰名單|グレーリスト/iu,
]);

/** The mailbox is written to by too many at once: neither our pace nor the address is at fault. */
const busyMailbox = words("other", [
  /(?:user|recipient|mailbox|account)[^;]{0,60}(?:receiving|receives) (?:mail|messages|e-?mail)[^;]{0,20}(?:too quickly|rate|too many|large number)/iu,
  /too many hops|hop ?count|routing loop|mail loop|loops? (?:detected|back)|mailer loop/iu,
]);

/** Nobody was there: what a mail server says of it when it gives up. */
const nobodyThere = words("unavailable", [
  /(?:message|delivery) (?:time )?expired|connection timed out|: timed out\b|name server reply|did not accept our requests to connect|connection refused(?! (?:from|by|due|because))/iu,
]);

/** Said outright, it needs no thinking about sizes. */
const plainlyFull = words("mailbox full", [/mail ?box (?:is |was )?full\b/iu]);

/** Codes that providers document on their postmaster pages. */
const codes = [
  ...words("slow down", [
    /\[(?:ip)?ts+0\d\]/iu, // Yahoo: [TSS04], [TS03], [IPTS04]
    /\brl0000\d+\b/iu, // Comcast
    /\bib00[17]\b|\brp-00\d\b|\(s775\)/iu, // Hotmail
    /\baup#[io](?:n|ut)?-?13\d\d\b/iu, // Spectrum
    /\bcx(?:thrt|cnct|mxrt|sndr|mjcn)\b/iu, // Cox
    /\bhl:(?:icc|ifc|itc)\b|\bmi:(?:sfq|dmc|ifc|sql)\b|\brp:(?:drc|trc|orc|orq|qrc)\b/iu, // NetEase
    /\b(?:ofr|lpn)\d*_104\b/iu, // Orange, La Poste
  ]),
  ...words("blocked", [
    /\bs31[45]0\b|\b(?:sc|dy)-00\d\b/iu, // Hotmail
    /\[bl\d\d\]|\bbl0000\d+\b/iu, // Yahoo, Comcast
    /\bhl:(?:rep|mep|ipb)\b|\bdt:rbl\b|\bwm:bl[iu]\b/iu, // NetEase
    /\bcx(?:bl|dns|dnsl|rbl)\b/iu, // Cox
    /\b(?:ofr|lpn)\d*_50\d\b/iu, // Orange, La Poste
    /\baup#[io](?:n|ut)?-?(?:1[0-2]|14)\d\d\b/iu, // Spectrum
    /none\/bad reputation|ip[:=][^;]{0,50}a problem occurred/iu, // T-Online
  ]),
  ...words("content", [/\bdt:spm\b/iu]), // NetEase
  ...words("policy", [/\bmi:spf\b|\bmi:spb\b|\bdt:spf\b/iu]),
];

/** Asked before mailbox sizes and quotas, whose words they share. */
const sendingQuota = words("slow down", [
  /\b(?:sending|send|sent|outgoing|submission|hourly|daily|per[- ](?:hour|day|minute))\b[^;]{0,20}(?:quota|limit)|(?:quota|limit)[^;]{0,20}\b(?:sending|per (?:hour|day|minute))/iu,
]);

const size = words("content", [
  /\b(?:message|mail|data|header|attachment|file|text|line|e-mail)s? (?:\w+ ){0,3}(?:size|length)[^;]{0,50}(?:exceed|limit|too|larg|maximum)|(?:size|length) of (?:the |this )?(?:message|mail|data)|exceed[^;]{0,40}(?:message size|size of (?:the )?message|maximum (?:message )?size|size limit)/iu,
  /\b(?:message|mail|data|attachment|file|header|body|line)s? (?:\w+ )?(?:is |are )?too (?:large|big|long)|larger than|headers? too|(?<!box )\bsize limit|taille[^;]{0,20}message|line limit/iu,
  /zu gro(?:ß|ss)|trop (?:gros|volumineux|long)|demasiado grande|troppo grande|muito grande|za duż|te groot|för stor|слишком (?:больш|велик)|(?:邮件|郵件|附件)[^;]{0,10}(?:过大|過大|太大)|大きすぎ/iu,
]);

const slowDown = words("slow down", [
  /too (?:many|much) (?:\w+ ){0,3}(?:connections?|sessions?|messages?|e?-?mails?|recipients?|requests?|transactions?|deliver(?:y|ies)|users?|attempts)\b/iu,
  /(?:rate|frequency|volume|traffic)[- ]?(?:is )?(?:limit|exceed|control|too high|restrict)|throttl|slow(?:ing)? down|unusual rate|unexpected volume|user complaints/iu,
  /(?:send|connect|submit)(?:ing|ed)? (?:\w+ ){0,3}too (?:fast|quickly|often|frequently|much|many)/iu,
  /(?:connections?|sessions?|messages?|e?-?mails?|recipients?|hourly|daily|sending|send|concurrency)[^;]{0,30}(?:limit|quota|maximum|threshold)[^;]{0,30}(?:exceed|reach|hit|over)/iu,
  /exceed(?:ed|s|ing)?[^;]{0,50}(?:connections?|sessions?|\brate\b|frequency|messages per|e?-?mails per|number of (?:messages|recipients|e?-?mails)|recipients? limit|concurrent|sending (?:limit|quota))/iu,
  /(?:max(?:imum)?|limit(?: of)?)[^;]{0,30}(?:connections?|sessions?|messages?|recipients?)[^;]{0,30}(?:reach|exceed|per (?:connection|session|minute|hour))/iu,
  /(?:concurrent|simultaneous|parallel)[^;]{0,20}(?:connection|session)|reduce (?:your|the) (?:\w+ )?(?:rate|speed|volume|connection)/iu,
  /(?:mail ?box|server|system) (?:is )?(?:too )?busy[^;]{0,40}from|excessive (?:\w+ )?(?:rate|connections?|volume|traffic|messages)/iu,
  /temporarily (?:deferred|rate)|mail[^;]{0,40}was deferred|deferred due|(?:mail|message) flood|\bslower\b|connection limit/iu,
  /zu (?:viele|schnell|häufig|haeufig)|(?:verbindungs|empfänger|versand|sende|mail)[-]?(?:limit|grenze)|limit[^;]{0,20}(?:überschritten|erreicht)/iu,
  /trop de |(?:limite|fréquence)[^;]{0,30}(?:atteinte|dépass)|débit[^;]{0,20}(?:limité|dépass)/iu,
  /demasiad[oa]s |(?:límite|limite)[^;]{0,30}(?:excedid|superad|alcanzad|atingid|superato)|muitas (?:conex|mensag)|troppe |troppi /iu,
  /te veel |zbyt (?:wiele|dużo|częst)|przekroczon[^;]{0,20}limit|för många|for mange|liian monta|çok fazla|příliš mnoho/iu,
  /слишком (?:много|часто)|превышен[^;]{0,30}(?:лимит|количеств|частот|соединен|скорост)|забагато/iu,
  /(?:频率|頻率|频次|连接数|連線數|并发|发送|發送|发信|次数)[^;]{0,15}(?:过|過|超|受限|限制|太)|(?:过于|太|過於)(?:频繁|頻繁)|(?:连接|請求|请求)(?:过|過)多/u,
  /(?:接続|送信|同時)[^;]{0,20}(?:多すぎ|制限|超え|上限)|(?:발송|연결|접속|전송|동시)[^;]{0,15}(?:초과|제한|과다)/u,
]);

/** Lists, reputation, reverse names: whoever names these speaks of our address or domain. */
const listed = words("blocked", [
  /\b(?:black|block|deny|reject|ban)[- ]?list|\brbls?\b|\bdnsb?ls?\b|dnsbl|\bdrbl\b|spamhaus|spamcop|sorbs|spamrl|barracuda (?:reputation|central)|barracuda(?:central|networks)|cloudmark|invaluement|uceprotect|senderscore|senderbase|mail-abuse|abuseat|cobion|mailspike|abusix|proofpoint\.com|talosintelligence|trend ?micro/iu,
  /(?:\bip\b|host|client|server|domain|address)[^;]{0,60}(?:is|was|been|are) (?:\w+ )?listed|listed (?:at|on|by|in) |lookup site/iu,
  /(?:poor|bad|low|no|insufficient|negative|due to|ip|domain|sender|host)[^;]{0,30}reputation|reputation[^;]{0,30}(?:low|poor|bad)/iu,
  /(?:reverse|\bptr\b|\brdns\b)[^;]{0,40}(?:dns|record|lookup|host|name|entry|resol|valid|missing|fail|not|requir|match)|(?:cannot|can't|could not|unable to) (?:find|resolve)[^;]{0,20}(?:your|client) (?:\w+ )?(?:host|name|address|ip)|(?:ip|client|host) ?name lookup fail|(?:no|missing|without) ptr/iu,
  /(?:spam(?:mer|ming)?|abuse|abusive|virus|malware|botnet)[^;]{0,20}(?:source|origin|sender ip)|(?:identified|known|detected|flagged) as (?:a )?spam(?:mer| source|ming)|suspected spam sender|banned|blocked for (?:spam|abuse)|dynamic (?:ip|address)|dial-?up|residential|zombied|sender is spammer|looks suspicious/iu,
  /(?:from|by|for|to) your (?:ip|(?:mail ?)?(?:server|host)|network)|your (?:ip|(?:mail ?)?server|network)[^;]{0,60}(?:block|reject|refus|denied|is not|isn't)|sender ip|(?:bad|bogus)[^;]{0,10}\bip\b|open proxy|(?:use|through) (?:the |your )?(?:\w+ )?(?:isp|provider)'?s? (?:mail|smtp)|smtp server of your isp|listed as abus/iu,
  /(?:forward|matching) dns|dns entry|unresolvable|unverifi?y?able sending|mismatch(?:es)?[^;]{0,10}(?:\bip\b|host)/iu,
  /(?:not|isn't|aren't) (?:allowed|authori[sz]ed|permitted)[^;]{0,20}(?:to )?(?:connect|send (?:e-?)?mail directly|send directly)|invalid ip for sending/iu,
  /(?:\bip\b|network|\[?\d+\.\d+\.\d+\.\d+\]?)[^;]{0,50}(?:block|banned|blacklist|refus|not (?:allowed|authori[sz]ed|welcome|accepted))|geographic/iu,
  /schwarze[nr]? liste|sperrliste|(?:ip|server|host)[^;]{0,40}(?:gesperrt|blockiert|gelistet)/iu,
  /listes? noires?|(?:adresse ip|serveur)[^;]{0,40}(?:bloqu|refus|interdit)|service refus|lista negra|lista nera|(?:ip|servidor|server)[^;]{0,40}(?:bloquead|bloccat|rechazad|zablokowan)|czarn[^;]{0,3} li[sś][tc]/iu,
  /ч[её]рн[а-я]+ спис|(?:ip|сервер|хост)[^;]{0,40}(?:заблокирован|запрещ|блокир)|黑名单|黑名單|(?:IP|域名|服务器|伺服器)[^;]{0,15}(?:被封|封禁|拒绝|拒絕|禁止|屏蔽|封鎖)/iu,
  /ブラックリスト|(?:IP|接続元|送信元)[^;]{0,20}(?:拒否|ブロック|規制)|블랙리스트|스팸 ?IP|(?:IP|서버)[^;]{0,15}차단/iu,
]);

/** A verdict on this mail may name a list as well. */
const verdict = words("content", [
  /due to spam|spam classification|spamassassin|spam ?profiler|spam[- ]?(?:filter|score|check)\b|black ?listed (?:url|link)|(?:url|link)s?[^;]{0,30}(?:black|block) ?list|banned (?:content|file|attachment)|message (?:refused|rejected) by \w*(?:spam|filter|marshal)/iu,
]);

const sender = words("policy", [
  /(?:invalid|unknown|bogus|unrout[e]?able|unverified|forged|bad|dummy|empty|fake)[^;]{0,12}(?:sender|mail from|\bfrom\b|originator)|\bbatv\b|backscatter|\bhelo\b|\behlo\b|from: domain|does not accept mail from/iu,
  /relay|rcpthost|gateway(?:ing)? (?:not|denied|user)|registered gateway|not (?:a )?local domain|not an open|not a gateway|address is not verified|subscribed to this|closed mailing list|authentification/iu,
  /\bdmarc\b|\bdkim\b|\bspf\b|sender policy framework|unauthenticated|(?:authentication|authenticate|anti-?spoof|spoof)/iu,
  /(?:sender|mail from|from address|originator|return[- ]path|envelope from|absender|expéditeur|remitente|mittente|remetente|отправител|发件人|寄件者|差出人|送信者)[^;]{0,60}(?:reject|refus|denied|invalid|verif|exist|unknown|unrecogni|not |abgelehnt|ungültig|rechazad|rifiutat|не |不|拒)/iu,
  /domain of sender|(?:tls|ssl|starttls|encrypt(?:ed|ion)?)[^;]{0,30}(?:requir|must|need|mandatory|fail)|must issue a starttls/iu,
  /(?:only|restricted to) (?:\w+ ){0,2}(?:members|subscribers|senders)|members[- ]only|recipient preferences|(?:rejected|blocked|refused) by (?:the )?recipient|challenge|local user only|null sender/iu,
]);

const mailboxFull = words("mailbox full", [
  /mail ?box (?:\w+ ){0,2}(?:size|limit|storage)|user has too many messages|space has been used|(?:not|does ?n[o']t) (?:have )?(?:enough|sufficient) (?:\w+ )?(?:disk ?)?space|exceed[^;]{0,20}(?:allowed|maximum) storage/iu,
  /(?:over|exceed(?:s|ed|ing)?|above|beyond)[^;]{0,30}(?:disk ?)?quota|disk ?space quota|quota[^;]{0,30}(?:exceed|full|over|reach|violat|limit)|overquota|quotaexceeded|disk ?quota/iu,
  /(?:mail ?box|inbox|mail ?folder|account|user|recipient|mail ?store|mail ?drop)[^;]{0,60}(?:\bfull\b|over (?:its|the|their)|exceed(?:s|ed)? (?:its|the|their|his)? ?(?:\w+ )?(?:size|storage|limit|space|allocat)|out of (?:\w+ )?(?:space|storage)|too (?:full|large)|(?:no|not enough|insufficient) (?:\w+ )?(?:space|storage|room))/iu,
  /\bfull\b (?:mail ?box|inbox)|exceed(?:ed|s)? (?:\w+ ){0,2}storage allocation|(?:storage|disk) (?:allocation|quota|limit)|too much mail (?:data )?in|(?:not enough|insufficient|no) (?:\w+ )?(?:space|storage|room) (?:\w+ ){0,3}(?:mail ?box|user|recipient|account)/iu,
  /(?:postfach|briefkasten|kontingent|speicherplatz|mailbox)[^;]{0,40}(?:voll|überschritten|ueberschritten|überfüllt|erschöpft)|(?:postbus|mailbox)[^;]{0,20}vol\b/iu,
  /(?:bo[iîí]te|messagerie|quota)[^;]{0,40}(?:plein|satur|dépass|atteint)|\b(?:buz[oó]n|bandeja|cuenta|caixa|conta|casella|cuota|cota)\b[^;]{0,40}(?:llen[oa]|excedid|superad|cheia|lotada|pien[ao]|esaurit|sin espacio)/iu,
  /skrzynk[^;]{0,30}(?:pełn|przepełn)|przekroczon[^;]{0,30}pojemn|schránk[^;]{0,20}pln|(?:brevlåda|inkorg|postlåda|postkasse|postboks|innboks)[^;]{0,20}ful|postilaatikko[^;]{0,20}täynnä|(?:kota|posta kutusu)[^;]{0,20}(?:dol|aşıl)/iu,
  /ящик[^;]{0,40}(?:переполн|заполнен|полон)|превышен[^;]{0,30}(?:квот|объ[её]м|размер ящик)|скриньк[^;]{0,20}переповн/iu,
  /(?:邮箱|信箱|郵箱|郵件匣|容量|空间|空間|配额|配額)[^;]{0,10}(?:已满|已滿|满|滿|超限|不足|超出|超过|超過)|(?:容量|メールボックス|受信箱|ボックス)[^;]{0,20}(?:いっぱい|一杯|超え|超過|オーバー|不足)|(?:용량|메일함|편지함|사서함)[^;]{0,15}(?:초과|부족|가득|꽉)/u,
]);

const content = words("content", [
  /\bspam(?:ming|my)?\b|anti-?spam|bulk (?:e-?)?mail|detected that this message|recurrent pattern|by our filter|executable|\bube\b|\buce\b|unsolicited|junk|bulk mail|virus|malware|infected|phish|trojan|\buribl\b|\bsurbl\b|\bdbl\b|suspicious|fraud/iu,
  /(?:not|no longer) (?:accept|allow|permit)\w*[^;]{0,25}(?:attachment|html)|(?:content|attachment|body|subject|message text|file type|header|urls?|links?)[^;]{0,40}(?:reject|refus|denied|deny|not (?:accept|allow|permit)\w*|filter|illegal|improper|invalid|prohibit|banned|block|forbid|error|missing|violat)|(?:message|mail) (?:was |has been )?(?:filtered|content)/iu,
  /improper use of 8-?bit|8-?bit data|malformed|rfc ?\d{3,4}[^;]{0,40}(?:complian|violat|invalid)|not rfc|(?:multiple|duplicate|missing|invalid) (?:from|message-id|date|to|subject)\b|mime[^;]{0,20}(?:error|invalid|not)|bare (?:lf|cr)|line (?:too long|length)/iu,
  /(?:message|mail|e-mail)[^;]{0,20}(?:rejected|refused|blocked)[^;]{0,20}(?:by|due to|because)[^;]{0,20}(?:filter|content|rule|score)|(?:spam|content|message) (?:score|filter)/iu,
  /spam-?verdacht|спам|вирус|垃圾(?:邮件|郵件)|迷惑メール|스팸|duplicate header|mime (?:complexity|header)|base64|binary content/iu,
]);

const WHO =
  "(?:users?|mail ?box(?:es)?|recipients?|address(?:ee|es)?|accounts?|inbox|alias|local ?part|usernames?|user ?id|person|customer|mail ?drop|subscriber)";
const noSuchUser = words("no such user", [
  new RegExp(
    String.raw`\b(?:unknown|no such|invalid|bad|non-?exist(?:ent|ing)|undeliverable|unrout[e]?able|inactive|disabled|deactivated|expired|closed|incorrect|illegal|unrecogni[sz]ed|undefined|no valid|not a valid|not a known|no longer (?:a )?valid|suspended|discontinued|obsolete|wrong)(?: (?:\w+|<>|[/-])){0,2} ?(?:e-?mail )?${WHO}\b`,
    "iu",
  ),
  new RegExp(
    String.raw`\b${WHO}\b[^;]{0,80}(?:\bunknown\b|not (?:be |been )?found|not exist|n[o']t exist|n't exist|not known|not recogni|is invalid|\binvalid\b|disabled|inactive|suspended|deactivated|\bclosed\b|terminated|cancel+ed|\bexpired\b|no longer|not (?:a )?valid|not (?:here|local|listed|registered|active|defined)|does not have|doesn't have|is not an? |no mail ?box|deleted|removed|locked|frozen|discontinued|moved|gone)`,
    "iu",
  ),
  /(?:no|not a|isn't a|not our|isn't our|not one of our) (?:\w+ ){0,3}(?:mail ?box|user|recipient|account|customer|address)\b|unknown in (?:\w+ )?(?:local|virtual|relay)|nessun utente|destinataire archiv|(?:recipient|user|address)[^;]{0,20}(?:does ?n[o']t|not) (?:like|accept)|(?:hasn't|have|has) (?:an? )?(?:\w+ )?account|\buser[- ]?unknown\b|recipnotfound|recipient ?not ?found/iu,
  /(?:host|domain)(?: name)?[^;]{0,40}(?:unknown|not (?:be )?found|not exist|n't exist|no such|invalid|unrout)|(?:unknown|no such|invalid|unrout[e]?able|couldn't find any) (?:mail )?(?:host|domain)|nxdomain|no mx (?:record|host)|null ?mx|does not accept mail|name service error/iu,
  /(?:empf(?:ä|ae)nger|benutzer|postfach|konto|adresse|mailbox)[^;]{0,40}(?:unbekannt|ungültig|ungueltig|nicht gefunden|existier|nicht vorhanden|deaktiviert|gelöscht|gesperrt)|unbekannte[rs]? (?:benutzer|empf|adress|postfach)|kein(?:en?)? (?:solche[rs]? )?(?:benutzer|postfach|empf)/iu,
  /\b(?:adresse|destinataire|utilisateur|compte|bo[iî]te)[^;]{0,60}(?:invalide|inconnu|inexistant|n.existe pas|désactiv|introuvable|fermé|suspendu)|aucun destinataire/iu,
  /\b(?:usuario|buz[oó]n|cuenta\b|destinat[aá]rio|direcci[oó]n|usu[aá]rio|conta\b|caixa postal|endere[cç]o|utente|casella|indirizzo)[^;]{0,50}(?:desconocid|desconhecid|sconosciut|n[oã]o? existe|non esiste|inexistente|inesistente|n[oãi]?[on]? ?v[aá]lid|inv[aá]lid|no encontrad|n[aã]o encontrad|non trovat|deshabilitad|desativad|disabilitat|disattivat|suspendid|suspens|sospes)/iu,
  /\b(?:gebruiker|postbus|ontvanger|adres)\b[^;]{0,40}(?:onbekend|bestaat niet|ongeldig|niet gevonden)|(?:użytkownik|skrzynka|adres|konto|odbiorca)[^;]{0,40}(?:nie istnieje|nieznan|nieprawidłow|nie znalezion|zablokowan)|brak (?:takiego )?(?:użytkownik|konta|adres)|(?:uživatel|schránka|adresa|příjemce)[^;]{0,40}(?:neexist|neznám|nenalezen)/iu,
  /(?:användare|mottagar|adress|brevlåda|bruger|bruker|modtager|mottaker|postkasse)[^;]{0,40}(?:finns inte|finnes ikke|findes ikke|okänd|ukendt|ukjent|ogiltig|ugyldig)|(?:käyttäjä|vastaanottaja|postilaatikko)[^;]{0,40}(?:ei ole|tuntematon|ei löydy)|(?:kullanıcı|alıcı|posta kutusu|hesap)[^;]{0,40}(?:bulunamadı|bilinmiyor|mevcut değil|geçersiz|yok)/iu,
  /(?:пользовател|ящик|адрес|получател|уч[её]тн|абонент)[^;]{0,40}(?:не существ|не найден|неизвест|неверн|недействит|заблокирован|удал[её]н|отключ|нет)|нет такого|неизвестный (?:пользовател|получател|адрес)|(?:користувач|скриньк|одержувач)[^;]{0,40}(?:не існу|не знайд|невідом)/iu,
  /(?:用户|用戶|使用者|邮箱|信箱|郵箱|帐号|帳號|账号|账户|收件人|收件者|地址|域名)[^;]{0,12}(?:不存在|无效|無效|被禁用|已停用|未找到|找不到|错误|不正确|已注销)|无此(?:用户|邮箱|帐号)|無此(?:用戶|使用者|帳號|信箱)|查無此人|找不到(?:收件|用户|使用者)/u,
  /(?:宛先|ユーザー?|アドレス|受信者|アカウント|メールボックス)[^;]{0,25}(?:存在し|見つかりません|不明|無効|ありません|誤)|(?:사용자|수신자|메일함|계정|주소|수신인)[^;]{0,15}(?:존재하지|없습니다|없는|찾을 수 없|알 수 없|휴면|정지)|(?:없는|존재하지 않는) (?:사용자|계정|메일)/u,
]);

const noSuchUserForGood = words(
  "no such user",
  [
    /(?:mail ?box|account|user)[^;]{0,20}(?:is )?(?:currently )?(?:unava|not (?:available|present))|(?:has been|is)(?: \w+)? (?:suspended|locked|replaced by|archived)|archived recipient|not found recipient|not an active address|(?:bad|valid)rcpt ?to|existent user|not present in|no existe|home directory|recipients? was undeliverable|recipient not (?:ok|accepted)|not (?:currently )?(?:being )?accept(?:ing|ed) (?:any mail|for this mailbox)|mail receiving disabled|name or service not known|(?:recipient )?domain must exist|unroutable/iu,
    /unavailable (?:mail )?(?:user|mail ?box)|(?:recipient|rcpt|address|mail ?box|user)(?: address)?[^;]{0,10}(?:is )?(?:rejected|refused|hang ?up)|user (?:in black|reject)|not accept(?:ing|ed)? (?:mail|messages) (?:for|to) (?:this|that)/iu,
  ],
  5,
);

const refusedUs = words(
  "blocked",
  [
    /(?:host|client|server|connections?|your (?:mail|e-mail|ip|domain|server|network))[^;]{0,40}(?:reject|refus|denied|block|not (?:allowed|accept|welcome|permit))|you are not (?:allowed|welcome|permitted)|go away|not accepting (?:connections|messages|mail)|access denied[^;]{0,20}(?:banned|ip)/iu,
    /^\W*(?:\S+ )?(?:blocked|refused)\b/iu,
  ],
  5,
);

const unavailable = words("unavailable", [
  /(?:service|system|server|resources?|host|database|directory|ldap|local|queue|mail ?box)[^;]{0,40}(?:unavailable|not available|trouble|failure|overload|maintenance|\bdown\b|busy|shut|problem|error|not respond)|internal (?:server )?error|operating system error|configuration error|out of memory/iu,
  /time[sd]? ?-?out|timeout|connection (?:refused|reset|lost|dropped|closed|was)|network|unreachable|no route|insufficient (?:system |disk )?(?:storage|space|resource|permission|memory)|disk (?:is )?full|no space left|load average|high load|too many errors|closing (?:connection|transmission|channel)/iu,
  /dns (?:error|fail|lookup)|temporar(?:y|ily)[^;]{0,30}(?:fail|error|problem|unavailable|lookup|reject)|expired/iu,
  /vorübergehend|störung|wartung|temporairement|indisponible|temporalmente|temporaneamente|temporariamente|tymczasow|временно|недоступ|暂时|暫時|系统(?:繁忙|忙|错误)|系統(?:忙|錯誤)|一時的|일시적/iu,
]);

const policy = words("policy", [
  /polic(?:y|ies)|access denied|permission|not authori[sz]ed|unauthori[sz]ed|prohibited|restrict|forbidden|not (?:allowed|permitted)|administrative|security|disallowed|organi[sz]ational settings|protocol violation|you must|denied/iu,
]);

/** When nothing else is said than that something is not there, it is what we asked for. */
const unknownForGood = words("no such user", [/not exist|n[o']t exist|n't exist|unknown|not found|undeliverable/iu], 5);

/** Asked in this order; the first that fits decides. */
export const WORDINGS: readonly Wording[] = [
  ...greylisted,
  ...busyMailbox,
  ...nobodyThere,
  ...codes,
  ...sendingQuota,
  ...plainlyFull,
  ...size,
  ...mailboxFull,
  ...slowDown,
  ...verdict,
  ...listed,
  ...sender,
  ...content,
  ...noSuchUser,
  ...noSuchUserForGood,
  ...refusedUs,
  ...unavailable,
  ...policy,
  ...unknownForGood,
];
