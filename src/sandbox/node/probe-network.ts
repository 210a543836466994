/**
 * Owns the port for probes over the network, and its real form on sockets. (kubelet: pkg/probe/tcp, pkg/probe/http)
 * Must not judge: thresholds are probe-loop.ts's.
 */
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';

export interface HttpProbeRequest {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
}

/** Each resolves to undefined on success, else to what went wrong; never later than `timeoutMs` and never rejecting. */
export interface ProbeNetwork {
  connect(host: string, port: number, timeoutMs: number): Promise<string | undefined>;
  request(request: HttpProbeRequest, timeoutMs: number): Promise<string | undefined>;
}

export const realProbeNetwork: ProbeNetwork = {
  connect: (host, port, timeoutMs) =>
    new Promise((resolve) => {
      const socket = net.connect({ host, port, timeout: timeoutMs });
      const finish = (problem: string | undefined) => {
        socket.destroy();
        resolve(problem);
      };
      socket.once('connect', () => finish(undefined));
      socket.once('timeout', () => finish(`dial tcp ${host}:${port}: i/o timeout`));
      socket.once('error', (error) => finish(`dial tcp ${host}:${port}: ${error.message}`));
    }),
  request: ({ scheme, host, port, path, headers }, timeoutMs) =>
    new Promise((resolve) => {
      const { request } = scheme === 'https' ? https : http;
      const url = `${scheme}://${host}:${port}${path}`;
      const options = { timeout: timeoutMs, agent: false, rejectUnauthorized: false };
      const sent = request(url, {
        ...options,
        headers: { 'user-agent': 'kube-probe/1.36', ...Object.fromEntries(headers) },
      });
      const finish = (problem: string | undefined) => {
        sent.destroy();
        resolve(problem);
      };
      sent.once('response', ({ statusCode = 0 }) => {
        finish(
          statusCode >= 200 && statusCode < 400
            ? undefined
            : `HTTP probe failed with statuscode: ${statusCode}`,
        );
      });
      sent.once('timeout', () => finish(`Get "${url}": context deadline exceeded`));
      sent.on('error', (error) => finish(`Get "${url}": ${error.message}`));
      sent.end();
    }),
};
