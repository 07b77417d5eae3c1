/**
 * Joining by mail: the command, confirmed by a plain reply to our letter; a moderator's reply to the letter that asks them;
 * the reply of who is invited. Only who has such a letter knows its address, and no machine's answer comes this far.
 */
import type { Sql } from "../db/sql.ts";
import * as directory from "../directory/directory.ts";
import * as joining from "../joining/joining.ts";
import { idToBytes } from "../kit/id.ts";
import { catalogues, en, inLanguage, t } from "../language/language.ts";
import { ruleFor } from "../mail/disposable.ts";
import { sealToken } from "../mail/token.ts";
import * as notices from "../notices/notices.ts";
import { answerAsked, type Done, decline, nothing } from "./answer.ts";
import type { Filing, Judged } from "./file.ts";
import { resolveToken } from "./tokens.ts";

/** Is it to this sender as if there were no such group? */
export async function isHidden(sql: Sql, group: directory.Group, author: string): Promise<boolean> {
  if (group.visibility !== "secret") return false;
  const isMember = (await directory.membershipOf(sql, group.id, author)) !== undefined;
  const isInvited = !isMember && (await directory.invitedAmong(sql, group.id, [author])) !== undefined;
  return directory.sightOf(group, { isMember, isInvited }) === "nothing";
}

export async function subscribe(
  sql: Sql,
  filing: Filing,
  judged: Judged,
  about: notices.Occasion & { group: directory.Group },
): Promise<Done> {
  const { authorAddress: address, authorName: name } = judged.opened.summary;
  const { group } = about;
  const say = (detail: string, sentence: string): Promise<Done> =>
    decline(sql, filing, judged, detail, () => notices.declinedLetter(filing, about, sentence));
  if (await directory.membershipOf(sql, group.id, address))
    return say(en`a member already`, en`${address} is in ${group.title} already: there is nothing to do.`);
  if (await directory.waitingRequestOf(sql, group.id, address))
    return say(
      en`their request waits`,
      en`Your request to join ${group.title} waits for a moderator already: there is nothing to do.`,
    );
  const gate = await joining.gateFor(sql, group, { address });
  if (gate.is === "no") {
    if (group.joining !== "closed" || directory.isClosed(group)) return say(en`the group does not take them`, gate.why);
    const owner = `${group.name}-owner@${filing.domain}`;
    return say(en`the group is closed`, en`${group.title} is closed: ask its owners at ${owner} to let you in.`);
  }
  if ((await ruleFor(address, filing.disposable)) === "refuse")
    return say(
      en`a throwaway address`,
      en`${address} is a throwaway address, and none can join here: write from one that you keep.`,
    );
  // What they write with the command is their word to the moderators.
  const words = gate.is === "ask" ? judged.opened.summary.words : "";
  const request = await directory.askToJoin(sql, group.id, { address, name, words }, filing.clock);
  const token = sealToken(filing.tokenSecret, "join", idToBytes(request));
  return answerAsked(sql, filing, judged, "confirm-join", address, en`asked to confirm joining`, () =>
    notices.confirmJoinLetter(filing, about, token),
  );
}

export async function confirmJoin(sql: Sql, filing: Filing, judged: Judged, token: string): Promise<Done> {
  const id = resolveToken(filing.tokenSecret, "join", token);
  const request = id ? await directory.joinRequest(sql, id) : undefined;
  const [group] = request ? await directory.groupsById(sql, [request.groupId]) : [];
  if (!request || !group) return nothing(en`The request to join has expired: ask again.`);
  const entered = await joining.enter(sql, filing, group, request, {
    cause: en`confirmed by mail`,
    consent: {
      how: "mail",
      source: en`asked by mail, and confirmed by an answer (${judged.opened.mail.id}) to our letter to ${request.address}`,
    },
  });
  switch (entered.is) {
    case "member":
      return { outcome: "obeyed", detail: en`a member already`, letters: [] };
    case "joined":
      return { outcome: "obeyed", detail: en`joined ${group.name}`, letters: [] };
    case "waits":
      return { outcome: "obeyed", detail: en`waits for a moderator of ${group.name}`, letters: [] };
    case "no":
      return nothing(entered.why);
  }
}

/** A moderator's reply: `approve`, or `decline` and a reason, as its first words. Whose letter it is may still decide. */
export async function decideRequest(sql: Sql, filing: Filing, token: string, text: string): Promise<Done> {
  const opened = joining.openRequestToken(filing.tokenSecret, token);
  const request = opened ? await directory.joinRequest(sql, opened.requestId) : undefined;
  const [group] = request ? await directory.groupsById(sql, [request.groupId]) : [];
  const deciders = group ? await directory.deciders(sql, group.id) : [];
  const membership = deciders.find((one) => opened?.isOf(one.id) && directory.may(one, "members"));
  if (!request || !group || !membership)
    return nothing(en`The address is no link of ours, or its receiver decides no more.`);
  const { word, rest } = firstWord(text);
  const decision = said(word, () => t`approve`) ? "approve" : said(word, () => t`decline`) ? "decline" : undefined;
  if (!decision) return nothing(en`The reply began neither with approve nor with decline, so nothing was done.`);
  const by = {
    membershipId: membership.id,
    name: membership.name || membership.address,
    how: "mail" as const,
  };
  const decided = await joining.decide(sql, filing, group, request.id, { decision, reason: rest, by });
  if (!decided) return nothing(en`Somebody has decided about this request already, or it has ended.`);
  const detail = decision === "approve" ? en`let ${request.address} join` : en`declined that ${request.address} joins`;
  return { outcome: "obeyed", detail, letters: [] };
}

/** The invited answer: a no in any of our languages declines, everything else that a person writes has to begin with yes. */
export async function answerInvitation(sql: Sql, filing: Filing, token: string, text: string): Promise<Done> {
  const id = joining.openInvitationToken(filing.tokenSecret, token);
  const invitation = id ? await directory.invitation(sql, id) : undefined;
  const [group] = invitation ? await directory.groupsById(sql, [invitation.groupId]) : [];
  if (!invitation || !group) return nothing(en`This invitation is over.`);
  const { word } = firstWord(text);
  if (said(word, () => t`no`)) {
    await directory.endInvitation(sql, invitation, "declined", filing.clock.now());
    return { outcome: "obeyed", detail: en`the invitation was declined`, letters: [] };
  }
  if (!said(word, () => t`yes`)) return nothing(en`The reply began neither with yes nor with no, so nothing was done.`);
  const accepted = await joining.accept(sql, filing, group, invitation, "");
  if (accepted.is === "no") return nothing(accepted.why);
  return {
    outcome: "obeyed",
    detail: accepted.is === "joined" ? en`joined ${group.name}` : en`a member already`,
    letters: [],
  };
}

/** The first word that its author wrote, and what else stands on that line. */
function firstWord(text: string): { word: string; rest: string } {
  const line =
    text
      .slice(0, 4000)
      .split(/\r?\n/)
      .find((one) => one.trim() !== "" && !/^\s*>/.test(one)) ?? "";
  const [, word = "", rest = ""] = /^[^\p{L}]*(\p{L}+)[\s.!:;,–-]*(.*)$/u.exec(line.trim()) ?? [];
  return { word: word.toLowerCase(), rest: directory.lineOf(rest, 500) };
}

/** In any of our languages. */
const said = (word: string, wanted: () => string): boolean =>
  [...catalogues().keys()].some((language) => inLanguage(language, wanted).toLowerCase() === word);
