export type { AcceptedBlueprint, AcceptedService } from './application.generated.ts';
export type * from './applications.ts';
export type * from './clouds.ts';
export type * from './conditions.ts';
export type { DockerCloudSpec } from './dockercloud.generated.ts';
export type { NamespaceSpec } from './namespace.generated.ts';
export type * from './records.ts';
export type { VirtualNetworkSpec } from './virtualnetwork.generated.ts';
