import { expect } from 'chai';
import { fingerprint, knownHostKeys } from '../../../lib/ssh/index.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEaLQ3iNuv8qITTcIzvLIpI8nlrx9jvNQQeBhKI9nlRd';
// Hashed by `ssh-keygen -H`: db.example, and [10.0.0.1]:2222.
const HASHED = '|1|GhbzDvBqDoISjdI2rpVPQFJ+NzY=|worrjYOAcCJrtY0jkCNIbTehLOk=';
const HASHED_PORT = '|1|wnQLwxLJKw71Bps2hdI73cTP5FU=|S50t9Gx/AHlKuP9H0Jj1cH3rEKU=';

describe('knownHostKeys', () => {
  for (const [sentence, patterns, address, port, known] of [
    ['finds a plain name', 'db.example', 'db.example', 22, true],
    ['finds one name of a list', 'other,db.example,10.0.0.1', '10.0.0.1', 22, true],
    ['finds a wildcard', '*.example', 'db.example', 22, true],
    ['heeds a negation', '*.example,!db.example', 'db.example', 22, false],
    ['asks for the port where it is not 22', 'db.example', 'db.example', 2222, false],
    ['finds name and port', '[db.example]:2222', 'db.example', 2222, true],
    ['finds a hashed name', HASHED, 'db.example', 22, true],
    ['finds a hashed name with port', HASHED_PORT, '10.0.0.1', 2222, true],
    ['does not find another hashed name', HASHED, 'web.example', 22, false],
    ['leaves certificate authorities out', '@cert-authority db.example', 'db.example', 22, false],
    ['leaves revoked keys out', `db.example ${KEY}\n@revoked *`, 'db.example', 22, false],
    ['leaves comments out', '# db.example', 'db.example', 22, false],
  ] as const) {
    it(sentence, () =>
      expect(knownHostKeys(`${patterns} ${KEY}\n`, address, port)).to.deep.equal(known ? [fingerprint(KEY)] : []),
    );
  }
});
