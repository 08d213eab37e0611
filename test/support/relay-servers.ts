// The servers that a relay can be, for tests: Redis, and the drill's own where Redis is not installed.
import type { Reply } from '../../simulator/redis/protocol.ts';
import { type RelayServer, startRelayServer } from '../../simulator/redis/relay-server.ts';
import { endRedis, installed, started } from './redis-server.ts';

type Started = {
  port: number;
  /** A command, and what redis-cli prints of its answer. */
  cli(...words: string[]): string;
};

const running: RelayServer[] = [];

async function embedded(): Promise<Started> {
  const server = await startRelayServer();
  running.push(server);
  return { port: server.port, cli: (...words) => `${printed(server.run(words))}\n` };
}

/** As redis-cli prints to a pipe. */
function printed(reply: Reply): string {
  switch (reply.kind) {
    case 'simple':
    case 'error':
      return reply.text;
    case 'integer':
      return String(reply.value);
    case 'bulk':
      return reply.text ?? '';
    case 'no array':
      return '';
    case 'array':
    case 'set':
      return reply.items.map(printed).join('\n');
    case 'map':
    case 'pairs':
      return reply.entries.map(([key, value]) => `${key}\n${printed(value)}`).join('\n');
  }
}

/** Ends the servers that were started; belongs in afterEach. */
export async function endRelayServers(): Promise<void> {
  await Promise.all([endRedis(), ...running.splice(0).map((one) => one.stop())]);
}

type Kind = { name: string; started(...options: string[]): Promise<Started> };

/** Both, or the drill's own where redis-server is not installed. `options` are redis-server's; the other has none. */
export const relayServers: readonly Kind[] = [
  ...(installed ? [{ name: 'redis-server', started }] : []),
  { name: 'the drill’s own relay', started: embedded },
];
