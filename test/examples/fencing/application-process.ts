/**
 * Owns examples/fencing/application.ts as a process: where it hears and answers, and what it says of its role.
 * Must not tell it anything.
 */
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Hearer } from './controller-stand-in.ts';
import { ExampleProcess } from './example-process.ts';
import { LineClient } from './line-client.ts';

const program = fileURLToPath(new URL('../../../examples/fencing/application.ts', import.meta.url));

export interface ApplicationOptions {
  readonly pod: string;
  readonly storeUrl: string;
  readonly podinfo?: string;
  /** Left out: what the application takes by itself. */
  readonly writeTimeoutMs?: number;
}

export class ApplicationProcess implements Hearer {
  readonly process: ExampleProcess;
  readonly pod: string;
  readonly datagramPort: number;
  readonly postUrl: string;
  readonly answerPort: number;

  static async start(context: TestContext, options: ApplicationOptions): Promise<ApplicationProcess> {
    const { pod, storeUrl, podinfo, writeTimeoutMs } = options;
    const process_ = ExampleProcess.start(context, {
      command: [process.execPath, program],
      env: {
        POD_NAME: pod,
        POD_IP: '127.0.0.1',
        STORE_URL: storeUrl,
        ANSWER_PORT: '0',
        NOTICE_UDP_PORT: '0',
        NOTICE_HTTP_PORT: '0',
        ...(podinfo === undefined ? {} : { PODINFO: podinfo }),
        ...(writeTimeoutMs === undefined ? {} : { WRITE_TIMEOUT_MS: String(writeTimeoutMs) }),
      },
    });
    const port = async (pattern: RegExp) => Number((await process_.line(pattern))[1]);
    return new ApplicationProcess(process_, pod, {
      datagrams: await port(/^hearing datagrams on .*:(\d+)$/),
      posts: await port(/^hearing posts on .*"port":(\d+)/),
      answers: await port(/^answering on .*"port":(\d+)/),
    });
  }

  private constructor(
    process: ExampleProcess,
    pod: string,
    ports: { readonly datagrams: number; readonly posts: number; readonly answers: number },
  ) {
    this.process = process;
    this.pod = pod;
    this.datagramPort = ports.datagrams;
    this.postUrl = `http://127.0.0.1:${ports.posts}/role`;
    this.answerPort = ports.answers;
  }

  /** What it answers to a new client: `POD ROLE EPOCH`. */
  async answer(): Promise<string> {
    const client = new LineClient(this.answerPort);
    try {
      return await client.line(0);
    } finally {
      client.reset();
    }
  }
}
