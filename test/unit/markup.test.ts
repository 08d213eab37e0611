// Text from outside has no power in Slack, Markdown or wherever it is pasted.
import { describe, expect, it } from 'vitest';
import { markdownText, slackText, withoutMentions } from '../../src/core/text/markup.ts';

describe('for Slack and compatible webhooks', () => {
  it.each([
    ['<!channel> <!here> <!everyone>', '&lt;!channel&gt; &lt;!here&gt; &lt;!everyone&gt;'],
    [
      '<@U024BE7LH> <#C024BE7LR> <!subteam^SAZ94GDB8>',
      '&lt;@ U024BE7LH&gt; &lt;#C024BE7LR&gt; &lt;!subteam^SAZ94GDB8&gt;',
    ],
    ['see <https://evil.example|the runbook>', 'see &lt;https://evil.example|the runbook&gt;'],
    ['[the runbook](https://evil.example)', '[the runbook] (https://evil.example)'],
    ['R&D &lt;!channel&gt;', 'R&amp;D &amp;lt;!channel&amp;gt;'],
    ['@here, (@channel) @everyone', '@ here, (@ channel) @ everyone'],
    ['p95 > 500 ms', 'p95 &gt; 500 ms'],
  ])('%s', (outside, sent) => {
    expect(slackText(outside)).toBe(sent);
  });
});

describe('a mention', () => {
  it.each([
    ['@alice', '@ alice'],
    ['＠channel', '＠ channel'],
    ['timeout\n@here', 'timeout\n@ here'],
    ['"@all"', '"@ all"'],
    ['@@here', '@@ here'],
    ['dba@bentham.io', 'dba@bentham.io'],
    ['pg@10.0.0.1', 'pg@10.0.0.1'],
    ['a @ b', 'a @ b'],
  ])('%s', (outside, text) => {
    expect(withoutMentions(outside)).toBe(text);
  });
});

describe('for Markdown', () => {
  it.each([
    ['[text](javascript:alert(1))', '\\[text\\](javascript:alert(1))'],
    ['![x](https://evil.example/p.png)', '\\!\\[x\\](https:\\/\\/evil.example/p.png)'],
    ['<img src=x onerror=y>', '\\<img src=x onerror=y\\>'],
    ['a | b\n| c', 'a \\| b \\| c'],
    ['# heading', '\\# heading'],
    ['```\nrm -rf /\n```', '\\`\\`\\` rm -rf / \\`\\`\\`'],
    ['see www.evil.example', 'see www\\.evil.example'],
    ['- item', '\\- item'],
    ['1. first', '1\\. first'],
    ['$E=mc^2$ &amp; @here', '\\$E=mc^2\\$ \\&amp; @ here'],
  ])('%s', (outside, text) => {
    expect(markdownText(outside)).toBe(text);
  });
});
