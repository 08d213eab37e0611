// How many keys each severity takes from the cockpit's first screen to mitigation, pressed one by one on the embedded
// Bentham; README.md states them beside the characters of the runbook's commands.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import { profiles } from '../../src/config/profiles.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { targetsOf } from '../../src/config/targets.ts';
import type { ProcedureId } from '../../src/core/incident/checklist.ts';
import { checklist } from '../../src/runbook/checklists.ts';
import { drillOf } from '../support/drill.ts';
import { TerminalUnderTest } from '../support/terminal.ts';
import { world } from '../support/world.ts';

let drill: Drill | undefined;
let screen: TerminalUnderTest | undefined;
let home = '';

afterEach(async () => {
  await screen?.close();
  await drill?.stop();
  screen = undefined;
  drill = undefined;
  rmSync(home, { recursive: true, force: true });
});

/** A keyboard that counts. */
class Keyboard {
  pressed = 0;
  readonly #screen: TerminalUnderTest;

  constructor(screen: TerminalUnderTest) {
    this.#screen = screen;
  }

  /** One key, then what it has to lead to. */
  async press(key: string, seen: string | RegExp): Promise<void> {
    this.pressed += 1;
    this.#screen.press(key);
    await this.#screen.shows(seen, 60_000);
  }

  /** As fingers do: what comes faster does not confirm. */
  async type(text: string): Promise<void> {
    for (const [at, key] of [...text].entries()) await this.press(key, `${text.slice(0, at + 1)}█`);
  }

  /** A plan that is longer than the screen. */
  async readsPlan(): Promise<void> {
    this.pressed += await this.#screen.readsPlan();
  }

  /** What comes without a key. */
  async sees(text: string | RegExp): Promise<void> {
    await this.#screen.shows(text, 60_000);
  }

  /** Looks at the row under the marker. */
  async rests(): Promise<void> {
    await this.#screen.rests();
  }

  get text(): string {
    return this.#screen.text;
  }
}

async function sitDown(scenario: string): Promise<Keyboard> {
  home = mkdtempSync(join(tmpdir(), 'bentham-keys-'));
  drill = await drillOf(scenario);
  screen = new TerminalUnderTest({ environment: { ...drill.environment, HOME: home } });
  await screen.shows('1 HEALTH');
  return new Keyboard(screen);
}

/** `i`, the suggested severity, and one review: opened, acknowledged at PagerDuty, told on Slack. */
async function begin(keys: Keyboard, severity: string): Promise<void> {
  await keys.press('i', `suggested ${severity}`);
  await keys.rests();
  await keys.press('enter', /\[x\] acknowledge the page[\s\S]*\[x\] post to Slack/);
  await keys.press('y', /control: you\b[\s\S]*step 1 of/);
  await keys.rests();
}

/**
 * The action that the step offers on this key: what it asks, its plan, arming for the reason that the incident gives
 * (production starts read-only), y or the text that has to be typed, its proof.
 */
async function act(keys: Keyboard, key: string, asks?: { seen: string | RegExp }): Promise<void> {
  const planned = /(▸ cancel +a arm|▸ cancel +y \w+|to confirm:|scroll down:)/;
  await keys.press(key, asks?.seen ?? planned);
  if (asks) await keys.press('enter', planned);
  if (keys.text.includes('a arm')) {
    await keys.press('a', '▸ reason');
    await keys.press('enter', /armed \d[\s\S]*(▸ cancel +y \w+|to confirm:|scroll down:)/);
  }
  await keys.readsPlan();
  const word = /type (.+?) to confirm/.exec(keys.text)?.[1];
  if (word) await keys.type(word);
  await keys.press(word ? 'enter' : 'y', /✓ verified/);
  await keys.press('esc', /step \d of/);
}

/** Irreversible: two texts are typed. They are not counted, the keys that end them are. */
async function failOver(keys: Keyboard): Promise<void> {
  await keys.press('r', 'a arm');
  await keys.press('a', '▸ reason');
  await keys.press('enter', /armed \d[\s\S]*(to confirm:|scroll down:)/);
  await keys.readsPlan();
  for (const after of [/2\/2/, /✓ verified/]) {
    const word = /type (.+?) to confirm/.exec(keys.text)?.[1] ?? '';
    const before = keys.pressed;
    await keys.type(word);
    keys.pressed = before;
    await keys.press('enter', after);
  }
  await keys.press('esc', /step \d of/);
}

