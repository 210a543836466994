/**
 * Owns the reading of kube-proxy's configuration out of a ConfigMap: its mode, and how long it pauses between two syncs.
 * Must not judge them.
 */
import { parse } from 'yaml';
import {
  asObject,
  DecodeError,
  isObject,
  optionalObject,
  optionalString,
  stringMap,
} from '../../kube/decode.ts';
import { parseGoDuration } from './duration-text.ts';

export interface ProxySettings {
  readonly mode: string;
  /** minSyncPeriod of that mode, with kube-proxy's own default filled in. */
  readonly pauseMs: number;
}

/** Where nothing or 0 is set (kubernetes: pkg/proxy/apis/config/v1alpha1/defaults.go); ipvs is left at 0. */
const defaultPauseMs = 1_000;

/** Undefined where the ConfigMap has no KubeProxyConfiguration in it. Throws a DecodeError. */
export function decodeProxySettings(raw: unknown): ProxySettings | undefined {
  const texts = Object.values(stringMap(asObject(raw), 'data', ''));
  const configurations = texts.map(parseYaml).filter((one) => one?.kind === 'KubeProxyConfiguration');
  const [configuration] = configurations;
  if (configuration === undefined) return undefined;
  // On Linux an empty mode is iptables.
  const mode = optionalString(configuration, 'mode', 'config.conf') ?? 'iptables';
  const text = optionalString(optionalObject(configuration, mode, 'config.conf'), 'minSyncPeriod', mode);
  const setMs = text === undefined ? 0 : parseGoDuration(text);
  if (setMs === undefined) throw new DecodeError(`${mode}.minSyncPeriod`, 'a duration');
  return { mode, pauseMs: setMs > 0 || mode === 'ipvs' ? setMs : defaultPauseMs };
}

function parseYaml(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    // Another key of the same ConfigMap, such as a kubeconfig with a template in it.
    return undefined;
  }
}
