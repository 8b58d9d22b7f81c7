export type * from './applications.ts';
export type * from './clouds.ts';
export type * from './conditions.ts';
export type * from './records.ts';
