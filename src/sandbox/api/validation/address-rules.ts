/**
 * Owns what an address in an EndpointSlice or an Endpoints object may look like, with the real validators' wording
 * (apimachinery pkg/util/validation/ip.go, kubernetes pkg/apis/core/validation ValidateEndpointIP). Pure.
 * Must not refuse loopback addresses as the real server does: the sandbox's pods live there.
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { FieldProblem } from '../field-problem.ts';
import { dnsLabelProblem, dnsSubdomainProblem } from './name-rules.ts';

/** Of an address of either family: how it is written, not where it leads. */
export function ipProblems(field: string, text: string): readonly FieldProblem[] {
  const note = ipNote(text);
  return note === undefined ? [] : [{ kind: 'invalid', field, value: text, note }];
}

function ipNote(text: string): string | undefined {
  if (isIPv4(text)) return undefined;
  if (isPaddedIPv4(text)) return 'must not have leading 0s';
  if (!isIPv6(text) || text.includes('%'))
    return 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
  return MAPPED.test(canonicalIPv6(text)) ? 'must not be an IPv4-mapped IPv6 address' : undefined;
}

/** What Go's older parser takes: "010.0.0.1". */
function isPaddedIPv4(text: string): boolean {
  return /^\d+(\.\d+){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255);
}

const MAPPED = /^::ffff:[0-9a-f]{1,4}:[0-9a-f]{1,4}$/;

/** As RFC 5952 has it, which is what a URL's host becomes. */
function canonicalIPv6(text: string): string {
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}

/** Where an endpoint can't be. */
export function destinationProblems(field: string, text: string): readonly FieldProblem[] {
  const note = isIPv4(text) ? noteOnIPv4(text) : noteOnIPv6(text.toLowerCase());
  return note === undefined ? [] : [{ kind: 'invalid', field, value: text, note }];
}

const LINK_LOCAL = 'may not be in the link-local range (169.254.0.0/16, fe80::/10)';
const LINK_LOCAL_MULTICAST = 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)';

function noteOnIPv4(text: string): string | undefined {
  if (text === '0.0.0.0') return `may not be unspecified (${text})`;
  if (text.startsWith('169.254.')) return LINK_LOCAL;
  return text.startsWith('224.0.0.') ? LINK_LOCAL_MULTICAST : undefined;
}

function noteOnIPv6(text: string): string | undefined {
  if (canonicalIPv6(text) === '::') return `may not be unspecified (${text})`;
  if (/^fe[89ab]/.test(text)) return LINK_LOCAL;
  return /^ff.2/.test(text) ? LINK_LOCAL_MULTICAST : undefined;
}

/** One address of a slice; `field` names the list that it stands in. A type that is none is complained of elsewhere. */
export function sliceAddressProblems(
  addressType: string,
  field: string,
  index: number,
  text: string,
): readonly FieldProblem[] {
  const at = `${field}[${index}]`;
  if (addressType === 'FQDN') return domainProblems(at, text);
  if (addressType !== 'IPv4' && addressType !== 'IPv6') return [];
  const problems = ipProblems(at, text);
  if (problems.length > 0) return problems;
  const isOfType = addressType === 'IPv4' ? isIPv4(text) : isIPv6(text);
  const note = `must be an ${addressType} address`;
  if (!isOfType) return [{ kind: 'invalid', field, value: text, note }, ...destinationProblems(at, text)];
  const canonical = addressType === 'IPv4' ? text : canonicalIPv6(text);
  if (canonical !== text) {
    const form = `must be in canonical form (${JSON.stringify(canonical)})`;
    return [{ kind: 'invalid', field: at, value: text, note: form }];
  }
  return destinationProblems(at, text);
}

function domainProblems(field: string, text: string): readonly FieldProblem[] {
  if (text === '') return [{ kind: 'required', field }];
  const name = text.replace(/\.$/, '');
  const segments = name.split('.');
  const wrong = segments.find((segment) => dnsLabelProblem(segment) !== undefined);
  const note =
    dnsSubdomainProblem(name) ??
    (segments.length < 2
      ? 'should be a domain with at least two segments separated by dots'
      : wrong === undefined
        ? undefined
        : dnsLabelProblem(wrong));
  return note === undefined ? [] : [{ kind: 'invalid', field, value: name, note }];
}
