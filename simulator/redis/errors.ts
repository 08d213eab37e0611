// What Redis answers to what it cannot do.
import { error } from './protocol.ts';

export const wrongType = error('WRONGTYPE Operation against a key holding the wrong kind of value');
export const syntax = error('ERR syntax error');
export const notWhole = error('ERR value is not an integer or out of range');
export const noId = error('ERR Invalid stream ID specified as stream command argument');

/** `command` as a person wrote it. */
export const wrongCount = (command: string) =>
  error(`ERR wrong number of arguments for '${command.toLowerCase().slice(0, 60)}' command`);
