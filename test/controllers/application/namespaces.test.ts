import { expect } from 'chai';
import { Stage } from './support.ts';

describe('the application controller', () => {
  it('answers a namespace with a slash in its name, and forgets it', async () => {
    const stage = new Stage();
    await stage.world.put('namespaces/team/a', '{}');
    await stage.rest();
    expect(JSON.stringify(await stage.world.list('status/namespaces'))).to.contain('BadKey');
    await stage.world.delete('namespaces/team/a');
    await stage.rest();
    expect(await stage.world.list('status/namespaces')).to.deep.equal({});
    await stage.stop();
  });

  it('accepts a namespace, refuses a wrong one, forgets a deleted one', async () => {
    const stage = new Stage();
    const put = (text: string) => stage.world.put('namespaces/team', text).then(() => stage.rest());
    await put('{ apiVersion: berth/v1, kind: Namespace, metadata: { name: team } }');
    expect((await stage.world.list('status/namespaces')).team).to.deep.include({ phase: 'Active' });
    expect((await stage.world.list('accepted/namespaces')).team).to.have.property('spec');
    await put('{ apiVersion: berth/v1, kind: Namespace, spec: { qouta: 1 } }');
    const refused = (await stage.world.list('status/namespaces')).team;
    expect(refused).to.deep.include({ phase: 'Failed' });
    expect(JSON.stringify(refused)).to.contain('"message":"namespaces/team').and.not.to.contain('BERTH_');
    expect((await stage.world.list('accepted/namespaces')).team).to.have.property('spec');
    await stage.world.delete('namespaces/team');
    await stage.rest();
    expect(await stage.world.list('status/namespaces')).to.deep.equal({});
    expect(await stage.world.list('accepted/namespaces')).to.deep.equal({});
    await stage.stop();
  });
});
