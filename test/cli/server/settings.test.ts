import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ServerFlags } from '../../../cli/options/server.ts';
import { asText } from '../../../cli/server/log.ts';
import { rolesScript, users } from '../../../cli/server/roles.ts';
import { chosen, httpSettings, ownEtcdAddress } from '../../../cli/server/settings.ts';
import { controllers } from '../../../controllers/index.ts';
import { messageOf } from '../../../lib/errors/index.ts';
import { keyspace, roles } from '../../../lib/store/index.ts';

describe('the options of a server', () => {
  let folder: string;
  const file = (name: string) => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-settings-'));
    await writeFile(file('token'), 'a-token-of-the-user-s-own\n');
    await writeFile(file('cert'), 'certificate');
    await writeFile(file('key'), 'key');
  });
  after(() => rm(folder, { recursive: true }));

  const settings = (flags: Partial<ServerFlags>) =>
    httpSettings(
      { http: '127.0.0.1:7070', prefix: '/berth/v1', logLevel: 'info', identity: file('identity'), ...flags },
      {},
    );
  const whole = () => ({ httpTokenFile: file('token'), httpCert: file('cert'), httpKey: file('key') });

  it('on loopback need nothing: the token is made beside the identity', async () => {
    const made = await settings({});
    expect(made.listen).to.deep.equal({ host: '127.0.0.1', port: 7070 });
    expect(await settings({ httpTokenFile: file('http-token') })).to.deep.equal(made);
  });

  it('off loopback need a token file and TLS', async () => {
    expect(await settings({ http: '0.0.0.0:7070', ...whole() })).to.deep.equal({
      listen: { host: '0.0.0.0', port: 7070 },
      token: 'a-token-of-the-user-s-own',
      tls: { cert: 'certificate', key: 'key' },
    });
  });

  for (const missing of ['httpTokenFile', 'httpCert', 'httpKey'] as const)
    it(`off loopback are refused without ${missing}`, async () => {
      const { [missing]: _, ...others } = whole();
      const message = await settings({ http: '[::]:7070', ...others }).then(() => '', messageOf);
      expect(message).to.match(/needs a token and TLS; found --http \[::\]:7070 without --http-/);
    });

  it('on loopback refuse half a certificate', async () => {
    expect(await settings({ httpCert: file('cert') }).then(() => '', messageOf)).to.match(/go together/);
  });

  for (const listen of ['127.0.0.1:2379', '[::1]:2379', 'localhost:2379'])
    it(`let its own etcd listen on ${listen}`, () =>
      expect(ownEtcdAddress({ listen, insecure: false })).to.include({ port: 2379 }));

  for (const listen of ['0.0.0.0:2379', '[::]:2379', '10.0.0.1:2379', 'berth.example:2379'])
    it(`let its own etcd, which asks nobody for a password, listen on ${listen} only for who says so`, () => {
      expect(() => ownEtcdAddress({ listen, insecure: false })).to.throw(/neither password nor TLS.*-listen-insecure/);
      expect(ownEtcdAddress({ listen, insecure: true })).to.include({ port: 2379 });
    });

  it('choose controllers by name, in the order of the program', () => {
    expect(chosen(controllers, 'placement, hostpool').map(({ name }) => name)).to.deep.equal(['hostpool', 'placement']);
    expect(chosen(controllers, undefined)).to.equal(controllers);
    expect(() => chosen(controllers, 'placement,headrom')).to.throw(/found headrom; expected hostpool, application/);
  });
});

describe('a line of the log as text', () => {
  for (const [entry, line] of [
    [{ level: 30, msg: 'leads', controller: 'placement', fence: 42 }, '15:04:05.678 INFO  placement: leads fence=42\n'],
    [
      { level: 40, msg: 'waits', why: 'no answer', etcd: ['a'] },
      '15:04:05.678 WARN  waits why="no answer" etcd=["a"]\n',
    ],
    [{ level: 50, msg: 'failed', key: '' }, '15:04:05.678 ERROR failed key=\n'],
  ] as const)
    it(line.trim(), () =>
      expect(asText(JSON.stringify({ time: '2026-01-02T15:04:05.678Z', ...entry }))).to.equal(line),
    );
});

describe('berth roles', () => {
  const keys = keyspace('/berth/v1');

  it('gives each controller a user that reads all and writes its own', () => {
    expect(users(keys).map(({ who }) => who)).to.have.members(['reader', ...controllers.map(({ name }) => name)]);
    for (const { who, roles: given } of users(keys))
      expect(given).to.deep.equal(who === 'reader' ? ['berth-v1-reader'] : ['berth-v1-reader', `berth-v1-${who}`]);
  });

  it('puts no password into a command', () => {
    for (const line of rolesScript(keys, 'password')
      .split('\n')
      .filter((each) => each.includes('user add')))
      expect(line).to.match(/^etcdctl user add (\S+) --interactive=false < \1\.password$/);
  });

  it('adds every role before it is granted', () => {
    const lines = rolesScript(keys, 'certificate').split('\n');
    for (const { name } of roles(keys)) {
      const added = lines.indexOf(`etcdctl role add ${name}`);
      const granted = lines.findIndex(
        (line) => line.startsWith('etcdctl user grant-role') && line.endsWith(` ${name}`),
      );
      expect(added).to.be.above(-1);
      if (granted >= 0) expect(granted).to.be.above(added);
    }
  });
});
