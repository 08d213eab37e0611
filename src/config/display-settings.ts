// The options of the screen.
import * as z from 'zod';
import { notificationOptions } from '../core/text/notification.ts';
import { formerThemeNames, themeNames } from '../core/text/terminal-look.ts';

export const display = z
  .object({
    theme: z
      .enum([...themeNames, ...formerThemeNames])
      .default('auto')
      .describe(
        'color theme; auto: dark or light, as the terminal is; standard and plain: former names of auto and mono',
      ),
    glyphs: z
      .enum(['auto', 'unicode', 'ascii'])
      .default('auto')
      .describe('symbols; auto: ASCII if the locale or the terminal has no UTF-8'),
    mouse: z
      .boolean()
      .default(false)
      .describe('clicks select and open, the wheel scrolls; the terminal then selects text with shift only'),
    notification: z
      .enum(notificationOptions)
      .default('auto')
      .describe(
        'desktop notification of new critical alerts and pages; auto: if the terminal is known to show it; tmux needs allow-passthrough on',
      ),
    bell: z.boolean().default(true).describe('ring the terminal bell when the overall health gets worse'),
  })
  .prefault({});
