// Escapes text from outside for targets that read mark-up. One function for each target.

/**
 * A name after @ that stands behind no letter or digit: `@here`, `(@channel)`, `.@alice`, as Slack, Mattermost and GitHub
 * read it. An e-mail address is none.
 */
const mention = /(^|[^\p{L}\p{N}])([@＠﹫])(?=[\p{L}\p{N}_])/gu;

/** What makes of brackets a link or an image: `[text](url)`, `[text][name]`, `[name]: url`. */
const linked = /\](?=[[(:])/g;

/** It mentions nobody, wherever it is shown or pasted: `@ here`. */
export function withoutMentions(text: string): string {
  return text.replace(mention, '$1$2 ');
}

/**
 * For Slack and what speaks its webhooks (Mattermost, Rocket.Chat): no mention, no masked link, no channel called.
 * Slack's own rule is &, < and >; the others read @here and Markdown's links too.
 */
export function slackText(text: string): string {
  return withoutMentions(text).replace(linked, '] ').replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/** Foreign words in it call nobody and link nowhere; no preview is fetched for what is in it. */
export function slackMessage(text: string): object {
  return { text: slackText(text), mrkdwn: false, unfurl_links: false, unfurl_media: false };
}

/** Characters of a summary (PagerDuty, Events API v2). */
const longestSummary = 1024;

/**
 * For PagerDuty, whose texts go on by mail, to Slack and into CSV exports: no mention, link, tag or formula. The summary
 * is the first line.
 */
export function pagerDutyTexts(text: string): { summary: string; details: string } {
  const details = withoutMentions(text)
    .replace(linked, '] ')
    .replace(/<(?=[!@#/?\p{L}])/gu, '< ')
    .replace(/^(?=[=+\-@＝＋－＠])/, ' ');
  const [summary = ''] = details.split(/[\r\n]/, 1);
  return { summary: summary.slice(0, longestSummary).toWellFormed(), details };
}

/** For Markdown, anywhere in a line, a heading, a list or a table's cell: no link, image, HTML, table, mention or formula. */
export function markdownText(text: string): string {
  return withoutMentions(text.replace(/[\r\n\u2028\u2029]+/g, ' '))
    .replace(/[\\`*_{}[\]<>|#&~$]/g, '\\$&')
    .replace(/:\/\//g, ':\\/\\/')
    .replace(/\b(www)\./gi, '$1\\.')
    .replace(/^(\s*)([-+=!])/, '$1\\$2')
    .replace(/^(\s*\d{1,9})([.)])/, '$1\\$2');
}
