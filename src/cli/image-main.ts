/**
 * Owns the start of the program in the image, where it is one file with two names (scripts/bundle.ts): `understudy`
 * offers the controller alone, and `icr` is the ancestor's name for the controller of app=hapod.
 * Must not import what the controller does not need.
 */
import { basename } from 'node:path';
import process from 'node:process';
import { runCommandLine } from './command-line.ts';
import { registerControllerCommand } from './controller-command.ts';
import { ownAddress } from './own-address.ts';

if (basename(process.argv[1] ?? '') === 'icr') {
  process.argv.splice(2, 0, 'controller', '--adopt', 'app=hapod');
  // The ancestor's manifest gives its pods no POD_IP, without which the health port would serve the pod alone.
  process.env.POD_IP ||= ownAddress() ?? '';
}

void runCommandLine([registerControllerCommand]);
