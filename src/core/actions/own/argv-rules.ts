// Where a placeholder may stand in an argument list: never where the program, or one that it starts, would take the value
// for an option, for a program or for code. The values are harmless by their form (placeholders.ts); this holds without it.
// Pure.
import { hasPlaceholder, partsOf } from './placeholders.ts';

/** Shells: the word after -c is code, the first operand a script. They are also found behind ssh, kubectl exec, docker. */
const shells = words('sh bash zsh dash ash ksh mksh yash fish csh tcsh rbash busybox pwsh powershell nu xonsh elvish');

/** Programs whose arguments hold code, or name a file of code. */
const interpreters = words(`python perl ruby node nodejs deno bun tsx ts-node php lua luajit tclsh expect rscript julia
  awk gawk mawk nawk sed java jshell groovy scala osascript guile sbcl erl elixir psql jq yq`);

/** Programs that read code from any of their words: files of macros, statements as operands, variables of recipes. */
const allCode = words(`ed ex vi vim nvim view emacs gdb lldb make gmake just ninja m4 bc dc sqlite3 sqlite duckdb
  clickhouse clickhouse-client mysql mariadb mongosh mongo cqlsh redis-cli influx ansible ansible-playbook`);

/** Options that are followed by code or by a file of code, of any of them. */
const codeOptions = words(`-c -e -E -p -pe -ne -n -r -f -m -i -x -lc -ec -ic -lic -euc -euxc --command --eval --print
  --execute --expression --file --from-file --init-command --require --import --source --ex --execdir`);

/** What hands all its words to a shell, or to another machine's. */
const joiners = words(
  'eval watch ssh rsh mosh parallel tmux screen at batch su script flock entr autossh sshpass pdsh',
);

/** What runs the program that its next words name. */
const wrappers = words(`env sudo doas xargs nice ionice nohup timeout setsid stdbuf chroot unshare nsenter strace ltrace
  time taskset setpriv runuser systemd-run exec command builtin npx pnpx bunx pnpm npm yarn uvx pipx find chpst setarch
  firejail proxychains caffeinate chronic unbuffer catchsegv gosu tini dumb-init`);

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter(Boolean));
}

/** `psql` of `/usr/bin/psql`. */
const fileOf = (word: string): string => word.slice(word.lastIndexOf('/') + 1).toLowerCase();

/** `python3.12` of `/usr/bin/python3.12` is python. */
function nameOf(word: string): string {
  const file = fileOf(word);
  let end = file.length;
  while (end > 0 && '0123456789.-'.includes(file[end - 1] ?? '')) end -= 1;
  return file.slice(0, end) || file;
}

/** Before the program of a wrapper: what takes no word after it, and values of its own. */
const skipped = /^(--?|-n|--[a-z-]+=.*|[A-Za-z_]\w*=.*|\d[\d.]*[smhd]?)$/s;

/** The index of the argument that is wrong, and what would be right. */
export type WrongArgument = { at: number; right: string };

/** The first argument that is wrong. */
export function wrongArgument(argv: readonly string[]): WrongArgument | undefined {
  const first = argv.findIndex(hasPlaceholder);
  if (first < 0) return undefined;
  if (first === 0) return { at: 0, right: 'the program is fixed: a placeholder may only stand in its arguments' };
  const option = argv.findIndex(isOption);
  if (option >= 0)
    return {
      at: option,
      right:
        'a placeholder becomes no part of an option: write --option={{name}}, or the placeholder as an argument of its own',
    };
  const started = behindOption(argv) ?? asProgram(argv);
  if (started) return started;
  for (const [at, word] of argv.entries()) {
    const wrong = hasPlaceholder(word) ? undefined : wrongBehind(argv, at, word);
    if (wrong) return wrong;
  }
  return undefined;
}

/** A dash with a placeholder before any `=`. */
function isOption(argument: string): boolean {
  if (!argument.startsWith('-') || !hasPlaceholder(argument)) return false;
  const [head] = partsOf(argument) ?? [];
  return !head || !('text' in head) || !head.text.includes('=');
}

/** Options whose value names a program or holds code, whatever the program: `-exec`, `--to-command`, `--rsh`. */
const startsSomething = /(exec|command|program|script|hook|plugin|loader|rsh|shell|eval|code|pager|editor)/i;

/** A placeholder that an option's name gives away as a program: attached to it, or behind it. */
function behindOption(argv: readonly string[]): WrongArgument | undefined {
  const at = argv.findIndex((argument, i) => {
    if (!hasPlaceholder(argument)) return false;
    const option = argument.startsWith('-') ? argument : (argv[i - 1] ?? '');
    return option.startsWith('-') && startsSomething.test(option.split('=', 1)[0] ?? '');
  });
  if (at < 0) return undefined;
  return { at, right: 'that option names a program or holds code: a placeholder may not stand there' };
}

