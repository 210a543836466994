/**
 * Owns the illusion that every container has a /tmp of its own, without root and without a mount namespace:
 * `/tmp` in a command of the manifest, of a probe or of `kubectl exec` becomes the container's own directory, so that
 * `touch /tmp/killme` reaches that container and no other. Programs get the same directory as TMPDIR.
 * It is a rewriting of words, not a file system: a program with `/tmp` compiled into it sees the machine's.
 * Must not touch files.
 */

/**
 * `/tmp` as a whole path element at the start of a path: after the beginning, a space, a quote or a shell operator
 * (`>/tmp/x`, `--file=/tmp/x`, `a:/tmp/b`, `-f@/tmp/x`), so that `/var/tmp`, `./tmp`, `$HOME/tmp` and `/tmpfoo` stay.
 */
const TEMPORARY_DIRECTORY = /(?<=^|[\s'"`=:;|&<>(){,@[!])\/tmp(?![\w.-])/g;

export function withOwnTemporaryDirectory(text: string, directory: string): string {
  return text.replace(TEMPORARY_DIRECTORY, () => directory);
}
