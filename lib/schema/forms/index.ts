/** Fields that may be written in several forms, by the name that a schema's `x-berth-form` gives. */

import type { Form } from '../field.ts';
import { links } from './links.ts';
import { cloud, location } from './location.ts';
import { names } from './names.ts';
import { mappedPorts, ports } from './ports.ts';
import { strategies } from './strategies.ts';
import { command, env, labels, test, text, values, words } from './values.ts';
import { volumes } from './volumes.ts';

export const forms: Record<string, Form<unknown>> = {
  cloud,
  command,
  env,
  labels,
  links,
  location,
  mappedPorts,
  names,
  ports,
  strategies,
  test,
  text,
  values,
  volumes,
  words,
};
