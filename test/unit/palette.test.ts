// The palette ranks what a person means first.
import { describe, expect, test } from 'vitest';
import { type MetricId, metricIds } from '../../src/core/world/thresholds.ts';
import { found, listed, markedAt } from '../../src/screens/overlays/palette.ts';
import { search } from '../../src/screens/overlays/search.ts';
import { dispatchKey, looksPasted, paste } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import type { State } from '../../src/store.ts';
import { calm, frameText, outage, pressing, stateOf } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const first = (text: string, n = 1) =>
  listed(stateOf(outage), text)
    .all.slice(0, n)
    .map((item) => item.title);

describe('a typed text finds first', () => {
  test.each([
    ['q', 'quit'],
    ['exit', 'quit'],
    ['restart', 'restart a deployment'],
    ['restart api', 'restart api-gateway'],
    ['gateway restart', 'restart api-gateway'],
    // Its newest revision crashes.
    ['rollback', 'roll back api-gateway'],
    ['undo', 'roll back api-gateway'],
    ['failover', 'fail over the database to the replica'],
    ['fail', 'fail over the database to the replica'],
    ['logs', 'logs'],
    ['log', 'logs of all pods'],
    ['errors', 'errors in the logs'],
    ['pods', 'pods'],
    ['pod', 'pods'],
    ['sev1', 'SEV1 Complete API outage'],
    ['sev', 'SEV1 Complete API outage'],
    ['key', 'API keys'],
    ['ack', 'alerts'],
    ['kill', 'cancel a session’s statement'],
    ['vacuum', 'vacuum and analyze a table'],
    ['bell', 'mute the bell'],
    ['color', 'theme auto'],
    ['redis', 'redis'],
    ['p95', 'API p95'],
    ['latency', 'API p95'],
    ['abc123', 'study_abc123'],
    ['openai', 'openai-api'],
    ['gw', 'gateway'],
    ['bckp', 'backups'],
    ['sessions', 'database sessions, locks and replication'],
    ['database', 'database sessions, locks and replication'],
    ['locks', 'database sessions, locks and replication'],
    ['tables', 'database tables, bloat and weekly tasks'],
    ['slow queries', 'top statements (pg_stat_statements)'],
    ['top queries', 'top statements (pg_stat_statements)'],
    ['pg_stat_statements', 'top statements (pg_stat_statements)'],
    ['wait events', 'wait events, what sessions wait for'],
    ['explain', 'database sessions, locks and replication'],
    ['cache hit', 'table use: sequential scans, cache hits, dead rows'],
    ['seq scans', 'table use: sequential scans, cache hits, dead rows'],
    ['unused index', 'index use: unused and invalid indexes'],
    ['deployments', 'pods'],
    ['events', 'pods'],
    ['nodes', 'pods'],
    ['appendix', 'useful commands of the runbook'],
    ['snapshots', 'backups'],
    ['runs', 'command log'],
    ['why', 'health'],
    ['who is on call', 'contacts: whom to call'],
    ['on call', 'contacts: whom to call'],
    ['snooze', 'alerts'],
    ['export', 'timeline'],
    ['kill query', 'cancel a session’s statement'],
    ['disable openai', 'disable openai-api'],
    ['test anthropic', 'test anthropic-api live'],
    ['address', 'service locations'],
    ['port', 'ports of the services'],
    ['staging', 'service locations'],
    ['restart gateway', 'restart api-gateway'],
    ['roll back gateway', 'roll back api-gateway'],
    ['slow', 'API p95'],
    ['memory', 'Redis memory'],
    ['queue', 'Queue depth'],
    ['5xx', 'Error rate'],
    ['tenant', 'tenant-kyanos'],
    ['kyanos', 'tenant-kyanos'],
    ['executor', 'executor'],
    ['flush redis', 'evict old data from Redis'],
    ['clear session pool', 'clean up old sessions'],
    ['requeue', 'retry failed jobs'],
    ['leak', 'revoke an API key'],
    ['password', 'rotate the database credentials'],
    ['scale executor', 'scale executor'],
    ['logs gateway', 'logs of api-gateway'],
    // Misspelt.
    ['restrat gateway', 'restart api-gateway'],
    ['fialover', 'fail over the database to the replica'],
    ['bakcups', 'backups'],
    ['disabel openai', 'disable openai-api'],
    ['orchestartor', 'orchestrator'],
    ['timelien', 'timeline'],
    ['ocntacts', 'contacts: whom to call'],
    ['opneai', 'openai-api'],
    ['rolback', 'roll back api-gateway'],
  ])('%s: %s', (typed, title) => expect(first(typed)).toEqual([title]));

  test('SEV1 to SEV4 in their order', () => {
    expect(first('sev', 4).map((title) => title.slice(0, 4))).toEqual(['SEV1', 'SEV2', 'SEV3', 'SEV4']);
  });

  test('nothing that only shares letters by chance', () => {
    expect(found(stateOf(outage), 'bell')).toHaveLength(1);
    expect(found(stateOf(outage), 'doesnotexist')).toEqual([]);
  });

  test('where nothing matches, the nearest three are offered, and say so', () => {
    const typed = pressing(stateOf(outage), size, ':', ...'restaurant');
    const text = frameText(typed, size);
    expect(text).toContain('no match; the nearest:');
    expect(text).toContain('restart');
    expect(frameText(pressing(stateOf(outage), size, ':', ...'x'.repeat(60)), size)).toContain(
      'no match; esc goes back',
    );
  });

  test('everything, in its order, when the text is empty', () => {
    const all = [
      { id: '1', title: 'b', about: '' },
      { id: '2', title: 'a', about: '' },
    ];
    expect(search(all, '  ')).toEqual(all);
  });

  test('what was chosen lately comes first, whatever it is called now', () => {
    const chosen = pressing(stateOf(outage), size, ':', ...'mute the bell', 'enter');
    expect(chosen.ui.bell).toBe(false);
    const others = found(chosen, '').filter(({ kind }) => kind !== 'suggested');
    expect(others[0]?.title).toBe('ring the bell');
  });

  test.each([outage, calm])('no two entries are the same thing', (now) => {
    const ids = found(stateOf(now), '').map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(30);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  });
});

