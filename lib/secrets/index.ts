export { defaultIdentityPath, loadIdentity, recipientOf } from './identity.ts';
export { createSealer, type Sealer } from './sealer.ts';
