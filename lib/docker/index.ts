export { allPrivileges, missingCapabilities, missingHere, unknownToOldEngines } from './capabilities.ts';
export { Capture } from './capture.ts';
export { createDockerEngine, type EngineTarget } from './dockerode.ts';
export * from './engine.ts';
export { ensurePauseImage, PAUSE_IMAGE } from './pause.ts';
export { SHIM_PATH, SHIM_RUNTIME, shimScript } from './shim.ts';
