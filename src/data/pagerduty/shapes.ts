// PagerDuty's objects, as far as they are used: what an answer must have, and what is made of it. Texts are sanitized here.
import * as z from 'zod';
import type { OnCall, Page, PagerUser } from '../../core/queries/pager.ts';
import { sanitize } from '../../core/text/text.ts';

/** An id, which becomes a part of paths: letters and digits only. */
const id = z.string().regex(/^[A-Za-z0-9]{1,40}$/);
const named = z.object({ id, summary: z.string().nullish(), name: z.string().nullish(), email: z.string().nullish() });
const time = z
  .string()
  .max(40)
  .transform((text) => Date.parse(text))
  .refine((at) => !Number.isNaN(at));

type Named = z.infer<typeof named>;

const nameOf = ({ name, summary, id: own }: Named): string => sanitize(name ?? summary ?? own, 100).trim() || own;

const called = (one: Named) => ({ id: one.id, name: nameOf(one) });

/** A user, whole or as a reference. */
export const userShape = named.transform(
  (one): PagerUser => ({ ...called(one), email: one.email ? sanitize(one.email, 200) : undefined }),
);

export const serviceShape = z
  .object({ service: named.extend({ escalation_policy: named.nullish() }) })
  .transform(({ service }) => ({
    service: called(service),
    policy: service.escalation_policy ? called(service.escalation_policy) : undefined,
  }));

export const onCallShape = z
  .object({
    user: userShape,
    escalation_level: z.number().int().min(1).max(100),
    schedule: named.nullish(),
    start: time.nullish(),
    end: time.nullish(),
  })
  .transform(
    ({ user, escalation_level: level, schedule, start, end }): OnCall => ({
      user,
      level,
      schedule: schedule ? nameOf(schedule) : undefined,
      since: start ?? undefined,
      until: end ?? undefined,
    }),
  );

export const pageShape = z
  .object({
    id,
    incident_number: z.number().int().min(0),
    title: z.string().nullish(),
    summary: z.string().nullish(),
    status: z.string(),
    urgency: z.string().nullish(),
    created_at: time,
    incident_key: z.string().nullish(),
    service: named,
    escalation_policy: named.nullish(),
    assignments: z.array(z.object({ assignee: userShape })).nullish(),
    acknowledgements: z.array(z.object({ acknowledger: named })).nullish(),
  })
  .transform(
    (one): Page => ({
      id: one.id,
      number: one.incident_number,
      title: sanitize(one.title ?? one.summary ?? '', 500).trim() || 'without a title',
      status: sanitize(one.status, 30),
      urgency: one.urgency ? sanitize(one.urgency, 30) : undefined,
      createdAt: one.created_at,
      service: called(one.service),
      policy: one.escalation_policy ? called(one.escalation_policy) : undefined,
      assignees: (one.assignments ?? []).map(({ assignee }) => assignee),
      acknowledgedBy: [...new Set((one.acknowledgements ?? []).map(({ acknowledger }) => nameOf(acknowledger)))],
      key: plainKey(one.incident_key),
    }),
  );

/** A key that cannot be shown as it is cannot be sent as it was shown: the id stands for the page then. */
function plainKey(key: string | null | undefined): string | undefined {
  return key && key.length <= 255 && sanitize(key, 255) === key && key.trim() === key ? key : undefined;
}

export const noteShape = z
  .object({ id: z.string().max(100), content: z.string() })
  .transform(({ id: note, content }) => ({ id: sanitize(note, 100), content: noteText(content) }));

/** As it is compared: line ends and blanks at the ends do not count. */
export const noteText = (text: string): string =>
  text
    .split(/\r\n|[\r\n]/)
    .map((line) => sanitize(line, 25_000).trimEnd())
    .join('\n')
    .trim();
