/** The words of nft's language that the tables are made of. */

/** A named set or map with its elements, where it has any. */
export function declaration(name: string, properties: string, elements: readonly string[]): string {
  const members = elements.length > 0 ? ` elements = { ${elements.join(', ')} };` : '';
  return `  ${name} { ${properties};${members} }`;
}

export const chain = (name: string, statements: readonly string[]): string =>
  [`  chain ${name} {`, ...statements.map((statement) => `    ${statement}`), '  }'].join('\n');

export const familyOf = (address: string): 4 | 6 => (address.includes(':') ? 6 : 4);

/** What nft calls the header and the type of addresses of a family. */
export const WORDS = {
  4: { header: 'ip', type: 'ipv4_addr', protocol: 'ipv4' },
  6: { header: 'ip6', type: 'ipv6_addr', protocol: 'ipv6' },
} as const;

export const FAMILIES = [4, 6] as const;

/** Ranges of one family, as a set's type and elements. */
export const ranges = (name: string, family: 4 | 6, cidrs: readonly string[]): string =>
  declaration(
    `set ${name}`,
    `type ${WORDS[family].type}; flags interval; auto-merge`,
    [...new Set(cidrs)].filter((cidr) => familyOf(cidr) === family),
  );