/** A placeholder where kubectl exec, docker exec or docker run expect the program that they start. */
function asProgram(argv: readonly string[]): WrongArgument | undefined {
  const starts = argv.findIndex((word, i) => i > 0 && startsPrograms.has(word));
  if (starts < 0) return undefined;
  const dashes = argv.indexOf('--', starts);
  const operands = argv.flatMap((word, i) => (i > starts && !word.startsWith('-') ? [i] : []));
  const at = dashes >= 0 ? dashes + 1 : nameOf(argv[0] ?? '') === 'kubectl' ? -1 : operands[1];
  if (at === undefined || !hasPlaceholder(argv[at] ?? '')) return undefined;
  return { at, right: 'there stands the program to start: it is fixed' };
}

const startsPrograms = words('exec run debug');

/** What a word of the list, where it is a program, makes of the placeholders behind it. */
function wrongBehind(argv: readonly string[], at: number, word: string): WrongArgument | undefined {
  const name = nameOf(word);
  const behind = (from: number) => {
    const found = argv.findIndex((argument, i) => i >= from && hasPlaceholder(argument));
    return found < 0 ? undefined : found;
  };
  const starts = isProgram(argv, at);
  if (joiners.has(name) && starts) {
    const found = behind(at + 1);
    const right = `${name} hands its words to a shell: call the program itself, or put the value into a script of your own as an argument`;
    return found === undefined ? undefined : { at: found, right };
  }
  if ((allCode.has(name) || allCode.has(fileOf(word))) && starts) {
    const found = behind(at + 1);
    const right = `${name} may read it as code: put the value into a script of your own as an argument`;
    return found === undefined ? undefined : { at: found, right };
  }
  if (wrappers.has(name) && starts) {
    const program = argv.findIndex((argument, i) => i > at && !skipped.test(argument));
    const found = behind(at + 1);
    if (found === undefined || (program > 0 && found > program && !argv[program]?.startsWith('-'))) return undefined;
    return { at: found, right: `${name} would run it as a program, or read it as an option: name the program itself` };
  }
  const isShell = shells.has(name) && (starts || argv[at + 1]?.startsWith('-') === true || word.includes('/'));
  const isCode = interpreters.has(name) && (starts || codeOptions.has(argv[at + 1] ?? ''));
  if (!isShell && !isCode) return undefined;
  const code = codeArgument(argv, at, name);
  return code === undefined
    ? undefined
    : { at: code, right: `${name} would run it as code: pass the value as an argument of its own, behind the script` };
}

/** Whether a word is where a program stands: first, behind `--`, or behind a wrapper and its options. */
function isProgram(argv: readonly string[], at: number): boolean {
  if (at === 0 || argv[at - 1] === '--') return true;
  // docker exec NAME sh, kubectl exec NAME sh: which words are options is not known, so each may be the program.
  if (argv.slice(0, at).some((word) => startsPrograms.has(word))) return true;
  for (let before = at - 1; before >= 0; before -= 1) {
    if (wrappers.has(nameOf(argv[before] ?? '')) && isProgram(argv, before)) return true;
    if (!(argv[before]?.startsWith('-') || skipped.test(argv[before] ?? '')))
      return before === 0 ? false : wraps(argv, before);
  }
  return false;
}

/** The word may be the value of a wrapper's option: `sudo -u ops sh`. */
const wraps = (argv: readonly string[], at: number): boolean =>
  argv[at - 1]?.startsWith('-') === true && argv.slice(0, at).some((word) => wrappers.has(nameOf(word)));

/**
 * The first placeholder that an interpreter takes for code, for an option or for the name of a script. Behind a script or
 * code that is fixed, whole words are its data.
 */
function codeArgument(argv: readonly string[], at: number, name: string): number | undefined {
  let isFixed = false;
  for (let i = at + 1; i < argv.length; i += 1) {
    const [word = '', before = ''] = [argv[i], argv[i - 1]];
    const option = word.startsWith('-') && word.length > 1;
    const isCode = takesCode(before);
    if (!hasPlaceholder(word)) {
      if (isCode || (!option && !before.startsWith('-'))) isFixed = true;
    } else if (isClientData(name, before, word, option)) continue;
    // Behind its code a shell reads no more options; others may.
    else if (!isFixed || (isCode && !shells.has(name))) return i;
    else if (option && takesCode(word.split('=', 1)[0] ?? '')) return i;
    // Text that is code by itself: `'select {{x}}'`.
    else if (/[\s;|&$`(){}<>"']/.test(fixedText(word))) return i;
  }
  return undefined;
}

const takesCode = (word: string): boolean => codeOptions.has(word) || /^-[a-z]{0,6}[ce]$/.test(word);

/** Where a database client connects to, and its variables (`-v name=value`; of awk, too). */
function isClientData(name: string, before: string, word: string, isOption: boolean): boolean {
  if (before === '-v') return (name === 'psql' || name.endsWith('awk')) && /^[A-Za-z_]\w*=/.test(word);
  if (name !== 'psql') return false;
  if (['-h', '-U', '-d', '-p'].includes(before)) return true;
  return isOption && /^--(host|username|dbname|port|variable)=/.test(word);
}

const fixedText = (word: string): string =>
  (partsOf(word) ?? []).map((part) => ('text' in part ? part.text : '')).join('');