describe('input that arrives at once', () => {
  const on = (...keys: readonly string[]) => pressing(stateOf(outage), size, ...keys);
  const long = 'kubectl rollout restart deployment/api-gateway';
  test.each([
    ['typed ahead', on(), '3jjj', false],
    ['a palette entry typed ahead', on(), ':restart api-gateway\r', false],
    ['a long one', on(), `:${'m'.repeat(60)}\r`, false],
    ['a key held down', on(), 'j'.repeat(300), false],
    ['more repetitions than a held key sends', on(), 'j'.repeat(401), true],
    ['a command from the clipboard', on(), long, true],
    ['the same into a text field', on(':'), `${long}\r`, false],
    ['several lines into a text field', on(':'), `${long}\r${long}`, true],
    ['more than anybody types', on('2', '/'), 'ab'.repeat(200), true],
  ])('%s', (_, state, input, isPasted) => expect(looksPasted(state, input)).toBe(isPasted));
});

describe('the palette', () => {
  test('lists a screen once where a key opens it: with the key', () => {
    const ids = found(stateOf(outage), '').map(({ id }) => id);
    for (const name of ['war-room', 'incident']) {
      expect(ids).toContain(`key/${name}`);
      expect(ids).not.toContain(`screen/${name}`);
    }
    expect(ids).toContain('screen/metrics');
  });

  test('shows complete names at 80 columns, and whole clauses about the marked one', () => {
    const text = frameText(pressing(stateOf(outage), size, ':'), size);
    for (let at = 0; at < found(stateOf(outage), '').length; at += 14) {
      const keys = Array.from({ length: at }, () => 'down');
      for (const line of frameText(pressing(stateOf(outage), size, ':', ...keys), size)
        .split('\n')
        .slice(8, -2))
        expect(line.slice(0, 44)).not.toContain('…');
    }
    expect(text).toContain('▌  roll back api-gateway');
    const longest = pressing(stateOf(outage), size, ':', ...'retry failed');
    expect(frameText(longest, size)).toMatch(/sets the failed jobs of a study, or of one surface in it *\n/);
  });

  test('knows the selected row', () => {
    const marked = pressing(stateOf(outage), size, '2', 'j', 'j', ':', ...'copy');
    expect(frameText(marked, size)).not.toContain('no row is selected');
    expect(dispatchKey(marked, frame(marked, size), 'enter')).toContainEqual({
      kind: 'copy',
      text: 'api-gateway-7d9f8b6c5-8qk5p',
      what: 'pod api-gateway-7d9f8b6c5-8qk5p',
    });
  });
});

describe('`a` lists the action for the selected row first', () => {
  const firstOn = (...keys: readonly string[]) => {
    const state = pressing(stateOf(outage), { columns: 200, rows: 50 }, ...keys, 'a');
    return frame(state, { columns: 200, rows: 50 }).row?.id;
  };
  const down = (n: number) => Array.from({ length: n }, () => 'j');
  const onMetric = (id: MetricId) => down(metricIds.indexOf(id) + 1);
  test.each([
    // The pods of its new revision crash: more of them, and new ones of it, would crash, too.
    ['API p95', ['3', ...onMetric('p95')], 'rollback-deployment'],
    ['error rate', ['3', ...onMetric('errorRate')], 'rollback-deployment'],
    ['DB connections', ['3', ...onMetric('connections')], 'end-session'],
    ['Redis memory', ['3', ...onMetric('redisMemory')], 'evict-redis'],
    ['queue depth, opened', ['3', ...onMetric('queueDepth'), 'enter'], 'scale-deployment'],
    ['study failures', ['3', ...onMetric('studyFailures')], 'disable-surface'],
    ['the gateway', ['1', 'j'], 'rollback-deployment'],
    ['the primary that answers', ['1', ...down(2), 'enter'], 'end-session'],
    ['redis', ['1', ...down(4)], 'evict-redis'],
    ['a pod', ['2', ...down(2)], 'rollback-deployment'],
    ['a deployment, opened', ['2', 'j', 'enter'], 'rollback-deployment'],
    ['a surface', ['4', 'j'], 'disable-surface'],
    ['a study', ['5', 'j'], 'retry-jobs'],
    ['no row', ['0'], 'rollback-deployment'],
  ])('%s', (_, keys, action) => expect(firstOn(...keys)).toBe(action));

  test('with its target', () => {
    const state = pressing(stateOf(outage), { columns: 80, rows: 24 }, '3', 'j', 'a');
    expect(frameText(state, { columns: 80, rows: 24 })).toContain('ACTIONS  api-gateway');
  });
});

