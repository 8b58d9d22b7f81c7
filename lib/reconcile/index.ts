/** The machinery of every controller: queue, election, terms, conditions, events. README.md draws how they fit. */

export { allDone } from './all-done.ts';
export { mergeConditions, summarize, timestamp } from './conditions.ts';
export {
  type Context,
  type ControllerDefinition,
  controller,
  type Fence,
  type Result,
  RetryAfter,
  Terminal,
} from './controller.ts';
export { campaign, type ElectionOptions, type Lead } from './election.ts';
export { EventRecorder, type EventRecorderOptions } from './events.ts';
export { ensureInstallation } from './installation.ts';
export { createManager, type Manager, type ManagerOptions } from './manager.ts';
export { type Identity, keepMembership } from './members.ts';
export { type Priority, type QueueObserver, WorkQueue, type WorkQueueOptions } from './queue.ts';
export type { ControllerState } from './runner.ts';
export { stillLeads } from './still-leads.ts';
export type { AnyController } from './term.ts';
