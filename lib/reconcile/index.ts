export {
  type Context,
  type ControllerDefinition,
  controller,
  type Fence,
  type Result,
  Terminal,
} from './controller.ts';
