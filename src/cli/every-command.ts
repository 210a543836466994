/**
 * Owns the list of commands that a checkout offers. The image offers fewer: image-main.ts.
 * Must not be imported by what has to start fast.
 */
import { registerControllerCommand } from './controller-command.ts';
import { registerDemoCommand } from './demo-command.ts';
import { registerDoctorCommand } from './doctor-command.ts';
import { registerExplainCommand } from './explain-command.ts';
import { registerHistoryCommand } from './history-command.ts';
import { registerPauseCommand, registerResumeCommand } from './pause-command.ts';
import { registerSandboxCommand } from './sandbox-command.ts';
import { registerStatusCommand } from './status-command.ts';
import { registerSwitchoverCommand } from './switchover-command.ts';

export const everyCommand = [
  registerStatusCommand,
  registerExplainCommand,
  registerHistoryCommand,
  registerSwitchoverCommand,
  registerPauseCommand,
  registerResumeCommand,
  registerDoctorCommand,
  registerControllerCommand,
  registerSandboxCommand,
  registerDemoCommand,
] as const;
