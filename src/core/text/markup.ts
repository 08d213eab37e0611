// Escapes text from outside for targets that read mark-up. One function for each target.

/** A name after @ at the beginning of a word: `@here`, `@channel`, `@alice`; an e-mail address is none. */
const mention = /(^|[^\p{L}\p{N}._%+-])([@＠﹫])(?=[\p{L}\p{N}_])/gu;

/** It mentions nobody, wherever it is shown or pasted: `@ here`. */
export function withoutMentions(text: string): string {
  return text.replace(mention, '$1$2 ');
}

/**
 * For Slack and what speaks its webhooks (Mattermost, Rocket.Chat): no mention, no masked link, no channel called.
 * Slack's own rule is &, < and >; the others read @here and Markdown's links too.
 */
export function slackText(text: string): string {
  return withoutMentions(text)
    .replace(/\]\(/g, '] (')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;');
}

/** Foreign words in it call nobody and link nowhere; no preview is fetched for what is in it. */
export function slackMessage(text: string): object {
  return { text: slackText(text), mrkdwn: false, unfurl_links: false, unfurl_media: false };
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
