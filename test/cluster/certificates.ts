/**
 * Owns the cluster's keys: an authority of its own, a certificate for each component, and the kubeconfigs made of them.
 * Must not live longer than the cluster: they are made anew at each start, by openssl.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { statePaths } from './paths.ts';
import { runCommand } from './run-command.ts';
import { addresses, apiServerUrl, nodeAddresses, nodeNames } from './topology.ts';

interface Identity {
  readonly name: string;
  /** As openssl writes it. The groups are O, the user is CN. */
  readonly subject: string;
  readonly alternativeNames: string;
}

const identities: readonly Identity[] = [
  {
    name: 'apiserver',
    subject: '/CN=kube-apiserver',
    alternativeNames: [
      ...[addresses.control, '127.0.0.1', addresses.apiServerService].map((address) => `IP:${address}`),
      ...['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'localhost'].map(
        (name) => `DNS:${name}`,
      ),
    ].join(','),
  },
  { name: 'admin', subject: '/O=system:masters/CN=admin', alternativeNames: 'DNS:admin' },
  component('controller-manager', 'system:kube-controller-manager'),
  component('scheduler', 'system:kube-scheduler'),
  component('kube-proxy', 'system:kube-proxy'),
  ...nodeNames.map((name) => ({
    name,
    subject: `/O=system:nodes/CN=system:node:${name}`,
    alternativeNames: `DNS:${name},IP:${nodeAddresses[name].address}`,
  })),
];

function component(name: string, user: string): Identity {
  return { name, subject: `/CN=${user}`, alternativeNames: `DNS:${name}` };
}

export function keyFile(name: string): string {
  return path.join(statePaths.keys, name);
}

export function kubeconfigFile(name: string): string {
  return name === 'admin' ? statePaths.kubeconfig : keyFile(`${name}.kubeconfig`);
}

export async function makeCertificates(): Promise<void> {
  mkdirSync(statePaths.keys, { recursive: true, mode: 0o700 });
  await openssl('ecparam -name prime256v1 -genkey -noout -out ca.key');
  await openssl('req -x509 -new -key ca.key -subj /CN=understudy-cluster -days 3650 -out ca.crt');
  await openssl('genrsa -out service-accounts.key 2048');
  await openssl('rsa -in service-accounts.key -pubout -out service-accounts.pub');
  // One after the other: each takes the next serial number.
  for (const identity of identities) await makeCertificate(identity);
  for (const { name } of identities) if (name !== 'apiserver') writeKubeconfig(name);
}

async function makeCertificate({ name, subject, alternativeNames }: Identity): Promise<void> {
  writeFileSync(
    keyFile(`${name}.extensions`),
    `subjectAltName=${alternativeNames}\nextendedKeyUsage=serverAuth,clientAuth\n`,
  );
  await openssl(`ecparam -name prime256v1 -genkey -noout -out ${name}.key`);
  await openssl(`req -new -key ${name}.key -subj ${subject} -out ${name}.request`);
  await openssl(
    `x509 -req -in ${name}.request -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile ${name}.extensions -out ${name}.crt`,
  );
}

async function openssl(words: string): Promise<void> {
  await runCommand(['openssl', ...words.split(' ')], { cwd: statePaths.keys });
}

/** Everything is in the one file, so that it can be copied anywhere. JSON is YAML. */
function writeKubeconfig(name: string): void {
  const data = (file: string) => readFileSync(keyFile(file)).toString('base64');
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'understudy', cluster: { server: apiServerUrl, 'certificate-authority-data': data('ca.crt') } },
    ],
    users: [
      {
        name,
        user: {
          'client-certificate-data': data(`${name}.crt`),
          'client-key-data': data(`${name}.key`),
        },
      },
    ],
    contexts: [{ name: 'understudy', context: { cluster: 'understudy', user: name } }],
    'current-context': 'understudy',
  };
  writeFileSync(kubeconfigFile(name), JSON.stringify(kubeconfig, undefined, 2), { mode: 0o600 });
}
