/** The records as users write them: their schemas, and the parser that turns bytes into an accepted spec. */

export { cell } from './columns.ts';
export {
  API_VERSION,
  type Crd,
  crd,
  findCrd,
  isUserKind,
  type PrinterColumn,
  type Schema,
  type UserKind,
  userKinds,
} from './crds.ts';
export { explain } from './explain.ts';
export { type ImageReference, imageName, parseImage } from './image.ts';
export { type ManifestRecord, type ManifestResult, readManifest } from './manifest.ts';
export { DNS_LABEL, isDnsLabel } from './names.ts';
export { type ParseResult, parseRecord, type SpecProblem, type Specs } from './parse.ts';
export { closest, didYouMean } from './suggest.ts';
export { type NetworkProblem, networkProblems } from './virtualnetwork.ts';
