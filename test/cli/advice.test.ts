import { expect } from 'chai';
import { adviceOf } from '../../cli/advice.ts';
import { explain } from '../../cli/client/explain.ts';
import { BerthError, type Code, codes, messageOf } from '../../lib/errors/index.ts';

describe('the advice of a command', () => {
  for (const code of Object.keys(codes).filter((each): each is Code => Object.hasOwn(codes, each)))
    it(`for ${code} promises nothing that only controllers do`, () =>
      expect(adviceOf(new BerthError(code, ''))).not.to.match(/again when|tried again|berth tries|is read again/));

  it('is left out where the message has a hint', () =>
    expect(adviceOf(new BerthError('BERTH_NOT_FOUND', '', { hint: 'did you mean "shop"?' }))).to.equal(undefined));
});

describe('berth explain', () => {
  const refusal = (path: string): string => {
    try {
      return explain(path);
    } catch (error) {
      return messageOf(error);
    }
  };

  it('describes what users write', () => expect(explain('vnet.spec.cidr')).to.include('FIELD:    cidr <string>'));

  for (const [path, says] of [
    ['host', /^hosts are written by controllers.*`berth get hosts -o yaml`/],
    ['containers.uid', /^containers are written by controllers/],
    ['aplication', /no such kind; .*did you mean "application"\?/],
  ] as const)
    it(`says of ${path} what to ask for instead`, () => expect(refusal(path)).to.match(says));
});
