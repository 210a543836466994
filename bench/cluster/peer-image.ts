/**
 * Owns what an archive says of the images in it, and whether a pod runs one of them.
 * Must not import anything into a cluster.
 */
import { asObject, items, type JsonObject, optionalObject, optionalString } from '../../src/kube/decode.ts';
import { ClusterError } from '../../test/cluster/cluster-error.ts';
import { tryCommand } from '../../test/cluster/run-command.ts';

/** In full, as containerd keeps them. @throws ClusterError where it is no archive of images */
export async function imageNamesIn(archive: string): Promise<readonly string[]> {
  // Who writes such archives names its files with a dot before them, or not.
  const words = ['tar', '--extract', '--to-stdout', '--wildcards', '--file', archive, '*manifest.json'];
  const { code, stdout } = await tryCommand(words);
  const names = code === 0 ? namesIn(stdout) : [];
  if (names.length === 0) throw new ClusterError(`${archive} is no docker-archive with a named image in it`);
  return names;
}

function namesIn(manifest: string): readonly string[] {
  const images = listIn(manifest);
  return images.flatMap((image) => {
    const { RepoTags: names } = asObject(image, 'manifest.json');
    return Array.isArray(names) ? names.map((name) => nameInFull(String(name))) : [];
  });
}

function listIn(text: string): readonly unknown[] {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

/** `busybox` is docker.io/library/busybox:latest. */
export function nameInFull(name: string): string {
  const [first = '', ...rest] = name.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const full = isHost ? name : rest.length > 0 ? `docker.io/${name}` : `docker.io/library/${name}`;
  return /[:@][^/]*$/.test(full) ? full : `${full}:latest`;
}

/** Of a pod as the API has it. */
export function runsOneOf(pod: JsonObject, names: readonly string[]): boolean {
  const spec = optionalObject(pod, 'spec', '');
  const images = items(spec, 'containers', 'spec', (container) =>
    optionalString(container, 'image', 'image'),
  );
  return images.some((image) => image !== undefined && names.includes(nameInFull(image)));
}
