import { expect } from 'chai';
import { BerthError } from '../../../lib/errors/index.ts';
import { crd, explain, type Schema, userKinds } from '../../../lib/schema/index.ts';

describe('explain', () => {
  it('says what a field is, and what is below it', () => {
    const text = explain('dockercloud.spec.hosts');
    expect(text).to.match(
      /^KIND: {5}DockerCloud\nVERSION: {2}berth\/v1\n\nFIELD: {4}hosts <Object>\n\nDESCRIPTION:\n {4}How many hosts/,
    );
    expect(text).to.include(
      '  min <integer>\n    Hosts that there are always.\n    At least 0, at most 100000.\n    Default: 1\n',
    );
  });

  it('knows short names, lists without an index, and names with dots', () => {
    expect(explain('dc')).to.include('spec <Object> -required-');
    expect(explain('app.spec.services.mappedPorts')).to.include('Example: {80: 8080}');
    expect(explain('Application.spec.services.brooklyn.config')).to.include('FIELD:    brooklyn.config <map>');
  });

  it('says what is not supported yet', () => {
    expect(explain('dockercloud.spec.headroom')).to.include('Not supported yet');
    expect(explain('dockercloud.spec.network.provider')).to.include('Supported so far: linux, calico or cni.');
  });

  it('suggests what was meant', () => {
    for (const [path, code, hint] of [
      ['dockerclod', 'BERTH_NOT_FOUND', 'did you mean "dockercloud"?'],
      ['dockercloud.spec.host', 'BERTH_UNKNOWN_FIELD', 'did you mean "hosts"?'],
      ['app.spec.services.openPort', 'BERTH_UNKNOWN_FIELD', 'did you mean "openPorts"?'],
    ] as const)
      expect(() => explain(path))
        .to.throw(BerthError, hint)
        .with.property('code', code);
  });
});

describe('every field of every kind', () => {
  function* fields(schema: Schema, path: string): Generator<[string, Schema, Schema]> {
    for (const [name, field] of Object.entries(schema.properties ?? schema.items?.properties ?? {})) {
      yield [`${path}.${name}`, field, schema];
      yield* fields(field, `${path}.${name}`);
    }
  }

  for (const kind of userKinds) {
    const { singular, spec, printerColumns } = crd(kind);
    it(`of ${kind} is described, with a default, an example, or what being without it means`, () => {
      for (const [path, field, parent] of fields(spec, `${singular}.spec`)) {
        expect(field.description, path).to.match(/^.+[.)]$/s);
        const required = (parent.items ?? parent).required?.includes(path.slice(path.lastIndexOf('.') + 1));
        const said =
          field.default !== undefined ||
          field.example !== undefined ||
          field.properties ||
          field.items?.properties ||
          required;
        expect(
          said ||
            /Without|People|people|default|need not|Brooklyn|Clocker|so far/.test(field.description!) ||
            field['x-berth-supported'] === false,
          path,
        ).to.be.ok;
        expect(explain(path)).to.include('DESCRIPTION:');
      }
    });

    it(`of ${kind} has columns with kubectl's habits`, () => {
      const names = printerColumns.map(({ name }) => name);
      expect(names).to.include.members(['NAME', 'READY', 'AGE']);
      for (const { path } of printerColumns) expect(path).to.match(/^\.(metadata|spec|status)\./);
    });
  }
});
