// What runs in a container of the drill when somebody enters it: a small shell with a terminal's line editing. It reads
// the pod that it is in, and nothing of the machine that the drill runs on.
import type { Container, Pod } from './object.ts';

export type ShellOptions = {
  pod: Pod;
  container: Pick<Container, 'name' | 'image' | 'env'>;
  argv: readonly string[];
  tty: boolean;
  out(text: string): void;
  end(code: number): void;
};

export type ContainerShell = { input(bytes: Buffer): void; eof(): void };

/** Programs that every image of the drill has, but one without a shell. */
const shells = ['sh', 'bash', '/bin/sh', '/bin/bash'];
const programs = ['cat', 'date', 'echo', 'env', 'false', 'hostname', 'id', 'ls', 'ps', 'pwd', 'true', 'uptime'];

/** Whether the container has this program. */
export const hasProgram = (program: string, image: string): boolean =>
  !isDistroless(image) && (shells.includes(program) || programs.includes(program));

/** The executor's image holds its program and nothing else, as images for production often do. */
export const isDistroless = (image: string): boolean => /\/executor[:@]/.test(image);

type Answer = { text: string; code: number };

/** Starts what was asked for; `sh` alone, or `… exec sh`, is a session. */
export function startShell(options: ShellOptions): ContainerShell {
  const { argv, end, out, tty } = options;
  const [program = '', flag, script = ''] = argv;
  const newline = tty ? '\r\n' : '\n';
  const print = (text: string) => {
    if (text !== '') out(`${text.replaceAll('\n', newline)}${newline}`);
  };
  const isShell = shells.includes(program);
  const isSession = isShell && (flag !== '-c' || /exec sh\s*$/.test(script));
  if (!isSession) {
    const { text, code } = runLine(isShell ? script : argv.join(' '), options);
    print(text);
    setImmediate(() => end(code));
    return { input() {}, eof() {} };
  }
  return session(options, print);
}

function session(options: ShellOptions, print: (text: string) => void): ContainerShell {
  const { out, tty, end } = options;
  const prompt = () => tty && out('/app # ');
  let line = '';
  let last = 0;
  const enter = () => {
    const typed = line.trim();
    line = '';
    const [word, code] = typed.split(/\s+/);
    if (word === 'exit') return end(code === undefined ? last : Number(code) & 255);
    if (typed !== '') {
      const answer = runLine(typed, options);
      last = answer.code;
      print(answer.text);
    }
    prompt();
  };
  const key = (char: string) => {
    if (char === '\r' || char === '\n') {
      if (tty) out('\r\n');
      return enter();
    }
    if (char === '\u0003') {
      line = '';
      last = 130;
      out('^C\r\n');
      return prompt();
    }
    if (char === '\u0004' && line === '') return end(last);
    if (char === '\u007f' || char === '\b') {
      if (line !== '') out('\b \b');
      line = line.slice(0, -1);
      return;
    }
    if (char < ' ') return;
    line += char;
    if (tty) out(char);
  };
  prompt();
  return {
    input: (bytes) => {
      for (const char of bytes.toString('utf8')) key(char);
    },
    eof: () => end(last),
  };
}

function runLine(line: string, { pod, container }: ShellOptions): Answer {
  const [program = '', ...args] = line.trim().split(/\s+/);
  const ok = (text: string): Answer => ({ text, code: 0 });
  const { metadata, status } = pod;
  switch (program) {
    case '':
    case 'true':
      return ok('');
    case 'false':
      return { text: '', code: 1 };
    case 'exit':
      return { text: '', code: Number(args[0] ?? 0) & 255 };
    case 'echo':
      return ok(args.join(' '));
    case 'hostname':
      return ok(metadata.name);
    case 'pwd':
      return ok('/app');
    case 'id':
      return ok('uid=0(root) gid=0(root) groups=0(root)');
    case 'date':
      return ok(new Date().toUTCString());
    case 'uptime':
      return ok(`up since ${status.startTime ?? 'now'}`);
    case 'ls':
      return ok(
        args[0] === undefined || args[0] === '/app' ? 'dist\nnode_modules\npackage.json' : 'app\nbin\netc\nproc\ntmp',
      );
    case 'env':
      return ok([`HOSTNAME=${metadata.name}`, 'NODE_ENV=production', ...environmentOf(container)].join('\n'));
    case 'ps':
      return ok(
        `PID   USER     TIME  COMMAND\n    1 root      0:12 node dist/${container.name}.js\n   42 root      0:00 sh\n   43 root      0:00 ps`,
      );
    case 'cat':
      return args[0] === '/etc/hostname'
        ? ok(metadata.name)
        : { text: `cat: can't open '${args[0] ?? ''}': No such file or directory`, code: 1 };
    default:
      return { text: `sh: ${program}: not found`, code: 127 };
  }
}

const environmentOf = ({ env = [] }: Pick<Container, 'env'>): readonly string[] =>
  env.map(({ name, value }) => `${name}=${value ?? '(from a secret)'}`);
