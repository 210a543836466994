/**
 * Owns the printing of log lines: JSON for machines, one readable line each on a terminal.
 * Must not decide what is worth a line.
 */
import pino from 'pino';
import { limits } from './limits.ts';
import type { Log, LogFields, LogLevel } from './log.ts';

export interface LogOutput {
  write(text: string): unknown;
}

/**
 * JSON lines, handed to the kernel at once but never waited for: a reader that has stalled must not stall a failover.
 * What it leaves unread beyond the bound is dropped.
 */
export function jsonLog(fields: LogFields): Log {
  const destination = pino.destination({ dest: 1, sync: false, maxLength: limits.logBufferBytes });
  const logger = pino(
    {
      base: fields,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
    },
    destination,
  );
  return { write: (level, sentence, more) => logger[level](more ?? {}, sentence) };
}

/** `12:00:00.000 WARN  sentence  key=value`. */
export function readableLog(output: LogOutput, wallTimeMs: () => number): Log {
  return {
    write: (level, sentence, fields = {}) => {
      if (level === 'debug') return;
      const time = new Date(wallTimeMs()).toISOString().slice(11, 23);
      output.write(`${time} ${label(level)} ${sentence}${describeFields(fields)}\n`);
    },
  };
}

function label(level: LogLevel): string {
  return level.toUpperCase().padEnd(5);
}

function describeFields(fields: LogFields): string {
  const shown = Object.entries(fields).filter(([, value]) => value !== undefined);
  return shown.length === 0
    ? ''
    : `  ${shown.map(([key, value]) => `${key}=${describeValue(value)}`).join(' ')}`;
}

function describeValue(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return value.stack ?? value.message;
  return JSON.stringify(value);
}
