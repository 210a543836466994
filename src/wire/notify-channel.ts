/**
 * Owns the channels over which an application is told, and what each of them can do.
 * Must not know how one is spoken: src/controller/udp-notifier.ts and http-notifier.ts do.
 */
import type { NotifySpec, UdpFormat } from '../api/singleton.ts';

export interface UdpChannel {
  readonly kind: 'udp';
  readonly port: number;
  readonly format: UdpFormat;
}

export interface HttpChannel {
  readonly kind: 'http';
  readonly port: number;
  /** With its leading slash. */
  readonly path: string;
}

export type NotifyChannel = UdpChannel | HttpChannel;

/** All channels that a Singleton names. */
export function channelsOf({ udp, http }: NotifySpec): readonly NotifyChannel[] {
  const channels: NotifyChannel[] = [];
  if (udp !== undefined) channels.push({ kind: 'udp', port: udp.port, format: udp.format });
  if (http !== undefined) channels.push({ kind: 'http', port: http.port, path: http.path });
  return channels;
}

/** Whether an application can say over this channel that it has heard. */
export function acknowledges(channel: NotifyChannel): boolean {
  return channel.kind === 'http' || channel.format === 'json';
}

/** Whether an application can be told to step down at all: only where it can say that it did. */
export function canAcknowledge(channels: readonly NotifyChannel[]): boolean {
  return channels.some(acknowledges);
}

/** As a person reads it. */
export function describeChannel(channel: NotifyChannel): string {
  return channel.kind === 'udp'
    ? `UDP port ${channel.port}`
    : `HTTP port ${channel.port}, path ${channel.path}`;
}

/** What an application has to do for this channel to be done with. */
export function describeDuty(channel: NotifyChannel): string {
  if (channel.kind === 'http')
    return 'answer each POST with a status from 200 to 299 and a short body, or none';
  return channel.format === 'json' ? 'answer each datagram with its epoch' : 'listen there';
}
