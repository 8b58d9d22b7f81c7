import { expect } from 'chai';
import { Stage, talk } from './support.ts';

const id = 'default/shop';
const onBlue = (image = 'web:1') => `
location: my-docker-cloud
services:
  - { id: web, type: "docker:${image}", networks: [default, blue] }
`;
const accepted = (more = {}) => JSON.stringify({ generation: 1, uid: 1, spec: {}, ...more });

/** Slide 25's first network, with the BIND service that it asks for. */
const slide25 = talk('slide-25-networks.yaml').replace(
  /- type: brooklyn.networking.OpenStackVirtualNetwork[\s\S]*/,
  `- { type: "docker:bind9:9.18", id: bind-server, networks: [database-net], openPorts: [53, 53/udp] }
  - { type: "docker:postgres:16", id: database, networks: [database-net], replicas: 2 }
`,
);

describe('the application controller', () => {
  describe('with a VirtualNetwork that does not exist', () => {
    it('waits for one to appear, and says so', async () => {
      const stage = await Stage.withCloud();
      await stage.apply(id, onBlue());
      expect(await stage.all('containers')).to.deep.equal({});
      const ready = await stage.condition(id, 'Ready');
      expect(ready).to.deep.include({ status: 'False', reason: 'NotFound' });
      expect(ready?.message).to.contain('the VirtualNetwork “blue” does not exist; it is looked at again');
      expect((await stage.condition(id, 'Accepted'))?.status).to.equal('True');
      await stage.world.put('accepted/virtualnetworks/blue', accepted());
      await stage.settle();
      expect((await stage.all('containers'))[`${id}/web-0`]?.networks).to.deep.equal(['default.shop.default', 'blue']);
      expect(Object.keys(await stage.all('networkclaims'))).to.deep.equal([`${id}/default`]);
      expect(await stage.status(id)).to.deep.include({ phase: 'Running' });
      await stage.stop();
    });

    it('leaves alone what runs on one that is being deleted', async () => {
      const stage = await Stage.withCloud();
      await stage.world.put('accepted/virtualnetworks/blue', accepted());
      await stage.apply(id, onBlue());
      await stage.settle();
      const before = await stage.all('containers');
      await stage.world.put('accepted/virtualnetworks/blue', accepted({ deleting: '2026-01-01T00:00:00Z' }));
      await stage.apply(id, onBlue('web:2'));
      expect(await stage.all('containers')).to.deep.equal(before);
      expect(await stage.condition(id, 'Ready')).to.deep.include({ status: 'False', reason: 'NetworkDeleting' });
      await stage.stop();
    });
  });

  describe('with a blueprint whose new networks do not stand', () => {
    const own = (networks: string, more = '') => `
location: my-docker-cloud
services:
  - { id: own, type: "docker:web:1", replicas: 2, networks: [${networks}] }
${more}`;
    const overlapping =
      '  - { type: brooklyn.networking.VirtualNetwork, networkId: n, cidr: 192.168.34.0/25, addIptablesRules: false }';
    const started = async () => {
      const stage = await Stage.withCloud();
      stage.refused.add('default.shop.n');
      await stage.apply(id, own('default'));
      await stage.settle();
      return { stage, before: await stage.all('observed') };
    };

    it('lets what runs run on, claims the network, and says what it waits for', async () => {
      const { stage, before } = await started();
      await stage.apply(id, own('n', overlapping));
      await stage.settle();
      expect(await stage.all('observed')).to.deep.equal(before);
      expect(Object.keys(await stage.all('networkclaims'))).to.deep.equal([`${id}/default`, `${id}/n`]);
      const ready = await stage.condition(id, 'Ready');
      expect(ready).to.deep.include({ status: 'False', reason: 'NetworkNotReady' });
      expect(ready?.message).to.contain('2 of 2 containers are up; the network default.shop.n is not there yet');
      for (const next of ['missing-net', 'default']) {
        await stage.apply(id, own(next));
        await stage.settle();
        expect(await stage.all('observed'), next).to.deep.equal(before);
      }
      expect(await stage.condition(id, 'Ready')).to.deep.include({ status: 'True' });
      await stage.stop();
    });

    it('goes on when the network is there', async () => {
      const { stage, before } = await started();
      await stage.apply(id, own('n', overlapping));
      await stage.settle();
      stage.refused.clear();
      await stage.settle();
      expect(await stage.condition(id, 'Ready')).to.deep.include({ status: 'True' });
      const after = await stage.all('observed');
      for (const key of Object.keys(before)) expect(after[key]?.uid).not.to.equal(before[key]?.uid);
      await stage.stop();
    });

    it('goes on when a VirtualNetwork that was accepted has its ranges', async () => {
      const { stage, before } = await started();
      await stage.world.put('accepted/virtualnetworks/blue', accepted());
      await stage.apply(id, own('blue'));
      await stage.settle();
      expect(await stage.all('observed')).to.deep.equal(before);
      expect((await stage.condition(id, 'Ready'))?.message).to.contain('the VirtualNetwork “blue” is not ready');
      const blue = {
        cloud: '',
        cidr: '10.9.0.0/24',
        gateway: '',
        pools: [],
        blockSize: 26,
        provider: 'linux' as const,
      };
      const joined = async () => Object.values(await stage.all('containers')).map(({ networks }) => networks[0]);
      await stage.put('networks', 'blue', { ...blue, uid: 99, used: 0, capacity: 250, dns: [] });
      await stage.rest();
      expect(await joined(), 'of one that was deleted').to.deep.equal(['default.shop.default', 'default.shop.default']);
      await stage.world.delete('networks/blue');
      await stage.put('networks', 'blue', { ...blue, uid: 1, used: 0, capacity: 250, dns: [] });
      await stage.rest();
      expect(await joined(), 'one at a time').to.deep.equal(['blue', 'default.shop.default']);
      await stage.stop();
    });
  });

  describe('in a namespace that may join certain networks', () => {
    it('starts nothing on another one, names both, and goes on when it is allowed', async () => {
      const stage = await Stage.withCloud();
      await stage.world.put('accepted/virtualnetworks/blue', accepted());
      const allow = (networks: string[]) =>
        stage.world
          .put('namespaces/default', JSON.stringify({ kind: 'Namespace', spec: { networks } }))
          .then(() => stage.rest());
      await allow(['red']);
      await stage.apply(id, onBlue());
      const ready = await stage.condition(id, 'Ready');
      expect(ready).to.deep.include({ status: 'False', reason: 'NetworkNotAllowed' });
      expect(ready?.message).to.contain('the VirtualNetwork “blue”').and.to.contain('the namespace “default”');
      expect(await stage.all('containers')).to.deep.equal({});
      await allow(['red', 'blue']);
      await stage.settle();
      expect(await stage.status(id)).to.deep.include({ phase: 'Running' });
      await allow(['red']);
      expect(Object.keys(await stage.all('containers')), 'what runs stays').to.deep.equal([`${id}/web-0`]);
      expect(await stage.status(id)).to.deep.include({ phase: 'Degraded' });
      await stage.stop();
    });
  });

  describe('with slide 25’s network', () => {
    it('starts BIND first, hands its address to the network, then starts the rest', async () => {
      const stage = await Stage.withCloud();
      await stage.apply(id, slide25);
      expect(Object.keys(await stage.all('containers'))).to.deep.equal([`${id}/bind-server-0`]);
      const claim = async () => (await stage.all('networkclaims'))[`${id}/database-net`];
      expect(await claim()).to.deep.include({ containers: 3 });
      expect((await claim())?.spec).to.deep.include({ cidr: '192.168.34.0/24', dnsServers: [] });
      expect((await stage.condition(id, 'Ready'))?.message).to.contain('database waits for bind-server');
      await stage.settle();
      expect(await stage.status(id)).to.deep.include({ phase: 'Running' });
      const bind = (await stage.all('endpoints'))[`h-1/${id}/bind-server-0`]?.interfaces[0]?.address;
      expect((await claim())?.spec?.dnsServers).to.deep.equal([bind]);
      expect(Object.keys(await stage.all('networkclaims')), 'nobody joins default').to.have.length(1);
      expect((await stage.all('entities'))[`${id}/database-net`]?.sensors).to.include({ 'network.id': 'database-net' });
      await stage.stop();
    });

    it('says where an expression of it is wrong', async () => {
      const stage = await Stage.withCloud();
      await stage.apply(id, slide25.replace('entity("bind-server")', 'entity("bind")'));
      const { message = '', status } = (await stage.condition(id, 'Accepted')) ?? {};
      expect(status).to.equal('False');
      expect(message).to.match(/^applications\/default\/shop:10:\d+ services\[0\]\.dnsServers\[0\]:/);
      await stage.stop();
    });

    it('takes all of it back', async () => {
      const stage = await Stage.withCloud();
      await stage.apply(id, slide25);
      await stage.settle();
      await stage.world.delete(`applications/${id}`);
      await stage.settle();
      for (const kind of ['containers', 'networkclaims', 'entities', 'accepted/applications'] as const)
        expect(await stage.all(kind), kind).to.deep.equal({});
      expect(await stage.world.list('networks')).to.deep.equal({});
      await stage.stop();
    });
  });

  it('says which of its networks is not there', async () => {
    const stage = await Stage.withCloud();
    await stage.apply(
      id,
      'location: my-docker-cloud\nservices: [{ type: brooklyn.networking.VirtualNetwork, networkId: n }]',
    );
    const ready = await stage.condition(id, 'Ready');
    expect(ready).to.deep.include({ status: 'False', reason: 'NetworkNotReady' });
    expect(ready?.message).to.contain('the network default.shop.n is not there yet');
    await stage.settle();
    expect(await stage.condition(id, 'Ready')).to.deep.include({ status: 'True' });
    await stage.stop();
  });
});
