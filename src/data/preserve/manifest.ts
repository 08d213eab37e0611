// manifest.json, the last but one file of an archive: what it holds, with hashes, and what it lacks.
import * as z from 'zod';

export const manifestName = 'manifest.json';
/** For sha256sum -c, in the archive's directory. */
export const sumsName = 'SHA256SUMS';

export const manifest = z.object({
  version: z.literal(1),
  program: z.string(),
  name: z.string(),
  /** ISO 8601, UTC. */
  begun: z.string(),
  ended: z.string(),
  environment: z.string(),
  incident: z.string().optional(),
  content: z.enum(['redacted', 'whole']),
  /** Logs from then on; absent: all that was kept. */
  logsSince: z.string().optional(),
  /** How often it was continued. */
  continued: z.number(),
  /** False: files are missing, or not whole. */
  complete: z.boolean(),
  files: z.array(z.object({ name: z.string(), bytes: z.number(), sha256: z.string(), partial: z.string().optional() })),
  missing: z.array(z.object({ name: z.string(), why: z.string() })),
});

export type Manifest = z.infer<typeof manifest>;

/** The lines of SHA256SUMS. */
export const sumsOf = ({ files }: Pick<Manifest, 'files'>): string =>
  files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join('');
