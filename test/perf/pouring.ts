// A server whose logs come as fast as they are taken, in a process of its own: what it costs must not delay the clock
// that a key is timed with. Prints its kubeconfig; ends with its standard input.
import { PouringPod, PouringServer } from '../support/pouring.ts';

const server = new PouringServer([new PouringPod('executor-7d4f9c-first'), new PouringPod('executor-7d4f9c-other')]);
await server.start();
process.stdout.write(`${server.settings().kubernetes.kubeconfig}\n`);
process.stdin.resume().once('end', () => void server.end().finally(() => process.exit(0)));
