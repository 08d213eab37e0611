// Asks on the terminal before something is changed. Keys are read one by one, so that pasted text, or keys that were
// typed before the question was seen, never confirm anything.
import { setTimeout as pause } from 'node:timers/promises';
import { stripControl } from '../../core/text/text.ts';
import type { Ms } from '../../core/time.ts';

/** What was typed, or that it was not. */
export type Asked = { typed: string } | 'cancelled' | 'pasted';

const pasteOn = '\u001b[?2004h';
const pasteOff = '\u001b[?2004l';
const pasted = /\u001b\[20[01]~/;

/** What cancels a question: Ctrl-C, Ctrl-D. */
const cancels = /[\u0003\u0004]/;

/** How long what was typed ahead may take to come; a person answers no question so soon. */
const typedAhead: Ms = 50;

export type Terminal = {
  input: NodeJS.ReadStream;
  output: { write(text: string): unknown };
  /** Ends the question as if it was cancelled. */
  signal?: AbortSignal;
};

/** One line, typed by a person. Ctrl-C, Ctrl-D, Esc, the signal and a terminal that goes away cancel. */
export async function askTyped(question: string, { input, output, signal }: Terminal): Promise<Asked> {
  const was = input.isRaw;
  input.setRawMode(true);
  output.write(pasteOn);
  const answer = (await cancelledBefore(input)) ? 'cancelled' : await answerTo(question, { input, output, signal });
  input.pause();
  input.setRawMode(was);
  output.write(`${pasteOff}\n`);
  return answer;
}

/** Drops what was typed before the question could be seen; true where that cancels it. */
async function cancelledBefore(input: Terminal['input']): Promise<boolean> {
  let before = '';
  const onData = (data: Buffer | string) => {
    before += String(data);
  };
  input.on('data', onData);
  input.resume();
  await pause(typedAhead);
  input.off('data', onData);
  return cancels.test(before);
}

function answerTo(question: string, { input, output, signal }: Terminal): Promise<Asked> {
  let text = '';
  output.write(question);
  return new Promise<Asked>((resolve) => {
    const onData = (data: Buffer | string) => {
      const chunk = String(data);
      if (pasted.test(chunk)) return end('pasted');
      if (cancels.test(chunk) || chunk === '\u001b') return end('cancelled');
      // An end of line in one piece with text before it was pasted, or typed blindly.
      if (/[\r\n]/.test(chunk)) return end(/^[\r\n]+$/.test(chunk) ? { typed: text } : 'pasted');
      for (const key of chunk.replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|.)/g, '')) {
        if (key === '\u007f' || key === '\b') text = [...text].slice(0, -1).join('');
        else if (key === '\u0015') text = '';
        else if (key >= ' ') text += key;
      }
      output.write(`\r\u001b[K${question}${stripControl(text)}`);
    };
    const onEnd = () => end('cancelled');
    const end = (asked: Asked) => {
      input.off('data', onData).off('end', onEnd).off('error', onEnd);
      signal?.removeEventListener('abort', onEnd);
      resolve(asked);
    };
    input.on('data', onData).on('end', onEnd).on('error', onEnd);
    signal?.addEventListener('abort', onEnd);
    if (signal?.aborted) onEnd();
  });
}
