// Asks on the terminal before something is changed. Keys are read one by one, so that pasted text, or keys that were
// typed before the question was seen, never confirm anything.

/** What was typed, or that it was not. */
export type Asked = { typed: string } | 'cancelled' | 'pasted';

const pasteOn = '\u001b[?2004h';
const pasteOff = '\u001b[?2004l';
const pasted = /\u001b\[20[01]~/;

export type Terminal = {
  input: NodeJS.ReadStream;
  output: { write(text: string): unknown };
};

/** One line, typed by a person. Ctrl-C, Ctrl-D and Esc cancel. */
export async function askTyped(question: string, { input, output }: Terminal): Promise<Asked> {
  let text = '';
  const was = input.isRaw;
  input.setRawMode(true);
  output.write(`${pasteOn}${question}`);
  const answer = await new Promise<Asked>((resolve) => {
    const onData = (data: Buffer | string) => {
      const chunk = String(data);
      const end = (asked: Asked) => {
        input.off('data', onData);
        resolve(asked);
      };
      if (pasted.test(chunk)) return end('pasted');
      if (/[\u0003\u0004]/.test(chunk) || chunk === '\u001b') return end('cancelled');
      // An end of line in one piece with text before it was pasted, or typed blindly.
      if (/[\r\n]/.test(chunk)) return end(/^[\r\n]+$/.test(chunk) ? { typed: text } : 'pasted');
      for (const key of chunk.replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|.)/g, '')) {
        if (key === '\u007f' || key === '\b') text = [...text].slice(0, -1).join('');
        else if (key === '\u0015') text = '';
        else if (key >= ' ') text += key;
      }
      output.write(`\r\u001b[K${question}${text}`);
    };
    input.on('data', onData);
    input.resume();
  });
  input.pause();
  input.setRawMode(was);
  output.write(`${pasteOff}\n`);
  return answer;
}
