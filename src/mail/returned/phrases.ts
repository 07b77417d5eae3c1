/**
 * How notices of mail that did not arrive are worded, in the languages they come in. Data: a pattern a language or a
 * thought, tried on single lines.
 */

const any = (...patterns: RegExp[]): RegExp => new RegExp(patterns.map((one) => one.source).join("|"), "iu");

/** A mail, or its recipient, is told to have failed. */
export const FAILURE = any(
  /undeliver|non-?deliver|not (?:be(?:en)? )?(?:deliver|sent\b)|(?:was|were|been) (?:blocked|quarantined|bounced)|deliver\w* (?:\w+ )?(?:fail|problem|error|status)|unable to (?:deliver|send|relay|find|open|locate)/,
  /could ?n[o']t be (?:\w+ )?(?:deliver|sent|reached|found|relayed|process)|cannot be (?:\w+ )?(?:deliver|sent|reached|found|relayed|process)|(?:was|were|been) n?[o']t deliver/,
  /did ?n[o']t (?:reach|receive|go through)|(?:message|mail|delivery|recipients?|address(?:es)?|attempts?) (?:has |have |was |were |to )?(?:permanently )?fail/,
  /(?:fatal|permanent|delivery|transient|sending)[\w -]{0,20} errors?|(?:has|have|was|were|been) (?:returned|rejected|refused|delayed)|returned (?:mail|message|to sender)|message (?:refused|rejected)/,
  /no such (?:user|person|address|recipient|mailbox|account|domain|host)|unknown (?:user|recipient|address|host|domain)|(?:user|recipient|address|mailbox|account|host|addressee|domain)[\w' -]{0,30} (?:unknown|not found|not known|not listed|not recogni[sz]ed|invalid|disabled|inactive|suspended|unavailable|full|rejected)/,
  /(?:does ?n[o']t|do not) (?:exist|have an?\b|like recipient)|invalid (?:user|recipient|address|mailbox|final)|no mailbox here|(?:over|exceed\w*) (?:the |its |his |their )?(?:\w+ )?quota|quota (?:exceed|violation)|mailbox(?: is)? full|is full|not a(?: registered)? member|are not member|not allowed to post|no longer (?:valid|in use|available|exists?|active)/,
  /(?:delivery|message|mail).{0,40}(?:delayed|deferred|failed|failure|failing)|failure notice|failed (?:recipient|address|delivery)|delivery to the following|following (?:address|recipient)\S*/,
  /n'a pas (?:pu|été)|n'ont pas|non remis|pas (?:été )?(?:délivr|remis|distribu|trouv)|n'existe pas|échec|impossible de/,
  /no (?:pudo|pudieron|puede|se (?:ha |han )?(?:pod|pud|entreg|encontr))|no existe|no ha sido|não (?:pode|pôde|foi|existe)|nao (?:pode|foi|existe)|falha|entrega/,
  /nicht (?:zugestellt|zustell|erreich|gefunden|ausgeliefert|übermittelt|bekannt)|unzustellbar|fehlgeschlagen|unbekannt|konnte(?:n)?\b.{0,60}\bnicht/,
  /non (?:è stat|e' stat|può essere|recapit|consegn|esiste)|impossibile|mancata|niet (?:bezorgd|afgeleverd|worden|bestaat|gevonden)|onbekend|kunde inte|ikke (?:leveres|leveret)|nie (?:można|udało|został|istnieje)/,
  /не (?:может|удалось|была? доставлен|доставлен|найден|существу)|недоставлен|невозможно/,
  /送信でき|配信でき|届け|届か|配送|送達|エラー|見つか|存在しません|存在しない|不明|宛先|拒否|退信|退回|投递|无法|失败|不存在|失敗|無法|반송|실패|없는|없습니다/,
);

/** What only a notice says, in so many words, of the mail as a whole. */
export const STATEMENT =
  /^[^>]{0,60}\b(?:(?:could|can) ?n[o']t be|was not|were not|unable to|has not been) (?:be )?(?:deliver|sen[dt])\w*\b.{0,60}\b(?:following|one or more|address|recipients?)|^[^>]{0,30}\bfollowing (?:recipients?|address(?:es)?)\b.{0,30}(?:fail|did not|were not|could not|had|rejected)|did ?n[o']t reach the following|permanent fatal errors|failed permanently|delivery to the following|^undeliverable address:|not deliver\w* to one or more|recipients? of (?:your|the) (?:mail|message).{0,30}not/i;

/** It is not over yet: the sender is told to be patient. */
export const DELAY =
  /\b(?:warning message only|do not need to resend|not need to re-?send|will (?:be )?(?:retr|continue|keep|try again|be attempted)|has been delayed|have been delayed|been deferred|still (?:trying|being|attempting|in the queue|could not)|attempts will continue|(?<!not )continue (?:to be made|trying)|not yet been delivered|could not (?:yet )?be delivered for|no action is required|delivery (?:is )?delayed|been postponed|transient non-?fatal|(?:verzögert|retard[ée]|retrasad))/i;

/** It arrived: the sender had asked to be told. */
export const SUCCESS =
  /\bsuccess(?:ful(?:ly)?)? (?:mail |message )?(?:deliver|relay|delivery report)|delivery report that you requested|\b(?:message|mail) (?:was|has been) (?:successfully )?(?:delivered to|relayed to)|delivered:|\bdelivery (?:receipt|confirmation)|delivery via .{0,200}\b25\d\b/i;

/** Who to ask, rather than who was not reached. */
export const CONTACT =
  /\b(?:contact|please (?:e-?mail|write|call|send|forward|report|visit)|for (?:help|assistance|more|further)|questions?|support|help ?desk|assistance|administrator|unsubscribe|report (?:this|it) to|forward(?:ed)? this|complain|abuse|e-?mail us|webmaster|whitelist|mailto:|https?:)|問い?合わせ|連絡|質問|contacte[zr]?\b|wenden|kontakt/i;

/** The address that follows wrote the mail, or is the notice's own. */
export const BY_SENDER =
  /(?:\bfrom|\bsender|\bby|\bsent by|mail from|envelope-from|reply-to|return-path|\bvon|\bde la part de|\bdear|\bsorry|\bhello|\bhi|on behalf of|\bid|message-id|resent-from|\bcc)\b[\s:=<("'[]*$/i;

/** The address that follows is how the recipient was written before an alias was followed. */
export const FORMERLY = /\b(?:generated from|originally (?:addressed|sent) to|expanded from)[\s:=<("'[]*$/i;

/** The address that follows is a recipient's. */
export const BY_RECIPIENT =
  /(?:\brcpt(?: to)?|(?:your|following|the) (?:message|e?-?mail) to|recipients?|address(?:ee|es|ees)?|mailbox|users?|account|undeliverable(?: to)?|deliver(?:y|ed)?(?: \w+){0,4} to|(?:fail\w*|attempts?)|userid|not deliver(?:ed)? to|destinataires?|destinatario|empf[äa]nger|宛先|recipient\(s\)|address\(es\))[\s"'<:=[(\]]*$/i;

/** Subjects under which providers pass on complaints without a report for machines. */
export const COMPLAINT =
  /\bcomplaint about (?:a )?(?:message|e?-?mail|spam)|\b(?:spam|abuse|junk|feedback loop) (?:complaint|report)|\bfeedback report\b/i;

/** Names of mail systems, as authors of notices. */
export const SYSTEM =
  /^(?:mailer-?daemon|post[-_]?master|mail[-_.]?(?:er|daemon|system|delivery|admin|server|gateway)[\w.-]*|mdaemon|double-?bounce|bounces?|[\w.-]*mailer-daemon[\w.-]*|root|uucp|smtp|mta|(?:no|non)-?deliver\w*|administrator|system|[\w.-]*(?:delivery|anti-?virus|mailscanner|mailguard)[\w.-]*)$/i;

/** Subjects of notices. */
export const SUBJECT = any(
  /undeliver|non-?deliver|returned (?:mail|message|to sender)|mail (?:system|delivery) (?:error|fail|problem)|delivery (?:status|fail|error|problem|notification|report|incomplete|warning|has failed|unsuccessful|delayed)|failure (?:notice|delivery)|fail(?:ed|ure)? (?:mail|delivery|to deliver|notice)|mail fail|could ?n[o']t be (?:deliver|sent)|permanent (?:delivery )?(?:fail|error)|message (?:delayed|undeliver|fail)|(?:error|problem)s? (?:sending|deliver)|^\W*(?:warning|notification)\b.{0,30}(?:not sent|could not|deliver|delay)|mail could not|are not (?:a )?member|bounce|(?:could not|cannot|unable to) (?:send|deliver|be sent)/,
  /non remis|échec|unzustellbar|zustellung|fehlgeschlagen|mancat[ao]|non recapit|no entregado|error de entrega|falha|não entregue|недостав|возвращ|退信|投递|配信|送信|エラー|반송|niet bezorgd|onbestelbaar/,
);

/** Subjects and words of an absent person's notice. */
export const ABSENCE = any(
  /out of (?:the )?office|auto(?:matic|mated|matische)?[ -]?(?:re(?:ply|sponse|sponder)|antwort|respuesta)|^\s*auto:|vacation|on (?:holiday|leave)|away (?:from|until|message)|absent|abwesen|urlaub|réponse automatique|respuesta automática|risposta automatica|resposta automática|absence|afwezig|fuera de (?:la )?oficina|自動返信|自動応答|不在|自动回复|自動回覆|부재중|автоответ|will be (?:back|out)|i am (?:currently )?(?:away|out|on)/,
);

/** A mail that asks its sender to show that they are a person, or are wanted. */
export const CHALLENGE = any(
  /\b(?:confirm|verify|prove)\b.{0,60}\b(?:you are|you're|that you|your (?:message|e-?mail|identity))|sender (?:is )?(?:not (?:yet )?)?(?:pre-?approved|verification|verified|authori[sz]ed)|guest list/,
  /\b(?:reply|respond|click)\b.{0,80}\bto (?:be added|deliver|release|confirm|verify|approve)|\b(?:tmda|spam ?arrest|challenge[ /-]response)\b/,
);

/** Fields in which some systems name who was not reached. */
export const FAILED_FIELD =
  /^x-(?:\w{1,20}-){0,3}(?:failed|bounced|undelivered)-(?:recipients?|address(?:es)?|rcpt)$|^x-original-recipientlist$/;
