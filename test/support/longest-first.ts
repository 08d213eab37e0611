// The order of test files: the longest ones first, so that none is left alone at the end.
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take more than 40 s on two cores. Most wait: for looks, leases and time limits. */
const longest = [
  'integration/relayed-gateway',
  'integration/relayed-heartbeats',
  'integration/relayed-checked',
  'integration/relayed-looks-failing',
  'integration/shared-traffic',
  'integration/shared-heartbeats',
  'integration/relay-incident',
  'simulator/test/platform',
  'integration/relayed-looks-cost',
  'integration/shared-looks',
  'integration/relayed-redis',
  'integration/reflector',
  'scenarios/action-proofs',
  'scenarios/action-ways',
  'scenarios/fuzz',
  'scenarios/robustness-backends',
  'scenarios/shells',
  'scenarios/incident',
  'scenarios/actions',
  'scenarios/incident-keys',
  'scenarios/robustness-status',
].map((name) => `/${name}.test.ts`);

/** Those of one run of projects stay together (`groupOrder`); the rest is in Vitest's own order. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const group = ({ project }: TestSpecification) => project.config.sequence.groupOrder;
    const place = ({ moduleId }: TestSpecification) => {
      const at = longest.findIndex((name) => moduleId.endsWith(name));
      return at < 0 ? longest.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => group(a) - group(b) || place(a) - place(b));
  }
}