async function mitigate(keys: Keyboard): Promise<void> {
  // The last verified action is filled in.
  await keys.press('M', /record: mitigated[\s\S]*(restart|rollback|cleanup|disable|scale|failover)-[\s\S]*y mitigated/);
  await keys.press('y', /mitigated \d\d:/);
}

/** The first step of SEV1 passes: the messages were sent. */
const isTold = /appears done: alert acknowledged[\s\S]*people notified/;

const ways: Record<string, { scenario: string; most: number; way(keys: Keyboard): Promise<void> }> = {
  SEV1: {
    scenario: 'api-outage',
    most: 15,
    async way(keys) {
      await begin(keys, 'SEV1');
      await keys.sees(isTold);
      await keys.press('*', /▌○ 2 /);
      await keys.press('space', /▌○ 3 /);
      await keys.press('*', /▌[?–] 5 /);
      await act(keys, 'r');
      await keys.sees('✓ 5 Restart');
      await mitigate(keys);
    },
  },
  'SEV1, the new revision': {
    scenario: 'api-outage',
    most: 15,
    async way(keys) {
      await begin(keys, 'SEV1');
      await keys.sees(isTold);
      await keys.press('*', /▌○ 2 /);
      await keys.press('space', /▌○ 3 /);
      await keys.press('*', /▌\? 5 .*roll back first/);
      await keys.sees(/actions +f roll back api-gateway to revision 2[\s·]+r restart gateway \(not advised\)/);
      await act(keys, 'f');
      await keys.sees(/– 5 Restart.*✓ rolled back/);
      await mitigate(keys);
    },
  },
  'SEV1, the database': {
    scenario: 'database-down',
    most: 15,
    async way(keys) {
      await begin(keys, 'SEV1');
      await keys.press('G', /▌\? 6 .*recommended/);
      await failOver(keys);
      await mitigate(keys);
    },
  },
  SEV2: {
    scenario: 'study-failures',
    most: 15,
    async way(keys) {
      await begin(keys, 'SEV2');
      await keys.press('space', '▌○ 2 ');
      await act(keys, 'd');
      await keys.press('space', '▌○ 3 ');
      await mitigate(keys);
    },
  },
  SEV3: {
    scenario: 'surface-down',
    most: 12,
    async way(keys) {
      await begin(keys, 'SEV3');
      await act(keys, 'r');
      await keys.sees('✓ 1 Disable');
      await mitigate(keys);
    },
  },
  SEV4: {
    scenario: 'slow-api',
    most: 12,
    async way(keys) {
      await begin(keys, 'SEV4');
      await keys.press('space', /▌[?–] 2 /);
      // Until the statements were counted twice it says to check them first.
      await keys.sees(/recommended: yes/);
      await act(keys, 'r', { seen: /Scale api-gateway \(3 replicas now\)[\s\S]*how many replicas\? +5/ });
      await keys.sees('✓ 2 ');
      await mitigate(keys);
    },
  },
};

const production = settingsSchema.parse({ profile: 'production', ...profiles.production });

/** What a person would have to type: the commands of the runbook's procedure. */
function characters(id: ProcedureId): number {
  const commands = checklist(id).steps.flatMap((step) => step.byHand?.(targetsOf(production), world()) ?? []);
  return commands.reduce((sum, command) => sum + command.length, 0);
}

test.each(Object.entries(ways))(
  '%s: README.md tells the truth about its keys',
  async (severity, { scenario, most, way }) => {
    const keys = await sitDown(scenario);
    await way(keys);
    const readme = readFileSync('README.md', 'utf8');
    const [, stated, beside] = new RegExp(`^\\| ${severity}[^|]*\\| +(\\d+) +\\| +(\\d+)`, 'm').exec(readme) ?? [];
    const id = severity.slice(0, 4).toLowerCase() as ProcedureId;
    expect(keys.pressed).toBeLessThanOrEqual(most);
    expect({ keys: Number(stated), characters: Number(beside) }).toEqual({
      keys: keys.pressed,
      characters: characters(id),
    });
  },
);
