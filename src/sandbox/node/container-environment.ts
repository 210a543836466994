/**
 * Owns what a container's command and environment come to: downward API, config objects, $(NAME) expansion,
 * the sandbox's own variables. Pure: look-ups are an input.
 * Must not start anything.
 */

import { withOwnTemporaryDirectory } from './container-paths.ts';
import type { ConfigReference, Container, EnvironmentEntry, Pod } from './decode-pod.ts';
import type { Image } from './images.ts';

export interface ContainerSurroundings {
  readonly podIp: string;
  readonly hostIp: string;
  /** The container's own /tmp. */
  readonly temporaryDirectory: string;
  /** What the machine and the sandbox give every container: PATH, KUBECONFIG, the marker ... */
  readonly base: Readonly<Record<string, string>>;
  /** The string data of a ConfigMap or Secret in the pod's namespace; undefined when there is none. */
  readonly config: (of: ConfigReference) => Readonly<Record<string, string>> | undefined;
}

/** The manifest asks for something that isn't there: kubelet's CreateContainerConfigError. */
export class ContainerConfigError extends Error {
  readonly code = 'CONTAINER_CONFIG';
  readonly retry = 'backoff';
}

/** @throws ContainerConfigError */
export function containerEnvironment(
  pod: Pod,
  container: Container,
  around: ContainerSurroundings,
): Readonly<Record<string, string>> {
  const environment: Record<string, string> = {
    ...around.base,
    HOSTNAME: pod.name,
    HOME: around.temporaryDirectory,
    POD_NAME: pod.name,
    POD_NAMESPACE: pod.namespace,
    POD_IP: around.podIp,
    TMPDIR: around.temporaryDirectory,
  };
  for (const entry of container.environment) addEntry(environment, entry, pod, around);
  return environment;
}

function addEntry(
  environment: Record<string, string>,
  entry: EnvironmentEntry,
  pod: Pod,
  around: ContainerSurroundings,
): void {
  switch (entry.kind) {
    case 'value':
      environment[entry.name] = expand(
        withOwnTemporaryDirectory(entry.value, around.temporaryDirectory),
        environment,
      );
      return;
    case 'field':
      environment[entry.name] = fieldValue(entry.path, pod, around);
      return;
    case 'key': {
      const value = configData(entry.of, around)?.[entry.key];
      if (value !== undefined) environment[entry.name] = value;
      else if (!entry.of.optional) {
        throw new ContainerConfigError(
          `couldn't find key ${entry.key} in ${entry.of.kind} ${pod.namespace}/${entry.of.name}`,
        );
      }
      return;
    }
    case 'all':
      for (const [key, value] of Object.entries(configData(entry.of, around) ?? {}))
        environment[entry.prefix + key] = value;
      return;
    case 'unsupported':
      throw new ContainerConfigError(
        `environment variable ${entry.name}: the sandbox does not know ${entry.what}`,
      );
  }
}

function configData(
  of: ConfigReference,
  around: ContainerSurroundings,
): Readonly<Record<string, string>> | undefined {
  const data = around.config(of);
  if (data === undefined && !of.optional)
    throw new ContainerConfigError(`${of.kind.toLowerCase()} "${of.name}" not found`);
  return data;
}

const BY_KEY = /^metadata\.(labels|annotations)\['(.*)'\]$/;

function fieldValue(path: string, pod: Pod, around: ContainerSurroundings): string {
  const byKey = BY_KEY.exec(path);
  if (byKey !== null) return (byKey[1] === 'labels' ? pod.labels : pod.annotations)[byKey[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return pod.name;
    case 'metadata.namespace':
      return pod.namespace;
    case 'metadata.uid':
      return pod.uid;
    case 'spec.nodeName':
      return pod.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.serviceAccountName;
    case 'status.podIP':
    case 'status.podIPs':
      return around.podIp;
    case 'status.hostIP':
    case 'status.hostIPs':
      return around.hostIp;
    default:
      throw new ContainerConfigError(`fieldPath "${path}" is not supported`);
  }
}

/** $(NAME) becomes the value, $$ a dollar, and an unknown name stays as it is (third_party/forked/golang/expansion). */
export function expand(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\$|\(([^()]*)\))/g, (whole, kind: string, name: string | undefined) => {
    if (kind === '$') return '$';
    const value = name === undefined ? undefined : environment[name];
    return value ?? whole;
  });
}

/** The words to run: the manifest's command and args win over the image's, and the image's own names are resolved. */
export function containerArgv(
  container: Container,
  image: Image,
  environment: Readonly<Record<string, string>>,
  temporaryDirectory: string,
): readonly string[] {
  const inside = (words: readonly string[]) =>
    words.map((word) => expand(withOwnTemporaryDirectory(word, temporaryDirectory), environment));
  const args = container.args.length > 0 || container.command.length > 0 ? container.args : image.args;
  const command = container.command.length > 0 ? container.command : image.command;
  return resolveProgram([...inside(command), ...inside(args)], image);
}

/** The words of an exec or a probe inside a container of `image`. */
export function execArgv(
  command: readonly string[],
  image: Image | undefined,
  temporaryDirectory: string,
): readonly string[] {
  const inside = command.map((word) => withOwnTemporaryDirectory(word, temporaryDirectory));
  return image === undefined ? inside : resolveProgram(inside, image);
}

/** By the image's absolute path, or by its last element as a search along $PATH would find it. */
function resolveProgram(argv: readonly string[], image: Image): readonly string[] {
  const [program = '', ...parameters] = argv;
  const found = Object.keys(image.programs).find(
    (path) => path === program || path.endsWith(`/bin/${program}`),
  );
  return [...(found === undefined ? [program] : (image.programs[found] ?? [])), ...parameters];
}
