// The names of people: what may be one, and when an account says nothing about who uses it.
import { folding, type ReadonlyList } from '../growing.ts';
import { cockpit, type Entry } from './event.ts';

/** Characters of a name, at most. */
export const longestName = 60;

/** Why a text cannot be a person's name; undefined: it can. */
export function whatIsWrongWithName(name: string): string | undefined {
  const text = name.trim();
  if (text === '') return 'a name is required';
  if (text.length > longestName) return `at most ${longestName} characters`;
  if (/\p{C}/u.test(text)) return 'no control characters';
  // Full-width letters read the same.
  if (text.normalize('NFKC').toLowerCase() === cockpit) return `${cockpit} is the name of what the program does itself`;
  return undefined;
}

/** Accounts that several people use: root, the first accounts of cloud images, and accounts of a service or a team. */
const sharedAccounts: ReadonlySet<string> = new Set(
  `root admin administrator ubuntu debian ec2-user centos fedora rocky almalinux cloud-user opc azureuser core vagrant pi
   user nobody deploy deployer ops oncall on-call sre devops operator support service app node bentham ${cockpit}`.split(
    /\s+/,
  ),
);

/** Whether the name of an OS account says that several people use it. */
export const isSharedAccount = (user: string): boolean => sharedAccounts.has(user.toLowerCase());

/** The names that wrote with an OS account; several: it says nothing about the person. */
export const namesOf = (user: string): ((entries: ReadonlyList<Entry>) => ReadonlySet<string>) =>
  folding(
    () => new Set<string>(),
    (names, news) => {
      for (const { writer } of news) if (writer.user === user) names.add(writer.name);
      return names;
    },
  );
