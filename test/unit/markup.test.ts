// Text from outside has no power in Slack, Markdown or wherever it is pasted.
import { describe, expect, it } from 'vitest';
import { markdownText, pagerDutyTexts, slackText, withoutMentions } from '../../src/core/text/markup.ts';

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
    ['[the runbook][1]\n[1]: https://evil.example', '[the runbook] [1]\n[1] : https://evil.example'],
    ['![pixel](https://evil.example/p.png)', '![pixel] (https://evil.example/p.png)'],
    ['<!date^1^{date}|@channel>', '&lt;!date^1^{date}|@ channel&gt;'],
    ['<mailto:a@b.example|pay here>', '&lt;mailto:a@b.example|pay here&gt;'],
    ['&#60;!here&#62;', '&amp;#60;!here&amp;#62;'],
    ['<<!channel>>', '&lt;&lt;!channel&gt;&gt;'],
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
    // Chats begin a name behind any of these.
    ['failed.@here', 'failed.@ here'],
    ['-@channel', '-@ channel'],
    ['_@all_', '_@ all_'],
    ['50%@everyone', '50%@ everyone'],
    ['+@team', '+@ team'],
    ['/@user', '/@ user'],
    ['＂＠here＂', '＂＠ here＂'],
    ['@ünal', '@ ünal'],
    ['@_private', '@ _private'],
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
    ['=HYPERLINK("https://evil.example")', '\\=HYPERLINK("https:\\/\\/evil.example")'],
    ['+1+cmd|x', '\\+1+cmd\\|x'],
    ['[a][b]', '\\[a\\]\\[b\\]'],
    ['[a]: https://evil.example', '\\[a\\]: https:\\/\\/evil.example'],
    ['<https://evil.example>', '\\<https:\\/\\/evil.example\\>'],
    ['title\n=====', 'title ====='],
    ['a\u2028| --- |', 'a \\| --- \\|'],
    ['~~~\nrm\n~~~', '\\~\\~\\~ rm \\~\\~\\~'],
    ['<!-- hidden -->', '\\<!-- hidden --\\>'],
    ['\\[x](y)', '\\\\\\[x\\](y)'],
    ['$E=mc^2$ &amp; @here', '\\$E=mc^2\\$ \\&amp; @ here'],
  ])('%s', (outside, text) => {
    expect(markdownText(outside)).toBe(text);
  });
});

describe('for PagerDuty, and what it hands on', () => {
  it.each([
    ['<!channel> @here', '< !channel> @ here'],
    ['<img src=x onerror=y></img>', '< img src=x onerror=y>< /img>'],
    ['<?xml?>', '< ?xml?>'],
    ['<script>', '< script>'],
    ['[pay](https://evil.example)', '[pay] (https://evil.example)'],
    ['=cmd|" /C calc"!A0', ' =cmd|" /C calc"!A0'],
    ['+1', ' +1'],
    ['-2+3', ' -2+3'],
    ['@SUM(1)', ' @ SUM(1)'],
    ['＝1', ' ＝1'],
    ['p95 < 500 ms, a <= b', 'p95 < 500 ms, a <= b'],
  ])('%s', (outside, text) => {
    expect(pagerDutyTexts(outside)).toEqual({ summary: text, details: text });
  });

  it('the summary is the first line, of at most 1024 units, and no half letter', () => {
    const { summary, details } = pagerDutyTexts(`${'x'.repeat(1023)}😀 more\n- second`);
    expect(summary).toBe(`${'x'.repeat(1023)}\ufffd`);
    expect(details).toContain('\n- second');
  });
});
