/**
 * The sample of a critical container: looks for /tmp/killme each 5 s, and crashes by a segmentation fault when it is
 * there. TMPDIR stands for /tmp where the surroundings have one of their own for each container.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const file = join(process.env.TMPDIR ?? '/tmp', 'killme');
const periodMs = 5_000;

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
process.stdout.on('error', () => process.exit(0));

console.log(`Looking for ${file} each ${periodMs / 1_000} s`);
setInterval(() => {
  if (!existsSync(file)) return;
  console.log(`Found ${file}: crashing`);
  crash();
}, periodMs);

function crash(): void {
  // The kernel spares a container's first process its own signals, but not the faulty instruction at the end of abort().
  if (process.pid === 1) process.abort();
  process.kill(process.pid, 'SIGSEGV');
}
