import { type Command, Option } from 'commander';

/** Where a name is looked for. */
export interface NamespaceFlags {
  namespace: string;
  allNamespaces?: boolean;
}

export const addNamespaceOption = (command: Command): Command =>
  command.addOption(new Option('-n, --namespace <name>', 'namespace').env('BERTH_NAMESPACE').default('default'));

export const addNamespaceOptions = (command: Command): Command =>
  addNamespaceOption(command).option('-A, --all-namespaces', 'in all namespaces');

export const addOutputOption = (command: Command): Command =>
  command.option('-o, --output <format>', 'wide, json, yaml, name, or jsonpath=TEMPLATE');

/** Undefined: all. */
export const namespaceOf = ({ namespace, allNamespaces }: NamespaceFlags): string | undefined =>
  allNamespaces ? undefined : namespace;