describe('the palette remembers, and names what it lists', () => {
  const typed = (...keys: readonly string[]) => pressing(stateOf(calm), size, ':', ...keys);
  const titles = (state: State) => listed(state, '').all.map(({ title }) => title);

  test('what was chosen is listed first the next time, after what the evidence points to', () => {
    const once = pressing(typed(...'backups'), size, 'enter');
    const twice = pressing(pressing(once, size, 'esc', ':', ...'evidence'), size, 'enter', 'esc');
    expect(titles(twice).slice(0, 2)).toEqual(['evidence', 'backups']);
    expect(titles({ ...twice, world: outage })[0]).toBe('roll back api-gateway');
    // Among entries that fit alike it comes first, too.
    const logs = pressing(typed(...'logs of exec'), size, 'enter', 'esc');
    expect(listed(logs, 'logs of').all[0]?.title).toBe('logs of executor');
  });

  test('each entry names its kind in a word', () => {
    const text = frameText(pressing(stateOf(outage), size, ':', ...'openai'), size);
    expect(text).toMatch(/▌ {2}openai-api +surface /);
    expect(text).toMatch(/disable openai-api +suggested /);
    expect(frameText(typed(...'redis'), size)).toMatch(/▌ {2}redis +backend /);
    expect(frameText(typed(...'tenant'), size)).toMatch(/▌ {2}tenant-kyanos +tenant /);
    for (const item of listed(stateOf(outage), '').all) expect(item.kind).toBeDefined();
  });

  test('^u empties the text, and everything is listed again', () => {
    expect(frameText(typed(...'openai', 'ctrl-u'), size)).toBe(frameText(typed(), size));
  });

  test('ten thousand pasted characters find nothing', () => {
    const state = stateOf(outage);
    for (const text of ['a'.repeat(10_000), 'restart '.repeat(1250), `${'x '.repeat(5000)}`])
      expect(listed(state, text).all).toEqual([]);
  });
});

describe('the marked entry', () => {
  const paletteOf = (state: State) => {
    const { overlay } = state.ui;
    if (overlay.kind !== 'palette') throw new Error('no palette');
    return overlay;
  };
  const markedIn = (state: State) => {
    const { all } = listed(state, paletteOf(state).text);
    return all[markedAt(all, paletteOf(state))]?.id;
  };
  /** The same screen, as facts come that suggest something. */
  const meanwhile = ({ ui }: State): State => ({ ...stateOf(outage), ui });
  const chosenBy = (state: State) =>
    dispatchKey(state, frame(state, size), 'enter').flatMap((intent) => (intent.kind === 'recent' ? [intent.id] : []));

  test.each([
    ['when it was opened', [':']],
    ['while it is typed', [':', ...'re']],
    ['after the marker was moved', [':', 'down', 'down']],
    ['after it was moved in what was typed', [':', ...'ro', 'down']],
  ])('is the one that a key meant: %s', (_, keys) => {
    const before = pressing(stateOf(calm), size, ...keys);
    const after = meanwhile(before);
    const order = (state: State) => listed(state, paletteOf(state).text).all.map(({ id }) => id);
    expect(order(after)).not.toEqual(order(before));
    const marked = markedIn(before);
    expect(chosenBy(after)).toEqual([marked]);
    // And that is what the screen shows.
    expect(markedIn(after)).toBe(marked);
    const title = listed(after, paletteOf(after).text).all.find(({ id }) => id === marked)?.title ?? '';
    expect(frameText(after, size)).toMatch(new RegExp(`▌ +${title.slice(0, 20)}`));
  });

  test('is none once it is gone: the key runs nothing, and the next one what is marked then', () => {
    const open = pressing(stateOf(outage), size, ':', ...'restart');
    const gone: State = {
      ...open,
      ui: { ...open.ui, overlay: { ...paletteOf(open), on: 'action/of/another-release' } },
    };
    expect(chosenBy(gone)).toEqual([]);
    const again = pressing(gone, size, 'enter');
    expect(again.ui.notice?.says).toContain('choose again');
    expect(chosenBy(again)).toEqual([markedIn(open)]);
  });

  test('is set by a paste too', () => {
    const open = pressing(stateOf(calm), size, ':');
    const [pasted] = paste(open, 'restart');
    expect(pasted).toMatchObject({ overlay: { on: listed(open, 'restart').all[0]?.id } });
  });
});
