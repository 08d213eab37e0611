// The settings as JSON Schema: what may be given, before defaults. The bundle holds it ready made (scripts/bundle).
import * as z from 'zod';
import { settingsSchema } from './settings.ts';

export const inputSchema: unknown = z.toJSONSchema(settingsSchema, { io: 'input' });
