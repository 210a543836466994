/**
 * Owns the list of commands that a checkout offers. The image offers fewer: image-main.ts.
 * Must not be imported by what has to start fast.
 */
import { registerControllerCommand } from './controller-command.ts';
import { registerDemoCommand } from './demo-command.ts';
import { registerSandboxCommand } from './sandbox-command.ts';

export const everyCommand = [registerControllerCommand, registerSandboxCommand, registerDemoCommand] as const;
