/**
 * Holds the commands on a cluster to what every one of them promises at the command line: help, examples, exit codes.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { everyCommand } from '../../src/cli/every-command.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const plugin = fileURLToPath(new URL('../../bin/kubectl-understudy', import.meta.url));
const names = ['status', 'explain', 'history', 'switchover', 'pause', 'resume', 'doctor'];

function helpOf(name: string): string {
  let help = '';
  const program = new Command('understudy');
  for (const register of everyCommand) register(program);
  const command = program.commands.find((one) => one.name() === name);
  command?.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command?.outputHelp();
  return help;
}

function understudy(args: readonly string[]) {
  const { status, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: '/nowhere' },
  });
  return { status, said: stderr };
}

describe('every command on a cluster', () => {
  for (const name of names) {
    test(`${name} --help has its flags and an example that names it`, () => {
      const help = helpOf(name);
      assert.match(help, new RegExp(`\\nExamples?:\\n {2}understudy ${name}\\b`));
      for (const flag of ['--namespace', '--kubeconfig', '--context']) assert.ok(help.includes(flag), flag);
    });

    test(`${name} stands in docs/commands.md`, () => {
      const page = readFileSync(new URL('../../docs/commands.md', import.meta.url), 'utf8');
      assert.match(page, new RegExp(`^## .*\`${name}\\b`, 'm'));
    });
  }
});

test('flags that make no sense are exit code 2, before any cluster is asked', () => {
  const cases: readonly (readonly string[])[] = [
    ['status', 'web', '-A'],
    ['status', '-A', '-n', 'shop'],
    ['status', '-o', 'yaml'],
    ['switchover'],
    ['switchover', 'web', '--timeout', '0'],
    ['switchover', 'web', '--timeout', 'soon'],
    ['explain'],
    ['pause'],
  ];
  for (const args of cases) {
    const { status, said } = understudy(args);
    assert.equal(status, 2, args.join(' '));
    assert.notEqual(said, '');
  }
});

test('an API server that does not answer is one line, and exit code 1', () => {
  const kubeconfig = new URL('./nobody.kubeconfig', import.meta.url);
  const { status, said } = understudy(['status', '--kubeconfig', fileURLToPath(kubeconfig)]);
  assert.equal(status, 1);
  assert.match(said, /^understudy: http:\/\/127\.0\.0\.1:1 can't be reached: .*\n$/);
});

test("as kubectl's plugin it is the same program, and its help says how it was called", () => {
  assert.ok(existsSync(plugin));
  const help = execFileSync(process.execPath, [plugin, '--help'], { encoding: 'utf8' });
  assert.match(help, /^Usage: kubectl understudy /);
  for (const name of names) assert.match(help, new RegExp(`^ {2}${name} `, 'm'));
});
