/**
 * Owns the promise that no container outlives its sandbox, however the sandbox ends: a shell beside it, in a session
 * of its own, reads a pipe whose other end only the sandbox holds. The kernel closes that end when the sandbox dies,
 * by SIGKILL too; the shell then kills what is left and removes the sandbox's directory.
 *
 * It finds the processes in two ways. The groups that are alive, told over the pipe: that catches programs that
 * overwrite their environment. And the marker, an environment variable that every container inherits: that catches
 * one started in the instant before the sandbox died, and descendants that left their group. (A descendant that
 * does both, leaves its group and clears its environment, is the one thing it misses.)
 * A parent-death signal would need a wrapper binary and reaches only the first process; this needs sh, grep and /proc.
 *
 * Must not be used to end a single container: that is Processes' work.
 */
import { type ChildProcess, spawn } from 'node:child_process';

/** The environment variable that every process of a sandbox carries; its value is the sandbox's own. */
export const SANDBOX_MARKER = 'UNDERSTUDY_SANDBOX';

const script = `
marker=$1 directory=$2 groups=' '
while read -r verb group; do
  case $verb in
    +) groups="$groups$group " ;;
    -) case $groups in *" $group "*) groups="\${groups%% $group *} \${groups#* $group }" ;; esac ;;
  esac
done
for group in $groups; do kill -KILL -- "-$group"; done 2>/dev/null
round=0
while [ $round -lt 40 ]; do
  found=
  for file in $(grep -lsF -- "$marker" /proc/[0-9]*/environ); do
    process=\${file#/proc/} process=\${process%/environ}
    case $(cat "/proc/$process/stat" 2>/dev/null) in *') Z '*) ;; ?*) found=yes; kill -KILL "$process" ;; esac
  done 2>/dev/null
  [ -z "$found" ] && break
  round=$((round + 1))
  sleep 0.05
done
[ -z "$directory" ] || rm -rf -- "$directory"
`;

export interface ReaperOptions {
  /** The marker's value: unique to this sandbox. */
  readonly marker: string;
  /** Removed at the end, with everything in it; left out for a directory that someone else owns. */
  readonly directory?: string;
}

/** The shell beside the sandbox. */
export class Reaper {
  readonly #options: ReaperOptions;
  #shell: ChildProcess;
  #groups = new Set<number>();
  #closing = false;

  constructor(options: ReaperOptions) {
    this.#options = options;
    this.#shell = this.#start();
  }

  get pid(): number | undefined {
    return this.#shell.pid;
  }

  add(group: number): void {
    this.#groups.add(group);
    this.#tell(`+ ${group}\n`);
  }

  remove(group: number): void {
    this.#groups.delete(group);
    this.#tell(`- ${group}\n`);
  }

  /** Kills what carries the marker, removes the directory, and resolves when that is done. */
  async close(): Promise<void> {
    this.#closing = true;
    for (let attempt = 0; attempt < 3; attempt++) {
      const shell = this.#shell;
      shell.stdin?.end();
      if (shell.exitCode === null && shell.signalCode === null) {
        await new Promise((resolve) => shell.once('exit', resolve));
      }
      if (shell.exitCode === 0) return;
      this.#restart();
    }
  }

  #start(): ChildProcess {
    const marker = `${SANDBOX_MARKER}=${this.#options.marker}`;
    const shell = spawn(
      '/bin/sh',
      ['-c', script, 'understudy-reaper', marker, this.#options.directory ?? ''],
      {
        detached: true,
        stdio: ['pipe', 'ignore', 'ignore'],
        env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
        cwd: '/',
      },
    );
    shell.stdin?.on('error', () => {});
    shell.on('error', () => {});
    shell.once('exit', () => {
      if (!this.#closing) this.#restart();
    });
    return shell;
  }

  /** Whoever killed the shell has not ended the sandbox: a new one takes over what the old one knew. */
  #restart(): void {
    this.#shell = this.#start();
    for (const group of this.#groups) this.#shell.stdin?.write(`+ ${group}\n`);
  }

  #tell(line: string): void {
    if (!this.#closing) this.#shell.stdin?.write(line);
  }
}
