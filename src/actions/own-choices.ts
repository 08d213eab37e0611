// What can be chosen for a placeholder, from the world on the screen.
import type { Choice } from '../core/actions/action.ts';
import { newest } from '../core/world/reading.ts';
import type { World } from '../core/world/world.ts';

export function choicesFor(placeholder: string, { readings }: World): readonly Choice[] {
  switch (placeholder) {
    case 'pod':
      return (newest(readings.pods)?.value ?? []).map(({ name, status }) => ({ value: name, says: status }));
    case 'deployment':
      return (newest(readings.deployments)?.value ?? []).map(({ name }) => ({ value: name }));
    case 'study':
      return (newest(readings.studies)?.value.active ?? []).map(({ id, tenant }) => ({ value: id, says: tenant }));
    case 'surface':
      return (newest(readings.surfaces)?.value.surfaces ?? []).map(({ id }) => ({ value: id }));
    default:
      return [];
  }
}
